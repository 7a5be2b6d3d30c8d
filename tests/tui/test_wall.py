from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import Component, ComponentStatus, IncidentStatus, Severity
from oncall_tui.store.deliveries import claim_delivery, settle_failed
from oncall_tui.store.incidents import edit_incident, get_incident, list_incidents
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import confirm_update, list_deliveries
from oncall_tui.tui.screens.wall import draw_parts
from oncall_tui.tui.widgets.big_clock import HEIGHT, draw_clock


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("size", [(80, 22), (160, 45)])
async def test_the_wall_shows_what_a_room_needs(desk: Desk, size: tuple[int, int]) -> None:
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="u", status=IncidentStatus.INVESTIGATING, body="It fails [/x] for some.",
        components={"API": ComponentStatus.MAJOR_OUTAGE}, next_update_at=now_ms() - 61_000, notify=True,
        actor="ben", now=now_ms(),
    )  # fmt: skip
    async with open_app(desk, size=size, is_wall=True) as (_, pilot):
        shown = await wait_for_text(pilot, "LATE: customers are waiting")
        assert "API: requests are failing" in shown
        assert "✖ major outage (not told)" in shown
        assert "? not known yet" in shown
        assert "It fails [/x] for some." in shown
        assert "◌ QUEUED" in shown
        assert "██" in shown
        await pilot.press("i", "2", "p", "u", "enter")
        await pilot.pause()
        assert "customers are waiting" in screen_text(pilot)
        await pilot.press("q")
    assert len(list_incidents(desk.db)) == 1


async def test_a_wall_without_room_shows_what_it_can(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk, size=(40, 9), is_wall=True) as (_, pilot):
        shown = await wait_for_text(pilot, "API: requests are failing")
        assert "and 1 more" in shown
        assert "to the next update" in shown


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (74, 24)])
async def test_a_narrow_wall_cuts_nothing_of_the_promise(desk: Desk, size: tuple[int, int]) -> None:
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="u", status=IncidentStatus.INVESTIGATING, body="It fails for some.",
        components={}, next_update_at=now_ms() - 61_000, notify=True, actor="ben", now=now_ms(),
    )  # fmt: skip
    async with open_app(desk, size=size, is_wall=True) as (_, pilot):
        shown = await wait_for_text(pilot, "LATE: customers are waiting")
        assert "API: requests are failing" in shown
        assert "It fails for some." in shown
        assert ("██" in shown) is (size[1] > 12)


async def test_the_worst_incident_is_on_the_wall(desk: Desk) -> None:
    declare(desk, "db")
    number = declare(desk)
    edit_incident(desk.db, replace(get_incident(desk.db, number), severity=Severity.SEV1), "ben", now_ms())
    async with open_app(desk, size=(80, 22), is_wall=True) as (_, pilot):
        shown = await wait_for_text(pilot, "SEV1")
        assert "+1 more" in shown
        assert "Customers have not been told anything yet." in shown


async def test_a_quiet_wall_says_so(desk: Desk) -> None:
    async with open_app(desk, size=(80, 22), is_wall=True) as (_, pilot):
        await wait_for_text(pilot, "No open incident.")


def test_the_clock_is_as_high_as_it_says_and_every_row_as_wide() -> None:
    for scale in (1, 2):
        rows = draw_clock("1:02:35-", scale)
        assert len(rows) == HEIGHT * scale
        assert len({len(row) for row in rows}) == 1


async def test_the_wall_follows_the_file_and_tells_what_failed(desk: Desk) -> None:
    async with open_app(desk, size=(160, 45), is_wall=True) as (_, pilot):
        await wait_for_text(pilot, "No open incident.")
        number = declare(desk)
        await wait_for_text(pilot, "API: requests are failing")
        confirm_update(
            desk.db, number, uid="u", status=IncidentStatus.IDENTIFIED, body="We repair it.", components={},
            next_update_at=now_ms() + 600_000, notify=True, actor="ben", now=now_ms(),
        )  # fmt: skip
        await wait_for_text(pilot, "◐ IDENTIFIED")
        await wait_for_text(pilot, "We repair it.")
        (delivery,) = list_deliveries(desk.db)
        epoch = take_lease(desk.db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now_ms())
        assert claim_delivery(desk.db, delivery.id, epoch, delivery.kind, [], now_ms())
        assert settle_failed(desk.db, delivery.id, epoch, reason="the page refuses it", now=now_ms())
        await wait_for_text(pilot, "1 update needs a person: customers may NOT have been told")


async def test_a_silent_engine_is_told(desk: Desk) -> None:
    async with open_app(desk, size=(80, 22), is_wall=True) as (_, pilot):
        await wait_for_text(pilot, "OLD: no engine works")


@pytest.mark.parametrize("width", [76, 156])
def test_a_component_has_the_room_that_its_state_leaves(width: int) -> None:
    name = "Search and recommendations"
    components = [Component(name, {"main": ComponentStatus.OPERATIONAL})]
    (row,) = draw_parts(components, [], width, 5)
    assert name in row.plain
    many = [Component(f"{name} {at}", {"main": ComponentStatus.DEGRADED_PERFORMANCE}) for at in range(40)]
    rows = draw_parts(many, [], width, 5)
    assert len(rows) == 5
    assert all(row.cell_length <= width for row in rows)
    assert "more" in rows[-1].plain


@pytest.mark.parametrize(("width", "rows"), [(30, 1), (60, 1), (80, 2)])
def test_what_has_no_room_on_the_wall_is_counted(width: int, rows: int) -> None:
    components = [Component(f"Part {number}", {"main": ComponentStatus.OPERATIONAL}) for number in range(9)]
    shown = "\n".join(row.plain for row in draw_parts(components, [], width, rows))
    assert shown.count("operational") + int(shown.rpartition("and ")[2].split()[0]) == len(components)

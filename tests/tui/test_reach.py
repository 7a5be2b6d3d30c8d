"""Incidents that are not for customers: drills, which no page is told of, and private ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import (
    Component,
    ComponentStatus,
    Incident,
    IncidentStatus,
    Reach,
    Severity,
    free_components,
)
from oncall_tui.domain.update import DeliveryState, IncidentUpdate
from oncall_tui.store.hooks import read_hook_facts
from oncall_tui.store.incidents import edit_incident, get_incident
from oncall_tui.store.outbox import confirm_update, list_deliveries
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.screens.wall import choose_incident, draw_parts


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=0)


def _mark(desk: Desk, number: int, reach: Reach) -> Incident:
    return edit_incident(desk.db, replace(get_incident(desk.db, number), reach=reach), "ana", now_ms())


def _confirm(desk: Desk, number: int) -> IncidentUpdate:
    return confirm_update(
        desk.db, number, uid="u1", status=IncidentStatus.INVESTIGATING, body="B", components={}, next_update_at=None,
        notify=True, actor="ben", now=now_ms(), broadcasts=("mail",),
    )  # fmt: skip


def test_nothing_of_a_drill_is_queued(desk: Desk) -> None:
    number = declare(desk)
    assert get_incident(desk.db, number).reach is Reach.PUBLIC
    assert _mark(desk, number, Reach.DRILL).reach is Reach.DRILL
    update = _confirm(desk, number)
    assert update.delivery is DeliveryState.DROPPED
    assert list_deliveries(desk.db) == []
    assert list_updates(desk.db, number)[0].seen_at is None


def test_what_pages_were_told_is_no_drill_afterwards(desk: Desk) -> None:
    number = declare(desk)
    _confirm(desk, number)
    assert len(list_deliveries(desk.db)) == 2
    with pytest.raises(RefusedError, match="do not turn into each other"):
        _mark(desk, number, Reach.DRILL)
    assert _mark(desk, number, Reach.PRIVATE).reach is Reach.PRIVATE


async def test_a_drill_is_marked_wherever_it_is_seen_and_can_be_sent(desk: Desk) -> None:
    number = declare(desk)
    _mark(desk, number, Reach.DRILL)
    async with open_app(desk) as (_, pilot):
        shown = await wait_for_text(pilot, "## DRILL ##")
        assert "customers have not been told" not in shown
        await pilot.press("2")
        await wait_for_text(pilot, "## DRILL ## API")
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "this is a drill, it is kept here")
        assert shown.count("## DRILL ##") >= 2
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(list_updates(desk.db, number)))
    assert list_deliveries(desk.db) == []


async def test_a_private_incident_takes_a_reason(desk: Desk) -> None:
    number = declare(desk)
    _mark(desk, number, Reach.PRIVATE)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "# PRIVATE #")
        await pilot.press("p")
        await wait_for_text(pilot, "SE003")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("escape", "ctrl+g")
        await wait_for_text(pilot, "in spite of SE003")
        await pilot.press(*"the press knows", "enter", "ctrl+s")
        await wait_for_text(pilot, "Let pass")
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(list_updates(desk.db, number)))
    assert len(list_deliveries(desk.db)) == 1


async def test_the_mark_is_a_field_of_the_incident(desk: Desk) -> None:
    number = declare(desk)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("2", "enter")
        await wait_for_text(pilot, "next update")
        await pilot.press(*["tab"] * 8, "right", "right", "escape")
        await wait_for(pilot, lambda: get_incident(desk.db, number).reach is Reach.DRILL)
        await wait_for_text(pilot, "a drill: nothing leaves this machine")


async def test_the_wall_tells_a_drill_from_an_incident(desk: Desk) -> None:
    _mark(desk, declare(desk), Reach.DRILL)
    async with open_app(desk, size=(120, 40), is_wall=True) as (_, pilot):
        await wait_for_text(pilot, "## DRILL ##")


def test_a_drill_holds_nothing_that_customers_see(desk: Desk) -> None:
    drill = _mark(desk, declare(desk), Reach.DRILL)
    with desk.db.write("incidents") as connection:
        connection.execute("UPDATE incident SET uid = 'drill'")
    other = declare(desk, "db")
    with pytest.raises(RefusedError, match="already belongs"):
        declare(desk, "db")
    real = get_incident(desk.db, declare(desk))
    assert real.probes == drill.probes
    assert free_components(["API"], real.id, [drill, real]) == {"API": ComponentStatus.OPERATIONAL}
    assert free_components(["API"], drill.id, [drill, real]) == {"API": ComponentStatus.MAJOR_OUTAGE}
    assert choose_incident([drill, real]) is not None
    assert choose_incident([replace(drill, severity=Severity.SEV1), real]) == real
    (row,) = draw_parts([Component("API", {"main": ComponentStatus.OPERATIONAL})], [drill], 80, 3)
    assert "operational" in row.plain.lower()
    assert {each.id for each in read_hook_facts(desk.db, desk.config.probes, now_ms()).incidents} == {other, real.id}

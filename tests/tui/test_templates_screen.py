from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.template_variables import Team
from oncall_tui.store.outbox import confirm_update

FAULT = "/etc/oncall/mine.toml:3: body: there is no variable 'compnents' (did you mean components?)"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def _resolve(desk: Desk, number: int) -> None:
    confirm_update(
        desk.db,
        number,
        uid="u-over",
        status=IncidentStatus.RESOLVED,
        body="It was over.",
        components={"API": ComponentStatus.OPERATIONAL},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=now_ms(),
    )


async def test_words_of_a_person_that_a_template_keeps_are_told(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk, size=(120, 40)) as (app, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("enter", *"Hi.", "ctrl+t")
        await wait_for_text(pilot, "Kept: “Hi.”")
        await pilot.press("ctrl+t")
        text = app.main.query_one("#compose-text")
        await wait_for(pilot, lambda: "Hi." not in str(getattr(text, "text", "Hi.")))


async def test_a_template_that_cannot_be_used_is_told_at_the_start_and_where_one_picks(desk: Desk) -> None:
    declare(desk)
    desk = Desk(desk.path, replace(desk.config, template_faults=(FAULT, "b: 2", "c: 3", "d: 4")), desk.db)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "A template of yours is not used")
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+f")
        shown = await wait_for_text(pilot, "not used: mine.toml:3: body: there")
        assert "and 1 more" in shown
        assert "inv.first" in shown
        assert "We are looking into" in shown


async def test_the_picker_tells_who_reads_and_copies_what_no_page_gets(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk, size=(120, 50)) as (app, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        body = str(getattr(app.main.query_one("#compose-text"), "text", ""))
        await pilot.press("ctrl+f")
        await wait_for_text(pilot, "one client reads it")
        await pilot.press(*["j"] * 15)
        await wait_for_text(pilot, "enter copies it")
        await pilot.press("enter")
        await wait_for_text(pilot, "not for a page")
        assert "oncall-tui template show" in await wait_for_text(pilot, "--incident 1")
        assert app.clipboard
        assert str(getattr(app.main.query_one("#compose-text"), "text", "")) == body


async def test_clients_are_written_to_one_by_one_after_the_end(desk: Desk) -> None:
    number = declare(desk)
    _resolve(desk, number)
    desk = Desk(desk.path, replace(desk.config, team=Team(support="help@example.com")), desk.db)
    async with open_app(desk, size=(120, 50)) as (app, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "RESOLVED")
        await pilot.press("j", "L")
        await wait_for_text(pilot, "To clients and suppliers, one by one")
        await pilot.press("j")
        await wait_for_text(pilot, "we credit you")
        await pilot.press("enter")
        await wait_for_text(pilot, f"credit --incident {number}")
    assert "For the outage of API" in app.clipboard
    assert "help@example.com" in app.clipboard

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.drafts import list_drafts, list_literals
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.app import OncallApp
from oncall_tui.tui.widgets.compose_pane import ComposePane


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=0)


def _pane(app: OncallApp) -> ComposePane:
    return app.main.query_one(ComposePane)


def _rules(app: OncallApp) -> set[str]:
    checked = _pane(app).linting.checked
    return {finding.rule for finding in checked.findings} if checked is not None else set()


async def test_a_block_is_passed_with_a_reason_that_stays_in_the_timeline(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*" [date]")
        await wait_for(pilot, lambda: "PH001" in _rules(app))
        await pilot.press("ctrl+g")
        await wait_for_text(pilot, "Send in spite of PH001")
        await pilot.press(*"too short", "enter")
        await wait_for_text(pilot, "1 more letter")
        await pilot.press(*" now", "enter")
        await wait_for_text(pilot, "1 let pass")
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].waivers != ())
        await pilot.press(*" {gap}")
        await wait_for(pilot, lambda: "PH002" in _rules(app))
        await pilot.press("ctrl+g")
        await wait_for_text(pilot, "goes away only with its words")
        await pilot.press(*["backspace"] * 6, "ctrl+s")
        await wait_for_text(pilot, "Review the update")
        await pilot.press("enter")
        await wait_for(pilot, lambda: list_deliveries(desk.db) != [])
    (entry,) = (entry for entry in list_entries(desk.db, 1) if entry.kind is EntryKind.OVERRIDE)
    assert (entry.text, entry.actor) == ("sent in spite of PH001 “[date]”: too short now", "ana")


async def test_words_that_are_meant_are_remembered_and_a_warning_is_dismissed_for_the_draft(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*" [SSO] and [IdP]")
        await wait_for(pilot, lambda: "2 warn" in screen_text(pilot))
        await pilot.press("f8", "ctrl+l")
        await wait_for(pilot, lambda: list_literals(desk.db) == ["[SSO]"])
        await wait_for_text(pilot, "1 warn")
        await pilot.press("ctrl+l")
        await wait_for(pilot, lambda: list_literals(desk.db) == [])
        await wait_for_text(pilot, "2 warn")
        await pilot.press("ctrl+l")
        await wait_for(pilot, lambda: list_literals(desk.db) == ["[SSO]"])
        await wait_for_text(pilot, "1 warn")
        await pilot.press("escape", "n")
        pane = _pane(app)
        await wait_for(pilot, lambda: pane.text.selected_text == "[IdP]")
        await pilot.press("ctrl+g")
        await wait_for_text(pilot, "1 let pass")
        await pilot.press("ctrl+n")
        await wait_for_text(pilot, "draft 2/2")
        await pilot.press(*" [SSO] [IdP]")
        await wait_for_text(pilot, "1 warn")


async def test_an_answer_about_older_words_is_dropped(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        pane = _pane(app)
        pane.text.put_text("Lasted [date]. " * 1_000)
        late = asyncio.create_task(pane.linting.run())
        await asyncio.sleep(0)
        pane.text.put_text("All is well with API since 10:00 UTC.")
        early = await pane.linting.run()
        assert "PH001" in {finding.rule for finding in (await late).findings}
        assert pane.linting.checked == early


async def test_a_quick_fix_is_one_step_of_undo_and_never_hits_other_words(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        pane = _pane(app)
        pane.text.put_text("API fails since 10:05 for everybody. You hear from us by 11:00 UTC.")
        await wait_for(pilot, lambda: "TM002" in _rules(app))
        while pane.linting.current is None or pane.linting.current.rule != "TM002":
            pane.linting.step(1)
        await pilot.press("ctrl+r")
        await wait_for(pilot, lambda: "since 10:05 UTC for" in pane.text.text)
        await pilot.press("ctrl+z")
        await wait_for(pilot, lambda: "TM002" in _rules(app))
        pane.text.put_text("Now and then: other words stand where the time was.")
        pane.linting.apply_fix()
        assert pane.text.text == "Now and then: other words stand where the time was."

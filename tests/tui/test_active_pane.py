"""The pane on the screen, the tabs, the keys and the focus are of one pane, whatever happens behind a person's back."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.store.updates import list_updates
from oncall_tui.tui.app import OncallApp
from oncall_tui.tui.widgets.pane import Pane


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=2_500)


def _agrees(app: OncallApp, pilot: Pilot[object], scope: str) -> bool:
    focused = app.main.focused
    pane = next((each for each in focused.ancestors_with_self if isinstance(each, Pane)), None) if focused else None
    shown = pane is not None and pane.display and pane.region.area > 0
    return shown and pane is not None and pane.scope == scope and f"[{_NUMBER[scope]} " in screen_text(pilot)


_NUMBER = {"probes": 1, "incidents": 2, "compose": 3, "timeline": 5}


@pytest.mark.parametrize("key", ["5", "2", "1"])
async def test_an_update_that_goes_out_moves_nobody(desk: Desk, key: str) -> None:
    scope = {"5": "timeline", "2": "incidents", "1": "probes"}[key]
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter", key)
        await wait_for(pilot, lambda: _agrees(app, pilot, scope))
        await wait_for(pilot, lambda: bool(list_updates(desk.db, 1)))
        await pilot.pause(0.3)
        assert _agrees(app, pilot, scope), screen_text(pilot)


async def test_a_person_who_stays_is_in_the_pane_after_sending(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(list_updates(desk.db, 1)))
        await wait_for_text(pilot, "Last words to customers")
        await pilot.pause(0.3)
        assert _agrees(app, pilot, "compose"), screen_text(pilot)


async def test_a_draft_that_is_handed_over_leaves_its_pane_active(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+o")
        await wait_for_text(pilot, "hand")
        await pilot.press("h")
        await pilot.pause(0.2)
        await pilot.press(*"priya", "enter")
        await pilot.pause(0.3)
        await pilot.press("escape")
        await wait_for(pilot, lambda: _agrees(app, pilot, "compose"))
        await pilot.pause(0.3)
        assert _agrees(app, pilot, "compose"), screen_text(pilot)


async def test_a_focus_that_moves_brings_its_pane_along(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("5")
        await wait_for(pilot, lambda: _agrees(app, pilot, "timeline"))
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        assert _agrees(app, pilot, "compose")

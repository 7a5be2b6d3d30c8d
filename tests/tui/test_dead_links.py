from __future__ import annotations

from pathlib import Path

from tests.tui.desk import make_desk, open_app, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.store.links import note_link


async def test_a_link_that_does_not_answer_is_told_as_soon_as_it_is_known_and_stops_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*" See https://docs.example.com/gone.")
        note_link(desk.db, "https://docs.example.com/gone", "the answer was 404", now_ms())
        await wait_for_text(pilot, "LK003")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review the update")
        assert "This link does not answer" in shown
        assert "enter send" in shown
        await pilot.press("escape")
        note_link(desk.db, "https://docs.example.com/gone", "", now_ms())
        await wait_for_text(pilot, "nothing blocks sending")

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import declare, make_desk, open_app, screen_text, wait_for_text

from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.widgets.timeline_pane import draw_entry


async def test_entries_stand_newest_first_and_a_note_is_added(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    number = declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("5")
        await wait_for_text(pilot, "declared from api-eu")
        await pilot.press("o")
        await wait_for_text(pilot, "note")
        await pilot.press(*"rolled back [@click=app.quit]web[/]", "enter")
        shown = await wait_for_text(pilot, "NOTE")
        assert "rolled back [@click=app.quit]web[/]" in shown
        assert shown.index("NOTE") < shown.index("DECLARED")
    newest = list_entries(desk.db, number)[0]
    assert (newest.kind, newest.actor) == (EntryKind.NOTE, "ana")


async def test_an_empty_note_writes_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    number = declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("5")
        await wait_for_text(pilot, "declared from api-eu")
        await pilot.press("o")
        await wait_for_text(pilot, "enter store  esc back")
        await pilot.press("enter", "o", *"x", "escape")
        await wait_for_text(pilot, "declared from api-eu")
        assert "NOTE" not in screen_text(pilot)
    assert len(list_entries(desk.db, number)) == 1


def test_a_long_entry_is_wrapped_and_one_written_later_says_so() -> None:
    entry = TimelineEntry(1, 1, EntryKind.PROBE, "word " * 40, "engine", 0, 120_000)
    lines = [line.plain for line in draw_entry(entry, 60)]
    assert lines[0].startswith("00:00:00  PROBE")
    assert len(lines) > 4
    assert "(noted 00:02:00 UTC)" in " ".join(" ".join(lines).split())
    assert lines[-1].endswith("engine")

"""What may not be cut in a small split of a terminal: why it is red, what customers are promised, and every key."""

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import make_desk, open_app, screen_text, wait_for_text

from oncall_tui.domain.update import BODY_LIMIT
from oncall_tui.tui.draft_keeper import Saving
from oncall_tui.tui.widgets.compose_words import draw_counts


async def test_forty_by_twelve_shows_what_is_needed_to_tell_customers(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk, size=(40, 12)) as (_, pilot):
        shown = await wait_for_text(pilot, "✖ connection refused")
        assert "customers not told: i declares" in shown
        assert "i incident" in shown
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        shown = await wait_for_text(pilot, "✖ INVESTIGATING  next ")
        assert "customers have not been told" in shown
        await pilot.press("f2")
        shown = await wait_for_text(pilot, "RESOLVED")
        assert "esc back" in shown
        await pilot.press("escape", "f3")
        shown = await wait_for_text(pilot, "page now")
        assert "esc back" in shown
        await pilot.press("escape", "ctrl+s")
        await wait_for_text(pilot, "enter send")
        assert "esc back to the text" in screen_text(pilot)


def test_what_is_too_long_to_be_kept_is_not_called_saved() -> None:
    saving = Saving(saved_at=1_000)
    assert draw_counts(BODY_LIMIT, "A title", saving, False, None, "", 2_000)[0].plain == "draft saved 1 s ago"
    told = draw_counts(BODY_LIMIT + 1, "A title", saving, False, None, "", 2_000)[0].plain
    assert told == f"only the first {BODY_LIMIT} are saved"

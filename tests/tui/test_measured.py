"""What follows its content in size follows the last of several changes, however the layouts fall between them."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.lines import Lines


class _Shelf(App[None]):
    AUTO_FOCUS = None
    CSS = "Screen { layout: horizontal; } #lines { width: 20; height: auto; }"

    def compose(self) -> ComposeResult:
        yield Choice[int]("a long label", [(1, Content("one"))], id="choice")
        yield Lines(id="lines")


async def test_a_label_that_changes_between_two_layouts_leaves_no_gap() -> None:
    app = _Shelf()
    async with app.run_test() as pilot:
        choice = app.query_one(Choice)
        choice.set_value(1)
        app.screen._refresh_layout()  # One that somebody else asked for, before the choice has come to rest.
        choice.set_label("")
        await pilot.pause()
        assert choice.size.width == len("one")


@pytest.mark.parametrize("count", [1, 5])
async def test_lines_that_change_between_two_layouts_get_their_height(count: int) -> None:
    app = _Shelf()
    async with app.run_test() as pilot:
        lines = app.query_one(Lines)
        for made in (3, count):
            lines.show_lines([Content("line")] * made)
            lines.refresh(layout=True)
            app.screen._refresh_layout()
        await pilot.pause()
        assert lines.size.height == count

"""The panes by number, and which of them are on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message

from oncall_tui.tui.text import fit, join
from oncall_tui.tui.widgets.lines import Lines


class Tab(NamedTuple):
    """One pane: `badge` says what waits in it, `is_shown` that it is on the screen, `is_active` that it has keys."""

    pane: str
    label: str
    badge: str
    is_shown: bool
    is_active: bool


class TabLine(Lines):
    """Draws the tabs; the active one is bold in brackets, so that no colour is needed to find it."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id)
        self._tabs: Sequence[Tab] = ()
        self._ends: list[tuple[int, str]] = []

    def show_tabs(self, tabs: Sequence[Tab]) -> None:
        self._tabs = tabs
        self.redraw()

    def redraw(self) -> None:
        content = Content("")
        self._ends = []
        for number, tab in enumerate(self._tabs, 1):
            name = f"{tab.label}{tab.badge}"
            if tab.is_active:
                content += join((f"[{number} {name}]", "$title bold"))
            else:
                content += join((f" {number} {name} ", "" if tab.is_shown else "$muted"))
            content += Content(" ")
            self._ends.append((content.cell_length, tab.pane))
        self.show_lines([fit(content, max(1, self.size.width))])

    def on_click(self, event: events.Click) -> None:
        for end, pane in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(pane))
                return

"""One line to type a filter into; the board follows every letter."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.text import Glyphs


class FilterLine(Input):
    """Typing narrows the list, enter goes back to it, esc clears."""

    scope = "filter"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("filter")

    class Closed(Message):
        """The person is done with the filter; it is empty when it was cleared."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- as every widget
        super().__init__(
            id=id, compact=True, select_on_focus=False, placeholder="name, target or component: enter keeps, esc clears"
        )
        self.cursor_blink = False
        self.border_title = Content(Glyphs.show("/"))

    def action_clear(self) -> None:
        self.value = ""
        self.post_message(self.Closed(""))

    def action_keep(self) -> None:
        self.post_message(self.Closed(self.value))

"""One line of typing at the foot of a pane: a note, a reason."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.text import line


class LineInput(Horizontal):
    """Asks for one line and goes away: `Entered` brings it, `Given` up brings nothing."""

    scope = "line"
    BINDINGS = bindings_of("line")

    class Entered(Message):
        """A line was typed; it is inert and not empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class GivenUp(Message):
        """The person went back."""

    def __init__(self, label: str, *, limit: int = 2_000) -> None:
        super().__init__(classes="line-input")
        self._label = label
        self._limit = limit

    def compose(self) -> ComposeResult:
        yield Static(line(f"{self._label} "), classes="line-label", markup=False)
        yield Input(compact=True, max_length=self._limit)

    def on_mount(self) -> None:
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_store()

    def action_store(self) -> None:
        text = clean_line(self.query_one(Input).value.strip(), self._limit)
        self.post_message(self.Entered(text) if text else self.GivenUp())
        self.remove()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())
        self.remove()

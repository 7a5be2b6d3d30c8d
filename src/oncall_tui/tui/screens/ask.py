"""Asks for one line: a name, a person, a reason."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import join, line


class AskScreen(Overlay[str | None]):
    """Gives back the line, None when left without one; a line shorter than `least` is not taken."""

    scope = "line"
    BINDINGS = bindings_of("line")

    def __init__(self, title: str, hint: str = "", *, value: str = "", least: int = 1, limit: int = 500) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._least = least
        self._limit = limit

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-box") as box:
            box.border_title = line(self._title)
            if self._hint:
                yield Static(line(self._hint), id="ask-hint", markup=False)
            yield Input(clean_line(self._value, self._limit), compact=True, max_length=self._limit, id="ask-line")
            yield Static(self._draw_keys(), id="ask-keys", markup=False)

    def on_mount(self) -> None:
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()

    def _draw_keys(self) -> Content:
        missing = self._least - len(self.query_one(Input).value.strip()) if self.is_mounted else self._least
        need = (f"   {missing} more letters" if self._least > 1 and missing > 0 else "", "$state-slow")
        return join(("enter ", "bold"), "take it   ", ("esc ", "bold"), ("back", "$muted"), need)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#ask-keys", Static).update(self._draw_keys())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_store()

    def action_store(self) -> None:
        text = clean_line(self.query_one(Input).value.strip(), self._limit)
        if len(text) >= self._least:
            self.dismiss(text)

    def action_give_up(self) -> None:
        self.dismiss(None)

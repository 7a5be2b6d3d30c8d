"""What the forms of planned work have in common: fields, mail, and the words of one notice at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input, TextArea

from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.tui.change import TypedChange
from oncall_tui.tui.plan import Typed
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.update_text import UpdateText

T = TypeVar("T", bound=Typed | TypedChange)


class PlanFields(OverScreen, Generic[T]):
    """Takes what is typed, wherever it is typed; what it means is told by the form."""

    _typed: T
    _notify: Choice[bool]
    _which: Choice[NoticeKind]
    _text: UpdateText

    def _read_fields(self) -> None:
        """Takes what stands in the one-line fields."""
        raise NotImplementedError

    def _take_change(self) -> None:
        """Keeps what was typed, and shows what follows from it."""
        raise NotImplementedError

    def _find_words(self) -> str:
        """Returns the words of the chosen notice as they would be sent."""
        raise NotImplementedError

    def _list_fields(self) -> list[Widget]:
        """Returns what can be gone to, in its order on the screen."""
        raise NotImplementedError

    def action_next_field(self) -> None:
        self._step(1)

    def action_previous_field(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        fields = self._list_fields()
        here = next((at for at, field in enumerate(fields) if field is self.focused), -1 if by > 0 else 0)
        self.set_focus(fields[(here + by) % len(fields)])

    @on(Input.Changed)
    def _follow_field(self, event: Input.Changed) -> None:
        event.stop()
        self._read_fields()

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next_field()

    @on(Choice.Changed, "#plan-notify")
    def _follow_notify(self, event: Choice.Changed) -> None:
        event.stop()
        self._typed.notify = self._notify.value
        self._take_change()

    @on(Choice.Changed, "#plan-which")
    def _follow_which(self, event: Choice.Changed) -> None:
        event.stop()
        self._put_words()
        self.draw()

    @on(TextArea.Changed)
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        self._read_text()

    def _read_text(self) -> None:
        body = self._text.text
        if body != clean_block(self._find_words()):
            self._typed.bodies[self._which.value] = body
            self._take_change()

    def _put_words(self) -> None:
        """Shows the words of the chosen notice; those that nobody touched follow the other fields."""
        words = clean_block(self._find_words())
        if words != self._text.text:
            self._text.load_text(words)

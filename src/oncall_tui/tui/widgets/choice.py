"""A field of a few fixed values on one line, changed without opening anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.text import join
from oncall_tui.tui.widgets.measured import Measured

T = TypeVar("T")


class Choice(Generic[T], Measured, can_focus=True):
    """Shows its label and its value; arrows and space change it, digits pick where `has_digits` is set."""

    scope = "choice"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of("choice"),
        *(Binding(str(number), f"pick({number})", show=False) for number in range(1, 10)),
    ]
    DEFAULT_CSS = """
    Choice { width: auto; height: 1; padding: 0 1 0 0; }
    """
    ALLOW_SELECT = False

    class Changed(Message):
        """A person took another value; `is_picked` tells that it was picked by its number."""

        def __init__(self, choice: Widget, *, is_picked: bool) -> None:
            super().__init__()
            self.choice = choice
            self.is_picked = is_picked

        @property
        def control(self) -> Widget:
            return self.choice

    def __init__(
        self,
        label: str,
        options: Sequence[tuple[T, Content]],
        *,
        id: str,  # noqa: A002 -- as every widget
        has_digits: bool = False,
    ) -> None:
        super().__init__(id=id)
        self._label = label
        self._options = list(options)
        self._has_digits = has_digits
        self._index = 0

    @property
    def value(self) -> T:
        return self._options[self._index][0]

    def set_label(self, label: str) -> None:
        """Calls the field otherwise, such as where there is little room."""
        if label != self._label:
            self._label = label
            self.refresh(layout=True)

    def set_value(self, value: T) -> None:
        """Shows a value without telling anyone; one that is not offered is ignored."""
        for index, (offered, _) in enumerate(self._options):
            if offered == value:
                self._index = index
        self.refresh(layout=True)

    def set_options(self, options: Sequence[tuple[T, Content]], value: T) -> None:
        """Offers other values."""
        self._options = list(options)
        self._index = 0
        self.set_value(value)

    def render(self) -> Content:
        shown = self._options[self._index][1] if self._options else Content("")
        label = f"{self._label} " if self._label else ""
        if not self.has_focus:
            return join((label, "$muted"), shown)
        hint = f" 1-{len(self._options)}" if self._has_digits else ""
        return join((label, "bold"), shown.stylize("reverse"), (" <>", "bold $line-focus"), (hint, "$muted"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "pick" or self._has_digits

    def action_next(self) -> None:
        self._move(1)

    def action_previous(self) -> None:
        self._move(-1)

    def action_pick(self, number: int) -> None:
        if number <= len(self._options):
            self._index = number - 1
            self.refresh(layout=True)
            self.post_message(self.Changed(self, is_picked=True))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self._move(1)

    def on_focus(self) -> None:
        self.refresh(layout=True)

    def on_blur(self) -> None:
        self.refresh(layout=True)

    def _move(self, step: int) -> None:
        if len(self._options) > 1:
            self._index = (self._index + step) % len(self._options)
            self.refresh(layout=True)
            self.post_message(self.Changed(self, is_picked=False))

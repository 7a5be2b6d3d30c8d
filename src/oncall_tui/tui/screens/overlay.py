"""The base of what lies over another screen until a key closes it."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen
from textual.widget import Widget

from oncall_tui.tui.screens.layout import TIGHT_BELOW
from oncall_tui.tui.widgets.promise_line import PromiseLine

T = TypeVar("T")


class Overlay(ModalScreen[T]):
    """Keeps what customers were promised in its first row: an incident does not wait for a question to be answered.

    A low terminal (`-tight`) has no room for air: its rows are for words and keys.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tight"), (TIGHT_BELOW, "-tall")]  # noqa: RUF012 -- as the base class has it

    async def mount_composed_widgets(self, widgets: list[Widget]) -> None:
        self.set_class(self.app.size.height < self.VERTICAL_BREAKPOINTS[-1][0], "-tight")
        await super().mount_composed_widgets([PromiseLine(), *widgets])

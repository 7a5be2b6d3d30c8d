"""The base of what lies over another screen until a key closes it."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen
from textual.widget import Widget

from oncall_tui.tui.widgets.promise_line import PromiseLine

T = TypeVar("T")


class Overlay(ModalScreen[T]):
    """Keeps what customers were promised in its first row: an incident does not wait for a question to be answered."""

    async def mount_composed_widgets(self, widgets: list[Widget]) -> None:
        await super().mount_composed_widgets([PromiseLine(), *widgets])

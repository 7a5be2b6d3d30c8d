"""Keeps keys that are pressed before the text they are meant for is there: a slow line brings them in one piece."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import App
from textual.events import Event, Key, Paste

#: Nothing may take the keyboard away for longer, whatever became of what was waited for.
_LONGEST_S = 5.0


class TypeAhead:
    """Holds keys from `begin` until as many `end`s, then hands them on in their order."""

    def __init__(self, app: App[object]) -> None:
        self._app = app
        self._count = 0
        self._until = 0.0
        self._held: list[Event] = []

    def begin(self) -> None:
        """Begins to hold, from within the key press that leads elsewhere."""
        self._count += 1
        self._until = time.monotonic() + _LONGEST_S
        self._app.set_timer(_LONGEST_S, self._give_up)

    def end(self) -> None:
        """Hands on what was held, once nothing is waited for."""
        self._count = max(0, self._count - 1)
        if not self._count:
            held, self._held = self._held, []
            for event in held:
                self._app.post_message(event)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Ends however what was waited for ends."""
        try:
            yield
        finally:
            self.end()

    def takes(self, event: Event) -> bool:
        """Tells whether an event was held."""
        is_held = self._count > 0 and isinstance(event, Key | Paste)
        if is_held:
            self._held.append(event)
        return is_held

    def _give_up(self) -> None:
        if self._count and time.monotonic() >= self._until:
            self._count = 1
            self.end()

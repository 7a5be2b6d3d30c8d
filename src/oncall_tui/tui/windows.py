"""The few seconds between a person's yes and its effect: whatever waits here can be taken back.

A window lives in the app, so it survives every change of pane; it dies with the process: a dead terminal sends nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.app import App
from textual.timer import Timer

#: A window that ends so much too late belongs to a terminal that stood still: a person has to look again.
_STALL_LIMIT_S = 10.0
#: An enter so soon after the first one is a held key or a paste, not a decision.
_EARLIEST_SEND_S = 0.3
_STOOD_STILL = "not sent: this terminal stood still for a while, look at it again"
T = TypeVar("T")


@dataclass(slots=True)
class _Window(Generic[T]):
    held: T
    began_s: float
    ends_s: float
    timer: Timer | None = None


class Windows(Generic[T]):
    """Holds one thing a key: `send` is called at the end of its window, `give_back` with a reason when it does not."""

    def __init__(
        self,
        app: App[object],
        length_ms: int,
        send: Callable[[T], Awaitable[None]],
        give_back: Callable[[T, str], Awaitable[None]],
    ) -> None:
        self._app = app
        self._length_ms = length_ms
        self._send = send
        self._give_back = give_back
        self._windows: dict[Hashable, _Window[T]] = {}

    @property
    def waiting(self) -> tuple[T, ...]:
        """What waits, oldest first."""
        return tuple(window.held for window in self._windows.values())

    def is_waiting(self, key: Hashable) -> bool:
        return key in self._windows

    def left_s(self, key: Hashable) -> float:
        """Returns the seconds left in a window, 0 without one."""
        window = self._windows.get(key)
        return max(0.0, window.ends_s - time.monotonic()) if window else 0.0

    async def open(self, key: Hashable, held: T, tell: Callable[[], None]) -> None:
        """Begins a window and tells of it; one without any length has ended when this returns."""
        began_s = time.monotonic()
        window = _Window(held, began_s, began_s + self._length_ms / 1000)
        self._windows[key] = window
        tell()
        if self._length_ms == 0:
            await self._end(key, window)
        else:
            window.timer = self._app.set_timer(self._length_ms / 1000, lambda: self._run_out(key, window))

    async def take_back(self, key: Hashable | None = None) -> bool:
        """Ends a window, or the latest one, without sending; returns False when there is none."""
        if key is None and self._windows:
            key = next(reversed(self._windows))
        window = self._windows.get(key) if key is not None else None
        if window is None:
            return False
        await self._leave(key, window, "taken back, nothing was sent")
        return True

    async def send_now(self, key: Hashable) -> None:
        """Ends a window early, with sending; a press too soon after the first one does nothing."""
        window = self._windows.get(key)
        if window is not None and time.monotonic() - window.began_s >= _EARLIEST_SEND_S:
            await self._end(key, window)

    async def _run_out(self, key: Hashable, window: _Window[T]) -> None:
        if self._windows.get(key) is not window:
            return
        if time.monotonic() - window.ends_s > _STALL_LIMIT_S:
            await self._leave(key, window, _STOOD_STILL)
        else:
            await self._end(key, window)

    async def _end(self, key: Hashable, window: _Window[T]) -> None:
        self._close(key, window)
        await self._send(window.held)

    async def _leave(self, key: Hashable, window: _Window[T], reason: str) -> None:
        self._close(key, window)
        await self._give_back(window.held, reason)

    def _close(self, key: Hashable, window: _Window[T]) -> None:
        self._windows.pop(key, None)
        if window.timer is not None:
            window.timer.stop()

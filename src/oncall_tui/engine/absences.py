"""What a page did not show when it was asked for it: deleted there, or made just now while reads lag behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable


def read_uptime() -> float:
    """Returns seconds by the loop's time, which no setting of a clock moves."""
    return asyncio.get_running_loop().time()


class Absences:
    """Since when a page has not shown each of what it was asked for."""

    def __init__(self, quiet_period_ms: int, uptime: Callable[[], float] = read_uptime) -> None:
        self._grace_s = 2 * quiet_period_ms / 1000
        self._uptime = uptime
        self._since_s: dict[Hashable, float] = {}

    def note_shown(self, keys: Iterable[Hashable]) -> None:
        for key in keys:
            self._since_s.pop(key, None)

    def note_missing(self, key: Hashable) -> bool:
        """Tells whether it is gone: one read without it may lag behind, those of two quiet periods do not."""
        now = self._uptime()
        return now - self._since_s.setdefault(key, now) >= self._grace_s

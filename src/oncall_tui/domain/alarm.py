"""When a terminal rings: at what is newly down, and at a promise that runs out. Never as a storm."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.cadence import URGENT_MS
from oncall_tui.domain.duration import MINUTE, SECOND

APART_MS = 20 * SECOND
"""Two rings are never closer together."""
LATE_EVERY_MS = 5 * MINUTE
MUTE_MS = 15 * MINUTE


class Alarm:
    """What was rung for already. What is known at the start rings for nobody: it is on the screen."""

    def __init__(self) -> None:
        self.muted_until: int | None = None
        self._down: frozenset[str] | None = None
        self._steps: dict[int, int] = {}
        self._rung_at: int | None = None
        self._is_owed = False

    def is_muted(self, now: int) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def mute(self, now: int) -> bool:
        """Mutes for a quarter of an hour, or ends that; returns whether it is muted now."""
        self.muted_until = None if self.is_muted(now) else now + MUTE_MS
        return self.muted_until is not None

    def hear(self, down: frozenset[str], dues: Iterable[tuple[int, int]], now: int) -> bool:
        """Returns whether to ring. `down` are the probes that are down unsilenced, `dues` (incident, promised instant).

        Rings at a probe that is newly down, a minute before a promise, at its instant, and every five minutes after it.
        What comes within twenty seconds of a ring is rung once after them; what comes while muted is not made up for.
        """
        is_new = self._down is not None and bool(down - self._down)
        steps = {incident: _count_steps(due_at, now) for incident, due_at in dues}
        if self._down is not None:
            is_new |= any(step > self._steps.get(incident, 0) for incident, step in steps.items())
        self._down, self._steps = down, steps
        self._is_owed = (self._is_owed or is_new) and not self.is_muted(now)
        is_apart = self._rung_at is None or not 0 <= now - self._rung_at < APART_MS
        if not (self._is_owed and is_apart):
            return False
        self._is_owed, self._rung_at = False, now
        return True


def _count_steps(due_at: int, now: int) -> int:
    """Returns how many of the moments to ring for a promise are over."""
    late_ms = now - due_at
    if late_ms < 0:
        return int(-late_ms <= URGENT_MS)
    return 2 + late_ms // LATE_EVERY_MS

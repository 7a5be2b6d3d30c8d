"""When a terminal rings: at what is newly down or flaps, and at a promise that runs out. Never as a storm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from oncall_tui.domain.cadence import URGENT_MS
from oncall_tui.domain.counting import count_words
from oncall_tui.domain.duration import MINUTE, SECOND
from oncall_tui.domain.sanitize import clean_line

APART_MS = 20 * SECOND
"""Two rings are never closer together."""
LATE_EVERY_MS = 5 * MINUTE
MUTE_MS = 15 * MINUTE
_WORDS_LIMIT = 150


class Rung(Struct, frozen=True):
    """What one ring is for: probes that are newly down or flap, and incidents whose promised update is due."""

    down: tuple[str, ...] = ()
    due: tuple[int, ...] = ()
    flapping: tuple[str, ...] = ()


def tell_rung(rung: Rung) -> str:
    """Returns a ring in one inert line of at most 150 characters, however much fell."""
    parts = []
    for word, names in (("DOWN", rung.down), ("FLAPPING", rung.flapping)):
        if names:
            parts.append(f"{word}: {clean_line(names[0], 60)}{_tell_more(names)}")
    if rung.due:
        parts.append(f"update due: #{rung.due[0]}{_tell_more(rung.due)}")
    return clean_line(", ".join(parts) or "a probe was down for a moment", _WORDS_LIMIT)


def _tell_more(names: Sequence[object]) -> str:
    return f" and {count_words(len(names) - 1, 'other')}" if len(names) > 1 else ""


class Alarm:
    """What was rung for already. What is known at the start rings for nobody: it is on the screen.

    `rung` is what the latest ring was for: of the probes, those that are still down.
    """

    def __init__(self) -> None:
        self.rung = Rung()
        self._news: dict[str | int, None] = {}
        self.muted_until: int | None = None
        self._down: frozenset[str] | None = None
        self._flapping: frozenset[str] = frozenset()
        self._steps: dict[int, int] = {}
        self._rung_at: int | None = None
        self._is_owed = False

    def is_muted(self, now: int) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def mute(self, now: int) -> bool:
        """Mutes for a quarter of an hour, or ends that; returns whether it is muted now."""
        self.muted_until = None if self.is_muted(now) else now + MUTE_MS
        return self.muted_until is not None

    def hear(
        self,
        down: frozenset[str],
        dues: Iterable[tuple[int, int]],
        now: int,
        flapping: frozenset[str] = frozenset(),
    ) -> bool:
        """Returns whether to ring. `down` and `flapping` are probes unsilenced, `dues` (incident, promised instant).

        Rings at a probe that is newly down, or flaps and was well before, a minute before a promise, at its instant,
        and every five minutes after it.
        What comes within twenty seconds of a ring is rung once after them; what comes while muted is not made up for.
        """
        steps = {incident: _count_steps(due_at, now) for incident, due_at in dues}
        news: list[str | int] = []
        if self._down is not None:
            news += sorted(down - self._down)
            news += sorted(flapping - self._down - self._flapping)
            news += [incident for incident, step in steps.items() if step > self._steps.get(incident, 0)]
        self._down, self._flapping, self._steps = down, flapping, steps
        self._is_owed = (self._is_owed or bool(news)) and not self.is_muted(now)
        self._news = {**self._news, **dict.fromkeys(news)} if self._is_owed else {}
        is_apart = self._rung_at is None or not 0 <= now - self._rung_at < APART_MS
        if not (self._is_owed and is_apart):
            return False
        self._is_owed, self._rung_at = False, now
        self.rung = Rung(
            tuple(each for each in self._news if isinstance(each, str) and each in down),
            tuple(each for each in self._news if isinstance(each, int) and each in steps),
            tuple(each for each in self._news if isinstance(each, str) and each in flapping),
        )
        self._news = {}
        return True


def _count_steps(due_at: int, now: int) -> int:
    """Returns how many of the moments to ring for a promise are over."""
    late_ms = now - due_at
    if late_ms < 0:
        return int(-late_ms <= URGENT_MS)
    return 2 + late_ms // LATE_EVERY_MS

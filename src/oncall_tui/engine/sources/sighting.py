"""What a source tells of one of its targets."""

from __future__ import annotations

from msgspec import Struct

from oncall_tui.domain.intake import Labels
from oncall_tui.domain.probe import Phases, Verdict


class Sighting(Struct, frozen=True):
    """One look of the source at a target; every text is as it came.

    `at` is when it looked, by our clock; `stamp` is the same by its own, so that one look is told from the next.
    `began_at` is since when it has been so, where the source knows. `quiet` says who has silenced it there.
    `is_blind` tells that the source could not ask, and knows no more than that the target should be there.
    """

    labels: Labels
    target: str
    at: int
    stamp: int
    verdict: Verdict
    duration_ms: float = 0.0
    reason: str = ""
    phases: Phases = Phases()
    facts: tuple[tuple[str, str], ...] = ()
    began_at: int | None = None
    quiet: Quiet | None = None
    is_blind: bool = False


class Quiet(Struct, frozen=True):
    """A silence that the source tells of; `until_at` is None for what lasts as long as something else does."""

    by: str
    note: str
    until_at: int | None = None

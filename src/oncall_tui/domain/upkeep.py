"""Work on probes that customers are not told of: a stretch of time in which they ring no bell and cost no uptime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.maintenance import Maintenance
from oncall_tui.domain.maintenance import find_silence as find_planned_work


class Upkeep(Struct, frozen=True):
    """One stretch, [starts_at, ends_at) by the clock; planned work, of which customers read, is a `Maintenance`.

    `window` is the recurring window of the config that it belongs to, None for one that a person made. `ended_at` is
    when it was ended before its time, `left` when single probes were taken out of it.
    """

    id: int
    probes: frozenset[str]
    starts_at: int
    ends_at: int
    note: str
    actor: str
    made_at: int
    window: str | None = None
    ended_at: int | None = None
    left: Mapping[str, int] = field(default_factory=dict)

    def find_span(self, probe: str) -> tuple[int, int] | None:
        """Returns the (start, end) of it for a probe, None where it never began for that."""
        if probe not in self.probes:
            return None
        ends_at = self.ends_at if self.ended_at is None else min(self.ends_at, self.ended_at)
        if probe in self.left:
            ends_at = min(ends_at, self.left[probe])
        return (self.starts_at, ends_at) if self.starts_at < ends_at else None


def index_upkeeps(upkeeps: Iterable[Upkeep], now: int) -> dict[str, Upkeep]:
    """Returns for each probe that is kept quiet at `now` the work that does it, of several the one that ends last."""
    held: dict[str, tuple[int, Upkeep]] = {}
    for each in upkeeps:
        if not each.starts_at <= now < each.ends_at:
            continue
        for name in each.probes:
            span = each.find_span(name)
            if span is not None and now < span[1] and (name not in held or held[name][0] <= span[1]):
                held[name] = span[1], each
    return {name: each for name, (_, each) in held.items()}


def find_work(
    maintenances: Iterable[Maintenance], held: Mapping[str, Upkeep], probe: str, now: int
) -> Maintenance | Upkeep | None:
    """Returns what puts a probe under maintenance at `now`: planned work before what customers are not told of.

    `held` is what `index_upkeeps` returns for `now`.
    """
    return find_planned_work(maintenances, probe, now) or held.get(probe)


def name_work(work: Maintenance | Upkeep) -> str:
    """Returns which work it is, in the words that its makers gave it."""
    if isinstance(work, Maintenance):
        return f"M{work.id} {work.title}"
    return work.window or work.note or f"by {work.actor}"


def require_span(starts_at: int, ends_at: int, now: int) -> None:
    """Raises RefusedError for a stretch that has no length, or that is over."""
    if ends_at <= starts_at:
        raise RefusedError("window", "The end must be later than the start.")
    if ends_at <= now:
        raise RefusedError("window", "The whole time lies in the past: nothing would be quiet.")

"""An hour or a day of a probe in one record: how its runs went, how long they took, and each minute in a few bytes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.probe import Phases, SpanKind, Verdict

SERIES = ("whole", "resolve", "connect", "tls", "first byte", "transfer")
_WORST = {Verdict.UNKNOWN: 0, Verdict.UP: 1, Verdict.DEGRADED: 2, Verdict.DOWN: 3}
_KINDS = (SpanKind.UNKNOWN, SpanKind.UP, SpanKind.SLOW, SpanKind.DOWN)


class Run(NamedTuple):
    """As much of one run as a roll-up is made of."""

    started_at: int
    verdict: Verdict
    duration_ms: float
    phases: Phases


class Figures(NamedTuple):
    """Milliseconds of the runs that had an answer, None where none had."""

    p50_ms: float | None = None
    p95_ms: float | None = None


class Minute(NamedTuple):
    """The worst of a minute, None when nothing ran in it, and how long its answers took."""

    worst: SpanKind | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None


class Rollup(Struct, frozen=True):
    """The runs of a probe begun in [began_at, began_at + length_ms), UTC; `figures` run along SERIES.

    `minutes` are the sixty of an hour, empty in the roll-up of a day.
    """

    probe: str
    length_ms: int
    began_at: int
    up: int
    slow: int
    down: int
    unknown: int
    figures: tuple[Figures, ...]
    minutes: tuple[Minute, ...] = ()

    @property
    def runs(self) -> int:
        return self.up + self.slow + self.down + self.unknown


_TELLING = frozenset((Verdict.UP, Verdict.DEGRADED))


def roll_up(probe: str, length_ms: int, began_at: int, runs: Sequence[Run], *, is_value: bool = False) -> Rollup:
    """Returns the roll-up of runs that all began within it; minutes are told of an hour.

    A run that is down has no latency, but the value of a query (`is_value`) is there just then.
    """
    counts = dict.fromkeys(Verdict, 0)
    telling = _TELLING | {Verdict.DOWN} if is_value else _TELLING
    answered = []
    for run in runs:
        counts[run.verdict] += 1
        if run.verdict in telling:
            answered.append(run)
    phases = [run.phases for run in answered]
    series: list[Iterable[float | None]] = [
        (run.duration_ms for run in answered),
        (each.resolve_ms for each in phases),
        (each.connect_ms for each in phases),
        (each.tls_ms for each in phases),
        (each.first_byte_ms for each in phases),
        (each.transfer_ms for each in phases),
    ]
    figures = tuple(_figure(value for value in values if value is not None) for values in series)
    return Rollup(
        probe,
        length_ms,
        began_at,
        up=counts[Verdict.UP],
        slow=counts[Verdict.DEGRADED],
        down=counts[Verdict.DOWN],
        unknown=counts[Verdict.UNKNOWN],
        figures=figures,
        minutes=_roll_minutes(began_at, runs, telling) if length_ms == HOUR else (),
    )


def _roll_minutes(began_at: int, runs: Sequence[Run], telling: Collection[Verdict]) -> tuple[Minute, ...]:
    minutes: list[list[Run]] = [[] for _ in range(HOUR // MINUTE)]
    for run in runs:
        minutes[(run.started_at - began_at) // MINUTE].append(run)
    return tuple(
        Minute(
            _KINDS[max(_WORST[run.verdict] for run in held)],
            *_figure(run.duration_ms for run in held if run.verdict in telling),
        )
        if held
        else Minute()
        for held in minutes
    )


def _figure(values: Iterable[float]) -> Figures:
    ordered = sorted(values)
    if not ordered:
        return Figures()
    return Figures(*(ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.95)))


def floor_to(at: int, length_ms: int) -> int:
    """Returns when the hour or the day of an instant began, in UTC."""
    return at - at % length_ms


def list_due(hours: Iterable[tuple[str, int]], now: int, grace_ms: int = MINUTE) -> list[tuple[str, int]]:
    """Returns the (probe, hour) that can be rolled up: over for a while, or so far ahead that a clock was wrong."""
    return [(probe, began_at) for probe, began_at in hours if not began_at - HOUR <= now < began_at + HOUR + grace_ms]

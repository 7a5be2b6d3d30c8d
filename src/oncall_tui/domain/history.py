"""What probes were over time, as spans: exact time, since runs are more frequent the worse it looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.maintenance import Maintenance, NoticeKind
from oncall_tui.domain.probe import ProbeState, ProbeStatus, Result, SpanKind, Verdict
from oncall_tui.domain.stretches import NEVER, Stretches, Window
from oncall_tui.domain.upkeep import Upkeep
from oncall_tui.domain.verdict import SILENT_INTERVALS, present_status

PERIODS = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
KEEP_MS = 400 * DAY
"""Spans and roll-ups are kept so long."""
KEEP_RAW_MS = 48 * HOUR
_OF_VERDICT = {
    Verdict.UP: SpanKind.UP,
    Verdict.DEGRADED: SpanKind.SLOW,
    Verdict.DOWN: SpanKind.DOWN,
    Verdict.UNKNOWN: SpanKind.UNKNOWN,
}
_OF_STATUS = {ProbeStatus.UP: SpanKind.UP, ProbeStatus.SLOW: SpanKind.SLOW, ProbeStatus.DOWN: SpanKind.DOWN}


class Span(Struct, frozen=True, gc=False):
    """What a probe was in [began_at, ended_at)."""

    probe: str
    began_at: int
    ended_at: int
    kind: SpanKind


class Uptime(NamedTuple):
    """Milliseconds of a period by what they were; slow time counts as up, `planned_ms` and `unknown_ms` as nothing."""

    up_ms: int = 0
    slow_ms: int = 0
    down_ms: int = 0
    unknown_ms: int = 0
    planned_ms: int = 0

    @property
    def share(self) -> float | None:
        """The part of the known time that was up, None when nothing is known."""
        well = self.up_ms + self.slow_ms
        known = well + self.down_ms
        return well / known if known else None


def find_lost(last_result_at: int, every_ms: int) -> int:
    """Returns the instant from which silence after a result is time of which nothing is known."""
    return last_result_at + int(SILENT_INTERVALS * every_ms)


def take_run(old: ProbeState, new: ProbeState, result: Result, every_ms: int) -> tuple[tuple[Span, ...], ProbeState]:
    """Returns the spans that a run closed, and the state after it with its open span.

    `new` is what `next_state` makes of the run. A status that is confirmed began with the first of the runs that
    confirmed it, but never before the open span; while a probe flaps, each run counts for itself. Failures that were
    never confirmed nor answered are no uptime. A run from before the latest one means that the clock was set back: the
    open span ends with that latest one, and `lay_span` says what holds of the time that is told twice.
    """
    at, kind = result.started_at, _find_kind(new, every_ms)
    if old.span is None or _is_set_back(old, at, every_ms):
        return tuple(close_span(old, every_ms, old.last_result_at or 0)), replace(new, span=kind, span_at=at)
    open_kind, open_at, closed = old.span, old.span_at, []
    lost_at = None if old.last_result_at is None else find_lost(old.last_result_at, every_ms)
    if lost_at is not None and at > lost_at and open_kind is not SpanKind.UNKNOWN:
        ended_at = max(open_at, min(lost_at, _find_pending(old)))
        closed.append(Span(new.probe, open_at, ended_at, open_kind))
        open_kind, open_at = SpanKind.UNKNOWN, ended_at
        began_at = at
    elif kind is SpanKind.UNKNOWN:
        began_at = max(open_at, min(at, _find_pending(old)))
    elif new.status is not old.status and (new.flapping_at is None or old.flapping_at is None):
        began_at = max(open_at, min(at, new.since_at))
    else:
        began_at = at
    if kind is not open_kind:
        closed.append(Span(new.probe, open_at, began_at, open_kind))
        open_kind, open_at = kind, began_at
    return tuple(span for span in closed if span.began_at < span.ended_at), replace(
        new, span=open_kind, span_at=open_at
    )


def _is_set_back(old: ProbeState, at: int, every_ms: int) -> bool:
    return at < old.span_at or (old.last_result_at is not None and at < old.last_result_at - every_ms)


def _find_kind(state: ProbeState, every_ms: int) -> SpanKind:
    if state.flapping_at is not None and state.last_verdict is not None:
        return _OF_VERDICT[state.last_verdict]
    status = present_status(state, every_ms, state.last_result_at or 0)
    return _OF_STATUS.get(status, SpanKind.UNKNOWN)


def _find_pending(state: ProbeState) -> int:
    """Returns when failures began that nothing has confirmed yet, else the end of time."""
    is_pending = state.last_verdict is Verdict.DOWN and state.span in (SpanKind.UP, SpanKind.SLOW)
    return state.streak_at if is_pending else NEVER


def close_span(state: ProbeState, every_ms: int, now: int) -> list[Span]:
    """Returns what the open span is up to `now`, and the silence after it."""
    if state.span is None or state.last_result_at is None or now <= state.span_at:
        return []
    if state.span is SpanKind.UNKNOWN:
        return [Span(state.probe, state.span_at, now, SpanKind.UNKNOWN)]
    known_until = max(state.span_at, min(now, find_lost(state.last_result_at, every_ms)))
    spans = [
        Span(state.probe, state.span_at, known_until, state.span),
        Span(state.probe, known_until, now, SpanKind.UNKNOWN),
    ]
    return [span for span in spans if span.began_at < span.ended_at]


def lay_span(later: Iterable[Span], span: Span) -> list[Span]:
    """Returns what holds from the beginning of a span on, once it is told; `later` end after that beginning.

    There are such where the clock was set back. What they tell is told anew, save downtime: no clock undoes it. What
    begins more than a day later was told by a clock that ran ahead, and is not believed.
    """
    down = [each for each in later if each.kind is SpanKind.DOWN and each.began_at < span.began_at + DAY]
    others = [each for each in later if each.kind is not SpanKind.DOWN and each.began_at < span.began_at]
    laid = [Span(each.probe, each.began_at, span.began_at, each.kind) for each in others]
    laid += [*down, *cut_out([span], [(each.began_at, each.ended_at) for each in down])]
    laid.sort(key=lambda each: each.began_at)
    joined = laid[:1]
    for each in laid[1:]:
        last = joined[-1]
        if last.ended_at == each.began_at and last.kind is each.kind is SpanKind.DOWN:
            joined[-1] = Span(last.probe, last.began_at, each.ended_at, last.kind)
        else:
            joined.append(each)
    return joined


def lay_spans(known: Sequence[Span], told: Iterable[Span]) -> list[Span]:
    """Returns the spans of a probe, in order and apart as those `known` are, with others told after them."""
    laid = list(known)
    for span in told:
        at = bisect_right(laid, span.began_at, key=lambda each: each.ended_at)
        laid[at:] = lay_span(laid[at:], span)
    return laid


def find_window(maintenance: Maintenance) -> Window | None:
    """Returns when planned work took place or will, None if it never began: what was called over was over then."""
    over = [
        notice.fired_at
        for notice in maintenance.notices
        if notice.kind in (NoticeKind.FINISH, NoticeKind.CANCEL) and notice.fired_at is not None
    ]
    if maintenance.cancelled_at is not None:
        over.append(maintenance.cancelled_at)
    ends_at = min([maintenance.ends_at, *over])
    return (maintenance.starts_at, ends_at) if maintenance.starts_at < ends_at else None


def cut_out(spans: Iterable[Span], windows: Iterable[Window]) -> list[Span]:
    """Returns the spans without the time of `windows`."""
    rest = Stretches(windows)
    return [
        span
        if (began_at, ended_at) == (span.began_at, span.ended_at)
        else Span(span.probe, began_at, ended_at, span.kind)
        for span in spans
        for began_at, ended_at in rest.cut_from([(span.began_at, span.ended_at)])
    ]


def sum_spans(spans: Sequence[Span], planned: Stretches, since: int, until: int) -> Uptime:
    """Returns the time of [since, until) by what it was; time of the future, or before the first span, is no part.

    `spans` are in order and do not overlap. What no span tells is unknown.
    """
    sums = dict.fromkeys(SpanKind, 0)
    at = bisect_right(spans, since, key=lambda span: span.ended_at)
    while at < len(spans) and spans[at].began_at < until:
        span = spans[at]
        began_at, ended_at = max(span.began_at, since), min(span.ended_at, until)
        sums[span.kind] += ended_at - began_at - planned.measure(began_at, ended_at)
        at += 1
    since = max(since, min(spans[0].began_at, until) if spans else until)
    planned_ms = planned.measure(since, until)
    told = sums[SpanKind.UP] + sums[SpanKind.SLOW] + sums[SpanKind.DOWN]
    unknown_ms = max(0, until - since) - planned_ms - told
    return Uptime(sums[SpanKind.UP], sums[SpanKind.SLOW], sums[SpanKind.DOWN], unknown_ms, planned_ms)


def find_planned(maintenances: Iterable[Maintenance], upkeeps: Iterable[Upkeep], probe: str) -> Stretches:
    """Returns the work on a probe that was no surprise."""
    windows = [find_window(work) for work in maintenances if probe in work.probes]
    windows += [work.find_span(probe) for work in upkeeps]
    return Stretches(window for window in windows if window is not None)


def tell_parts(
    spans: Sequence[Span], planned: Stretches, length_ms: int, since: int, until: int
) -> list[tuple[int, Uptime]]:
    """Returns the hours or days, UTC, that touch [since, until), each with its time before `until`."""
    first = since - since % length_ms
    return [
        (began_at, sum_spans(spans, planned, began_at, min(began_at + length_ms, until)))
        for began_at in range(first, until, length_ms)
    ]

"""What probes were over time, as spans: exact time, since runs are more frequent the worse it looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.maintenance import Maintenance, NoticeKind
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Result, SpanKind, Verdict
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
NEVER = 2**62
Window = tuple[int, int]


class Span(Struct, frozen=True, gc=False):
    """What a probe was in [began_at, ended_at)."""

    probe: str
    began_at: int
    ended_at: int
    kind: SpanKind


class Trouble(NamedTuple):
    """Since when something is watched, None if never, and when it was not up; windows are in order and apart."""

    first_at: int | None = None
    down: Sequence[Window] = ()
    slow: Sequence[Window] = ()
    unknown: Sequence[Window] = ()


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


class Record(NamedTuple):
    """How well a probe or a component did in some periods; `first_at` is since when it is watched, None if never."""

    name: str
    is_component: bool
    first_at: int | None
    uptimes: tuple[Uptime, ...]


def find_lost(last_result_at: int, every_ms: int) -> int:
    """Returns the instant from which silence after a result is time of which nothing is known."""
    return last_result_at + int(SILENT_INTERVALS * every_ms)


def take_run(old: ProbeState, new: ProbeState, result: Result, every_ms: int) -> tuple[tuple[Span, ...], ProbeState]:
    """Returns the spans that a run closed, and the state after it with its open span.

    `new` is what `next_state` makes of the run. A status that is confirmed began with the first of the runs that
    confirmed it, but never before the open span; while a probe flaps, each run counts for itself. Failures that were
    never confirmed nor answered are no uptime. A run from before the open span means that the clock was set back: what
    was told of that time is told anew.
    """
    at, kind = result.started_at, _find_kind(new, every_ms)
    if old.span is None or at < old.span_at:
        return (), replace(new, span=kind, span_at=at)
    open_kind, open_at, closed = old.span, old.span_at, []
    lost_at = None if old.last_result_at is None else find_lost(old.last_result_at, every_ms)
    if lost_at is not None and at > lost_at and open_kind is not SpanKind.UNKNOWN:
        ended_at = max(open_at, min(lost_at, _find_pending(old)))
        closed.append(Span(new.probe, open_at, ended_at, open_kind))
        open_kind, open_at = SpanKind.UNKNOWN, ended_at
        began_at = at
    elif kind is SpanKind.UNKNOWN:
        began_at = max(open_at, min(at, _find_pending(old)))
    elif new.status is not old.status and new.flapping_at is None:
        began_at = max(open_at, min(at, new.since_at))
    else:
        began_at = at
    if kind is not open_kind:
        closed.append(Span(new.probe, open_at, began_at, open_kind))
        open_kind, open_at = kind, began_at
    return tuple(span for span in closed if span.began_at < span.ended_at), replace(
        new, span=open_kind, span_at=open_at
    )


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


def join_windows(windows: Iterable[Window]) -> list[Window]:
    """Returns the same time as windows in order, none of which touch."""
    joined: list[Window] = []
    for began_at, ended_at in sorted(windows):
        if joined and began_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended_at))
        else:
            joined.append((began_at, ended_at))
    return joined


def cut_out(spans: Iterable[Span], windows: Sequence[Window]) -> list[Span]:
    """Returns the spans without the time of `windows`, which are in order and apart."""
    left = []
    for span in spans:
        began_at = span.began_at
        for starts_at, ends_at in windows:
            if ends_at <= began_at or starts_at >= span.ended_at:
                continue
            if began_at < starts_at:
                left.append(replace(span, began_at=began_at, ended_at=starts_at))
            began_at = ends_at
        if began_at < span.ended_at:
            left.append(span if began_at == span.began_at else replace(span, began_at=began_at))
    return left


def subtract(windows: Iterable[Window], holes: Sequence[Window]) -> list[Window]:
    """Returns what is left of windows without the time of others; both are in order and apart."""
    left: list[Window] = []
    at = 0
    for window in windows:
        began_at, ended_at = window
        while at < len(holes) and holes[at][1] <= began_at:
            at += 1
        here = at
        while here < len(holes) and holes[here][0] < ended_at:
            if began_at < holes[here][0]:
                left.append((began_at, holes[here][0]))
            began_at = holes[here][1]
            here += 1
        if began_at < ended_at:
            left.append((began_at, ended_at))
    return left


def _measure(windows: Iterable[Window], since: int, until: int) -> int:
    total = 0
    for began_at, ended_at in windows:
        if ended_at > since and began_at < until:
            total += min(until, ended_at) - max(since, began_at)
    return total


def merge_troubles(parts: Sequence[Trouble], now: int) -> Trouble:
    """Returns what a component was: the worst that any of its probes was, unknown only where none says anything."""
    watched = [part for part in parts if part.first_at is not None and part.first_at < now]
    down = join_windows(window for part in watched for window in part.down)
    slow = subtract(join_windows(window for part in watched for window in part.slow), down)
    edges = [(part.first_at or 0, 1) for part in watched]
    for part in watched:
        edges += [(began_at, -1) for began_at, _ in part.unknown]
        edges += [(ended_at, 1) for _, ended_at in part.unknown]
    unknown: list[Window] = []
    telling, last = 0, NEVER
    for at, step in sorted(edges):
        if telling == 0 and last < at:
            unknown.append((last, at))
        telling, last = telling + step, at
    unknown = join_windows(unknown)
    return Trouble(min((part.first_at or 0 for part in watched), default=None), down, slow, unknown)


def leave_out(trouble: Trouble, planned: Sequence[Window]) -> Trouble:
    """Returns trouble without the time of planned work."""
    if not planned:
        return trouble
    down, slow, unknown = (subtract(each, planned) for each in (trouble.down, trouble.slow, trouble.unknown))
    return Trouble(trouble.first_at, down, slow, unknown)


def hide_planned(trouble: Trouble, planned: Sequence[Window], now: int) -> Trouble:
    """Returns what a probe says of its component: nothing while work on it was planned."""
    first_at = trouble.first_at
    if first_at is None or not planned:
        return trouble
    left = leave_out(trouble, planned)
    hidden = [
        (max(starts_at, first_at), min(ends_at, now))
        for starts_at, ends_at in planned
        if starts_at < now and ends_at > first_at
    ]
    return Trouble(first_at, left.down, left.slow, join_windows([*left.unknown, *hidden]) if left.unknown else hidden)


def sum_troubles(trouble: Trouble, planned: Sequence[Window], periods: Iterable[Window]) -> list[Uptime]:
    """Returns the time of each of some periods by what it was, as `sum_spans` does; what is no trouble was up."""
    left, first_at = leave_out(trouble, planned), trouble.first_at
    if first_at is None:
        return [Uptime() for _ in periods]
    found = []
    for began_at, until in periods:
        since = max(began_at, first_at)
        down_ms, slow_ms = _measure(left.down, since, until), _measure(left.slow, since, until)
        unknown_ms, planned_ms = _measure(left.unknown, since, until), _measure(planned, since, until)
        up_ms = max(0, until - since) - planned_ms - slow_ms - down_ms - unknown_ms
        found.append(Uptime(up_ms, slow_ms, down_ms, unknown_ms, planned_ms))
    return found


def sum_spans(spans: Iterable[Span], planned: Sequence[Window], since: int, until: int) -> Uptime:
    """Returns the time of [since, until) by what it was; time of the future, or before the first span, is no part.

    `spans` do not overlap and `planned` are in order and apart. What no span tells is unknown.
    """
    sums = dict.fromkeys(SpanKind, 0)
    first_at = until
    for span in spans:
        first_at = min(first_at, span.began_at)
        began_at, ended_at = max(span.began_at, since), min(span.ended_at, until)
        if began_at >= ended_at:
            continue
        length = ended_at - began_at
        for starts_at, ends_at in planned:
            length -= max(0, min(ended_at, ends_at) - max(began_at, starts_at))
        sums[span.kind] += length
    since = max(since, first_at)
    planned_ms = sum(max(0, min(until, ends_at) - max(since, starts_at)) for starts_at, ends_at in planned)
    told = sums[SpanKind.UP] + sums[SpanKind.SLOW] + sums[SpanKind.DOWN]
    unknown_ms = max(0, until - since) - planned_ms - told
    return Uptime(sums[SpanKind.UP], sums[SpanKind.SLOW], sums[SpanKind.DOWN], unknown_ms, planned_ms)


def find_planned(maintenances: Iterable[Maintenance], upkeeps: Iterable[Upkeep], probe: str) -> list[Window]:
    """Returns the work on a probe that was no surprise, in order and apart."""
    windows = [find_window(work) for work in maintenances if probe in work.probes]
    windows += [work.find_span(probe) for work in upkeeps]
    return join_windows(window for window in windows if window is not None)


def tell_parts(
    spans: Sequence[Span], planned: Sequence[Window], length_ms: int, since: int, until: int
) -> list[tuple[int, Uptime]]:
    """Returns the hours or days, UTC, that touch [since, until), each with its time before `until`."""
    first = since - since % length_ms
    return [
        (began_at, sum_spans(spans, planned, began_at, min(began_at + length_ms, until)))
        for began_at in range(first, until, length_ms)
    ]


def tell_records(
    probes: Sequence[Probe],
    troubles: Mapping[str, Trouble],
    maintenances: Iterable[Maintenance],
    upkeeps: Iterable[Upkeep],
    lengths: Sequence[int],
    now: int,
) -> list[Record]:
    """Returns the components in the order of their first probes, then the probes, over each of `lengths` up to `now`.

    A component is down while any of its probes is, save in the work on that probe; work on all of its probes at once is
    work on the component.
    """
    planned, by_component = _index_planned(probes, maintenances, upkeeps)
    periods = [(now - length, now) for length in lengths]
    parts: dict[str, list[Trouble]] = {}
    for probe in probes:
        if probe.component is not None:
            told = hide_planned(troubles.get(probe.name, Trouble()), planned.get(probe.name, ()), now)
            parts.setdefault(probe.component, []).append(told)

    def record(name: str, is_component: bool, trouble: Trouble, windows: Sequence[Window]) -> Record:
        return Record(name, is_component, trouble.first_at, tuple(sum_troubles(trouble, windows, periods)))

    found = [record(name, True, merge_troubles(each, now), by_component.get(name, ())) for name, each in parts.items()]
    return found + [
        record(probe.name, False, troubles.get(probe.name, Trouble()), planned.get(probe.name, ())) for probe in probes
    ]


def _index_planned(
    probes: Sequence[Probe], maintenances: Iterable[Maintenance], upkeeps: Iterable[Upkeep]
) -> tuple[dict[str, list[Window]], dict[str, list[Window]]]:
    """Returns the work on each probe and on each component; probes with the same work share one list of it."""
    members: dict[str, set[str]] = {}
    for probe in probes:
        if probe.component is not None:
            members.setdefault(probe.component, set()).add(probe.name)
    alike: dict[frozenset[str], list[Window]] = {}
    by_probe: dict[str, list[Window]] = {}
    by_component: dict[str, list[Window]] = {}
    for upkeep in upkeeps:
        whole = upkeep.probes.difference(upkeep.left)
        span = upkeep.find_span(next(iter(whole), ""))
        if span is not None:
            alike.setdefault(whole, []).append(span)
        for name in upkeep.left:
            if (span := upkeep.find_span(name)) is not None:
                by_probe.setdefault(name, []).append(span)
    for names, windows in alike.items():
        for component, mine in members.items():
            if mine <= names:
                by_component.setdefault(component, []).extend(windows)
    for work in maintenances:
        window = find_window(work)
        if window is not None:
            alike.setdefault(frozenset(work.probes), []).append(window)
            for component in work.components:
                by_component.setdefault(component, []).append(window)
    joined = {names: join_windows(windows) for names, windows in alike.items()}
    planned = {name: join_windows(windows) for name, windows in by_probe.items()}
    for names, windows in joined.items():
        for name in names:
            planned[name] = join_windows([*planned[name], *windows]) if name in planned else windows
    return planned, {component: join_windows(windows) for component, windows in by_component.items()}

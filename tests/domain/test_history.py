from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.history import (
    Span,
    Uptime,
    close_span,
    cut_out,
    find_lost,
    find_window,
    lay_spans,
    sum_spans,
    take_run,
    tell_parts,
)
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, Notice, NoticeKind
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, Result, SpanKind, Verdict
from oncall_tui.domain.stretches import Stretches
from oncall_tui.domain.verdict import FRESH_RUNS, next_state

EVERY = 10_000
START = 1_000_000
PROBE = Probe("p", ProbeKind.TCP, "127.0.0.1:1", every_ms=EVERY, flap_start=35, flap_end=15)
LETTERS = {"U": Verdict.UP, "S": Verdict.DEGRADED, "D": Verdict.DOWN, "?": Verdict.UNKNOWN}
SIGNS = {SpanKind.UP: "U", SpanKind.SLOW: "S", SpanKind.DOWN: "D", SpanKind.UNKNOWN: "?"}


def live(runs: list[tuple[int, Verdict]]) -> tuple[list[Span], ProbeState]:
    """Returns the spans that runs closed, as a file holds them, and the last state."""
    state, spans = ProbeState("p"), list[Span]()
    for at, verdict in runs:
        result = Result("p", at, verdict, 5.0)
        closed, state = take_run(state, next_state(state, result, PROBE), result, EVERY)
        spans = lay_spans(spans, closed)
    return spans, state


def show(verdicts: str) -> str:
    """Returns what each beat counts as, seen from the end of the last one; a dot is a beat without a run."""
    runs = [(START + beat * EVERY, LETTERS[letter]) for beat, letter in enumerate(verdicts) if letter != "."]
    spans, state = live(runs)
    spans = lay_spans(spans, close_span(state, EVERY, START + len(verdicts) * EVERY))
    middles = [START + beat * EVERY + EVERY // 2 - 100 for beat in range(len(verdicts))]
    return "".join(SIGNS[span.kind] for at in middles for span in spans if span.began_at <= at < span.ended_at)


@pytest.mark.parametrize(
    ("verdicts", "counted"),
    [
        ("UUUU", "UUUU"),
        ("UUDUU", "UUUUU"),
        ("UUDDDDUUU", "UUDDDDUUU"),
        ("UUSSSUU", "UUSSSUU"),
        ("DDDUU", "DDDUU"),
        ("UU......U", "UUUU????U"),
        ("UUDD....U", "UU??????U"),
        ("U?U", "U?U"),
        ("UD?U", "U??U"),
        ("UDDDD", "UDDDD"),
        ("DDDDD....DDD", "DDDDDDD??DDD"),
        ("????", "????"),
        ("UDUDUDUDUDUD", "UUUUUUUDUDUD"),
    ],
)
def test_time_counts_as_what_runs_confirm(verdicts: str, counted: str) -> None:
    assert show(verdicts) == counted


RUNS = st.lists(st.tuples(st.integers(1, 60_000), st.sampled_from(Verdict)), min_size=1, max_size=60)
CLOCKS = st.lists(st.tuples(st.integers(-200_000, 200_000), st.sampled_from(Verdict)), min_size=1, max_size=60)


def _walk(steps: list[tuple[int, Verdict]]) -> list[tuple[int, Verdict]]:
    at, runs = 10_000_000, []
    for step, verdict in steps:
        at += step
        runs.append((at, verdict))
    return runs


@given(RUNS)
def test_spans_cover_all_time_once(steps: list[tuple[int, Verdict]]) -> None:
    runs = _walk(steps)
    spans, state = live(runs)
    end = runs[-1][0] + 1_000_000
    spans = lay_spans(spans, close_span(state, EVERY, end))
    assert spans[0].began_at == runs[0][0]
    assert spans[-1].ended_at == end
    assert all(before.ended_at == after.began_at for before, after in pairwise(spans))
    assert all(span.began_at < span.ended_at for span in spans)


@given(RUNS)
def test_nothing_is_up_without_a_success_shortly_before(steps: list[tuple[int, Verdict]]) -> None:
    runs = _walk(steps)
    spans, state = live(runs)
    spans = lay_spans(spans, close_span(state, EVERY, runs[-1][0] + 1_000_000))
    wells = [at for at, verdict in runs if verdict in (Verdict.UP, Verdict.DEGRADED)]
    longest = FRESH_RUNS * (find_lost(5, EVERY) + 5)
    for span in spans:
        if span.kind in (SpanKind.UP, SpanKind.SLOW):
            for at in (span.began_at, (span.began_at + span.ended_at) // 2, span.ended_at - 1):
                assert any(at - longest <= well <= at for well in wells), (span, at)


@given(CLOCKS)
def test_no_clock_doubles_time(steps: list[tuple[int, Verdict]]) -> None:
    runs = _walk(steps)
    spans, state = live(runs)
    spans = lay_spans(spans, close_span(state, EVERY, max(at for at, _ in runs) + 1_000_000))
    assert all(span.began_at < span.ended_at for span in spans)
    assert all(before.ended_at <= after.began_at for before, after in pairwise(spans))
    if all(verdict in (Verdict.DOWN, Verdict.UNKNOWN) for _, verdict in runs):
        assert not [span for span in spans if span.kind in (SpanKind.UP, SpanKind.SLOW)]


SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from(SpanKind)), max_size=12)
WINDOWS = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)).map(lambda each: (each[0], sum(each))), max_size=5)


def _lay(parts: list[tuple[int, int, SpanKind]], name: str) -> list[Span]:
    at, spans = 0, []
    for gap, length, kind in parts:
        spans.append(Span(name, at + gap, at + gap + length, kind))
        at += gap + length
    return spans


def _count(spans: list[Span], planned: list[tuple[int, int]], since: int, until: int) -> Uptime:
    """Looks at every single instant."""
    first_at = min((span.began_at for span in spans), default=until)
    told = dict[SpanKind | None, int](dict.fromkeys(SpanKind, 0)) | {None: 0}
    for at in range(max(since, first_at), until):
        if any(starts_at <= at < ends_at for starts_at, ends_at in planned):
            told[None] += 1
        else:
            kinds = [span.kind for span in spans if span.began_at <= at < span.ended_at]
            told[kinds[0] if kinds else SpanKind.UNKNOWN] += 1
    return Uptime(*(told[kind] for kind in (SpanKind.UP, SpanKind.SLOW, SpanKind.DOWN, SpanKind.UNKNOWN, None)))


@given(SPANS, WINDOWS, st.integers(0, 100), st.integers(1, 300))
def test_sums_are_those_of_every_single_instant(
    parts: list[tuple[int, int, SpanKind]], planned: list[tuple[int, int]], since: int, length: int
) -> None:
    spans, until = _lay(parts, "p"), since + length
    assert sum_spans(spans, Stretches(planned), since, until) == _count(spans, planned, since, until)


@given(SPANS, WINDOWS, st.integers(0, 100), st.integers(1, 200), st.integers(1, 60))
def test_parts_are_those_of_every_single_instant(
    parts: list[tuple[int, int, SpanKind]], planned: list[tuple[int, int]], since: int, length: int, part_ms: int
) -> None:
    spans, until = _lay(parts, "p"), since + length
    told = tell_parts(spans, Stretches(planned), part_ms, since, until)
    began = list(range(since - since % part_ms, until, part_ms))
    assert told == [(at, _count(spans, planned, at, min(at + part_ms, until))) for at in began]


@given(SPANS, WINDOWS)
def test_what_is_cut_out_of_spans_is_gone_and_nothing_else(
    parts: list[tuple[int, int, SpanKind]], windows: list[tuple[int, int]]
) -> None:
    spans = _lay(parts, "p")
    left = cut_out(spans, windows)
    assert all(span.began_at < span.ended_at for span in left)
    for at in range(spans[-1].ended_at if spans else 0):
        is_cut = any(starts_at <= at < ends_at for starts_at, ends_at in windows)
        before = [span.kind for span in spans if span.began_at <= at < span.ended_at]
        assert [span.kind for span in left if span.began_at <= at < span.ended_at] == ([] if is_cut else before)


def test_the_share_is_of_the_time_that_is_known() -> None:
    assert Uptime(90, 9, 1, 500, 500).share == pytest.approx(0.99)
    assert Uptime(unknown_ms=7).share is None


def test_work_that_was_over_early_is_planned_until_then() -> None:
    work = Maintenance(1, "m", "T", MaintenanceStatus.COMPLETED, 100, 200, (), ("p",), 1, "me")
    finish = Notice("n", NoticeKind.FINISH, "", False, 200, True, "me", 1, fired_at=150)
    assert find_window(work) == (100, 200)
    assert find_window(Maintenance(1, "m", "T", work.status, 100, 200, (), ("p",), 1, "me", notices=(finish,))) == (
        100,
        150,
    )
    assert find_window(Maintenance(1, "m", "T", work.status, 100, 200, (), ("p",), 1, "me", cancelled_at=90)) is None

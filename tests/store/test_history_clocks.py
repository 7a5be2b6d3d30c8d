"""Uptime of all probes beside that of each, in files that clocks and configs were played with."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.history import PERIODS, Span, find_planned, sum_spans, take_run
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, Result, SpanKind, Verdict
from oncall_tui.domain.stretches import Stretches, join_windows
from oncall_tui.domain.verdict import next_state
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.history import list_spans, read_records
from oncall_tui.store.probes import list_states, record_results, replace_probes
from oncall_tui.store.upkeeps import encode_names, list_upkeeps

BEGAN_AT = 20_000 * DAY
API = Probe("api", ProbeKind.TCP, "127.0.0.1:1", "Shop", every_ms=HOUR)
STEPS = st.sampled_from([HOUR, HOUR, HOUR, HOUR // 2, -HOUR, -DAY, DAY, 30 * DAY])
RUNS = st.lists(st.tuples(STEPS, st.sampled_from([*Verdict, Verdict.UP, Verdict.DOWN])), min_size=1, max_size=25)
EVENTS = st.dictionaries(st.integers(0, 24), st.sampled_from(["remove and add", "faster", "slower"]), max_size=2)
NIGHTS = st.lists(st.tuples(st.integers(-3 * DAY, 60 * DAY), st.integers(HOUR, 3 * DAY)), max_size=4)


def live(db: Database, runs: list[tuple[int, Verdict]], events: dict[int, str]) -> tuple[Probe, int]:
    """Returns the probe and the time after the last of its runs, all of which are saved."""
    probe, at = API, BEGAN_AT
    replace_probes(db, [probe], [("Shop", None)])
    for number, (step, verdict) in enumerate(runs):
        if (event := events.get(number)) is not None:
            probe = replace(probe, every_ms={"faster": HOUR // 2, "slower": 2 * HOUR}.get(event, probe.every_ms))
            if event == "remove and add":
                replace_probes(db, [], [])
            replace_probes(db, [probe], [("Shop", None)])
        at += step
        state = next(iter(list_states(db)[0]), ProbeState("api"))
        result = Result("api", at, verdict, 5.0)
        spans, state = take_run(state, next_state(state, result, probe), result, probe.every_ms)
        record_results(db, [result], [state], [], at, spans)
    return probe, at


@settings(max_examples=25, deadline=None)
@given(RUNS, EVENTS, NIGHTS, st.integers(0, 3 * DAY))
def test_the_table_tells_what_the_spans_tell(
    runs: list[tuple[int, Verdict]], events: dict[int, str], nights: list[tuple[int, int]], later_ms: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "o.db", is_durable=False) as db:
        probe, at = live(db, runs, events)
        with db.write() as connection:
            for number, (after, length) in enumerate(nights):
                connection.execute(
                    "INSERT INTO upkeep(window, probes, starts_at, ends_at, note, actor, made_at) "
                    "VALUES (?, ?, ?, ?, '', '', 1)",
                    (str(number), encode_names(["api"]), BEGAN_AT + after, BEGAN_AT + after + length),
                )
        now, lengths = at + later_ms, tuple(PERIODS.values())
        since = now - max(lengths)
        spans = list_spans(db, [probe], since, now)["api"]
        assert all(span.began_at < span.ended_at for span in spans)
        assert all(before.ended_at <= after.began_at for before, after in pairwise(spans))
        planned = find_planned([], list_upkeeps(db, since, now), "api")
        told = tuple(sum_spans(spans, planned, now - length, now) for length in lengths)
        shop, api = read_records(db, lengths, now)
        assert api.uptimes == told
        assert shop.uptimes == told
        for length, uptime in zip(lengths, told, strict=True):
            assert all(part >= 0 for part in uptime)
            assert sum(uptime) == (now - max(now - length, spans[0].began_at) if spans else 0)


@pytest.mark.parametrize("then_ms", [0, 2 * MINUTE, 10 * MINUTE])
@pytest.mark.parametrize("set_back_ms", [5 * MINUTE, 20 * MINUTE, HOUR, 6 * HOUR])
def test_no_downtime_is_undone_by_a_clock_that_is_set_back_in_it(db: Database, set_back_ms: int, then_ms: int) -> None:
    probe = replace(API, every_ms=10_000)
    replace_probes(db, [probe], [("Shop", None)])
    state, at = ProbeState("api"), BEGAN_AT
    windows: list[tuple[int, int]] = []

    def go(verdict: Verdict, length_ms: int) -> None:
        nonlocal state, at
        if verdict is Verdict.DOWN and length_ms:
            windows.append((at, at + length_ms))
        told: list[Span] = []
        for step in range(0, length_ms, probe.every_ms):
            result = Result("api", at + step, verdict, 5.0)
            spans, state = take_run(state, next_state(state, result, probe), result, probe.every_ms)
            told += spans
        at += length_ms
        record_results(db, [], [state], [], at, told)

    def check() -> None:
        spans = list_spans(db, [probe], BEGAN_AT, at)["api"]
        outages = [(each.began_at, min(each.ended_at, at)) for each in spans if each.kind is SpanKind.DOWN]
        lived = join_windows((began_at, min(ended_at, at)) for began_at, ended_at in windows if began_at < at)
        assert len(outages) == len(lived)
        for outage, one in zip(outages, lived, strict=True):
            assert outage == pytest.approx(one, abs=probe.every_ms)
        down_ms = sum_spans(spans, Stretches(), BEGAN_AT, at).down_ms
        assert [each.uptimes[0].down_ms for each in read_records(db, (at - BEGAN_AT,), at)] == [down_ms] * 2

    go(Verdict.UP, 8 * HOUR)
    go(Verdict.DOWN, 10 * MINUTE)
    at -= set_back_ms
    go(Verdict.DOWN, then_ms)
    check()
    for _ in range(16):
        go(Verdict.UP, HOUR // 2)
        check()

"""What goes down and comes back again and again: one word for it, one end, and no alarm between them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.bouncing import TURNS_LIMIT, add_turn, find_reach, is_bouncing, set_back
from oncall_tui.domain.duration import DAY, HOUR, MINUTE, SECOND
from oncall_tui.domain.history import take_run
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, SpanKind, Verdict
from oncall_tui.domain.verdict import is_unconfirmed, next_state, status_at

START = 1_800_000_000_000
PROBE = Probe("p", ProbeKind.TCP, "h:1")
FLAPPING, DOWN, UP = ProbeStatus.FLAPPING, ProbeStatus.DOWN, ProbeStatus.UP


def live(
    probe: Probe, is_down: Callable[[int], bool], length_ms: int, clock: Callable[[int], int] = lambda at: at
) -> list[tuple[int, ProbeStatus]]:
    """Returns what is shown and since when; `is_down` and `clock` take milliseconds since the beginning."""
    told: list[tuple[int, ProbeStatus]] = []
    state, at = ProbeState("p"), 0
    while at < length_ms:
        started_at = START + clock(at)
        state = next_state(
            state, Result("p", started_at, Verdict.DOWN if is_down(at) else Verdict.UP, 1.0, "refused"), probe
        )
        shown = status_at(state, probe.every_ms, started_at + 1)
        if not told or told[-1][1] is not shown:
            told.append((at, shown))
        beat = (at // probe.every_ms + 1) * probe.every_ms
        soon = at + probe.confirm_every_ms
        at = soon if is_unconfirmed(state, probe) and soon < beat else beat
    return told


def bounce(down_s: int, up_s: int, until_ms: int) -> Callable[[int], bool]:
    return lambda at: at < until_ms and at % ((down_s + up_s) * SECOND) >= up_s * SECOND


# Down and up in seconds, and the pace: what the probe sees of them is confirmed each time.
GRID = [
    *[(down, up, 10) for down, up in [(30, 30), (30, 60), (45, 45), (60, 300), (300, 60), (420, 420), (60, 720)]],
    *[(down, up, 30) for down, up in [(60, 60), (60, 120), (90, 90), (120, 120), (300, 300), (60, 600), (600, 60)]],
    *[(down, up, 60) for down, up in [(60, 120), (120, 120), (60, 300), (300, 300), (420, 420)]],
    *[(down, up, 300) for down, up in [(120, 120), (600, 600)]],
]


@pytest.mark.parametrize(("down_s", "up_s", "every_s"), GRID)
def test_what_bounces_steadily_rings_three_times_and_ends_once(down_s: int, up_s: int, every_s: int) -> None:
    probe = replace(PROBE, every_ms=every_s * SECOND)
    told = live(probe, bounce(down_s, up_s, 3 * HOUR), 4 * HOUR)
    assert [shown for _, shown in told] == [UP, DOWN, UP, DOWN, UP, FLAPPING, UP]
    calm_ms = max(11 * probe.every_ms, up_s * SECOND * 3 // 2 + probe.every_ms)
    assert 3 * HOUR - up_s * SECOND < told[-1][0] < 3 * HOUR + calm_ms


def test_an_outage_that_lasts_is_told_as_one_though_it_bounced_before() -> None:
    bounces = bounce(60, 60, HOUR)
    told = live(PROBE, lambda at: at >= HOUR or bounces(at), 2 * HOUR)
    assert [shown for _, shown in told] == [UP, DOWN, UP, DOWN, UP, FLAPPING, DOWN]
    assert HOUR <= told[-1][0] <= HOUR + 10 * PROBE.every_ms


def test_three_outages_far_apart_are_three_outages() -> None:
    told = live(PROBE, bounce(120, 1_080, DAY), 3 * HOUR)
    assert FLAPPING not in [shown for _, shown in told]


def test_pauses_that_differ_are_seldom_taken_for_the_end() -> None:
    rng, at, edges = Random(7), 0, list[int]()
    while at < 8 * HOUR:
        edges += [at := at + round(120 * SECOND * rng.uniform(0.5, 1.5)) for _ in range(2)]
    told = live(PROBE, lambda at: sum(edge <= at for edge in edges) % 2 == 1, 8 * HOUR)
    assert [shown for _, shown in told if shown in (DOWN, FLAPPING)] == [DOWN, DOWN, FLAPPING]


def test_who_wants_no_flapping_gets_each_outage() -> None:
    probe = replace(PROBE, flap_start=101)
    shown = [shown for _, shown in live(probe, bounce(60, 60, HOUR), HOUR)]
    assert shown.count(DOWN) == 30
    assert FLAPPING not in shown


@pytest.mark.parametrize("back_ms", [MINUTE, HOUR, 400 * DAY])
def test_a_clock_that_is_set_back_ends_no_flapping_and_keeps_none_alive(back_ms: int) -> None:
    told = live(PROBE, bounce(60, 60, 2 * HOUR), 3 * HOUR, lambda at: at - (back_ms if at > HOUR else 0))
    assert [shown for _, shown in told] == [UP, DOWN, UP, DOWN, UP, FLAPPING, UP]
    assert told[-1][0] < 2 * HOUR + 12 * PROBE.every_ms


@pytest.mark.parametrize("back_ms", [HOUR, 400 * DAY])
def test_a_clock_that_is_set_back_while_it_is_calm_does_not_put_off_the_end(back_ms: int) -> None:
    told = live(PROBE, bounce(60, 60, HOUR), 2 * HOUR, lambda at: at - (back_ms if at > HOUR + MINUTE else 0))
    assert [shown for _, shown in told] == [UP, DOWN, UP, DOWN, UP, FLAPPING, UP]
    assert told[-1][0] < HOUR + MINUTE + 12 * PROBE.every_ms


def test_downtime_begins_with_the_first_failure_where_flapping_begins_with_it() -> None:
    state, at, down_at = ProbeState("p"), START, 0
    is_down = bounce(60, 60, HOUR)
    while state.flapping_at is None:
        verdict = Verdict.DOWN if is_down(at - START) else Verdict.UP
        if verdict is Verdict.DOWN and state.last_verdict is Verdict.UP:
            down_at = at
        result = Result("p", at, verdict, 1.0, "refused")
        _, state = take_run(state, next_state(state, result, PROBE), result, PROBE.every_ms)
        at += PROBE.confirm_every_ms if is_unconfirmed(state, PROBE) else PROBE.every_ms
    assert (state.span, state.span_at) == (SpanKind.DOWN, down_at)


TURNS = st.lists(st.integers(SECOND, HOUR), max_size=30)


@given(TURNS, st.sampled_from([SECOND, 30 * SECOND, HOUR]), st.booleans(), st.booleans())
def test_turns_are_few_in_order_and_of_the_time_that_counts(
    pauses: list[int], every_ms: int, is_down: bool, is_flapping: bool
) -> None:
    turned_at: tuple[int, ...] = ()
    at = START
    for pause in pauses:
        at += pause
        turned_at = add_turn(turned_at, at, every_ms)
    assert len(turned_at) <= TURNS_LIMIT
    assert list(turned_at) == sorted(turned_at)
    assert not turned_at or turned_at[-1] - turned_at[0] <= find_reach(every_ms)
    assert not is_bouncing(turned_at, at + DAY, every_ms, is_down=is_down, is_flapping=is_flapping)
    moved = set_back(turned_at, START)
    assert max(moved, default=START) <= START
    assert [one - moved[0] for one in moved] == [one - turned_at[0] for one in turned_at]

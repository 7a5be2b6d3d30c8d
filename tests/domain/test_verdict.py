from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.verdict import (
    BLIND_LIMIT,
    FRESH_RUNS,
    RECENT_LIMIT,
    Observation,
    find_change_share,
    find_red_probes,
    find_retried,
    is_unconfirmed,
    judge,
    next_state,
    present_status,
    status_at,
    tell_days,
    tell_seconds,
)

EVERY = 10_000
DAY = 86_400_000
NOW = 1_700_000_000_000
PROBE = Probe("p", ProbeKind.HTTP, "http://x/", every_ms=EVERY)
LETTERS = {"U": Verdict.UP, "S": Verdict.DEGRADED, "D": Verdict.DOWN, "?": Verdict.UNKNOWN}


def run(verdicts: str, state: ProbeState | None = None, start: int = 1_000_000) -> list[ProbeState]:
    """Returns the states after each verdict, one interval apart; a dot is a beat in which nothing was recorded."""
    state = state or ProbeState("p")
    states = []
    for beat, letter in enumerate(verdicts):
        if letter != ".":
            verdict = LETTERS[letter]
            reason = "" if verdict is Verdict.UP else f"reason {beat}"
            state = next_state(state, Result("p", start + beat * EVERY, verdict, 5.0, reason), PROBE)
        states.append(state)
    return states


def show(verdicts: str) -> str:
    """Returns what is shown right after each verdict: U S D, `?` unknown, `.` stale."""
    signs = {
        ProbeStatus.UP: "U",
        ProbeStatus.SLOW: "S",
        ProbeStatus.DOWN: "D",
        ProbeStatus.UNKNOWN: "?",
        ProbeStatus.STALE: ".",
    }
    return "".join(
        signs[present_status(state, EVERY, 1_000_000 + beat * EVERY + 5)] for beat, state in enumerate(run(verdicts))
    )


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ("UUU", "UUU"),
        ("UDUDUDDU", "UUUUUUUU"),
        ("UDDDDU", "UUUDDD"),
        ("UDDDUU", "UUUDDU"),
        ("UDDDUDUU", "UUUDDDDU"),
        ("DD", "??"),
        ("DDDUU", "??DDU"),
        ("SSS", "SSS"),
        ("USSSUU", "UUUSSU"),
        ("UDSDSD", "UUUSSS"),
        ("UDDDSS", "UUUDDS"),
        ("UDDDSU", "UUUDDS"),
        ("UDDDD", "UUUDD"),
        ("?", "?"),
        ("U?U", "U?U"),
        ("UD?D?D", "UU?U?D"),
        ("UDDD??D", "UUUDDDD"),
        ("UDDD????", "UUUDDD??"),
        ("U???D", "U????"),
        ("U???DDD", "U?????D"),
        ("UDD???D", "UUU????"),
        ("UU....U", "UUUU..U"),
        ("UU....D", "UUUU..?"),
        ("UDDD...D", "UUUDDD.D"),
    ],
)
def test_verdicts_add_up(verdicts: str, shown: str) -> None:
    assert show(verdicts) == shown


@pytest.mark.parametrize(
    ("verdicts", "is_flapping"),
    [
        ("UDUDUDUD", False),
        ("UDUDUDUDUD", True),
        ("UUDDUUDDUUDDUUDDUUDDU", True),
        ("UUUUUUUUUUUUUUUUUDUUU", False),
        ("UUUDUUUUDUUUUUDUUUUUU", False),
        ("UUUDUUUDUUUDUUUDUUUU", False),
        ("UUDUUUDUUUDUUUDUUUDUU", True),
        ("UUUUUDDDDDDDDDDUUUUUU", False),
        ("USUSUSUSUSUSUSUSUSUSU", True),
        ("UDUDUDUDUDDDDDDDDD", True),
        ("UDUDUDUDUDDDDDDDDDDD", False),
        ("UDUDUDUD???", False),
    ],
)
def test_many_changes_are_flapping_and_a_steady_run_ends_it(verdicts: str, is_flapping: bool) -> None:
    state = run(verdicts)[-1]
    shown = status_at(state, EVERY, (state.last_result_at or 0) + 1)
    assert (shown is ProbeStatus.FLAPPING) == is_flapping
    assert ProbeStatus.FLAPPING is not present_status(state, EVERY, (state.last_result_at or 0) + 1)


@pytest.mark.parametrize(("wrong", "most_a_day"), [(0.01, 0.0), (0.05, 2.0)])
def test_a_few_wrong_answers_by_chance_are_seldom_flapping(wrong: float, most_a_day: float) -> None:
    rng, probe, days = Random(5), Probe("p", ProbeKind.HTTP, "http://x/"), 4
    state, flaps, at = ProbeState("p"), 0, 0
    while at < days * DAY:
        verdict = Verdict.DOWN if rng.random() < wrong else Verdict.UP
        before, state = state, next_state(state, Result("p", at, verdict, 5.0, "503"), probe)
        flaps += before.flapping_at is None and state.flapping_at is not None
        at += probe.confirm_every_ms if is_unconfirmed(state, probe) else probe.every_ms
    assert flaps / days <= most_a_day


def test_changes_weigh_more_the_newer_they_are() -> None:
    """With all of 21 runs changing the weights add up to 100 percent (Nagios Core manual)."""
    assert find_change_share([LETTERS[letter] for letter in "UD" * 10 + "U"]) == pytest.approx(100)
    old, new = "UD" + "D" * 19, "U" * 20 + "D"
    assert find_change_share([LETTERS[letter] for letter in old]) == pytest.approx(4)
    assert find_change_share([LETTERS[letter] for letter in new]) == pytest.approx(6)


@pytest.mark.parametrize(
    ("verdicts", "is_wanted"),
    [
        ("UD", True),
        ("UDD", True),
        ("UDDD", False),
        ("US", True),
        ("UDU", False),
        ("D", True),
        ("UD?", False),
        ("DDDUD", False),
    ],
)
def test_only_a_failure_that_is_not_confirmed_is_looked_at_again_soon(verdicts: str, is_wanted: bool) -> None:
    assert is_unconfirmed(run(verdicts)[-1], PROBE) == is_wanted


@given(st.text(alphabet="USD?", max_size=40))
def test_looking_again_soon_has_an_end(verdicts: str) -> None:
    states = run(verdicts + "D" * PROBE.failure_threshold)
    assert not is_unconfirmed(states[-1], PROBE)


@pytest.mark.parametrize(
    ("verdicts", "marks"),
    [("UDU", "..x"), ("UDDU", "...x"), ("UDDDU", "....."), ("UDSU", "..x."), ("UD?U", "...x"), ("UUU", "...")],
)
def test_a_pass_after_an_unconfirmed_failure_is_a_pass_on_retry(verdicts: str, marks: str) -> None:
    found = find_retried(run(verdicts)[-1].recent, PROBE)
    assert "".join("x" if is_retried else "." for is_retried in found) == marks


any_run = st.text(alphabet="USD?.", max_size=80)


@given(any_run)
def test_nothing_is_green_without_a_fresh_success(verdicts: str) -> None:
    for beat, sign in enumerate(show(verdicts)):
        if sign in "US":
            runs = verdicts[: beat + 1].rstrip(".")
            assert len(verdicts[: beat + 1]) - len(runs) <= 2
            assert runs[-1] != "?"
            # Two lost beats or more are a blind spell, a single one is only a longer wait.
            recorded = re.sub(r"\.{2,}", "???", runs).replace(".", "")
            assert set(recorded[-FRESH_RUNS:]) & set("US")
            if sign == "U":
                assert "U" in recorded.rpartition("???")[2]


@given(any_run)
def test_red_needs_three_failures_in_a_row(verdicts: str) -> None:
    for beat, sign in enumerate(show(verdicts)):
        if sign == "D":
            telling = [letter for letter in verdicts[: beat + 1] if letter in "USD"]
            assert "DDD" in "".join(telling)


@given(any_run, st.sampled_from("USD"))
def test_a_run_that_says_nothing_changes_neither_status_nor_counters(verdicts: str, last: str) -> None:
    before = run(verdicts + last)[-1]
    after = next_state(before, Result("p", before.last_result_at or 0, Verdict.UNKNOWN, 0.0, "not run: x"), PROBE)
    assert (after.status, after.since_at, after.streak) == (before.status, before.since_at, before.streak)
    assert after.recent[-1] == (Verdict.UNKNOWN, 0.0)
    assert (after.last_verdict, after.last_reason) == (Verdict.UNKNOWN, "not run: x")
    assert (after.phases, after.facts, after.last_duration_ms) == (before.phases, before.facts, before.last_duration_ms)


@given(any_run)
def test_silence_is_stale_and_so_is_a_clock_that_was_set_back(verdicts: str) -> None:
    for state in run(verdicts):
        last = state.last_result_at
        if last is None:
            assert status_at(state, EVERY, 5) is ProbeStatus.UNKNOWN
        else:
            assert status_at(state, EVERY, last + 25_001) is ProbeStatus.STALE
            assert status_at(state, EVERY, last - EVERY - 1) is ProbeStatus.STALE
            assert status_at(state, EVERY, last + 25_000) is not ProbeStatus.STALE


@given(st.text(alphabet="USD?", max_size=200))
def test_recent_holds_the_last_sixty(verdicts: str) -> None:
    states = run(verdicts)
    if states:
        assert [verdict for verdict, _ in states[-1].recent] == [LETTERS[letter] for letter in verdicts[-RECENT_LIMIT:]]


def test_a_status_began_with_the_first_run_that_confirmed_it() -> None:
    states = run("UUDDDDUUU")
    assert states[1].since_at == 1_000_000
    assert states[3].since_at == 1_000_000
    assert states[4].since_at == states[5].since_at == states[6].since_at == 1_000_000 + 2 * EVERY
    assert states[7].since_at == states[8].since_at == 1_000_000 + 6 * EVERY
    assert [state.streak for state in states] == [1, 2, 1, 2, 3, 4, 1, 2, 3]


def test_a_streak_whose_start_is_not_known_begins_with_the_run_at_hand() -> None:
    state = replace(run("UDD")[-1], streak_at=0)
    confirmed = run("D", state, start=1_000_000 + 3 * EVERY)[-1]
    assert (confirmed.status, confirmed.since_at) == (ProbeStatus.DOWN, 1_000_000 + 3 * EVERY)


def test_a_long_silence_is_kept_as_a_gap() -> None:
    state = run("UU.....U")[-1]
    gap = [(Verdict.UNKNOWN, 0.0)] * BLIND_LIMIT
    assert list(state.recent) == [(Verdict.UP, 5.0), (Verdict.UP, 5.0), *gap, (Verdict.UP, 5.0)]
    assert (state.streak, state.since_at) == (1, 1_000_000)


def test_the_last_reason_outlives_a_recovery() -> None:
    state = run("UDUU")[-1]
    assert (state.last_reason, state.last_reason_at) == ("reason 1", 1_000_000 + EVERY)


@pytest.mark.parametrize(
    ("expect", "seen", "duration_ms", "verdict", "reason"),
    [
        (Expectation(), Observation(), 5, Verdict.UP, ""),
        (Expectation(), Observation(status=200, status_text="200 OK"), 5, Verdict.UP, ""),
        (Expectation(), Observation(status=503, status_text="503 Busy"), 5, Verdict.DOWN, "HTTP 503 Busy"),
        (Expectation(), Observation(status=204, status_text="204"), 5, Verdict.DOWN, "HTTP 204, expected 200"),
        (Expectation(status=(200, 204)), Observation(status=204, status_text="204"), 5, Verdict.UP, ""),
        (Expectation(body_contains="ok"), Observation(status=200, has_text=True), 5, Verdict.UP, ""),
        (Expectation(body_contains="ok"), Observation(status=200, has_text=False), 5, Verdict.DOWN, "body lacks 'ok'"),
        (Expectation(max_latency_ms=1000), Observation(), 1000, Verdict.UP, ""),
        (
            Expectation(max_latency_ms=1000),
            Observation(),
            2100,
            Verdict.DEGRADED,
            "slow: 2.1 s, expected at most 1 s",
        ),
        (
            Expectation(max_latency_ms=100),
            Observation(status=500, status_text="500"),
            2100,
            Verdict.DOWN,
            "HTTP 500",
        ),
        (Expectation(min_days_left=14), Observation(expires_in_ms=14 * DAY), 5, Verdict.UP, ""),
        (
            Expectation(min_days_left=14),
            Observation(expires_in_ms=14 * DAY - 1),
            5,
            Verdict.DEGRADED,
            "certificate expires in 13 days, expected at least 14 days",
        ),
        (Expectation(), Observation(expires_in_ms=-3 * DAY), 5, Verdict.DOWN, "certificate expired 3 days ago"),
        (
            Expectation(contains="192.0.2.1"),
            Observation(answers=()),
            5,
            Verdict.DOWN,
            "answer lacks '192.0.2.1', got nothing",
        ),
    ],
)
def test_one_answer_is_judged(
    expect: Expectation, seen: Observation, duration_ms: float, verdict: Verdict, reason: str
) -> None:
    assert judge(replace(PROBE, expect=expect), seen, duration_ms) == (verdict, reason)


def test_spans_read_as_people_say_them() -> None:
    assert [tell_seconds(ms) for ms in (3.4, 850, 1000, 2100)] == ["3 ms", "850 ms", "1 s", "2.1 s"]
    assert [tell_days(ms) for ms in (3 * DAY, -3 * DAY, DAY, 3_600_000, 0)] == [
        "3 days",
        "3 days",
        "24 hours",
        "1 hour",
        "0 hours",
    ]


def test_a_probe_that_nothing_is_known_of_is_not_well() -> None:
    incident = Incident(
        id=1,
        uid="u",
        title="t",
        status=IncidentStatus.INVESTIGATING,
        phase=Phase.ACTIVE,
        impact_override=None,
        severity=Severity.SEV2,
        cause=Cause.UNKNOWN,
        started_at=1,
        declared_at=1,
        revision=1,
        probes=("up", "slow", "down", "flapping", "silent", "unseen", "gone"),
    )
    heard = [
        (ProbeState("up", ProbeStatus.UP, last_result_at=NOW), Verdict.UP),
        (ProbeState("slow", ProbeStatus.SLOW, last_result_at=NOW), Verdict.DEGRADED),
        (ProbeState("down", ProbeStatus.DOWN, last_result_at=NOW), Verdict.DOWN),
        (ProbeState("flapping", ProbeStatus.UP, last_result_at=NOW, flapping_at=1), Verdict.UP),
        (ProbeState("silent", ProbeStatus.UP, last_result_at=NOW - DAY), Verdict.UP),
        (ProbeState("unseen", ProbeStatus.UP, last_result_at=NOW), Verdict.UNKNOWN),
    ]
    states = {state.probe: replace(state, last_verdict=latest, recent=((latest, 5.0),)) for state, latest in heard}
    probes = [replace(PROBE, name=name) for name in states]
    assert find_red_probes(incident, probes, states, NOW + 1) == ["down", "flapping", "silent", "unseen", "gone"]

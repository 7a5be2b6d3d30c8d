from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.cadence import CLOCK_STEP_MS, Urgency, describe_due, judge_due, next_update_at
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity

_FIVE_PAST_TWO = 14 * 60 * MINUTE + 5 * MINUTE


@pytest.mark.parametrize(
    ("severity", "minutes"),
    [(Severity.SEV1, (15, 20, 30)), (Severity.SEV2, (30, 30, 60)), (Severity.SEV3, (60, 60, 120))],
)
def test_the_rhythm_slows_with_severity_and_progress(severity: Severity, minutes: tuple[int, int, int]) -> None:
    stages = (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING)
    promised = [next_update_at(severity, status, _FIVE_PAST_TWO) for status in stages]
    assert promised == [_FIVE_PAST_TWO + minute * MINUTE for minute in minutes]


def test_the_mildest_severity_still_hears_from_us_within_a_day() -> None:
    assert next_update_at(Severity.SEV4, IncidentStatus.INVESTIGATING, 0) == 24 * 60 * MINUTE


@pytest.mark.parametrize("status", [IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM])
def test_nothing_is_promised_once_it_is_over(status: IncidentStatus) -> None:
    assert next_update_at(Severity.SEV1, status, 0) is None


@given(st.sampled_from(Severity), st.integers(0, 4_000_000_000_000))
def test_a_promise_stands_on_a_full_five_minutes_and_never_comes_early(severity: Severity, now: int) -> None:
    due_at = next_update_at(severity, IncidentStatus.INVESTIGATING, now)
    assert due_at is not None
    assert due_at % CLOCK_STEP_MS == 0
    assert 15 * MINUTE <= due_at - now <= 24 * 60 * MINUTE + CLOCK_STEP_MS


@pytest.mark.parametrize(
    ("left_ms", "urgency", "words"),
    [
        (833_000, Urgency.CALM, "in 13:53"),
        (3_900_000, Urgency.CALM, "in 1:05:00"),
        (300_000, Urgency.CALM, "in 05:00"),
        (299_000, Urgency.SOON, "DUE SOON 04:59"),
        (59_000, Urgency.URGENT, "DUE NOW 00:59"),
        (0, Urgency.URGENT, "DUE NOW 00:00"),
        (-250_000, Urgency.LATE, "LATE 04:10"),
    ],
)
def test_word_and_urgency_change_together(left_ms: int, urgency: Urgency, words: str) -> None:
    assert judge_due(1_000_000 + left_ms, 1_000_000) is urgency
    assert describe_due(1_000_000 + left_ms, 1_000_000) == words


def test_no_promise_is_said_in_words() -> None:
    assert describe_due(None, 0) == "no update promised"

"""Promises are scored with a grace, and a slower rhythm is offered only once it has lasted long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm, next_update_at
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.promise import (
    Outcome,
    Told,
    find_promise,
    find_promised_time,
    grace_of,
    list_promises,
    list_told,
    offer_slower,
    read_promise,
    score_promises,
)
from oncall_tui.domain.update import DeliveryState, IncidentUpdate

_INV = IncidentStatus.INVESTIGATING


@pytest.mark.parametrize(
    ("interval_ms", "grace_ms"),
    [(5 * MINUTE, 2 * MINUTE), (20 * MINUTE, 2 * MINUTE), (30 * MINUTE, 3 * MINUTE), (4 * HOUR, 24 * MINUTE)],
)
def test_the_grace_is_two_minutes_or_a_tenth(interval_ms: int, grace_ms: int) -> None:
    assert grace_of(1_000, 1_000 + interval_ms) == grace_ms


@pytest.mark.parametrize(
    ("answered_min", "outcome"),
    [(29, Outcome.KEPT), (30, Outcome.KEPT), (31, Outcome.LATE), (33, Outcome.LATE), (34, Outcome.MISSED)],
)
def test_an_update_answers_the_promise_before_it(answered_min: int, outcome: Outcome) -> None:
    told = [Told(0, 30 * MINUTE), Told(answered_min * MINUTE)]
    assert [each.outcome for each in list_promises(told, DAY)] == [outcome]


@pytest.mark.parametrize(("now_min", "outcome"), [(10, Outcome.OPEN), (33, Outcome.OPEN), (34, Outcome.MISSED)])
def test_a_promise_without_an_answer_is_open_until_its_grace_is_over(now_min: int, outcome: Outcome) -> None:
    assert [each.outcome for each in list_promises([Told(0, 30 * MINUTE)], now_min * MINUTE)] == [outcome]


def test_the_score_counts_what_was_due() -> None:
    told = [
        Told(0, 30 * MINUTE),
        Told(20 * MINUTE),
        Told(40 * MINUTE, 70 * MINUTE),
        Told(72 * MINUTE, 102 * MINUTE),
        Told(150 * MINUTE, 180 * MINUTE),
    ]
    score = score_promises(list_promises(told, 160 * MINUTE))
    assert (score.due, score.met, score.strict) == (3, 2, 1)
    assert str(score) == "2 of 3 kept (1 to the minute)"
    assert str(score_promises([])) == "no promise was due"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, DAY), st.none() | st.integers(0, HOUR)), max_size=6), st.integers(0, 2 * DAY))
def test_a_score_never_counts_more_than_was_promised(found: list[tuple[int, int | None]], now: int) -> None:
    told = [Told(at, None if length is None else at + length) for at, length in sorted(found, key=lambda each: each[0])]
    promises = list_promises(told, now)
    score = score_promises(promises)
    assert (
        0
        <= score.strict
        <= score.met
        <= score.due
        <= len(promises)
        == sum(each.promise_at is not None for each in told)
    )


@pytest.mark.parametrize(
    ("severity", "present_min", "offered_min"),
    [
        (Severity.SEV1, 15, 30),
        (Severity.SEV1, 30, 60),
        (Severity.SEV1, 60, 120),
        (Severity.SEV2, 30, 60),
        (Severity.SEV2, 60, 120),
        (Severity.SEV3, 60, 240),
        (Severity.SEV3, 720, 1440),
        (Severity.SEV3, 1440, None),
        (Severity.SEV4, 1440, None),
    ],
)
def test_after_two_hours_a_slower_rhythm_is_offered(
    severity: Severity, present_min: int, offered_min: int | None
) -> None:
    offered = offer_slower(severity, _INV, 2 * HOUR, present_min * MINUTE)
    assert offered == (None if offered_min is None else offered_min * MINUTE)
    assert offer_slower(severity, _INV, 2 * HOUR - 1, present_min * MINUTE) is None
    assert offer_slower(severity, IncidentStatus.RESOLVED, 9 * HOUR, present_min * MINUTE) is None


def test_a_team_has_a_rhythm_of_its_own() -> None:
    steps = dict.fromkeys(Severity, (10 * MINUTE, 20 * MINUTE, HOUR))
    rhythm = Rhythm(steps, dict.fromkeys(Severity, 2 * HOUR))
    assert next_update_at(Severity.SEV4, _INV, 0, rhythm=rhythm) == 10 * MINUTE
    assert next_update_at(Severity.SEV1, _INV, 0, rhythm=rhythm, interval_ms=90 * MINUTE) == 90 * MINUTE
    assert offer_slower(Severity.SEV1, _INV, 2 * HOUR, 10 * MINUTE, rhythm) == 2 * HOUR
    assert set(USUAL_RHYTHM.steps) == set(USUAL_RHYTHM.slow) == set(Severity)


@pytest.mark.parametrize(
    ("sentence", "time"),
    [
        ("You will hear from us again by 14:35 UTC.", "14:35 UTC"),
        ("Next update at 14:35.", "14:35"),
        ("Next update: 02:35 PM PST.", "02:35 PM PST"),
        ("We will post another update within 30 minutes!", "within 30 minutes"),
        ("We will provide an update in an hour.", "in an hour"),
        ("We call you again at 14:35 UTC on 23 November.", "14:35 UTC on 23 November"),
        ("More information by 3pm.", "3pm"),
    ],
)
def test_a_promise_is_found_in_its_sentence(sentence: str, time: str) -> None:
    text = f"It began at 14:05 UTC. We wait. {sentence} Thanks."
    place = find_promise(text)
    assert place is not None
    assert text[slice(*place)] == sentence
    assert find_promised_time(sentence) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It began at 14:05 UTC.",
        "We will keep you posted.",
        "Next update soon. It is 14:05 UTC.",
        "Updates: https://x.y/14:05",
    ],
)
def test_words_without_a_time_promise_nothing(text: str) -> None:
    assert find_promise(text) is None


_TOLD_AT = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC


@pytest.mark.parametrize(
    ("sentence", "minutes"),
    [
        ("You will hear from us again by 14:35 UTC.", 30),
        ("You will hear from us again by 00:05 UTC on 23 November.", 600),
        ("Next update at 13:05 GMT.", 23 * 60),
        ("Next update within 30 minutes.", 30),
        ("We will post another update in half an hour.", 30),
        ("We will provide an update in two hours.", 120),
        ("Next update in an hour.", 60),
        ("Next update at 14:35 PST.", None),
        ("Next update at 25:99 UTC.", None),
        ("Next update by 14:35 UTC on 31 February.", None),
        ("We keep you posted.", None),
    ],
)
def test_the_time_that_a_text_promises_is_read_from_it(sentence: str, minutes: int | None) -> None:
    promised_at = None if minutes is None else _TOLD_AT + minutes * MINUTE
    assert read_promise(f"It began at 14:00 UTC. {sentence}", _TOLD_AT) == promised_at


def test_an_instant_beyond_all_calendars_promises_nothing() -> None:
    assert read_promise("Next update by 14:35 UTC.", 10**18) is None


def test_a_promise_over_new_year_lies_ahead() -> None:
    eve = _TOLD_AT + 39 * DAY + 9 * HOUR
    assert read_promise("Next update by 01:05 UTC on 1 January.", eve) == eve + 2 * HOUR


def _update(number: int, at_min: int, body: str, status: IncidentStatus = _INV, **more: object) -> IncidentUpdate:
    at = _TOLD_AT + at_min * MINUTE
    fields: dict[str, object] = {
        "id": number,
        "uid": f"u{number}",
        "incident_id": 1,
        "status": status,
        "body": body,
        "components": {},
        "created_at": at - 5_000,
        "created_by": "ana",
        "is_local": True,
        "delivery": DeliveryState.DELIVERED,
        "delivered_at": at,
    }
    return IncidentUpdate(**{**fields, **more})  # type: ignore[arg-type]


def test_an_incident_is_scored_by_what_customers_were_told() -> None:
    updates = [
        _update(1, 0, "You will hear from us again by 14:35 UTC."),
        _update(2, 32, "You will hear from us again by 15:05 UTC."),
        _update(3, 40, "Never sent. You will hear from us again by 14:50 UTC.", delivered_at=None),
        _update(4, 100, "It is over. You will hear from us again by 23:00 UTC.", IncidentStatus.RESOLVED),
    ]
    told = list_told(updates)
    assert [each.promise_at for each in told] == [_TOLD_AT + 30 * MINUTE, _TOLD_AT + 60 * MINUTE, None]
    outcomes = [promise.outcome for promise in list_promises(told, _TOLD_AT + DAY)]
    assert outcomes == [Outcome.LATE, Outcome.MISSED]
    theirs = _update(5, 50, "Theirs.", is_local=False, delivered_at=None)
    assert list_told([theirs]) == [Told(theirs.created_at)]

"""How it sounds is told; one apology, a full stop and a short sentence are silent."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Cause, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level, Limits, Tuning


def test_the_second_apology_can_be_taken_out() -> None:
    text = "We apologize for this. Sign-in works again. We are very sorry."
    (finding,) = find("TN001", text)
    assert finding.level is Level.WARN
    assert text[: finding.start] + text[finding.end :] == "We apologize for this. Sign-in works again."
    assert words_of("TN001", "We are sorry that sign-in failed, and apologize for the late word.") == []


def test_an_inconvenience_is_noted() -> None:
    assert words_of("TN002", "We apologize for any inconvenience this may have caused.") == [
        "any inconvenience this may have caused"
    ]
    assert words_of("TN002", "We are sorry that sign-in failed for 47 minutes.") == []


def test_an_apology_is_asked_for_where_it_is_due() -> None:
    due = Context(status=IncidentStatus.RESOLVED, cause=Cause.OURS, severity=Severity.SEV2)
    assert level_of("TN003", "It works again.", due) is Level.INFO
    assert level_of("TN003", "It works again. We are sorry.", due) is None
    assert (
        level_of(
            "TN003",
            "It works again.",
            Context(status=IncidentStatus.RESOLVED, cause=Cause.OURS, severity=Severity.SEV3),
        )
        is None
    )
    waived = Context(
        status=IncidentStatus.RESOLVED, cause=Cause.OURS, severity=Severity.SEV2, facts=Facts(has_apology=False)
    )
    assert level_of("TN003", "It works again.", waived) is None


def test_feeling_that_outweighs_the_facts_is_told() -> None:
    feeling = (
        "We deeply apologize to all of our customers for this. We truly appreciate your patience and your trust in us."
        " We are on it."
    )
    assert level_of("TN004", feeling) is Level.WARN
    assert level_of("TN004", "We are on it. Thank you for your patience.") is Level.INFO
    assert level_of("TN004", "Sign-in fails for customers in Europe since 14:05 UTC. We are sorry.") is None


@pytest.mark.parametrize(
    ("text", "calm"),
    [("Now: WE ARE WORKING HARD", "We are working hard"), ("The SERVICE REMAINS DOWN now", "service remains down")],
)
def test_capitals_are_told_and_can_be_made_small(text: str, calm: str) -> None:
    (finding,) = find("TN005", text)
    assert (finding.level, finding.fix and finding.fix.replacement) == (Level.WARN, calm)


@pytest.mark.parametrize(
    "text",
    [
        "AWS EC2 API in US-EAST-1",
        "JSW, JWM, JSM and JPD",
        "The DEADLINE EXCEEDED, UNAVAILABLE errors",
        "UTC PST CET",
        "I AM in",
    ],
)
def test_acronyms_and_codes_are_no_shouting(text: str) -> None:
    assert words_of("TN005", text) == []


def test_exclamation_marks_and_emoji_are_noted() -> None:
    text = "It works again!! \N{PARTY POPPER}"
    marks = find("TN006", text)
    assert [text[mark.start : mark.end] for mark in marks] == ["!!", "\N{PARTY POPPER}"]
    assert marks[0].fix is not None
    assert marks[0].fix.replacement == "."
    assert words_of("TN006", "a != b, ![picture](https://example.com/a.png), it works.") == []


def test_words_that_sell_are_noted() -> None:
    assert words_of("TN007", "Our world-class team is excited to serve our valued customers.") == [
        "world-class", "excited", "valued customers",
    ]  # fmt: skip
    assert words_of("TN007", "Sign-in works again.") == []


def test_long_sentences_and_hard_texts_are_told() -> None:
    sentence = "The " + "very " * 30 + "long one."
    assert level_of("TN008", sentence) is Level.INFO
    assert level_of("TN008", "The one is short.") is None
    hard = (
        "Infrastructure remediation activities necessitated comprehensive reconfiguration of interdependent"
        " authentication subsystems. "
    ) * 12
    assert level_of("TN008", hard) is Level.WARN
    easy = "We work on it. It is slow now. You can try to sign in once more. We will post here when it is well. " * 8
    assert level_of("TN008", easy) is None
    assert (
        level_of("TN008", "one two three four five six.", tuning=Tuning(limits=Limits(long_sentence_words=5)))
        is Level.INFO
    )


def test_a_passive_opener_is_noted() -> None:
    assert words_of("TN009", "It has been determined that the disk is full.") == ["It has been determined"]
    assert words_of("TN009", "We found that the disk is full. It was found by a probe.") == []

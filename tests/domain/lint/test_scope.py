"""Who is hit, guesses, and promises: what real updates often do is a note, what nobody can keep blocks."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level

KNOWN = Context(is_first=True, components={"API": ComponentStatus.PARTIAL_OUTAGE})


@pytest.mark.parametrize(
    ("text", "crowd"),
    [
        ("Some users may see errors.", "Some users"),
        ("A small number of customers cannot sign in.", "A small number of customers"),
        ("Errors hit a subset of our enterprise accounts.", "a subset of our enterprise accounts"),
        ("Certain requests fail.", "Certain requests"),
        ("Several of our customers report errors.", "Several of our customers"),
    ],
)
def test_some_users_are_noted_and_told_once_the_incident_is_known(text: str, crowd: str) -> None:
    assert words_of("SC001", text) == [crowd]
    assert level_of("SC001", text) is Level.INFO
    assert level_of("SC001", text, KNOWN) is Level.WARN


@pytest.mark.parametrize(
    "text",
    [
        "About 30% of users see errors, and some users are logged out.",
        "Some users in Europe cannot sign in.",
        "Some customers in eu-west-1 see errors.",
        "Some users using SSO cannot sign in.",
        "Some customers who signed up today get no mail.",
        "1 in 5 requests fail for some users.",
        "Users cannot sign in.",
    ],
)
def test_a_number_a_place_or_a_feature_makes_a_crowd_known(text: str) -> None:
    assert words_of("SC001", text, KNOWN) == []


def test_a_scope_that_is_a_fact_needs_no_words() -> None:
    for facts in (Facts(scope="30% of customers"), Facts(is_scope_unknown=True)):
        context = Context(is_first=True, components={"API": ComponentStatus.PARTIAL_OUTAGE}, facts=facts)
        assert words_of("SC001", "Some users may see errors.", context) == []


def test_hedges_stack_up() -> None:
    three = "Some users may see intermittent errors."
    assert level_of("SC002", three) is Level.INFO
    assert level_of("SC002", three, Context(severity=Severity.SEV2)) is Level.WARN
    assert level_of("SC002", "Some users could possibly see potential intermittent errors.") is Level.WARN
    assert level_of("SC002", "Some users may see errors. Sign-in is intermittent.") is None


@pytest.mark.parametrize(
    "text",
    [
        "We believe this is caused by a DDoS.",
        "This is likely caused by our last release.",
        "It appears to be caused by a bad disk.",
        "This may be due to our network.",
        "We suspect that a deployment is the root cause.",
        "Likely a DDoS attack.",
    ],
)
def test_a_guess_at_the_cause_is_told_while_investigating(text: str) -> None:
    assert level_of("SC003", text, Context(status=IncidentStatus.INVESTIGATING)) is Level.WARN
    assert level_of("SC003", text) is Level.INFO
    assert level_of("SC003", text, Context(status=IncidentStatus.IDENTIFIED)) is None


@pytest.mark.parametrize(
    "text",
    [
        "We believe that sign-in works again.",
        "You will likely see errors.",
        "It appears to be resolved.",
        "We are looking for the cause.",
        "The cause is a bad disk.",
        "Retrying may be needed.",
    ],
)
def test_other_beliefs_pass(text: str) -> None:
    assert words_of("SC003", text, Context(status=IncidentStatus.INVESTIGATING)) == []


@pytest.mark.parametrize(
    "text",
    [
        "This will not happen again.",
        "Such an outage would not occur again.",
        "It won't recur.",
        "This can never happen again.",
        "We guarantee that it works.",
        "The problem is permanently fixed.",
        "It is fixed for good.",
        "The system is 100% reliable.",
        "We are 100% sure.",
        "It has been fixed once and for all.",
        "It is impossible for this to happen again.",
        "We changed it, ensuring that the outage would not occur again.",
    ],
)
def test_a_promise_that_nobody_can_keep_blocks(text: str) -> None:
    assert level_of("SC004", text) is Level.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "We work to ensure that this will not happen again.",
        "We add a test so that it does not happen again.",
    ],
)
def test_an_aim_is_only_told(text: str) -> None:
    assert level_of("SC004", text) is Level.WARN


@pytest.mark.parametrize(
    "text",
    [
        "100% of requests fail.",
        "Files were permanently deleted.",
        "We are working on a permanent fix.",
        "Delivery is not guaranteed.",
        "We cannot guarantee delivery in order.",
        "This does not happen with the app.",
        "The error rate is 100 %.",
        "If it happens again, write to us.",
        "Guaranteed delivery queues are slow.",
    ],
)
def test_facts_that_sound_like_promises_pass(text: str) -> None:
    assert words_of("SC004", text) == []


def test_haste_is_noted_and_can_be_taken_out() -> None:
    text = "We will fix this as soon as possible."
    (finding,) = find("SC005", text)
    assert (finding.level, finding.fix and finding.fix.replacement) == (Level.INFO, "")
    assert text[: finding.start] + text[finding.end :] == "We will fix this."
    assert words_of("SC005", "Our team works tirelessly, ASAP.") == ["works tirelessly", " ASAP"]
    assert words_of("SC005", "We will post again at 14:35 UTC.") == []


def test_a_bad_incident_is_not_made_small() -> None:
    text = "There was a brief hiccup."
    assert level_of("SC006", text, Context(severity=Severity.SEV1)) is Level.WARN
    assert level_of("SC006", text, Context(severity=Severity.SEV3)) is None
    assert level_of("SC006", text) is Level.INFO
    assert words_of("SC006", "In brief: a minority of briefings failed.", Context(severity=Severity.SEV1)) == []

"""Lengths as each channel counts them, links that are safe, and short forms that lost nothing."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Tuning, Words
from oncall_tui.domain.update import BODY_LIMIT

PAGE = "https://status.acme.example/1"


def test_a_text_is_measured_by_the_page_it_goes_to() -> None:
    assert level_of("LN002", "a" * 4_097, Context(body_limit=4_096)) is Level.BLOCK
    assert level_of("LN002", "a" * 4_096, Context(body_limit=4_096)) is None
    assert level_of("LN002", "a" * 5_000) is None
    assert level_of("LN001", "a" * (BODY_LIMIT + 1), Context(body_limit=4_096)) is Level.BLOCK


def test_a_title_is_noted_before_it_is_told() -> None:
    levels = [
        next((each.level for each in find("LN003", "Text.", title="a" * size)), None) for size in (80, 81, 121, 256)
    ]
    assert levels == [None, Level.INFO, Level.WARN, Level.BLOCK]


def test_a_post_counts_as_the_network_counts() -> None:
    social = Context(channel="social")
    assert level_of("LN004", "a" * 281, social) is Level.BLOCK
    assert level_of("LN004", "a" * 281) is None
    assert level_of("LN004", "a" * 256 + " " + PAGE + "/" + "b" * 200, social) is None
    assert level_of("LN004", "\N{HIRAGANA LETTER A}" * 141, social) is Level.BLOCK
    assert level_of("LN004", "\N{HIRAGANA LETTER A}" * 140, social) is None


def test_an_sms_is_told_in_its_segments() -> None:
    sms = Context(channel="sms")
    assert level_of("LN005", "a" * 160, sms) is None
    assert level_of("LN005", "a" * 161, sms) is Level.INFO
    assert level_of("LN005", "a" * 400, sms) is Level.WARN
    text = "a" * 100 + "\N{RIGHT SINGLE QUOTATION MARK}" + "a" * 10
    (finding,) = find("LN005", text, sms)
    assert text[finding.start : finding.end] == "\N{RIGHT SINGLE QUOTATION MARK}"
    assert "70 instead of 160" in finding.message


def test_a_subject_is_short_and_ends_with_the_state() -> None:
    mail = Context(channel="mail")
    (finding,) = find("LN006", "Text.", mail, title="Investigating: Sign-in fails")
    assert (finding.level, finding.part) == (Level.INFO, Part.TITLE)
    assert finding.fix == Fix("put the state last", "Sign-in fails (investigating)")
    assert [each.level for each in find("LN006", "Text.", mail, title="a" * 60)] == [Level.INFO]
    assert [each.level for each in find("LN006", "Text.", mail, title="a" * 79)] == [Level.WARN]
    assert find("LN006", "Text.", mail, title="Sign-in fails (resolved)") == []
    assert find("LN006", "Text.", title="Resolved: Sign-in fails") == []


def test_a_short_form_keeps_its_link_and_its_promise() -> None:
    full = "Sign-in fails since 14:05 UTC. Next update by 14:35 UTC."
    context = Context(channel="sms", full_body=full, page_url=PAGE)
    assert level_of("LN007", f"Sign-in fails. Next update 14:35 UTC. {PAGE}", context) is None
    assert level_of("LN007", f"Sign-in fails since 14:05 UTC. {PAGE}", context) is Level.INFO
    assert level_of("LN007", "Sign-in fails. Next update 14:35 UTC.", context) is Level.BLOCK
    assert level_of("LN007", "Sign-in fails.", Context(channel="page", full_body=full, page_url=PAGE)) is None


def test_channels_say_the_same() -> None:
    full = "About 30% of sign-ins fail since 14:05 UTC. Next update by 14:35 UTC."
    context = Context(channel="social", full_body=full, status=IncidentStatus.INVESTIGATING)
    assert words_of("LN008", "30 % of sign-ins fail since 14:05 UTC.", context) == []
    assert words_of("LN008", "50% of sign-ins fail since 14:15 UTC.", context) == ["50%", "14:15"] or words_of(
        "LN008", "50% of sign-ins fail since 14:15 UTC.", context
    ) == ["14:15", "50%"]
    assert words_of("LN008", "Sign-in is resolved.", context) == ["is resolved"]
    assert level_of("LN008", "Sign-in is resolved.", context) is Level.BLOCK
    assert words_of("LN008", "50% of sign-ins fail.") == []


@pytest.mark.parametrize(
    ("link", "level"),
    [
        ("https://user:secret@www.acme.example/x", Level.BLOCK),
        ("https://www.acme.example/x?access_token=abc123", Level.BLOCK),
        ("https://www.acme.example/x?a=1&password=abc", Level.BLOCK),
        ("https://db.internal/x", Level.BLOCK),
        ("http://localhost:3000/x", Level.BLOCK),
        ("https://10.0.0.12/x", Level.BLOCK),
        ("https://intranet/x", Level.BLOCK),
        ("https://bit.ly/3abc", Level.WARN),
        ("http://www.acme.example/x", Level.WARN),
        ("https://www.acme.example/x?page=2&q=token", None),
        ("https://status.acme.example", None),
        ("mailto:support@acme.example", None),
    ],
)
def test_links_are_safe_to_publish(link: str, level: Level | None) -> None:
    assert level_of("LK001", f"More at {link} today.") is level
    assert level_of("LK001", f"More at [our page]({link}) today.") is level


def test_a_link_without_encryption_can_be_repaired_and_a_host_can_be_public() -> None:
    text = "More at http://www.acme.example/x today."
    (finding,) = find("LK001", text)
    assert finding.fix is not None
    assert (
        text[: finding.start] + finding.fix.replacement + text[finding.end :]
        == "More at https://www.acme.example/x today."
    )
    tuning = Tuning(words=Words(public_hosts=("db.internal",), private_hosts=("*.acme.example",)))
    assert level_of("LK001", "https://db.internal/x", tuning=tuning) is None
    assert level_of("LK001", "https://a.acme.example/x", tuning=tuning) is Level.BLOCK


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("See https:///x now.", True),
        ("See https://status now.", True),
        ("See https:// www.acme.example now.", True),
        ("See https:/www.acme.example now.", True),
        ("See [here](https://www.acme.example/a b) now.", True),
        ("See https://www.acme.example/a_(b) now.", False),
        ("See (https://www.acme.example/a) now.", False),
        ("See https://www.acme.example:99999/ now.", True),
    ],
)
def test_a_link_is_whole(text: str, is_told: bool) -> None:
    assert bool(find("LK002", text)) is is_told


def test_a_link_that_was_seen_dead_is_told() -> None:
    assert words_of("LK003", f"More at {PAGE}.", Context(dead_links=(PAGE,))) == [PAGE]
    assert words_of("LK003", f"More at {PAGE}.") == []


def test_a_resolved_update_says_how_to_reach_support() -> None:
    resolved = Context(status=IncidentStatus.RESOLVED)
    assert level_of("LK004", "It works again.", resolved) is Level.INFO
    assert level_of("LK004", "It works again. Write to us if not: contact support.", resolved) is None
    assert level_of("LK004", f"It works again. {PAGE}", resolved) is None
    assert level_of("LK004", "We are looking into it.", Context(status=IncidentStatus.INVESTIGATING)) is None

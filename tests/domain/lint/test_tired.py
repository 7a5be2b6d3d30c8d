"""Faults as people make them at three in the morning, and what only looks like them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.domain.lint.remarks import find, level_of

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level

#: A Sunday.
NOW = int(datetime(2026, 11, 22, 14, 40, tzinfo=UTC).timestamp() * 1000)
BARE = Context()
OPEN = Context(
    now=NOW,
    status=IncidentStatus.INVESTIGATING,
    is_first=False,
    severity=Severity.SEV1,
    cause=Cause.UNKNOWN,
    components={"API": ComponentStatus.PARTIAL_OUTAGE},
    has_promise=True,
    promise_at=NOW + 15 * MINUTE,
)
RESOLVED = Context(now=NOW, status=IncidentStatus.RESOLVED)


@pytest.mark.parametrize("body", [".", "...", "-", "[...]", "?", "**", "- \n- ", "()", "\u2800"])
def test_signs_alone_are_no_text(body: str) -> None:
    assert level_of("MS000", body) is Level.BLOCK


@pytest.mark.parametrize("body", ["ok", "3", "障害", "✅"])
def test_a_word_a_figure_or_a_picture_is_text(body: str) -> None:
    assert find("MS000", body) == []


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in fails since 1405.",
        "It broke at 1405, we are on it.",
        "broken from 0930 until 1115",
        "since about 0215 pages time out",
        "fixed by 1630",
        "It has been slow since 1405 today.",
        "since 9.15 this morning",
    ],
)
def test_a_time_of_four_figures_is_a_time(text: str) -> None:
    assert find("TM002", text, OPEN)


@pytest.mark.parametrize(
    "text",
    [
        "Calls end in error 1405.",
        "It was at 1405 requests per second.",
        "We have run it since 2019.",
        "It will be gone by 2030.",
        "The limit was raised from 1200 to 1500.",
        "The load is capped at 1500.",
        "About 1405 users are hit.",
        "Read page 1405.",
        "We moved from 1080p to 1440p.",
    ],
)
def test_a_count_a_year_or_a_code_is_no_time(text: str) -> None:
    assert find("TM002", text, OPEN) == []


@pytest.mark.parametrize("text", ["Monday the 22nd", "Friday 22nd", "on Tuesday, the 21st"])
def test_a_weekday_that_no_near_month_has_on_that_day_is_told(text: str) -> None:
    assert level_of("TM004", text, OPEN) is Level.WARN


@pytest.mark.parametrize("text", ["Sunday the 22nd", "Tuesday the 22nd", "Thursday 22nd", "Monday the 22nd of June"])
def test_a_weekday_that_a_near_month_has_passes(text: str) -> None:
    assert find("TM004", text, OPEN) == []


@pytest.mark.parametrize(
    "text",
    [
        "aws had an outage",
        "It is down due to cloudflare.",
        "cloudflare is having problems again",
        "because of github",
        "stripe is down so payments fail",
        "it's google's fault",
        "twilio broke SMS",
        "caused by an aws outage",
        "blame fastly",
    ],
)
def test_a_supplier_in_small_letters_is_one(text: str) -> None:
    assert find("BL001", text)


@pytest.mark.parametrize(
    "text", ["due to slack in the queue", "because of meta data", "Calls from aws fail.", "Sign-in with github fails."]
)
def test_a_word_or_a_mention_is_no_excuse(text: str) -> None:
    assert find("BL001", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=abc",
        "PASSWORD=x9",
        "TOKEN: abc",
        "api_key=k1",
        "MYSQL_PWD=root",
        "SECRET=foo",
        "GITHUB_TOKEN=abc",
        "apikey: 42xy",
        "log in with root:toor",
        "the password was changed to swordfish1",
        "pwd='abc'",
    ],
)
def test_a_short_secret_is_one(text: str) -> None:
    assert level_of("SE001", text) is Level.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "Password: reset mails are late.",
        "PASSWORD: reset mails are late.",
        "TOKEN: EXPIRED",
        "Calls end in token=expired.",
        "Set PASSWORD=$SECRET in your settings.",
        "max_tokens=4096",
        "password=<yours>",
        "sort_key=name",
        "The token: it is new.",
        "Log in as admin: the page is slow.",
    ],
)
def test_words_about_secrets_are_none(text: str) -> None:
    assert find("SE001", text) == []


@pytest.mark.parametrize("text", ["[](url)", "[text]()", "[](https://status.example.com)", "[here]( )", "[a](b/c d)"])
def test_a_link_without_a_label_or_an_address_is_broken(text: str) -> None:
    assert find("LK002", text)


@pytest.mark.parametrize("text", ["![](https://pictures.example.com/a.png)", "[SSO](all regions)", "`[]()`"])
def test_a_picture_or_a_note_in_brackets_is_no_broken_link(text: str) -> None:
    assert find("LK002", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "One recent outage that has left many users frustrated is the outage.",
        "Since 14:05 UTC, is failing.",
        "Sign-in with is failing.",
        "It affects in Europe.",
        "Fixed by in 20 minutes.",
        "It is due to an outage at,",
        "Requests to time out.",
        "You can reach at any time.",
        "Sign-in has been down for hours and minutes.",
        'The "" component is down.',
    ],
)
def test_a_word_that_vanished_leaves_a_trace(text: str) -> None:
    assert find("PH004", text)


@pytest.mark.parametrize(
    "text",
    [
        "The cause of the outage is the network.",
        "This causes requests to time out.",
        "Since 14:05 UTC, the API is slow.",
        "You can reach at least one of them.",
        'Calls return {"name": ""}.',
        "It affects in particular those in Europe.",
    ],
)
def test_a_whole_sentence_has_no_gap(text: str) -> None:
    assert find("PH004", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "All systems are operational. We are investigating failed sign-ins.",
        "Everything is working normally. We continue to investigate the outage.",
        "All systems operational. Users are currently unable to sign in.",
        "Sign-in is fully restored. Sign-in is still down.",
        "No customers are affected. All customers in Europe get errors.",
        "There is no outage at this time. Sign-in has been down since 14:05 UTC.",
    ],
)
def test_sentences_that_contradict_each_other_are_found(text: str) -> None:
    assert level_of("TR006", text) is Level.WARN


@pytest.mark.parametrize(
    "text",
    [
        "All systems are operational. We are investigating the root cause.",
        "The issue is resolved. Some customers may still see errors.",
        "Sign-in is restored. Exports are still down.",
        "Everything is working normally, except exports. Exports are down.",
        "Sign-in was down. It is restored now.",
        "All systems are operational. Customers who cannot sign in should write to support.",
    ],
)
def test_sentences_of_other_things_or_times_do_not_contradict(text: str) -> None:
    assert find("TR006", text) == []


@pytest.mark.parametrize(
    ("rule", "text", "context"),
    [
        ("PH001", "next update at --:-- UTC", BARE),
        ("PH001", "ETA: ???", BARE),
        ("PH005", "Region: N/A (fill in)", BARE),
        ("TM003", "back by lunchtime", BARE),
        ("TM006", "Everything is going to work again by 4 pm UTC", BARE),
        ("TR003", "We do not know yet why it fails.", Context(status=IncidentStatus.MONITORING)),
        ("TR003", "Sign-in is partially working.", RESOLVED),
        ("SC003", "Might be DNS.", OPEN),
        ("SC003", "Smells like a network problem", OPEN),
        ("SC004", "Zero chance of a repeat", BARE),
        ("SC004", "We have ensured it cannot recur.", BARE),
        ("SC004", "100 percent fixed", BARE),
        ("BL002", "Dave pushed the wrong button", BARE),
        ("BL002", "The night shift missed the alarm.", BARE),
        ("BL002", "Our new hire ran the script.", BARE),
        ("BL002", "The dev team shipped a bug.", BARE),
        ("BL003", "User error.", BARE),
        ("BL003", "The client broke their own site.", BARE),
        ("JR001", "on pg-main-01", BARE),
        ("JR004", "in the #oncall channel", BARE),
        ("JR004", "see PR 881", BARE),
        ("JR005", "write to dana at acme dot io", BARE),
        ("JR006", "ssh root@web", BARE),
        ("JR006", "[ERROR] failed to open socket", BARE),
        ("TN005", "DO NOT LOG IN", BARE),
        ("TN006", "Sign-in is back ;P", BARE),
        ("LK001", "https://example.com/?token=abc", BARE),
        ("LK001", "[x](javascripT:alert(1))", BARE),
        ("DR001", "[TEST] API down", OPEN),
        ("DR001", "training exercise, no customer impact", OPEN),
    ],
)
def test_other_words_for_the_same_fault_are_found(rule: str, text: str, context: Context) -> None:
    assert find(rule, text, context)

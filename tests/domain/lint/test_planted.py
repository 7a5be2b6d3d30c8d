"""Faults as people make them, in words that the rules were not written from: each is found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.domain.lint.remarks import find

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, ProbeFact
from oncall_tui.domain.probe import ProbeStatus

NOW = int(datetime(2026, 11, 22, 14, 40, tzinfo=UTC).timestamp() * 1000)
BARE = Context()
OPEN = Context(
    now=NOW,
    status=IncidentStatus.INVESTIGATING,
    is_first=False,
    severity=Severity.SEV1,
    cause=Cause.UNKNOWN,
    components={"API": ComponentStatus.PARTIAL_OUTAGE},
    probes=(ProbeFact("api", ProbeStatus.DOWN, "API", 0.31),),
    has_promise=True,
    promise_at=NOW + 15 * MINUTE,
    started_at=NOW - 25 * MINUTE,
)
RESOLVED = Context(now=NOW, status=IncidentStatus.RESOLVED, started_at=NOW - 25 * MINUTE)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PH001", "about [##]% of requests"),
        ("PH001", "[Region]: calls fail"),
        ("PH001", "Contact [support email]."),
        ("PH001", "We expect [some time]."),
        ("PH001", "[summary] of it"),
        ("PH002", "ETA is tbd"),
        ("PH002", "since $(date)"),
        ("PH002", "for {$service}"),
        ("PH002", "@service@ is down"),
        ("PH002", "__SERVICE_NAME__ is down"),
        ("PH002", "by &lt;time&gt;"),
        ("PH002", "Todo: write this"),
        ("PH003", "It affects null."),
        ("PH004", "It was down from to UTC."),
        ("PH004", "Since UTC it is slow."),
        ("PH004", "An outage of for users"),
        ("PH004", "Please contact at any time."),
        ("PH004", "We apologize to for this."),
        ("PH004", "It was reported by at 14:05 UTC."),
        ("PH004", "We will inform when it is over."),
        ("PH005", "DRAFT\nSign-in fails."),
        ("PH005", "// internal: the disk is full"),
        ("PH005", "Please review before posting"),
        ("PH005", "@comms please check"),
        ("MS000", "\u200b\u2060\ufeff"),
        ("TM003", "We are back in a few hours."),
        ("TM003", "By end of day."),
        ("TM004", "On Sunday 30/11/2026"),
        ("TM004", "On Sunday, 11/23/2026"),
        ("TM004", "On 2026-13-01"),
        ("TM004", "On 32 December 2026"),
        ("TM004", "On 3/4/2026"),
        ("TM006", "Service will return at 15:30 UTC."),
        ("TM006", "We will restore service within 2 hours."),
        ("TM006", "Everything will be up again by 16:00 UTC."),
        ("TM006", "Full recovery by 16:00 UTC."),
        ("BL001", "It is our provider's fault."),
        ("BL001", "Our hosting provider messed up."),
        ("BL001", "Stripe is down, so payments fail."),
        ("BL001", "It fails as AWS had an outage."),
        ("BL002", "A colleague misconfigured the switch."),
        ("BL002", "Our team failed to test the change."),
        ("BL002", "It was caused by an administrator."),
        ("BL003", "An abusive user caused this."),
        ("BL003", "One customer's traffic brought us down."),
        ("JR004", "More in INC4821."),
        ("JR006", "It ends with exit code 137."),
        ("JR006", "TypeError: undefined is not a function"),
        ("JR006", "Out of memory: Killed process 123"),
        ("SE001", "We use --password hunter22 for it."),
        ("SE002", "The customer id 4821993 is hit."),
        ("SC003", "It looks like a bad deploy."),
        ("SC003", "Apparently a certificate has run out."),
        ("SC004", "It won't happen again."),
        ("SC004", "There will be no further outages."),
        ("LK001", "See file:///srv/notes.txt for more."),
        ("LK002", "See [our notice] (https://example.com/n) for more."),
        ("LK002", "See htps://example.com for more."),
        ("DR001", "This is an exercise."),
        ("DR001", "TEST TEST TEST"),
    ],
)
def test_a_fault_is_found_in_the_text_alone(rule: str, text: str) -> None:
    assert find(rule, text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("TM001", "More by 14:39 UTC."),
        ("TM002", "It began at 14h05."),
        ("TM002", "It began at 14.05 and goes on."),
        ("TM002", "It began at 14 h 05."),
        ("TM002", "By 5 o'clock it is over."),
        ("TM002", "We hear more at noon."),
        ("TM005", "Next update tomorrow."),
        ("TM005", "Next update on Monday."),
        ("TM005", "The next update comes in a few hours."),
        ("TM005", "Next update on 24 November."),
        ("TM005", "We will post updates every six hours."),
        ("TM005", "Next update by end of day."),
        ("TR001", "Service has returned to normal."),
        ("TR001", "Customers can sign in again."),
        ("TR001", "The API no longer fails and is healthy."),
        ("TR003", "This is resolved."),
        ("TR003", "The fix is live."),
        ("TR003", "We have identified the cause and are mending it."),
        ("TR005", "100% of requests fail."),
        ("TR005", "The API is down completely."),
        ("TR007", "Two percent of requests fail."),
        ("TR007", "Nine in ten requests fail."),
        ("TR008", "The problem was a full disk."),
        ("TR008", "An expired certificate led to this."),
        ("TR008", "The culprit is a cache."),
    ],
)
def test_a_fault_is_found_by_what_is_known(rule: str, text: str) -> None:
    assert find(rule, text, OPEN)


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in failed from 10:00 UTC to 14:30 UTC.",
        "The outage lasted from 10:00 to 14:00 UTC.",
        "It lasted half a day.",
        "It lasted 1h30.",
        "Over a period of 5 hours it was slow.",
    ],
)
def test_another_length_than_the_timeline_is_found(text: str) -> None:
    assert find("TM007", text, RESOLVED)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (IncidentStatus.IDENTIFIED, "We do not know why it fails."),
        (IncidentStatus.IDENTIFIED, "The reason is unknown."),
        (IncidentStatus.IDENTIFIED, "We are still investigating the cause."),
        (IncidentStatus.MONITORING, "Customers cannot sign in."),
        (IncidentStatus.MONITORING, "A fix is being developed."),
        (IncidentStatus.RESOLVED, "Engineers are looking for the cause."),
        (IncidentStatus.RESOLVED, "The outage is ongoing."),
        (IncidentStatus.RESOLVED, "Next update by 15:30 UTC."),
    ],
)
def test_words_that_contradict_a_state_are_found(status: IncidentStatus, text: str) -> None:
    assert find("TR003", text, Context(status=status))


@pytest.mark.parametrize(
    ("rule", "text", "context"),
    [
        (
            "TR003",
            "We have identified the issue and are still investigating the root cause.",
            Context(status=IncidentStatus.IDENTIFIED),
        ),
        ("SC003", "We believe it is resolved now.", OPEN),
        ("TM002", "We moved to version 14.04 of it, and 1h30 later all was well.", OPEN),
        ("TM002", "It was at 14.05% of the usual.", OPEN),
        ("TM002", "We hear more at noon UTC.", OPEN),
        ("TM004", "On 22/11/2026", OPEN),
        ("TM004", "The id is 1234-56-78.", BARE),
        ("TM004", "We mended 32 December invoices.", BARE),
        ("TM005", "Next update tomorrow at 14:50 UTC.", Context(now=NOW, status=IncidentStatus.MONITORING)),
        ("TM006", "Machines will be restarted in 10 minutes.", BARE),
        ("TM007", "Sign-in failed from 14:15 UTC to 14:40 UTC.", RESOLVED),
        ("PH004", "In front of by at least 5 minutes.", BARE),
    ],
)
def test_what_only_looks_like_it_passes(rule: str, text: str, context: Context) -> None:
    assert find(rule, text, context) == []

"""Faults of a kind that was let through once, in other words, and sound sentences that look like them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.domain.lint.remarks import find, level_of

from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level

NOW = int(datetime(2026, 11, 22, 14, 20, tzinfo=UTC).timestamp() * 1000)
OPEN = Context(
    now=NOW,
    status=IncidentStatus.INVESTIGATING,
    is_first=False,
    severity=Severity.SEV2,
    cause=Cause.UNKNOWN,
    components={"Sign-in": ComponentStatus.PARTIAL_OUTAGE},
)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PH001", "Orders fail for X% of customers."),
        ("PH001", "Orders fail for about N % of carts."),
        ("PH001", "Orders fail for ~X customers."),
        ("PH001", "It lasted X minutes."),
        ("PH001", "Uploads fail for ??? of requests."),
        ("PH001", "Uploads fail for ?? of our shops."),
        ("PH001", "Cause: to be filled in. No data was lost."),
        ("PH001", "Orders fail for customers in (region)."),
        ("PH001", "Orders fail in REGION since 14:05 UTC."),
        ("PH003", "Orders fail for N/A."),
        ("PH003", "Affecting N/A customers since 14:05 UTC."),
        ("PH005", "Orders fail. <!-- add numbers -->"),
        ("PH005", "Orders fail. <!-- ask Dana\nfor the share -->"),
        ("PH005", "The queue is drained by hand (do not tell customers)."),
        ("PH005", "Please don't mention this to the press: a disk is full."),
        ("PH005", "Orders fail. Internal: it is the new kernel."),
        ("PH005", "Copy and paste the following: orders fail."),
        ("PH005", "Orders fail. NB for Dana: check this."),
        ("PH005", "Orders fail. cc @oncall"),
        ("PH004", "Customers are unable to access since 14:05 UTC."),
        ("PH004", "Customers are unable to since 14:05 UTC."),
        ("PH004", "Customers cannot their accounts."),
        ("PH004", "We see errors in and look into them."),
        ("PH004", "We work with to restore it."),
        ("PH004", "From to 14:52 UTC uploads failed."),
        ("PH004", "Some of the requests to time out since 14:05 UTC."),
        ("PH004", "The will be back by 15:00 UTC."),
        ("PH004", "Orders fail for customers using We are restarting it."),
        ("TM003", "It is live in a few moments."),
        ("TM004", "From 25:10 to 26:20 UTC sign-in failed."),
        ("TM004", "It began at 14:75 UTC."),
        ("TM006", "It should be fixed in about 20 minutes."),
        ("TM006", "Mail ought to be back in half an hour."),
        ("TM006", "ETA for full recovery is one hour."),
        ("TM006", "We'll have everything back by 16:00 UTC."),
        ("TM006", "Estimated time to repair: 45 minutes."),
        ("TM006", "Exports will be done within roughly two hours."),
        ("SC003", "Our theory is that a cable was cut."),
        ("SC003", "The current hypothesis is a bad disk."),
        ("SC004", "This can never recur."),
        ("SC004", "This won't ever be a problem again."),
        ("SC004", "You will not see this again."),
        ("SC004", "Such an outage can't come back again."),
        ("SC004", "There is no way that this happens again."),
        ("SC004", "The fix is permanent."),
        ("SC004", "That is now impossible."),
        ("BL001", "AWS messed up again."),
        ("BL001", "Fastly once again screwed this up."),
        ("BL001", "This is through no fault of ours."),
        ("BL001", "It's out of our hands."),
        ("BL001", "Because of an unreliable carrier calls fail."),
        ("BL002", "One of us mistyped a command."),
        ("BL002", "Ops forgot to renew the domain."),
        ("BL003", "One customer's runaway script overloaded sign-in."),
        ("BL003", "A large client's import caused it."),
        ("BL003", "A tenant is abusing the API."),
        ("BL003", "Traffic from one client overwhelmed it."),
        ("BL003", "A customer's faulty integration floods us."),
        ("BL003", "A user accidentally deleted the shared table."),
        ("JR006", "Sign-in fails: 2026-11-22T14:03:11Z ERROR auth timeout waiting for lock."),
        ("TR008", "A misconfigured firewall broke sign-in."),
        ("TR008", "Our new cache overwhelmed the database."),
    ],
)
def test_a_fault_is_found(rule: str, text: str) -> None:
    assert find(rule, text, OPEN), text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PH001", "Mac OS X users are not affected, nor is Windows 10 X."),
        ("PH001", "Did orders fail? Of course we look into it."),
        ("PH001", "About 99.5% of orders are to be delivered."),
        ("PH003", "Where a shop has no number, N/A is shown."),
        ("PH005", "Do not tell anybody your password."),
        ("PH005", "Internal tools are not affected. Please note: copying works."),
        ("PH004", "Customers may be unable to access or change their orders."),
        ("PH004", "Customers are unable to load their carts."),
        ("PH004", "This causes a small share of calls to fail with error 503."),
        ("PH004", "We are able to and will restore all orders."),
        ("TM004", "The ratio was 30:70, then 25:75."),
        ("TM004", "From 23:10 to 24:00 UTC sign-in failed."),
        ("TM006", "Our carrier expects the repair to be done by 16:00 UTC."),
        ("TM006", "Judging by its pace, the copy should be done in about 20 minutes."),
        ("SC003", "Please read the theory of it in our handbook."),
        ("SC004", "We never recommend to turn it off."),
        ("SC004", "Customers will not see this message while signed out."),
        ("BL001", "We route around AWS and are back up."),
        ("BL003", "One customer's report helped us to find it."),
        ("BL003", "Traffic from customers in Asia is slow."),
        ("JR006", "Logs of 2026-11-22T14:03:11Z and later are complete."),
    ],
)
def test_a_sound_sentence_passes(rule: str, text: str) -> None:
    assert [each for each in find(rule, text, OPEN) if each.level is not Level.INFO] == [], text


def test_blame_of_a_customer_blocks() -> None:
    assert level_of("BL003", "One customer's import filled the queue.", OPEN) is Level.BLOCK
    assert level_of("BL003", "A client deleted a table.", OPEN) is Level.WARN

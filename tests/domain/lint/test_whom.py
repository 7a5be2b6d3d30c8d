"""Whom a text names and what it says is done, in the many ways in which people say both."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.domain.lint.remarks import find, level_of

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level

FIRST = Context(
    status=IncidentStatus.INVESTIGATING,
    is_first=True,
    severity=Severity.SEV2,
    components={"Sign-in": ComponentStatus.PARTIAL_OUTAGE},
)
DOING = " We are looking for the cause."


@pytest.mark.parametrize(
    "text",
    [
        "Customers in Germany cannot sign in.",
        "Customers in Tokyo cannot sign in.",
        "Sign-in fails in Frankfurt.",
        "Sign-in fails for 1 in 3 attempts.",
        "Users of the Android app cannot sign in.",
        "Customers with SSO cannot sign in.",
        "Customers who signed up after 20 November cannot sign in.",
        "Callers on the Vivo network cannot sign in.",
        "New York users cannot sign in.",
        "Version 4.2.1 of the app does not start.",
        "Shops with more than 10,000 products load slowly.",
        "Mailboxes hosted near Oslo do not open.",
        "About forty servers do not answer.",
        "Accounts created last week cannot pay.",
        "Payments from Chile are declined.",
        "Nobody can open the dashboard.",
        "Messages sent through Vonage arrive late.",
        "Viewers on older tablets see no picture.",
    ],
)
def test_whom_it_hits_is_found(text: str) -> None:
    assert find("MS003", text + DOING, FIRST, title="Trouble") == []


@pytest.mark.parametrize("text", ["Sign-in fails.", "Uploads fail with an error.", "Pages load slowly or not at all."])
def test_nobody_named_is_told_louder_where_nothing_is_done(text: str) -> None:
    assert level_of("MS003", text + DOING, FIRST) is Level.INFO
    assert level_of("MS003", text, FIRST) is Level.WARN
    assert level_of("MS003", text, replace(FIRST, is_first=False)) is Level.INFO
    assert find("MS003", text, replace(FIRST, facts=Facts(region="Europe", scope="customers in Europe"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "We are filtering it.",
        "We're on it.",
        "We have called in our database team.",
        "We have opened a case with the carrier.",
        "Technicians are on site.",
        "A replacement is on its way.",
        "We are in contact with our provider.",
        "Our carrier is rerouting calls.",
        "We are correcting the display.",
        "Microsoft is applying a patch.",
        "Engineering teams are testing a smaller limit.",
        "We turned the new editor off.",
        "The index is being rebuilt.",
        "We'll restart the servers one by one.",
        "The spare part is with the technicians.",
        "The team keeps digging.",
        "Investigating.",
        "We took the slow name server out of service.",
    ],
)
def test_what_is_done_is_found(text: str) -> None:
    assert find("MS004", f"Sign-in fails for all customers in Europe. {text}", FIRST) == []


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in fails for all customers in Europe.",
        "We are seeing errors in Europe. More news will follow.",
        "We are experiencing slow searches in Asia and apologise for that.",
        "We have received reports of failing exports from Canada.",
        "Orders from Chile are being rejected.",
    ],
)
def test_that_nothing_is_done_is_told(text: str) -> None:
    assert level_of("MS004", text, FIRST) is Level.WARN
    assert level_of("MS004", text, replace(FIRST, is_first=False)) is Level.INFO
    assert find("MS004", text, replace(FIRST, facts=Facts(action="moving traffic"))) == []


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("A number of customers see errors.", True),
        ("A small group of users cannot load pages.", True),
        ("Several customers are affected by errors.", True),
        ("A share of our customers cannot pay.", True),
        ("Some customers see errors when exporting reports.", False),
        ("Some customers cannot open the Billing page in Console.", False),
        ("Some customers cannot pay. Only the region in Frankfurt is affected.", False),
    ],
)
def test_some_are_known_by_a_place_a_product_or_what_they_do(text: str, *, is_told: bool) -> None:
    assert bool(find("SC001", text, FIRST)) is is_told

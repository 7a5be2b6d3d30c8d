"""Suppliers, colleagues and customers are not blamed; facts about them pass."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import level_of, words_of

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Cause
from oncall_tui.domain.lint.model import Context, Level, Tuning, Words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sign-in fails due to AWS.", "AWS"),
        ("This is caused by an outage at Cloudflare.", "Cloudflare"),
        ("Calls fail because of a network problem at Level 3.", "Level 3"),
        ("Mail is late due to a SendGrid incident.", "SendGrid"),
    ],
)
def test_a_supplier_is_no_excuse(text: str, name: str) -> None:
    assert words_of("BL001", text) == [name]
    assert level_of("BL001", text) is Level.WARN
    assert level_of("BL001", text, Context(cause=Cause.UPSTREAM)) is Level.BLOCK


def test_a_supplier_with_its_own_notice_is_a_fact() -> None:
    text = "Sign-in fails due to AWS: https://health.aws.amazon.com/x"
    assert level_of("BL001", text, Context(cause=Cause.UPSTREAM)) is Level.INFO
    facts = Facts(provider_url="https://health.aws.amazon.com/x")
    assert level_of("BL001", "Sign-in fails due to AWS.", Context(cause=Cause.UPSTREAM, facts=facts)) is Level.INFO
    own_link = Context(cause=Cause.UPSTREAM, page_url="https://status.acme.example")
    assert level_of("BL001", "Due to AWS: https://status.acme.example/1", own_link) is Level.BLOCK


def test_own_products_and_other_suppliers_come_from_config() -> None:
    tuning = Tuning(words=Words(products=("AWS",), suppliers=("Initech DNS",)))
    assert words_of("BL001", "Sign-in fails due to AWS.", tuning=tuning) == []
    assert words_of("BL001", "Down due to an Initech DNS failure.", tuning=tuning) == ["Initech DNS"]


@pytest.mark.parametrize(
    "text",
    [
        "This was beyond our control.",
        "It was their fault.",
        "Our provider let us down.",
        "The vendor's own mistake hit us.",
        "Their failure to renew it hit us.",
        "This is Amazon's fault.",
        "Because AWS went down, we are down.",
        "Cloudflare broke our site.",
    ],
)
def test_an_excuse_is_told(text: str) -> None:
    assert level_of("BL001", text) is Level.WARN


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in with Google fails.",
        "The AWS connector is slow.",
        "Due to high load, exports to Slack are late.",
        "A fault at our DNS provider.",
        "The default settings are restored.",
        "Errors in the Azure region, due to a fault of ours.",
    ],
)
def test_naming_a_product_is_no_excuse(text: str) -> None:
    assert words_of("BL001", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "It was human error.", "An operator error removed the records.", "An engineer mistyped a command.",
        "One of our engineers accidentally deleted it.", "The database team forgot to renew it.",
        "Someone pushed the wrong button.", "Our operations team failed to renew the certificate.",
        "This was a mistake by one of our developers.", "A contractor misconfigured the router.",
        "An employee inadvertently stopped it.", "Our DBA deleted the wrong table.",
    ],
)  # fmt: skip
def test_a_person_or_team_is_not_blamed(text: str) -> None:
    assert level_of("BL002", text) is Level.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "Our engineers are working on it.", "The team identified the cause.",
        "One wrong value in a configuration file stopped it.", "Users see a user error message.",
        "Requests were incorrectly rejected.", "Our team closed this.", "Manual retries work.",
        "Support team members answer late.", "The system failed to renew the certificate.",
        "The operator errors page fails.",
        "Administrators incorrectly received mail.", "Admins incorrectly see users as inactive.",
        "We see more user errors.",
    ],
)  # fmt: skip
def test_work_and_faults_of_systems_pass(text: str) -> None:
    assert words_of("BL002", text) == []


def test_colleagues_are_known_from_config() -> None:
    tuning = Tuning(words=Words(people=("Priya Natarajan", "dana")))
    assert words_of("BL002", "Priya Natarajan and Dana fixed it.", tuning=tuning) == ["Priya Natarajan", "Dana"]
    assert words_of("BL002", "Danaher is not affected.", tuning=tuning) == []


@pytest.mark.parametrize(
    "text",
    [
        "This was caused by a customer who sent too many requests.",
        "Due to one customer's misconfiguration, sign-in failed.", "A single tenant overloaded the database.",
        "Customers are to blame.", "It was triggered by a large customer's job.", "This is your own fault.",
        "Caused by user error.", "A customer sent too many requests.", "A client misused our API.",
        "Customers who misconfigured their DNS did this.",
    ],
)  # fmt: skip
def test_a_customer_is_not_blamed(text: str) -> None:
    assert level_of("BL003", text) is Level.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "This caused errors for customers.", "Due to a customer-facing change, pages are slow.",
        "Caused by a user interface change.", "Customers overload: none.", "User errors are shown.",
        "Due to customer reports we look into it.", "Your fault tolerance settings are kept.",
        "A customer reported it.", "Because of a client library release, apps crash.",
        "Due to a client deploy, the app restarts.",
        "A rack in their fault domain is down.",
        "Due to some users reporting errors, we paused it.",
    ],
)  # fmt: skip
def test_customers_in_other_roles_pass(text: str) -> None:
    assert words_of("BL003", text) == []

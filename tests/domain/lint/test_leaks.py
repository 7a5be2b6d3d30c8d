"""Tickets, chats, tools, addresses and output of machines are found; what customers are meant to have passes."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.lint.model import Context, Level, Tuning, Words


@pytest.mark.parametrize(
    "ticket", ["INC-4821", "INC0012345", "OPS-12", "SRE-1234", "JIRA-77", "CHG0031337", "HOT-1045", "PROJ-123"]
)
def test_a_ticket_of_the_team_blocks(ticket: str) -> None:
    body = f"We track this as {ticket} and work on it."
    assert words_of("JR004", body) == [ticket]
    assert level_of("JR004", body) is Level.BLOCK


def test_an_unknown_key_is_told_and_a_ticket_in_brackets_can_be_taken_out() -> None:
    assert level_of("JR004", "We track this as BLORP-4821.") is Level.WARN
    (finding,) = find("JR004", "Sign-in fails (INC-4821) in Europe.")
    assert finding.fix is not None
    assert "Sign-in fails (INC-4821) in Europe."[: finding.start] + finding.fix.replacement == "Sign-in fails"


@pytest.mark.parametrize(
    "text",
    [
        "UTF-8, SHA-256, COVID-19, TLS-1, EU-1, US-EAST-1, AES-256, ISO-27001, RFC-2616, GPT-4, CVE-2021-44228",
        "HTTP-429 errors; USE2-AZ1; ERROR-1020; JUNE-2024; RTX-4090; FY-2024; KB-4512",
        "Reference Number: CN-154454", "Your case OPS-12 is known. Case number: SUP-1234",
        "See [INC-4821](https://status.example.com/INC-4821) or https://issues.example.org/browse/PROJ-123.",
        "COVID-2019 and IPV-6", "#1 priority, item #42, PR #123", "Follow #ExampleDown and #AWS on social media",
        "the #general channel fails", "C# and F# builds; color #fff and #a1b2c3", "Join our community in Slack.",
        "The Slack channel integration fails.", "https://www.example.com/#incident-42",
        "Zoom calls drop; the Teams bridge is up", "Error in channel #1-2",
        "Users cannot join Zoom calls.", "Posting in the Slack channel fails.",
        "See the [notes](notes) and [docs](/docs).",
        "Read https://docs.google.com/spreadsheets/ in general",
    ],
)  # fmt: skip
def test_what_customers_are_meant_to_read_passes(text: str) -> None:
    assert words_of("JR004", text) == []


@pytest.mark.parametrize(
    "channel", ["#incident-42", "#inc-2024-08-31-db", "#ops-alerts", "#team_payments", "#sev1-war-room", "#prod-alerts"]
)
def test_a_chat_of_the_team_blocks(channel: str) -> None:
    assert words_of("JR004", f"Details in {channel}.") == [channel]
    assert level_of("JR004", f"Details in {channel}.") is Level.BLOCK
    assert words_of("JR004", f"Details in {channel}.", Context(channel="social")) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://acme.slack.com/archives/C012AB3CD", "https://acme.pagerduty.com/incidents/PT4KHLK",
        "https://grafana.acme.example/d/abc", "https://kibana.acme.example/app",
        "https://acme.atlassian.net/browse/OPS-12", "https://wiki.corp.acme.example/x",
        "https://meet.google.com/abc-defg-hij", "https://acme.zoom.us/j/123456789",
        "https://app.datadoghq.com/dashboard/abc-123", "http://jenkins.internal/job/1", "https://db-admin.local/x",
    ],
)  # fmt: skip
def test_a_link_that_only_the_team_can_open_blocks(link: str) -> None:
    assert words_of("JR004", f"More at {link} if you like.") == [link]


@pytest.mark.parametrize(
    "link",
    [
        "https://status.example.com/incidents/1", "https://acme.atlassian.net/wiki/spaces/docs",
        "https://zoom.us/pricing", "https://slack.com/help", "https://github.com/acme/app/issues/12",
        "https://internal-tools.example.com/help", "chrome://settings/languages",
        "https://support.pagerduty.com/docs", "https://prometheus.io/docs", "https://airflow.apache.org/docs",
    ],
)  # fmt: skip
def test_a_public_link_passes(link: str) -> None:
    assert words_of("JR004", f"More at {link} if you like.") == []


def test_mail_addresses_by_what_they_look_like_and_by_the_contacts_in_config() -> None:
    assert level_of("JR005", "Write to jane.doe@acme.example") is Level.BLOCK
    assert level_of("JR005", "Write to jdoe@acme.test") is Level.WARN
    assert level_of("JR005", "Write to support@acme.test") is Level.INFO
    assert level_of("JR005", "Set it to user@example.com") is None
    tuning = Tuning(words=Words(contacts=("support@acme.test", "*@help.acme.test")))
    assert level_of("JR005", "Write to support@acme.test or eu@help.acme.test", tuning=tuning) is None
    assert level_of("JR005", "Write to billing@acme.test", tuning=tuning) is Level.BLOCK


_OUTPUT = {
    "python": 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in <module>\nValueError: bad',
    "java": 'Exception in thread "main" java.lang.NullPointerException: x\n\tat com.acme.shop.Cart.add(Cart.java:42)',
    "java frame": "It failed:\n    at com.acme.shop.Cart.add(Cart.java:42)",
    "node": "TypeError: x is undefined\n    at Object.<anonymous> (/srv/app/index.js:10:15)",
    "go": "panic: runtime error: index out of range\n\ngoroutine 1 [running]:",
    "ruby": "\tfrom app/models/user.rb:12:in `find'",
    "rust": "thread 'main' panicked at src/main.rs:2:5",
    "caused": "Caused by: java.io.IOException: no space left on device",
    "log": "2024-08-31 14:05:12,123 ERROR [main] com.acme.Shop - connection refused",
    "log iso": "2024-08-31T14:05:12.123Z ERROR connection refused",
    "log bracket": "[2024-08-31 14:05:12] [ERROR] connection refused",
    "syslog": "Aug 31 14:05:12 web-1 nginx[123]: upstream timed out",
    "logfmt": 'ts=2024-08-31 level=error msg="connection refused"',
    "access log": '203.0.113.7 - - [31/Aug/2024:14:05:12 +0000] "GET /login HTTP/1.1" 502 157',
    "frame": "NullPointerException at com.foo.Bar(Bar.java:12)",
    "psql": "psql: FATAL: too many connections",
    "errno": "Error: connect ECONNREFUSED db:5432",
    "curl": "curl -H 'Accept: x' https://www.acme.example/",
    "select": "SELECT * FROM users WHERE id = 1;",
    "update": "We ran UPDATE accounts SET locked = false WHERE id > 3",
    "delete": "DELETE FROM sessions;",
    "insert": "INSERT INTO users (id) VALUES (1)",
    "path": "The disk of /var/log/nginx/error.log was full",
    "etc": "wrong value in /etc/nginx/nginx.conf",
    "home": "left in /home/deploy/run.sh",
    "request": "GET /login HTTP/1.1\nHost: www.acme.example",
    "answer": "HTTP/1.1 502 Bad Gateway\nServer: nginx",
    "headers": "User-Agent: curl/8\nAccept: text/html",
}


@pytest.mark.parametrize("text", _OUTPUT.values(), ids=_OUTPUT.keys())
def test_output_of_machines_blocks(text: str) -> None:
    assert level_of("JR006", f"This is what we see:\n{text}\nWe work on it.") is Level.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "Customers see the error 'NullPointerException' when they save.",
        "The SELECT and UPDATE buttons do not react.", "Select your plan from the list where it is shown.",
        "SELECT queries from the console are slow.", "CREATE TABLE and DROP TABLE statements fail.",
        "Delete from your device and reinstall.", "GET /v1/users returns errors.",
        "HTTP/2 connections fail and return HTTP 502.", "POST requests to /v1/charges time out.",
        "14:05 UTC - ERROR rates are up", "2024-08-31 14:05 UTC - Errors began.",
        "Aug 31 14:05 UTC: we saw errors", "Edit /etc/hosts and add a line.", "the /home and /login pages fail",
        "https://example.com/var/log/x", "and/or, 24/7, w/o", "Location: us-east1\nDiagnosis: none",
        "Error: please try again at 3 pm", "Info: all is well. level of errors is normal",
        "X-Ratelimit-Limit: 360000\nX-Ratelimit-Remaining: 0", "at (555) 123-4567", "meet at Cafe (Main.street)",
        "We panic: no. Update set for Monday.", "Host: Amsterdam", "C:\\Windows\\System32\\drivers",
    ],
)  # fmt: skip
def test_words_about_machines_pass(text: str) -> None:
    assert words_of("JR006", text) == []


def test_a_link_that_may_be_the_product_is_only_told() -> None:
    for link in ("https://docs.google.com/document/d/1abc/edit", "https://grafana.acme.example/d/abc"):
        assert level_of("JR004", f"More at {link}.") is Level.WARN


def test_the_number_of_a_ticket_is_noted() -> None:
    assert level_of("JR004", "See ticket #48213.") is Level.INFO
    assert level_of("JR004", "Ticket sales fail since 1405.") is None


def test_a_path_that_customers_are_to_use_is_only_told() -> None:
    assert level_of("JR006", "The disk of /var/log/app is full.") is Level.BLOCK
    assert level_of("JR006", "As a way round, edit /etc/netplan/50.yaml and restart.") is Level.WARN

"""Secrets of every known form are found, never repeated, and told from what only looks like them."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.lint.credentials import is_card
from oncall_tui.domain.lint.model import Context, Level, Tuning, Words

_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _random(length: int, signs: str = _ALNUM, seed: int = 7) -> str:
    """Signs made when the test runs, so that no scanner of repositories takes this file for a leak."""
    return "".join(random.Random(seed).choices(signs, k=length))


def _jwt() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","name":"Someone"}')
    head, body = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{_random(43)}"


_SECRETS = {
    "private key": "-----BEGIN RSA PRIVATE" + " KEY-----\n" + _random(64) + "\n-----END RSA PRIVATE KEY-----",
    "open key": "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n" + _random(64),
    "aws": "AKIA" + _random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "aws session": "ASIA" + _random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "jwt": _jwt(),
    "github": "ghp_" + _random(36),
    "github app": "ghs_" + _random(36),
    "github fine": "github_pat_" + _random(60),
    "gitlab": "glpat-" + _random(20),
    "slack bot": "xoxb-" + _random(12, "0123456789") + "-" + _random(24),
    "slack user": "xoxp-" + _random(40),
    "slack hook": "https://hooks.slack.com/services/T" + _random(8) + "/B" + _random(8) + "/" + _random(24),
    "google": "AIza" + _random(35),
    "stripe": "sk_live_" + _random(24),
    "stripe restricted": "rk_live_" + _random(24),
    "npm": "npm_" + _random(36),
    "digitalocean": "dop_v1_" + _random(64, "0123456789abcdef"),
    "sendgrid": "SG." + _random(22) + "." + _random(43),
    "openai": "sk-proj-" + _random(48),
    "bearer": "Authorization: Bearer " + _random(40),
    "basic": "Authorization: Basic " + base64.b64encode(b"admin:Tr0ub4dor&3-long").decode(),
    "header": "X-Api-Key: " + _random(32),
    "password=": "password=hunter2",
    "passwd": "DB_PASSWORD=Tr0ub4dor",
    "password:": "password: Tr0ub4dor3",
    "spoken": "password is hunter22",
    "pwd": "pwd='s3cr3t!!'",
    "token=": "token=" + _random(32),
    "api key": "api_key: " + _random(24),
    "secret key": "AWS_SECRET_ACCESS_KEY=" + _random(40),
    "json": '"client_secret": "' + _random(32) + '"',
    "query": "https://api.example.com/v1?key=" + _random(32),
    "address": "postgres://app:Tr0ub4dor3@db.example.com/shop",
}


@pytest.mark.parametrize("secret", _SECRETS.values(), ids=_SECRETS.keys())
def test_a_secret_blocks_for_good_and_is_not_repeated(secret: str) -> None:
    body = f"To test it we used {secret} and it failed."
    findings = find("SE001", body)
    assert findings
    assert all(each.level is Level.BLOCK and each.is_final for each in findings)
    value = secret.split()[-1].split("=", 1)[-1].strip("'\"")
    assert all(value not in each.message and secret not in each.message for each in findings)
    found = body[findings[0].start : findings[0].end]
    assert found in secret or found.startswith(secret)
    fix = findings[0].fix
    assert fix is not None
    assert not find("SE001", body[: findings[0].start] + fix.replacement + body[findings[0].end :])


@pytest.mark.parametrize(
    "text",
    [
        "We reset all passwords: please sign in again.",
        "The password reset page fails. Password: forgotten links do not arrive.",
        "Tokens expire early; the token endpoint returns errors.",
        "Authentication with a Bearer token fails.",
        "Basic authentication returns an error.",
        "Your API key is safe: no keys were exposed.",
        "key: performance of sign-in is back to normal",
        "Key takeaway: retries work. Token=expired is shown to users.",
        "Use ?token=YOUR_TOKEN in the address.",
        "Your password is required; the password was reset to protect you.",
        "Set password=<your password> or password=${PASSWORD}.",
        "password=********",
        "Build 4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2 is live.",
        "Incident 9b2f1a52-7c1e-4b1c-9f0a-6f2d8f1c2e3d is resolved.",
        "See https://status.example.com/incidents/jcy5ckwsykm9 for more.",
        "The monkey: bananas-are-good-for-you-1 is our test project.",
        "The new key: SHA256:uNiVztksCsDhcc0u9e8BrqkVy3sGx2Kd7Hn0 is live.",
        "Correlation key: 9b2f1a527c1e4b1c9f0a6f2d8f1c2e3d",
        "SKU sk-123 and sk-ate boards ship late.",
        "The class eyJustRight.fails is renamed.",
        "https://user@example.com/path works.",
        "Sign-in with SSO: failing since 14:05 UTC; SMS: delayed.",
    ],
)
def test_what_only_speaks_of_secrets_passes(text: str) -> None:
    assert words_of("SE001", text) == []


@pytest.mark.parametrize(
    "number",
    [
        "4111 1111 1111 1111",
        "4242424242424242",
        "4012888888881881",
        "5555-5555-5555-4444",
        "378282246310005",
        "3714 496353 98431",
        "6011111111111117",
    ],
)
def test_the_number_of_a_card_blocks(number: str) -> None:
    assert is_card(number)
    assert words_of("SE002", f"The card {number} was charged twice.") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "Call +1 415 555 2671 or 0800 123 4567.",
        "Incident 4111111111111112 is open.",
        "From 2024-08-31 12:00 to 2024-08-31 13:30 UTC.",
        "Calls to +49 30 901820 fail; 1234 5678 9012 3456 is an example.",
        "Order 20240831123456789 is delayed.",
        "The server 412345678901234561 and 4123456789012345675 are ids.",
        "Trace 0000000000000000 is empty.",
        "We handled 1,234,567,890,123 events.",
    ],
)
def test_other_long_numbers_pass(text: str) -> None:
    assert words_of("SE002", text) == []


@given(st.integers(0, 10**14 - 1).filter(lambda number: len(set(f"4{number:014d}")) >= 2))
def test_one_card_in_ten_numbers_has_the_right_check_digit(number: int) -> None:
    cards = [is_card(f"4{number:014d}{digit}") for digit in range(10)]
    assert sum(cards) == 1


def test_account_numbers_bank_accounts_and_client_names_block() -> None:
    assert words_of("SE002", "The account number 4711081512 was debited.") == ["4711081512"]
    assert words_of("SE002", "Send it to DE89 3704 0044 0532 0130 00.") == ["DE89 3704 0044 0532 0130 00"]
    assert words_of("SE002", "DE88 3704 0044 0532 0130 00 is none.") == []
    tuning = Tuning(words=Words(clients=("Globex", "initech")))
    assert words_of("SE002", "Globex and INITECH cannot sign in.", tuning=tuning) == ["Globex", "INITECH"]
    assert words_of("SE002", "globexport and Globexes work.", tuning=tuning) == []


@pytest.mark.parametrize("is_live", [True, False, None])
def test_a_private_incident_blocks(is_live: bool | None) -> None:
    assert level_of("SE003", "We are looking into it.", Context(is_private=True, is_live=is_live)) is Level.BLOCK
    assert level_of("SE003", "We are looking into it.", Context(is_private=False, is_live=is_live)) is None
    assert level_of("SE003", "We are looking into it.") is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("api key: 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("user admin, pass Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("user ops and password Blue42horse", "Blue42horse"),
        ("The pw is hunter2000.", "hunter2000"),
        ("The passphrase is open-sesame-now", "open-sesame-now"),
        ("The passphrase is 'correct-horse-battery'.", "correct-horse-battery"),
        ("The password for the old router was set to Sommer2026!", "Sommer2026"),
        ("Our VPN token is 9f8e7d6c5b.", "9f8e7d6c5b"),
        ("The new access key = Ab12Cd34Ef56", "Ab12Cd34Ef56"),
        ("The key 0123456789abcdef0123456789abcdef works.", "0123456789abcdef0123456789abcdef"),
        ("Post to https://discord.com/api/webhooks/123456789012345678/abcDEF_ghi-JKL0123456789 please.", "discord"),
        ("Post to https://acme.webhook.office.com/webhookb2/0a1b2c3d-4e5f/IncomingWebhook/77aa please.", "webhook"),
    ],
)
def test_what_opens_something_is_found_in_a_sentence(text: str, shown: str) -> None:
    found = words_of("SE001", text)
    assert any(shown in each for each in found)


@pytest.mark.parametrize(
    "text",
    ["The password is required again.", "Customers whose password was changed to a longer one can sign in.",
     "The API key is invalid after 90 days.", "The access token is rejected with error 401.",
     "Correlation key: 9b2f1a527c1e4b1c9f0a6f2d8f1c2e3d", "The pass rate of checks was 98 of 100.",
     "The secret is safe with your provider.", "Signing in with a passphrase is well-known-to-work for users.",
     "The private key is stored in eu-west-1."],
)  # fmt: skip
def test_a_sentence_on_secrets_holds_none(text: str) -> None:
    assert words_of("SE001", text) == []

"""Posting to a URL, over real sockets: what is taken, what is tried again, and what never leaves."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme
from tests.engine.receivers import Receiver, answer, open_receiver
from tests.pace import PATIENCE_S, free_s

from oncall_tui.config.model import HookConfig, TokenSource
from oncall_tui.domain.probe import Credential
from oncall_tui.engine.hook_command import Outcome
from oncall_tui.engine.hook_post import WAIT_MOST_MS, HookLine

NOW = 1_800_000_000_000
CANARY = "canary-91ac"


async def post(receiver: Receiver, timeout_ms: int = 2_000, auth: Credential | None = None) -> Outcome:
    hook = HookConfig("phone", url=receiver.url, timeout_ms=timeout_ms, auth=auth)
    return await HookLine(hook).post('{"id": "u1"}', "u1", NOW)


async def test_the_document_is_posted_with_its_id_and_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RING_TOKEN", CANARY)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with open_receiver(answer("202 Accepted", f"ok {CANARY}".encode())) as receiver:
        outcome = await post(receiver, auth=Credential(env="RING_TOKEN", scheme="plain", header="X-Ring"))
        (got,) = receiver.got
    assert outcome == Outcome(True, "127.0.0.1 took it: HTTP 202", "ok ***")
    assert got.line == "POST /hook HTTP/1.1"
    assert got.document == {"id": "u1"}
    assert (got.headers["idempotency-key"], got.headers["x-ring"]) == ("u1", CANARY)
    assert got.headers["content-type"] == "application/json"


async def test_a_secret_url_is_read_late_and_told_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    async with open_receiver(answer("404 Not Found", b"no /hook here")) as receiver:
        secret.write_text(receiver.url)
        secret.chmod(0o600)
        hook = HookConfig("chat", secret_url=TokenSource(file=secret))
        outcome = await HookLine(hook).post("{}", "u", NOW)
        assert (outcome.words, outcome.said) == ("127.0.0.1 answered HTTP 404: it does not take this", "no *** here")
    secret.write_text("http://example.com/plain")
    refused = await HookLine(hook).post("{}", "u", NOW)
    assert "unencrypted" in refused.words
    secret.unlink()
    assert (await HookLine(hook).post("{}", "u", NOW)).may_follow


@pytest.mark.parametrize(
    ("sent", "words", "may_follow", "wait_ms"),
    [
        (answer("503 No"), "answered HTTP 503", True, None),
        (answer("503 No", b"", "Retry-After: 7"), "answered HTTP 503", True, 7_000),
        (answer("429 No", b"", "Retry-After: 99999999"), "answered HTTP 429", True, WAIT_MOST_MS),
        (answer("429 No", b"", "Retry-After: soon"), "answered HTTP 429", True, None),
        (answer("503 No", b"", "Retry-After: Fri, 15 Jan 2027 08:00:09 GMT"), "answered HTTP 503", True, 9_000),
        (answer("401 No"), "does not take this", False, None),
        (answer("302 Found", b"", "Location: http://169.254.169.254/"), "which is not followed", False, None),
        (b"HTTP/1.1 200 O", "closed the connection before it answered", True, None),
        (b"", "closed the connection before it answered", True, None),
        (b"\x00\xff nonsense\r\n\r\n", "closed the connection before it answered", True, None),
    ],
)
async def test_what_is_not_taken(sent: bytes, words: str, may_follow: bool, wait_ms: int | None) -> None:
    async with open_receiver(sent) as receiver:
        outcome = await post(receiver)
        assert len(receiver.got) == 1
    assert not outcome.is_taken
    assert outcome.words.startswith("127.0.0.1 ")
    assert words in outcome.words
    assert (outcome.may_follow, outcome.wait_ms) == (may_follow, wait_ms)


@pytest.mark.parametrize(
    "sent",
    [
        answer("200 OK", b"<html>\x1b]0;x\a</html>", "Content-Type: text/html"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 3_000_000,
    ],
)
async def test_a_status_that_was_read_stands_whatever_the_body_is(sent: bytes) -> None:
    async with open_receiver(sent) as receiver:
        outcome = await post(receiver)
    assert outcome.is_taken
    assert "\x1b" not in outcome.said
    assert len(outcome.said) <= 4_000


async def test_a_slow_receiver_is_left_at_the_deadline() -> None:
    async with open_receiver(None) as receiver:
        began = free_s()
        outcome = await post(receiver, 200)
        assert free_s() - began < 1
    assert (outcome.words, outcome.may_follow) == ("127.0.0.1 did not answer within 200ms", True)


async def test_a_body_that_drips_for_ever_does_not_hold_the_call_up() -> None:
    is_closed = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            writer.close()
            is_closed.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    receiver = Receiver(port=server.sockets[0].getsockname()[1])
    outcome = await post(receiver, 300)
    assert outcome.is_taken
    await asyncio.wait_for(is_closed.wait(), PATIENCE_S)
    server.close()


async def test_nobody_there_is_told_without_the_address() -> None:
    hook = HookConfig("phone", url="http://127.0.0.1:1/secret-path", timeout_ms=500)
    outcome = await HookLine(hook).post("{}", "u", NOW)
    assert outcome.words.startswith("127.0.0.1 cannot be reached")
    assert outcome.may_follow
    assert "secret-path" not in outcome.words


async def test_an_unknown_authority_gets_nothing_and_a_known_one_the_document() -> None:
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(trusting)
    async with open_receiver(tls=serving) as receiver:
        hook = HookConfig("phone", url=receiver.url.replace("http:", "https:"))
        refused = await HookLine(hook).post("{}", "u", NOW)
        assert "certificate verify failed" in refused.words.lower()
        assert receiver.got == []
        assert (await HookLine(hook, trusting).post("{}", "u", NOW)).is_taken

"""Mail servers that behave, and that break in each way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping

import pytest
import trustme
from msgspec.structs import replace
from tests.engine.probes.servers import PATIENT_MS, Handler, make_probe, make_server_context, make_tools, serve

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe

SMTP = {b"": b"220 mx ESMTP\r\n", b"EHLO": b"250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n", b"STARTTLS": b"220 go\r\n"}
IMAP = {b"": b"* OK IMAP4rev1 ready\r\n", b"a STARTTLS": b"* 1 RECENT\r\na OK begin\r\n"}


def speak(
    says: Mapping[bytes, bytes | None], tls: ssl.SSLContext | None = None, heard: list[bytes] | None = None
) -> Handler:
    """Answers each line that begins with a key, hangs up where that is None, and begins TLS after STARTTLS."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = b""
        while True:
            key = next((each for each in says if each and line.startswith(each)), b"" if not line else None)
            answer = says.get(key) if key is not None else b""
            if answer is None:
                return
            writer.write(answer)
            await writer.drain()
            if tls is not None and line.endswith(b"STARTTLS\r\n"):
                await writer.start_tls(tls)
            line = await reader.readuntil(b"\n")
            if heard is not None:
                heard.append(line)

    return handler


def make(kind: ProbeKind, port: int, security: str = "starttls", expect: Expectation | None = None) -> Probe:
    return replace(make_probe(kind, f"localhost:{port}", expect=expect), security=security)


async def talk(kind: ProbeKind, handler: Handler, security: str = "starttls", timeout_ms: int = PATIENT_MS) -> Result:
    async with serve(handler) as port:
        return await run_probe(replace(make(kind, port, security), timeout_ms=timeout_ms), make_tools())


@pytest.mark.parametrize(("kind", "says"), [(ProbeKind.SMTP, SMTP), (ProbeKind.IMAP, IMAP)])
async def test_starttls_ends_in_certificate_facts(kind: ProbeKind, says: Mapping[bytes, bytes]) -> None:
    authority = trustme.CA()
    heard: list[bytes] = []
    context = make_server_context(authority, "localhost", days=30)
    async with serve(speak(says, context, heard)) as port:
        result = await run_probe(make(kind, port), make_tools(authority))
        late = await run_probe(make(kind, port, expect=Expectation(min_days_left=40)), make_tools(authority))
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert {"greeting", "certificate", "tls"} <= dict(result.facts).keys()
    assert result.phases.tls_ms is not None
    assert result.phases.first_byte_ms is not None
    assert late.verdict is Verdict.DEGRADED
    assert not any(word in line for line in heard for word in (b"MAIL", b"AUTH", b"LOGIN"))


@pytest.mark.parametrize(
    ("names", "days", "reason"),
    [
        (("localhost",), -3, "certificate expired 3 days ago"),
        (("mx.example",), 9, "certificate is for mx.example, not localhost"),
    ],
)
async def test_a_wrong_certificate_behind_starttls_is_told(names: tuple[str, ...], days: int, reason: str) -> None:
    authority = trustme.CA()
    async with serve(speak(SMTP, make_server_context(authority, *names, days=days))) as port:
        result = await run_probe(make(ProbeKind.SMTP, port), make_tools(authority))
    assert result.verdict is Verdict.DOWN
    assert result.reason == reason
    assert [name for name, _ in result.evidence if name.startswith("certificate")] == ["certificate 1 of 1"]


@pytest.mark.parametrize(("kind", "says"), [(ProbeKind.SMTP, SMTP), (ProbeKind.IMAP, IMAP)])
async def test_tls_from_the_first_byte_and_no_tls_at_all(kind: ProbeKind, says: Mapping[bytes, bytes]) -> None:
    authority = trustme.CA()
    async with serve(speak(says), make_server_context(authority, "localhost")) as port:
        result = await run_probe(make(kind, port, "tls"), make_tools(authority))
    assert result.verdict is Verdict.UP
    assert "certificate" in dict(result.facts)
    plain = await talk(kind, speak(says), "none")
    assert plain.verdict is Verdict.UP
    assert "certificate" not in dict(plain.facts)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"220-more\r\n" * 1_000)
        await writer.drain()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return None


Break = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("kind", "handler", "reason"),
    [
        (ProbeKind.SMTP, hang_up, "connection closed before a greeting"),
        (ProbeKind.SMTP, silent, "timed out in first byte after 0.5 s"),
        (ProbeKind.SMTP, flood, "more than 200 lines"),
        (ProbeKind.SMTP, speak({b"": b"220" + b"x" * 9_000}), "line longer than 8 KiB"),
        (ProbeKind.SMTP, speak({b"": b"HTTP/1.1 400 Bad\r\n"}), "answer is not SMTP"),
        (ProbeKind.SMTP, speak({b"": b"554 no service\r\n"}), "greeting answered with 554 no service"),
        (ProbeKind.SMTP, speak({b"": b"554 \x1b[2J\r\n"}), "greeting answered with 554 ␛[2J"),
        (ProbeKind.SMTP, speak({**SMTP, b"EHLO": b"250 mx\r\n"}), "STARTTLS is not offered"),
        (ProbeKind.SMTP, speak({**SMTP, b"EHLO": None}), "connection closed in the dialogue"),
        (ProbeKind.SMTP, speak({**SMTP, b"EHLO": b"250-mx\r\n250-ST"}), "timed out in first byte"),
        (ProbeKind.SMTP, speak({**SMTP, b"STARTTLS": b"454 later\r\n"}), "STARTTLS answered with 454 later"),
        (ProbeKind.SMTP, speak({**SMTP, b"STARTTLS": b"220 go\r\n250 x\r\n"}), "sent more before TLS than was asked"),
        (ProbeKind.SMTP, speak({**SMTP, b"STARTTLS": None}), "connection closed in the dialogue"),
        (ProbeKind.IMAP, hang_up, "connection closed before a greeting"),
        (ProbeKind.IMAP, silent, "timed out in first byte after 0.5 s"),
        (ProbeKind.IMAP, speak({b"": b"* BYE full\r\n"}), "greeting is * BYE full"),
        (ProbeKind.IMAP, speak({b"": b"\xff\x00\r\n"}), "answer is not IMAP"),
        (ProbeKind.IMAP, speak({**IMAP, b"a STARTTLS": b"a BAD no\r\n"}), "STARTTLS answered with a BAD no"),
        (ProbeKind.IMAP, speak({**IMAP, b"a STARTTLS": b"* x\r\n" * 500}), "more than 200 lines"),
        (ProbeKind.IMAP, speak({**IMAP, b"a STARTTLS": b"a OK\r\n* x\r\n"}), "sent more before TLS than was asked"),
    ],
)
async def test_a_server_that_breaks_is_told(kind: ProbeKind, handler: Break, reason: str) -> None:
    timeout_ms = 500 if reason.startswith("timed out") else PATIENT_MS
    result = await talk(kind, handler, timeout_ms=timeout_ms)
    assert result.verdict is Verdict.DOWN
    assert result.reason.startswith(reason)
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


async def test_nobody_listening_is_refused() -> None:
    async with serve(silent) as port:
        pass
    assert (await run_probe(make(ProbeKind.SMTP, port), make_tools())).reason == "connection refused"

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from tests.engine.probes.servers import PATIENT_MS, Handler, make_probe, make_tools, reply, say, serve

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.tools import Registries


def tell(days: float | None, *status: str) -> bytes:
    at = datetime.now(UTC) + timedelta(days=days or 0, hours=12)
    events = [{"eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z"}]
    if days is not None:
        events.append({"eventAction": "expiration", "eventDate": at.isoformat()})
    return json.dumps({"objectClassName": "domain", "events": events, "status": status}).encode()


def make(server: str | None, timeout_ms: int = PATIENT_MS) -> Probe:
    probe = make_probe(ProbeKind.DOMAIN, "example.com", timeout_ms=timeout_ms, expect=Expectation(min_days_left=30))
    return replace(probe, server=server)


async def ask(handler: Handler | bytes, timeout_ms: int = PATIENT_MS) -> Result:
    async with serve(say(reply(body=handler)) if isinstance(handler, bytes) else handler) as port:
        return await run_probe(make(f"http://127.0.0.1:{port}/rdap/", timeout_ms), make_tools())


@pytest.mark.parametrize(
    ("handler", "verdict", "reason"),
    [
        (tell(90, "active"), Verdict.UP, ""),
        (tell(9), Verdict.DEGRADED, "domain expires in 9 days, expected at least 30 days"),
        (tell(-3), Verdict.DOWN, "domain expired 2 days ago"),
        (tell(90, "active", "server hold"), Verdict.DOWN, "domain is in status server hold"),
        (say(reply("404 Not Found")), Verdict.DOWN, "domain is not registered"),
        (tell(None), Verdict.UNKNOWN, "not run: the registry does not tell when the domain expires"),
        (tell(None, "redemption period"), Verdict.DOWN, "domain is in status redemption period"),
        (say(reply("429 Slow down")), Verdict.UNKNOWN, "not run: the registry cannot be asked: HTTP 429 Slow down"),
        (b"<html>", Verdict.UNKNOWN, "not run: the registry cannot be asked: the answer is not RDAP"),
        (b'{"events": 7}', Verdict.UNKNOWN, "not run: the registry cannot be asked: the answer is not RDAP"),
        (say(is_left_open=True), Verdict.UNKNOWN, "not run: the registry cannot be asked: timed out in first byte"),
        (tell(90, "\x1b]0;x\x07"), Verdict.UP, ""),
    ],
)
async def test_a_registration_is_judged(handler: Handler | bytes, verdict: Verdict, reason: str) -> None:
    result = await ask(handler, 500 if "timed out" in reason else PATIENT_MS)
    assert result.verdict is verdict
    assert result.reason.startswith(reason)
    assert bool(reason) == bool(result.reason)
    assert is_clean("".join(text for _, text in result.facts))


async def test_the_registry_is_found_in_the_list_and_the_list_kept() -> None:
    heard: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
        heard.append(line)
        here = f"http://127.0.0.1:{port}"
        body = json.dumps({"services": [[["org", "COM"], [f"{here}/com/"]], [["net"], []]]}).encode()
        writer.write(reply(body=body if b"/dns.json" in line else tell(90)))
        await writer.drain()

    async with serve(handler) as port:
        tools = replace(make_tools(), registries=Registries(f"http://127.0.0.1:{port}/dns.json"))
        for _ in range(2):
            assert (await run_probe(make(None), tools)).verdict is Verdict.UP
        unknown = await run_probe(replace(make(None), target="example.test"), tools)
    asked = b"GET /com/domain/example.com HTTP/1.1"
    assert heard == [b"GET /dns.json HTTP/1.1", asked, asked]
    assert "the registry of this name has no RDAP server" in unknown.reason


async def test_a_list_that_cannot_be_read_says_nothing() -> None:
    async with serve(say(reply(body=b"[]"))) as port:
        tools = replace(make_tools(), registries=Registries(f"http://127.0.0.1:{port}/"))
        result = await run_probe(make(None), tools)
    assert result.verdict is Verdict.UNKNOWN
    assert "IANA's list of registries cannot be read" in result.reason

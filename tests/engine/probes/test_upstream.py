from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from tests.engine.probes.servers import PATIENT_MS, Handler, make_probe, make_tools, reply, say, serve

from oncall_tui.domain.probe import ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe


async def read(
    handler: Handler | bytes, form: str = "statuspage", watch: tuple[str, ...] = (), timeout_ms: int = PATIENT_MS
) -> Result:
    answer = say(reply(body=handler)) if isinstance(handler, bytes) else handler
    async with serve(answer) as port:
        probe = make_probe(ProbeKind.UPSTREAM, f"http://127.0.0.1:{port}/", timeout_ms=timeout_ms)
        return await run_probe(replace(probe, form=form, watch=watch), make_tools())


def page(components: dict[str, str], incidents: Sequence[tuple[str, str, str]] = (), indicator: str = "none") -> bytes:
    return json.dumps(
        {
            "page": {"id": "x"},
            "status": {"indicator": indicator, "description": "All Systems Operational"},
            "components": [{"name": name, "status": status, "group": False} for name, status in components.items()],
            "incidents": [{"name": name, "status": status, "impact": impact} for name, status, impact in incidents],
            "scheduled_maintenances": [],
        }
    ).encode()


@pytest.mark.parametrize(
    ("body", "watch", "verdict", "reason"),
    [
        (page({"API": "operational"}), (), Verdict.UP, ""),
        (page({"API": "partial_outage"}), (), Verdict.DEGRADED, "provider: API: partial outage"),
        (page({"API": "degraded_performance"}), (), Verdict.DEGRADED, "provider: API: degraded performance"),
        (page({"API": "under_maintenance"}), (), Verdict.DEGRADED, "provider: API: planned work"),
        (page({"API": "major_outage", "Mail": "partial_outage"}), (), Verdict.DOWN, "provider: API: major outage"),
        (page({"API": "operational"}, indicator="critical"), (), Verdict.DOWN, "provider: All Systems Operational"),
        (page({"API": "a_new_word"}), (), Verdict.DEGRADED, "provider: API: a new word"),
        (page({}, [("Pushes fail", "identified", "minor")]), (), Verdict.DEGRADED, "provider: Pushes fail"),
        (page({}, [("Pushes fail", "resolved", "minor")]), (), Verdict.UP, ""),
        (page({}, [("All is gone", "investigating", "critical")]), (), Verdict.DOWN, "provider: All is gone"),
        (page({"API": "major_outage", "Mail": "operational"}), ("mail",), Verdict.UP, ""),
        (page({"API": "major_outage", "M": "operational"}), ("M", "API"), Verdict.DOWN, "provider: API: major outage"),
    ],
)  # fmt: skip
async def test_the_worst_of_a_page_is_its_state(
    body: bytes, watch: tuple[str, ...], verdict: Verdict, reason: str
) -> None:
    result = await read(body, watch=watch)
    assert (result.verdict, result.reason) == (verdict, reason)


async def test_a_watched_component_that_is_not_there_is_not_green() -> None:
    result = await read(page({"API": "operational"}), watch=("Mail",))
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason == "not run: the status page has no component mail, it has: API"


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (say(reply("503 Service Unavailable")), "cannot be read: HTTP 503 Service Unavailable"),
        (say(is_left_open=True), "cannot be read: timed out in first byte"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "cannot be read: connection closed in the middle"),
        (b"<html>", "does not answer as Statuspage v2 does"),
        (b"{}", "does not answer as Statuspage v2 does"),
        (b'{"status": {"indicator": 7}}', "does not answer as Statuspage v2 does"),
        (b"[" * 100_000, "does not answer as Statuspage v2 does"),
        (b" " * 5_000_000, "is larger than 4 MiB"),
    ],
)
async def test_a_page_that_cannot_be_read_says_nothing_of_the_provider(handler: Handler | bytes, words: str) -> None:
    result = await read(handler, timeout_ms=500 if "timed out" in words else PATIENT_MS)
    assert result.verdict is Verdict.UNKNOWN
    assert words in result.reason


async def test_a_page_that_is_refused_says_nothing_of_the_provider() -> None:
    async with serve(say()) as port:
        pass
    result = await run_probe(make_probe(ProbeKind.UPSTREAM, f"http://127.0.0.1:{port}/"), make_tools())
    assert result.reason == "not run: the status page cannot be read: connection refused"


async def test_words_of_a_provider_cannot_steer_the_terminal() -> None:
    result = await read(page({"\x1b]0;x\x07API\u202e": "major_outage"}))
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


def feed(*entries: tuple[str, str, float]) -> bytes:
    now = datetime.now(UTC)
    parts = [
        f"<entry><title>{title}</title><updated>{(now - timedelta(hours=hours)).isoformat()}</updated>"
        f'<content type="html">{content}</content></entry>'
        for title, content, hours in entries
    ]
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{"".join(parts)}</feed>'.encode()


OPEN = "&lt;p&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look. &lt;strong&gt;Resolved&lt;/strong&gt;&lt;/p&gt;"
OVER = "&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - Done. &lt;strong&gt;Investigating&lt;/strong&gt; - x&lt;/p&gt;"


@pytest.mark.parametrize(
    ("body", "watch", "verdict", "reason"),
    [
        (feed(), (), Verdict.UP, ""),
        (feed(("Mail is late", OPEN, 1)), (), Verdict.DEGRADED, "provider: Mail is late"),
        (feed(("Mail is late", OVER, 1)), (), Verdict.UP, ""),
        (feed(("Mail is late", OPEN, 72)), (), Verdict.UP, ""),
        (feed(("Mail is late", OPEN, 1)), ("API",), Verdict.UP, ""),
        (feed(("Mail is late", OPEN, 1), ("api", OPEN, 2)), ("API",), Verdict.DEGRADED, "provider: api"),
        (feed(("Service is operating normally: [RESOLVED] x", "", 1)), (), Verdict.UP, ""),
    ],
)
async def test_an_open_entry_of_a_feed_degrades(
    body: bytes, watch: tuple[str, ...], verdict: Verdict, reason: str
) -> None:
    result = await read(body, "atom", watch)
    assert (result.verdict, result.reason) == (verdict, reason)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize("body", [b"", b"{}", b"<html/>", b"<feed/>", feed()[:-5], b"\xff\xfe<", BOMB, b"<a>" * 50_000])
async def test_what_is_no_feed_says_nothing(body: bytes) -> None:
    result = await read(body, "atom")
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason.startswith("not run: the ")

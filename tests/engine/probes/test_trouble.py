"""The troubles that probes are for, each by a real server that has it: the verdict, the words, and what to do next."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
import trustme
from msgspec.structs import replace
from tests.engine.probes.servers import (
    Handler,
    make_probe,
    make_server_context,
    make_tools,
    reply,
    serve,
    serve_names,
)

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.verdict import is_unconfirmed, next_state, status_at
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.advice import advise
from oncall_tui.engine.recorder import tell_transition

EVERY_MS = 10_000
GOOD, BAD = reply("200 OK", b"well"), reply("503 Busy", b"pool is empty")


def answer_in_turn(answers: Callable[[int], bytes]) -> Handler:
    """Returns a handler that gives each request the answer of its number."""
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        await reader.readuntil(b"\r\n\r\n")
        count += 1
        writer.write(answers(count - 1))
        await writer.drain()

    return handler


async def watch(handler: Handler, runs: int, probe: Probe | None = None) -> tuple[list[ProbeState], list[str]]:
    """Runs a probe so often against one server, on its beat; returns its states, and what timelines were told."""
    probe = replace(probe or make_probe(ProbeKind.HTTP, ""), every_ms=EVERY_MS)
    states, told = [ProbeState("subject")], []
    async with serve(handler) as port:
        probe = replace(probe, target=f"http://127.0.0.1:{port}/")
        for number in range(runs):
            result = replace(await run_probe(probe, make_tools()), started_at=number * EVERY_MS)
            states.append(next_state(states[-1], result, probe))
            transition = tell_transition(states[-2], states[-1], probe)
            told += [transition.text] if transition else []
    return states[1:], told


def shown(state: ProbeState) -> ProbeStatus:
    return status_at(state, EVERY_MS, state.last_result_at or 0)


async def test_a_server_that_flaps_is_told_so_once_with_where_it_is() -> None:
    states, told = await watch(answer_in_turn(lambda number: BAD if number // 2 % 2 else GOOD), 40)
    assert shown(states[-1]) is ProbeStatus.FLAPPING
    flaps = [text for text in told if "flap" in text]
    assert told == flaps
    assert told in (["subject began to flap, at the moment OK"], ["subject began to flap, at the moment DOWN"])
    assert states[-1].last_reason == "HTTP 503 Busy"


async def test_five_wrong_answers_in_a_hundred_ring_nobody_and_hide_from_nobody() -> None:
    rng = random.Random(5)
    wrong = {number * 20 + rng.randrange(20) for number in range(5)}
    states, told = await watch(answer_in_turn(lambda number: BAD if number in wrong else GOOD), 100)
    assert told == []
    assert {shown(state) for state in states} == {ProbeStatus.UP}
    probe = make_probe(ProbeKind.HTTP, "")
    assert [number for number, state in enumerate(states) if is_unconfirmed(state, probe)] == sorted(wrong)
    assert sum(verdict is Verdict.DOWN for verdict, _ in states[-1].recent) == len([n for n in wrong if n >= 40])


async def test_a_server_that_slows_down_is_slow_and_not_down() -> None:
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        await reader.readuntil(b"\r\n\r\n")
        count += 1
        await asyncio.sleep(0.12 if count > 3 else 0)
        writer.write(GOOD)
        await writer.drain()

    probe = make_probe(ProbeKind.HTTP, "", expect=Expectation(max_latency_ms=100))
    states, told = await watch(handler, 7, probe)
    assert [shown(state) for state in states[-2:]] == [ProbeStatus.SLOW] * 2
    assert len(told) == 1
    assert told[0].startswith("subject went SLOW: slow: ")
    assert told[0].endswith(" ms, expected at most 100 ms (3 of 3)")
    assert dict(states[-1].facts)["next"] == "which phase took the time, against yesterday"
    assert states[-1].phases.first_byte_ms is not None
    assert states[-1].phases.first_byte_ms > 100


async def shake(names: tuple[str, ...], days: float, trusted: trustme.CA | None = None) -> Result:
    async def sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    authority = trustme.CA(organization_name="Acme")
    async with serve(sit, make_server_context(authority, *names, days=days)) as port:
        return await run_probe(make_probe(ProbeKind.TLS, f"localhost:{port}"), make_tools(trusted or authority))


async def test_each_wrong_certificate_is_down_in_its_own_words() -> None:
    expired = await shake(("localhost",), -3)
    named = await shake(("shop.example",), 90)
    strange = await shake(("localhost",), 90, trustme.CA())
    both = await shake(("localhost",), -3, trustme.CA())
    assert {each.verdict for each in (expired, named, strange, both)} == {Verdict.DOWN}
    assert [each.reason for each in (expired, named)] == [
        "certificate expired 3 days ago",
        "certificate is for shop.example, not localhost",
    ]
    untrusted = "certificate chain is incomplete or its authority is not trusted here"
    assert strange.reason.startswith(f"{untrusted}, issued by O=")
    assert both.reason.endswith(", and expired 3 days ago")
    assert dict(expired.facts)["next"].startswith("renew it and reload the service")
    assert "server names" in dict(named.facts)["next"]
    assert "in between" in dict(strange.facts)["next"]


def _fail(query: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    response = dns.message.make_response(query)
    response.set_rcode(rcode)
    return response.to_wire()


def _refer(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.authority.append(dns.rrset.from_text("example.com.", 60, "IN", "NS", "ns1.example.net."))
    return response.to_wire()


@pytest.mark.parametrize(
    ("answer", "reason", "step"),
    [
        (lambda query: _fail(query, dns.rcode.NXDOMAIN), "DNS: no such name (NXDOMAIN)", "domain has expired"),
        (lambda query: _fail(query, dns.rcode.SERVFAIL), "DNS: the server failed (SERVFAIL)", "dig +trace"),
        (lambda query: _fail(query, dns.rcode.REFUSED), "DNS: the server refused (REFUSED)", "list of zones"),
        (lambda query: None, "timed out in DNS after 0.3 s", "is it up"),
        (_refer, "DNS: the server only refers to others (lame), it does not have the zone", "dig +trace"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("records", [(), (("CAA", ('0 issue "ca.example"',)),)])
async def test_each_way_in_which_names_break_has_words(
    answer: Callable[[dns.message.Message], bytes | None],
    reason: str,
    step: str,
    records: tuple[tuple[str, tuple[str, ...]], ...],
) -> None:
    async with serve_names(answer) as resolver:
        expect = Expectation(records=records)
        probe = make_probe(ProbeKind.DNS, "www.example.com", timeout_ms=300, resolver=resolver, expect=expect)
        result = await run_probe(probe, make_tools())
    assert (result.verdict, result.reason) == (Verdict.DOWN, reason)
    assert step in dict(result.facts)["next"]


@contextmanager
def drop_syns() -> Iterator[int]:
    """Yields a port whose queue is full: the kernel drops every further SYN, as a firewall would."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
            waiting.append(sock)
        try:
            yield port
        finally:
            for sock in waiting:
                sock.close()


@pytest.mark.parametrize("kind", [ProbeKind.TCP, ProbeKind.HTTP, ProbeKind.TLS, ProbeKind.WEBSOCKET, ProbeKind.GRPC])
async def test_dropped_packets_are_told_from_a_refusal(kind: ProbeKind) -> None:
    schemes = {ProbeKind.HTTP: "http://", ProbeKind.WEBSOCKET: "ws://"}
    with drop_syns() as port:
        probe = make_probe(kind, f"{schemes.get(kind, '')}127.0.0.1:{port}", timeout_ms=200)
        dropped = await run_probe(replace(probe, security="none"), make_tools())
    refused = await run_probe(replace(probe, security="none"), make_tools())
    assert (dropped.verdict, dropped.reason) == (Verdict.DOWN, "timed out in connect after 0.2 s")
    assert "does a firewall drop them" in dict(dropped.facts)["next"]
    assert (refused.verdict, refused.reason) == (Verdict.DOWN, "connection refused")
    assert "is the service running" in dict(refused.facts)["next"]


async def test_what_is_well_and_what_is_our_own_fault_has_no_next_step() -> None:
    async with serve(answer_in_turn(lambda _: GOOD)) as port:
        result = await run_probe(make_probe(ProbeKind.HTTP, f"http://127.0.0.1:{port}/"), make_tools())
    assert "next" not in dict(result.facts)
    assert [advise(reason) for reason in ("", "not run: this host is offline", "is this the port?")] == ["", "", ""]

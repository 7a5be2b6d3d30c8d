"""The dns probe: what a name server answers for one name and record type."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import split_target

if TYPE_CHECKING:
    from dns.message import Message

TRIES = 2
"""A datagram may be lost on the way: every server is asked so often within the deadline."""
_ANSWER_LIMIT = 20
_RCODES = {
    "NXDOMAIN": "no such name (NXDOMAIN)",
    "SERVFAIL": "the server failed (SERVFAIL)",
    "REFUSED": "the server refused (REFUSED)",
    "NOTIMP": "the server does not do this (NOTIMP)",
    "FORMERR": "the server did not understand (FORMERR)",
}


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks the configured resolver, else those of this host in turn; only the former can be at fault for silence."""
    # Takes 70 ms to import, and brings a whole http client in.
    await asyncio.to_thread(_load)
    import dns.exception
    import dns.rcode
    import dns.rdatatype

    try:
        question = _make_question(probe)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise NotRunError("the target is not a DNS name, or the record type does not exist") from error
    servers = await _find_servers(probe, tools, trace)
    trace.enter("dns" if probe.resolver else "resolve")
    response = await _ask(question, servers, probe, trace)
    trace.leave()
    name = dns.rcode.to_text(response.rcode())
    if name != "NOERROR":
        raise TargetError(f"DNS: {_RCODES.get(name, name)}")
    wanted = question.question[0].rdtype
    answers = [
        clean_line(record.to_text(), 120) for group in response.answer if group.rdtype == wanted for record in group
    ]
    if not answers:
        raise TargetError(f"DNS: no {dns.rdatatype.to_text(wanted)} record")
    trace.note("answer", ", ".join(sorted(answers)[:_ANSWER_LIMIT]))
    return Observation(answers=tuple(answers))


def _load() -> None:
    import dns.asyncquery
    import dns.resolver  # noqa: F401


def _make_question(probe: Probe) -> Message:
    import dns.message

    return dns.message.make_query(probe.target, probe.record.upper(), use_edns=0)


async def _find_servers(probe: Probe, tools: Tools, trace: Trace) -> list[tuple[str, int]]:
    if probe.resolver:
        host, port = split_target(probe.resolver, default_port=53)
        trace.enter("resolve")
        addresses = await tools.resolver.resolve(host)
        trace.ip = addresses[0].ip
        return [(address.ip, port) for address in addresses]
    servers = await asyncio.to_thread(_read_own_servers)
    if not servers:
        raise NotRunError("this host has no resolver, see /etc/resolv.conf")
    return servers


def _read_own_servers() -> list[tuple[str, int]]:
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return []
    return [(str(server), resolver.port) for server in resolver.nameservers]


async def _ask(question: Message, servers: list[tuple[str, int]], probe: Probe, trace: Trace) -> Message:
    import dns.asyncquery
    import dns.exception

    patience_s = probe.timeout_ms / 1000 / (TRIES * len(servers))
    failure: Exception | None = None
    for ip, port in servers * TRIES:
        trace.note("server", f"{ip}:{port}")
        try:
            response, _ = await dns.asyncquery.udp_with_fallback(question, ip, timeout=patience_s, port=port)
        except dns.exception.Timeout as error:
            failure = failure or error
        except dns.exception.DNSException as error:
            failure = error
        except ConnectionRefusedError as error:
            failure = error
        else:
            return response
    if isinstance(failure, dns.exception.Timeout):
        raise TimeoutError from failure
    if not probe.resolver:
        raise NotRunError("the resolver of this host did not answer, see /etc/resolv.conf") from failure
    if isinstance(failure, ConnectionRefusedError):
        raise TargetError("DNS: the server does not listen (connection refused)") from failure
    raise TargetError("DNS: the answer cannot be read") from failure

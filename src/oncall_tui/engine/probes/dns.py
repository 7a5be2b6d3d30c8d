"""The dns probe: what a name server answers for one name, by record type."""

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
_TEXT_LIMIT = 1_000
_UNABLE = ("SERVFAIL", "REFUSED", "NOTIMP")
"""What a resolver says of itself rather than of the name."""
_RCODES = {
    "NXDOMAIN": "no such name (NXDOMAIN)",
    "SERVFAIL": "the server failed (SERVFAIL)",
    "REFUSED": "the server refused (REFUSED)",
    "NOTIMP": "the server does not do this (NOTIMP)",
    "FORMERR": "the server did not understand (FORMERR)",
}


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks the configured resolver, else those of this host in turn; only the former can be at fault for silence.

    One of this host's that cannot answer is passed over as the system passes it over.
    """
    # Takes 70 ms to import, and brings a whole http client in.
    await asyncio.to_thread(_load)
    import dns.exception
    import dns.flags

    expect = probe.expect
    kinds = [kind for kind, _ in expect.records]
    if not kinds or expect.contains is not None:
        kinds = list(dict.fromkeys((probe.record.upper(), *kinds)))
    try:
        questions = {kind: _make_question(probe, kind) for kind in kinds}
    except (dns.exception.DNSException, UnicodeError) as error:
        raise NotRunError("the target is not a DNS name, or the record type does not exist") from error
    servers = await _find_servers(probe, tools, trace)
    found: dict[str, tuple[str, ...]] = {}
    is_authenticated = True
    expected = dict(expect.records)
    may_be_missing = not any(expected.get(kind, "any") for kind in kinds)
    for kind, question in questions.items():
        trace.enter("dns" if probe.resolver else "resolve")
        response = await _ask(question, servers, probe, trace, len(kinds))
        trace.leave()
        found[kind] = _read_answers(response, question, may_be_missing=may_be_missing)
        is_authenticated = is_authenticated and bool(response.flags & dns.flags.AD)
        if not found[kind] and kind not in expected:
            raise TargetError(f"DNS: no {kind} record")
        name = "answer" if len(kinds) == 1 else f"answer {kind}"
        trace.note(name, ", ".join(sorted(found[kind])[:_ANSWER_LIMIT]) or "none")
    trace.note("authenticated", "yes" if is_authenticated else "no")
    return Observation(answers=found.get(probe.record.upper()), records=found, is_authenticated=is_authenticated)


def _read_answers(response: Message, question: Message, *, may_be_missing: bool) -> tuple[str, ...]:
    import dns.rcode

    name = dns.rcode.to_text(response.rcode())
    if name == "NXDOMAIN" and may_be_missing:
        return ()
    if name != "NOERROR":
        raise TargetError(f"DNS: {_RCODES.get(name, name)}")
    wanted = question.question[0].rdtype
    if not response.answer and _is_referral(response):
        raise TargetError("DNS: the server only refers to others (lame), it does not have the zone")
    return tuple(
        clean_line(record.to_text(), _TEXT_LIMIT)
        for group in response.answer
        if group.rdtype == wanted
        for record in group
    )


def _is_referral(response: Message) -> bool:
    """Tells whether others are named in place of an answer; that there is no such record is told with a SOA."""
    import dns.flags
    import dns.rdatatype

    kinds = {group.rdtype for group in response.authority}
    return not response.flags & dns.flags.AA and dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds


def _load() -> None:
    import dns.asyncquery
    import dns.resolver  # noqa: F401


def _make_question(probe: Probe, kind: str) -> Message:
    """AD in a question asks whether the answer was checked, without asking for the signatures (RFC 6840, 5.7)."""
    import dns.flags
    import dns.message

    return dns.message.make_query(probe.target, kind, use_edns=0, flags=dns.flags.RD | dns.flags.AD)


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


async def _ask(question: Message, servers: list[tuple[str, int]], probe: Probe, trace: Trace, count: int) -> Message:
    import dns.asyncquery
    import dns.exception
    import dns.rcode

    patience_s = probe.timeout_ms / 1000 / (TRIES * len(servers) * count)
    failure: Exception | None = None
    unable: dict[tuple[str, int], Message] = {}
    for server in servers * TRIES:
        if server in unable:
            continue
        ip, port = server
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
            rcode = dns.rcode.to_text(response.rcode())
            if probe.resolver or rcode not in _UNABLE:
                return response
            unable[server] = response
            before = trace.facts.get("passed over")
            trace.note("passed over", f"{before}, {ip}:{port} {rcode}" if before else f"{ip}:{port} {rcode}")
    if unable and len(unable) == len(set(servers)):
        return next(iter(unable.values()))
    if isinstance(failure, dns.exception.Timeout):
        raise TimeoutError from failure
    if not probe.resolver:
        raise NotRunError("the resolver of this host gave no answer, see /etc/resolv.conf") from failure
    if isinstance(failure, ConnectionRefusedError):
        raise TargetError("DNS: the server does not listen (connection refused)") from failure
    raise TargetError("DNS: the answer cannot be read") from failure

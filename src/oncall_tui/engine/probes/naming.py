"""The addresses of a target, and whose fault it is when there are none.

The system tells a zone that is broken and a resolver that is dead in one word, "try again"; only one of them is the
target's fault.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from oncall_tui.engine.probes.faults import TargetError
from oncall_tui.engine.probes.tools import Tools, Trace, load_module
from oncall_tui.engine.resolver import Address

if TYPE_CHECKING:
    from dns.rcode import Rcode

_PATIENCE_S = 1.0


async def resolve(host: str, tools: Tools, trace: Trace) -> tuple[Address, ...]:
    """Returns at least one address. Raises TargetError where the zone of the name is broken, else as the resolver."""
    try:
        return await tools.resolver.resolve(host)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN and await _is_zone_broken(host, trace):
            raise TargetError("DNS: the server failed (SERVFAIL), says the resolver of this host") from error
        raise


async def _is_zone_broken(host: str, trace: Trace) -> bool:
    """Asks the resolvers of this host themselves: one that knows the root and fails on the name is well."""
    await load_module("dns.resolver")
    await load_module("dns.asyncquery")
    import dns.rcode

    for ip, port in await asyncio.to_thread(_list_servers):
        if await _ask(host, "A", ip, port) is dns.rcode.SERVFAIL:
            trace.note("resolver", f"{ip} answered SERVFAIL")
            return await _ask(".", "NS", ip, port) is dns.rcode.NOERROR
    return False


def _list_servers() -> list[tuple[str, int]]:
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return []
    return [(str(server), resolver.port) for server in resolver.nameservers]


async def _ask(name: str, kind: str, ip: str, port: int) -> Rcode | None:
    import dns.asyncquery
    import dns.exception
    import dns.message

    try:
        question = dns.message.make_query(name, kind)
        answer, _ = await dns.asyncquery.udp_with_fallback(question, ip, timeout=_PATIENCE_S, port=port)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return answer.rcode()

"""Real servers on loopback that misbehave on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import dns.message
import trustme

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind
from oncall_tui.engine.probes.tools import Tools
from oncall_tui.engine.resolver import Resolver

PATIENT_MS = 30_000
"""For what is not about a deadline: a busy machine must not make one of it."""
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def make_probe(
    kind: ProbeKind,
    target: str,
    *,
    timeout_ms: int = PATIENT_MS,
    expect: Expectation | None = None,
    follow_redirects: bool = False,
    record: str = "A",
    resolver: str | None = None,
) -> Probe:
    return Probe(
        "subject",
        kind,
        target,
        timeout_ms=timeout_ms,
        expect=expect or Expectation(),
        follow_redirects=follow_redirects,
        record=record,
        resolver=resolver,
    )


def make_tools(authority: trustme.CA | None = None, resolver: Resolver | None = None) -> Tools:
    """Tools that trust one authority of the test and believe that this host is online."""
    verified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is not None:
        authority.configure_trust(verified)
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return Tools(resolver or Resolver(), verified, unverified, is_online=lambda: True)


@asynccontextmanager
async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Yields the port of a server that calls `handler` for each connection and forgets how it ended."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await handler(reader, writer)
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def say(*chunks: bytes, pause_s: float = 0.0, is_endless: bool = False, is_left_open: bool = False) -> Handler:
    """Returns a handler that reads a request and sends chunks, the last one for ever when endless."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            if pause_s:
                await asyncio.sleep(pause_s)
        while is_endless:
            writer.write(chunks[-1])
            await writer.drain()
            await asyncio.sleep(pause_s)
        if is_left_open:
            await asyncio.sleep(60)
        writer.close()
        await writer.wait_closed()

    return handler


def reply(status: str = "200 OK", body: bytes = b"ok", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def make_server_context(authority: trustme.CA, *names: str, days: float = 90) -> ssl.SSLContext:
    """Returns a context with a certificate for `names` that ends in `days` (negative: it has ended)."""
    now = datetime.datetime.now(datetime.UTC)
    # A minute more, so that it is still `days` whole days when somebody looks.
    ends = now + datetime.timedelta(days=days, minutes=1 if days > 0 else -1)
    certificate = authority.issue_cert(*names, not_before=ends - datetime.timedelta(days=200), not_after=ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class _NameServer(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[dns.message.Message], bytes | None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, payload: bytes, peer: tuple[str, int]) -> None:
        response = self._answer(dns.message.from_wire(payload))
        if response is not None and self._transport is not None:
            self._transport.sendto(response, peer)


@asynccontextmanager
async def serve_names(answer: Callable[[dns.message.Message], bytes | None], port: int = 0) -> AsyncIterator[str]:
    """Yields host:port of a name server on UDP; an answer of None is silence."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _NameServer(answer), ("127.0.0.1", port))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
        await asyncio.sleep(0)

"""The demo's services on loopback: real HTTP, TCP, TLS and DNS that break and heal on a schedule, or at a key."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from msgspec import Struct

HOST = "127.0.0.1"
NAME = "shop.demo.test"
ANSWER = "192.0.2.10"
"""An address for documentation (RFC 5737): the demo only looks it up."""
SLOW_S = 1.3
OVERRIDE_S = 120.0
_CYCLE_S = 240.0
_LOOK_EVERY_S = 0.1


class Fault(StrEnum):
    """What can be wrong in the demo's world, one at a time."""

    SHOP = "shop"
    DATABASE = "database"
    SEARCH = "search"
    CERTIFICATE = "certificate"
    NAMES = "names"


#: Seconds into the cycle; the first begins so early that a new user need not wait for a red probe.
_SCHEDULE = (
    (5.0, 70.0, Fault.SHOP),
    (90.0, 115.0, Fault.DATABASE),
    (130.0, 155.0, Fault.SEARCH),
    (170.0, 190.0, Fault.CERTIFICATE),
    (205.0, 225.0, Fault.NAMES),
)


def find_scheduled(elapsed_s: float) -> Fault | None:
    """Returns what is broken so long after the start by the schedule alone."""
    at = elapsed_s % _CYCLE_S
    return next((fault for begin, end, fault in _SCHEDULE if begin <= at < end), None)


@dataclass(slots=True)
class World:
    """What is broken now. A toggle breaks the shop, or heals all, and holds the schedule for two minutes."""

    clock: Callable[[], float]
    _started: float = field(init=False)
    _override: Fault | None = None
    _override_until: float = 0.0

    def __post_init__(self) -> None:
        self._started = self.clock()

    def fault(self) -> Fault | None:
        now = self.clock()
        return self._override if now < self._override_until else find_scheduled(now - self._started)

    def toggle(self) -> None:
        self._override = Fault.SHOP if self.fault() is None else None
        self._override_until = self.clock() + OVERRIDE_S


class Ports(Struct, frozen=True):
    shop: int
    search: int
    database: int
    certificate: int
    names: int


class _Resolver(asyncio.DatagramProtocol):
    def __init__(self, world: World) -> None:
        self._world = world
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # What the loop hands over has the methods of a DatagramTransport, and is none by class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        assert self._transport is not None
        try:
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query, recursion_available=True)
        except (dns.exception.DNSException, ValueError):
            return
        asked = query.question[0] if query.question else None
        if asked is None or asked.name.to_text(omit_final_dot=True) != NAME or self._world.fault() is Fault.NAMES:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer.append(dns.rrset.from_text(asked.name, 30, "IN", "A", ANSWER))
        self._transport.sendto(answer.to_wire(), addr)


async def serve_world(world: World, certificates: Path, ready: Callable[[Ports], None]) -> None:
    """Serves everything on free ports of loopback until it is cancelled; `ready` is called with the ports.

    `certificates` is the folder of `valid.pem` and `expired.pem`.
    """

    async def answer_shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_broken = world.fault() is Fault.SHOP
        status, body = ("503 Service Unavailable", "backend pool is empty") if is_broken else ("200 OK", "ok")
        await _answer_http(reader, writer, status, body)

    async def answer_search(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if world.fault() is Fault.SEARCH:
            await asyncio.sleep(SLOW_S)
        await _answer_http(reader, writer, "200 OK", "ok")

    valid, expired = _make_context(certificates / "valid.pem"), _make_context(certificates / "expired.pem")
    front = _make_context(certificates / "valid.pem")

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = expired if world.fault() is Fault.CERTIFICATE else valid

    front.sni_callback = choose
    async with contextlib.AsyncExitStack() as stack:
        shop = await stack.enter_async_context(await asyncio.start_server(answer_shop, HOST, 0))
        search = await stack.enter_async_context(await asyncio.start_server(answer_search, HOST, 0))
        tls = await stack.enter_async_context(await asyncio.start_server(_hang_up, HOST, 0, ssl=front))
        database = await asyncio.start_server(_hang_up, HOST, 0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Resolver(world), local_addr=(HOST, 0))
        stack.callback(transport.close)
        port = _port(database)
        ready(Ports(_port(shop), _port(search), port, _port(tls), transport.get_extra_info("sockname")[1]))
        await _keep_database(world, database, port)


async def _keep_database(world: World, server: asyncio.Server, port: int) -> None:
    """Closes the database's port while it is broken, so that connections are refused, and opens it again."""
    try:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            is_broken = world.fault() is Fault.DATABASE
            if is_broken and server.is_serving():
                server.close()
            elif not is_broken and not server.is_serving():
                # The port may be somebody else's by now: refused it stays until it is free again.
                with contextlib.suppress(OSError):
                    server = await asyncio.start_server(_hang_up, HOST, port)
    finally:
        server.close()


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _close(writer)


async def _answer_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: str, body: str) -> None:
    try:
        async with asyncio.timeout(5):
            await reader.readuntil(b"\r\n\r\n")
    except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
        await _close(writer)
        return
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write((head + body).encode("ascii"))
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


def _make_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])

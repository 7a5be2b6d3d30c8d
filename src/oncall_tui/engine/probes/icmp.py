"""The icmp probe: echo requests through the kernel's unprivileged sockets.

The kernel fills in the identifier and the checksum and hands over the answers to this socket alone (Linux, macOS), so
that neither root nor a capability is needed.
"""

from __future__ import annotations

import asyncio
import socket
import struct

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError
from oncall_tui.engine.probes.naming import resolve
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import choose_family
from oncall_tui.engine.resolver import Address
from oncall_tui.engine.vantage import read_scope

PAUSE_S = 0.2
"""Time from one request to the next, the least that ping allows without privilege."""
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_HEADER = struct.Struct("!BBHHH")
_PAYLOAD = b"oncall-tui"
_DENIED = "this host forbids ping to this user: let its group in by sysctl net.ipv4.ping_group_range, or use kind tcp"


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Sends `count` requests and waits for the answers. Silence to all of them is a timeout, to some is lost."""
    trace.enter("resolve")
    address = choose_family(await resolve(probe.target, tools, trace), trace.family)[0]
    trace.ip = address.ip
    trace.note("address", address.ip)
    trace.enter("echo")
    sock = _open(address)
    started = tools.monotonic()
    try:
        sock.setblocking(False)
        sock.connect((address.ip, 0))
        round_trips = await _exchange(sock, address, probe, tools)
    finally:
        sock.close()
    trace.leave()
    if not round_trips:
        left_s = probe.timeout_ms / 1000 - (tools.monotonic() - started)
        trace.phase = "echo"
        await asyncio.sleep(max(left_s, 0.0))
        raise TimeoutError
    lost = probe.count - len(round_trips)
    trace.spent_ms["first_byte"] = min(round_trips) * 1000
    trace.note("answers", f"{len(round_trips)} of {probe.count}")
    trace.note("round trip", f"{min(round_trips) * 1000:.1f} ms to {max(round_trips) * 1000:.1f} ms")
    return Observation(loss_percent=100 * lost / probe.count, latency_ms=max(round_trips) * 1000)


def _open(address: Address) -> socket.socket:
    protocol = socket.IPPROTO_ICMP if address.family == socket.AF_INET else socket.IPPROTO_ICMPV6
    try:
        return socket.socket(address.family, socket.SOCK_DGRAM, protocol)
    except PermissionError as error:
        raise NotRunError(_DENIED) from error


async def _exchange(sock: socket.socket, address: Address, probe: Probe, tools: Tools) -> list[float]:
    """Returns the seconds of each round trip, before a little is left of the deadline."""
    patience_s = 0.9 * probe.timeout_ms / 1000
    pause_s = 0.01 if read_scope(address.ip) == "loopback" else min(PAUSE_S, patience_s / 2 / probe.count)
    sent: dict[int, float] = {}
    round_trips: dict[int, float] = {}
    loop = asyncio.get_running_loop()

    async def send() -> None:
        for number in range(1, probe.count + 1):
            sent[number] = tools.monotonic()
            await loop.sock_sendall(sock, _HEADER.pack(_REQUEST[address.family], 0, 0, 0, number) + _PAYLOAD)
            await asyncio.sleep(pause_s)

    async def receive() -> None:
        while len(round_trips) < probe.count:
            number = _read_reply(await loop.sock_recv(sock, 2048), address)
            if number in sent:
                round_trips.setdefault(number, tools.monotonic() - sent[number])

    sending = loop.create_task(send())
    try:
        async with asyncio.timeout(patience_s):
            await receive()
            await sending
    except TimeoutError:
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return list(round_trips.values())


def _read_reply(packet: bytes, address: Address) -> int:
    """Returns the number of the request that is answered, 0 for anything else; macOS puts the IPv4 header in front."""
    if address.family == socket.AF_INET and packet[:1] and packet[0] >> 4 == 4:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    if len(packet) < _HEADER.size:
        return 0
    kind, _, _, _, number = _HEADER.unpack_from(packet)
    return int(number) if kind == _REPLY[address.family] and packet[_HEADER.size :] == _PAYLOAD else 0

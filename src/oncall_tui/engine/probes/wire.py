"""A connection made by hand, phase by phase: resolve, connect to an address, shake hands.

Sockets without a transport: a run that ends, however it ends, closes its descriptor at once and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import lru_cache

from oncall_tui.domain.probe import Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import tell_days
from oncall_tui.engine.probes.certificate import Certificate, read_certificate
from oncall_tui.engine.probes.faults import NotRunError, TargetError, explain
from oncall_tui.engine.probes.naming import resolve
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.resolver import Address
from oncall_tui.engine.vantage import read_scope

READ_SIZE = 64 * 1024
HEAD_START_S = 0.25
"""How long an address is tried alone before the next one may race it (RFC 8305, 5)."""
CERTIFICATES_KEPT = 1024
CERTIFICATE_KEPT_SIZE = 8 * 1024
"""Certificates change once in months; what a hostile target may fill memory with is bounded by both."""
_LOOK_AGAIN_S = 1.0
_EXPIRED, _NOT_YET, _SELF_SIGNED, _SELF_SIGNED_CHAIN = 10, 9, 18, 19
_NO_ISSUER, _NO_FIRST_ISSUER, _WRONG_NAME, _WRONG_IP = 20, 21, 62, 64


LeadUp = Callable[["Wire"], Awaitable[None]]


def split_target(target: str, default_port: int | None = None) -> tuple[str, int]:
    """Returns host and port of `host:port` or `[ipv6]:port`. Raises NotRunError."""
    host, colon, port = target.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = target, str(default_port or "")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise NotRunError("the target is not of the form host:port")
    return host, int(port)


@dataclass(slots=True)
class Wire:
    """One open connection; `close` is always safe and never waits."""

    sock: socket.socket
    ip: str
    port: int
    tls: ssl.SSLObject | None = None
    incoming: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    outgoing: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    _waiter: asyncio.Future[bytes] | None = None
    _is_watched: bool = False

    async def shake_hands(self, context: ssl.SSLContext, name: str) -> ssl.SSLObject:
        """Raises ssl.SSLError, whose verification error says what is wrong with the certificate.

        The last part of ours leaves with what is sent first, or by `flush`: two packets cost a third more than one.
        """
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await self.flush()
                await self._feed()
            except ssl.SSLError:
                # The alert tells the target's log why we left; whether it arrives is of no matter.
                with contextlib.suppress(OSError):
                    self.sock.send(self.outgoing.read())
                raise
            else:
                return self.tls

    async def send(self, payload: bytes) -> None:
        if self.tls is None:
            await self._send(payload)
        else:
            self.tls.write(payload)
            await self.flush()

    async def receive(self) -> bytes:
        """Returns what has come, at most READ_SIZE bytes; empty at the end."""
        if self.tls is None:
            return await self._receive()
        while True:
            try:
                return self.tls.read(READ_SIZE)
            except ssl.SSLWantReadError:
                await self.flush()
                await self._feed()
            except ssl.SSLEOFError:
                # Many servers close without saying so in TLS; the framing of HTTP tells whether the answer is whole.
                return b""

    def close(self) -> None:
        try:
            self._unwatch()
        finally:
            self.sock.close()

    async def flush(self) -> None:
        """Sends what TLS has to say by itself."""
        if self.outgoing.pending:
            await self._send(self.outgoing.read())

    async def _feed(self) -> None:
        received = await self._receive()
        if received:
            self.incoming.write(received)
        else:
            self.incoming.write_eof()

    async def _send(self, payload: bytes) -> None:
        try:
            sent = self.sock.send(payload)
        except (BlockingIOError, InterruptedError):
            sent = 0
        if sent < len(payload):
            await asyncio.get_running_loop().sock_sendall(self.sock, memoryview(payload)[sent:])

    async def _receive(self) -> bytes:
        """Waits for what comes next with the socket watched throughout: `sock_recv` starts and ends it each time."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        if not self._is_watched:
            # Asked by its number: the loop would spell the socket out each time, addresses and all.
            loop.add_reader(self.sock.fileno(), self._take)
            self._is_watched = True
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def _take(self) -> None:
        if self._waiter is None or self._waiter.done():
            self._unwatch()
            return
        try:
            self._waiter.set_result(self.sock.recv(READ_SIZE))
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, MemoryError) as error:
            self._waiter.set_exception(error)

    def _unwatch(self) -> None:
        if self._is_watched:
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
            self._is_watched = False


async def open_wire(host: str, port: int, tools: Tools, trace: Trace, allowed: frozenset[str] | None = None) -> Wire:
    """Returns a connection to the first address that takes one. Raises what an address said, first of all
    one that speaks of the target: a refusal tells more than a lack of IPv6 here.

    `allowed` are scopes that a redirect may lead to; the addresses connected to are the ones checked, so that a name
    cannot be changed in between.
    """
    trace.enter("resolve")
    addresses = choose_family(await resolve(host, tools, trace), trace.family)
    if allowed is not None:
        addresses = tuple(address for address in addresses if read_scope(address.ip) in allowed)
        if not addresses:
            raise TargetError("redirect to a private address refused")
    trace.addresses, trace.tls = tuple(address.ip for address in addresses), None
    trace.enter("connect")
    _note_address(addresses[0].ip, port, trace)
    if len(addresses) == 1:
        wire = await _connect(addresses[0], port)
    else:
        wire = await _race(addresses, port)
    _note_address(wire.ip, port, trace)
    return wire


def choose_family(addresses: tuple[Address, ...], family: str) -> tuple[Address, ...]:
    """Returns the addresses of one version of IP, `4` or `6`, or of `any`. Raises TargetError when there is none."""
    wanted = {"4": socket.AF_INET, "6": socket.AF_INET6}.get(family)
    chosen = tuple(address for address in addresses if wanted in (None, address.family))
    if not chosen:
        raise TargetError(f"the name has no IPv{family} address")
    return chosen


def _note_address(ip: str, port: int, trace: Trace) -> None:
    trace.ip = ip
    trace.note("address", f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}")


async def _connect(address: Address, port: int) -> Wire:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await _connect_socket(sock, address.ip, port)
    except BaseException:
        sock.close()
        raise
    return Wire(sock, address.ip, port)


async def _connect_socket(sock: socket.socket, ip: str, port: int) -> None:
    """As `sock_connect`, which first finds out what it is that it was given. Raises OSError."""
    try:
        sock.connect((ip, port))
    except (BlockingIOError, InterruptedError):
        loop, fd = asyncio.get_running_loop(), sock.fileno()
        connected: asyncio.Future[None] = loop.create_future()
        loop.add_writer(fd, _settle, connected)
        try:
            await connected
        finally:
            loop.remove_writer(fd)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code)) from None


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _race(addresses: tuple[Address, ...], port: int) -> Wire:
    """Tries each address when the one before it has failed or had its head start; losers are closed."""
    waiting = list(reversed(addresses))
    trying: set[asyncio.Task[Wire]] = set()
    failure: Exception | None = None
    try:
        while waiting or trying:
            if waiting:
                trying.add(_start(_connect(waiting.pop(), port)))
            done, trying = await asyncio.wait(
                trying, timeout=HEAD_START_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            won = [task.result() for task in done if task.exception() is None]
            for wire in won[1:]:
                wire.close()
            if won:
                return won[0]
            for task in done:
                error = task.exception()
                if isinstance(error, Exception) and (failure is None or explain(failure)[0] is Verdict.UNKNOWN):
                    failure = error
        raise failure or NotRunError("the name has no address")
    finally:
        for task in trying:
            task.cancel()
        for outcome in await asyncio.gather(*trying, return_exceptions=True):
            if isinstance(outcome, Wire):
                outcome.close()


def _start(attempt: Coroutine[object, object, Wire]) -> asyncio.Task[Wire]:
    return asyncio.get_running_loop().create_task(attempt)


async def start_tls(
    wire: Wire, host: str, tools: Tools, trace: Trace, budget_s: float, lead_up: LeadUp | None = None
) -> Certificate:
    """Shakes hands with checks on and returns the leaf. Raises TargetError in words when it is refused.

    `budget_s` is what is left until the deadline: a refused certificate is fetched once more to say why. `lead_up` is
    what has to be said on the connection before TLS begins.
    """
    trace.enter("tls")
    started = tools.monotonic()
    try:
        tls = await wire.shake_hands(tools.tls, host)
    except ssl.SSLCertVerificationError as error:
        left_s = budget_s - (tools.monotonic() - started)
        refused = await _look_again(wire, host, tools, trace, min(_LOOK_AGAIN_S, left_s / 2), lead_up)
        words = explain_certificate(error, host, refused, tools.wall_ms())
        if refused is not None:
            note_certificate(refused, trace, tools.wall_ms())
        raise TargetError(words) from error
    trace.tls = tls
    certificate = read_leaf(tls)
    note_certificate(certificate, trace, tools.wall_ms())
    trace.note("tls", tls.version() or "")
    return certificate


_read_kept = lru_cache(maxsize=CERTIFICATES_KEPT)(read_certificate)


def read_leaf(tls: ssl.SSLObject) -> Certificate:
    der = tls.getpeercert(binary_form=True) or b""
    try:
        return _read_kept(der) if len(der) <= CERTIFICATE_KEPT_SIZE else read_certificate(der)
    except ValueError as error:
        raise TargetError("TLS: the certificate cannot be read") from error


async def _look_again(
    wire: Wire, host: str, tools: Tools, trace: Trace, budget_s: float, lead_up: LeadUp | None
) -> Certificate | None:
    """Returns the refused certificate by a second handshake that trusts nothing and sends nothing, or None."""
    family = socket.AF_INET6 if ":" in wire.ip else socket.AF_INET
    with contextlib.suppress(OSError, TargetError):
        async with asyncio.timeout(max(budget_s, 0.0)):
            again = await _connect(Address(family, wire.ip), wire.port)
            try:
                if lead_up is not None:
                    await lead_up(again)
                trace.tls = await again.shake_hands(tools.tls_unverified, host)
                return read_leaf(trace.tls)
            finally:
                again.close()
    return None


def note_certificate(certificate: Certificate, trace: Trace, now: int) -> None:
    left = certificate.ends_at - now
    trace.note("certificate", f"{tell_days(left)} left" if left > 0 else f"expired {tell_days(left)} ago")
    trace.note("issuer", certificate.issuer)
    trace.note("names", ", ".join(certificate.names))


def explain_certificate(
    error: ssl.SSLCertVerificationError, host: str, certificate: Certificate | None, now: int
) -> str:
    """Returns why a certificate was refused, with dates and names when the certificate itself could be read."""
    code = error.verify_code
    if code == _EXPIRED:
        if certificate is None:
            return "certificate expired"
        if certificate.ends_at > now:
            return "a certificate of the issuer expired"
        return f"certificate expired {tell_days(certificate.ends_at - now)} ago"
    if code == _NOT_YET:
        if certificate is None or certificate.starts_at <= now:
            return "certificate not valid yet"
        return f"certificate not valid until {tell_days(certificate.starts_at - now)} from now"
    if code in (_WRONG_NAME, _WRONG_IP):
        if certificate is None or not certificate.names:
            return f"certificate is not for {host}"
        others = len(certificate.names) - 1
        more = f" and {others} more" if others else ""
        return f"certificate is for {clean_line(certificate.names[0], 80)}{more}, not {host}"
    ended = ""
    if certificate is not None and certificate.ends_at <= now:
        ended = f", and expired {tell_days(certificate.ends_at - now)} ago"
    if code == _SELF_SIGNED:
        return f"self-signed certificate{ended}"
    if code == _SELF_SIGNED_CHAIN:
        return f"certificate from an authority that is not trusted here{ended}"
    if code in (_NO_ISSUER, _NO_FIRST_ISSUER):
        by = f", issued by {clean_line(certificate.issuer, 60)}" if certificate and certificate.issuer else ""
        return f"certificate chain is incomplete or its authority is not trusted here{by}{ended}"
    return f"certificate refused: {clean_line(error.verify_message, 80)}"

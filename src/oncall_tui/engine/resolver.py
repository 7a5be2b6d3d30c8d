"""Names to addresses on threads of our own: names that hang must not keep live ones from being looked up."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from oncall_tui.domain.errors import OncallError

KEEP_S = 30.0
"""How long a found name is kept. The system's interface does not tell the record's own lifetime."""
KEEP_LIMIT = 10_000
"""Redirects may bring in any number of names."""
THREAD_LIMIT = 256
HANGING_LIMIT = 128
"""How many lookups may be of names that hung before; the rest of the threads is for the others."""
HANGING_S = 2.0


class ResolverBusyError(OncallError):
    """No lookup could be started: our own fault, which says nothing about the name."""


class Address(Struct, frozen=True):
    """Where to connect: a literal IP address and its socket family."""

    family: socket.AddressFamily
    ip: str


Lookup = Callable[[str], tuple[Address, ...]]


def look_up(host: str) -> tuple[Address, ...]:
    """Returns the addresses of a name in the system's order of preference, IPv6 and IPv4 taking turns.

    Blocks. Raises socket.gaierror. Without a free file descriptor the C library reports names as missing that exist,
    so a failure is believed only while a socket can still be made (else OSError EMFILE).
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        socket.socket().close()
        raise
    addresses = dict.fromkeys(Address(socket.AddressFamily(family), str(where[0])) for family, *_, where in found)
    first = [address for address in addresses if address.family == next(iter(addresses)).family]
    other = [address for address in addresses if address not in first]
    mixed = [address for pair in zip(first, other, strict=False) for address in pair]
    return tuple(dict.fromkeys((*mixed, *first, *other)))


@lru_cache(maxsize=1024)
def read_literal(host: str) -> Address | None:
    """Returns the address that a literal IP stands for, None for a name."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    return Address(socket.AF_INET if ip.version == 4 else socket.AF_INET6, host)


class Resolver:
    """Looks names up with one lookup in flight a name, and keeps what it found for `keep_s` seconds.

    Threads are daemons and never joined, so a hanging lookup cannot keep the process from ending.
    """

    def __init__(
        self,
        lookup: Lookup = look_up,
        *,
        keep_s: float = KEEP_S,
        thread_limit: int = THREAD_LIMIT,
        hanging_limit: int = HANGING_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._keep_s = keep_s
        self._thread_limit = thread_limit
        self._hanging_limit = hanging_limit
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, tuple[Address, ...]]] = {}
        self._flying: dict[str, asyncio.Future[tuple[Address, ...]]] = {}
        self._hanging: set[str] = set()

    async def resolve(self, host: str) -> tuple[Address, ...]:
        """Returns at least one address. Raises socket.gaierror, OSError or ResolverBusyError."""
        literal = read_literal(host)
        if literal is not None:
            return (literal,)
        kept = self._kept.get(host)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        flying = self._flying.get(host)
        if flying is None:
            flying = self._start(host)
        return await asyncio.shield(flying)

    def _start(self, host: str) -> asyncio.Future[tuple[Address, ...]]:
        if len(self._flying) >= self._thread_limit:
            raise ResolverBusyError(f"{len(self._flying)} names are being looked up already")
        if host in self._hanging and len(self._hanging & self._flying.keys()) >= self._hanging_limit:
            raise ResolverBusyError("too many names hang in the resolver")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[Address, ...]] = loop.create_future()
        started = self._monotonic()

        def settle(found: tuple[Address, ...] | Exception) -> None:
            self._flying.pop(host, None)
            took_s = self._monotonic() - started
            (self._hanging.add if took_s > HANGING_S else self._hanging.discard)(host)
            if isinstance(found, Exception):
                self._kept.pop(host, None)
                future.set_exception(found)
                # A waiter that timed out is gone: its failure is not news to anybody.
                future.exception()
            else:
                if len(self._kept) >= KEEP_LIMIT:
                    self._kept.clear()
                self._kept[host] = (self._monotonic() + self._keep_s, found)
                future.set_result(found)

        def work() -> None:
            found: tuple[Address, ...] | Exception
            try:
                found = self._lookup(host)
            except Exception as error:  # noqa: BLE001 - handed to the waiting probe, which classifies it
                found = error
            # The loop may have ended while the name hung.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, found)

        try:
            threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
        except RuntimeError as error:
            raise ResolverBusyError("this host has no thread to spare") from error
        self._flying[host] = future
        return future

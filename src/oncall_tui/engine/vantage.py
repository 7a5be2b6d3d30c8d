"""Whether this host itself is online: an outage of our own must never be told as one of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

# Anycast resolvers of three operators. Connecting a datagram socket asks the routing table only and sends nothing.
_LANDMARKS = (
    (socket.AF_INET, "9.9.9.9"),
    (socket.AF_INET, "1.1.1.1"),
    (socket.AF_INET6, "2620:fe::fe"),
)
_LANDMARK_PORT = 53
_RESOLVERS = tuple((ip, _LANDMARK_PORT) for _, ip in _LANDMARKS)
_NETWORKS_LEAST = 3
"""One provider that falls takes a network or two with it; all of three at once may be this host."""
_ANSWER_WITHIN_S = 2.0
_BELIEVED_S = 5.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_online() -> bool:
    """Tells whether this host has a way out: a default route, and a gateway on it that answers on the wire."""
    return any(_has_route(family, ip) for family, ip in _LANDMARKS) and not is_gateway_silent()


def _has_route(family: socket.AddressFamily, ip: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((ip, _LANDMARK_PORT))
    except OSError:
        return False
    return True


def is_gateway_silent(routes: Path = Path("/proc/net/route"), neighbours: Path = Path("/proc/net/arp")) -> bool:
    """Tells whether Linux has asked for the gateway's hardware address in vain (flags 0x0 in its table)."""
    try:
        ways = [line.split() for line in routes.read_text().splitlines()[1:]]
        known = [line.split() for line in neighbours.read_text().splitlines()[1:]]
    except OSError:
        return False
    gateways = {
        socket.inet_ntoa(bytes.fromhex(way[2])[::-1])
        for way in ways
        if len(way) > 3 and way[1] == "00000000" and int(way[3], 16) & 2
    }
    flags = {entry[0]: entry[2] for entry in known if len(entry) > 2}
    return bool(gateways) and all(flags.get(gateway) == "0x0" for gateway in gateways)


@lru_cache(maxsize=1024)
def read_scope(ip: str) -> str:
    """Returns `loopback`, `link-local`, `private` or `global` for a literal address, seen through IPv6 wrappings."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = wrapped or address
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    return "global" if address.is_global else "private"


def is_exempt(host: str) -> bool:
    """Tells whether a target can be reached without a way out: loopback, link-local and private addresses."""
    try:
        return read_scope(host) != "global"
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


class _Sight(Struct, frozen=True):
    network: str
    is_reached: bool


class Vantage:
    """What is seen of the world outside: whether it is one target that does not answer, or none at all.

    `targets` (host, port) are of the user's choice, and are asked only when something outside is not reached. Without
    them three networks that all answered before, and of which none does now, tell that it is this host, unless one of
    the `landmarks` answers: one provider may announce them all, and its outage must not pass for ours.
    """

    def __init__(
        self,
        targets: Sequence[tuple[str, int]] = (),
        monotonic: Callable[[], float] = time.monotonic,
        landmarks: Sequence[tuple[str, int]] = _RESOLVERS,
    ) -> None:
        self.is_known_cut_off = False
        self._targets = targets
        self._asked = targets or landmarks
        self._monotonic = monotonic
        self._sights: dict[str, _Sight] = {}
        self._asking = asyncio.Lock()
        self._asked_s = -_BELIEVED_S
        self._is_answered = True

    def note(self, probe: str, ip: str, *, is_reached: bool) -> None:
        """Takes in whether a target outside was reached, at its latest known address."""
        known = self._sights.get(probe)
        if is_reached:
            self._sights[probe] = _Sight(_find_network(ip), is_reached=True)
            self.is_known_cut_off = False
        elif known is not None:
            self._sights[probe] = _Sight(known.network, is_reached=False)

    async def is_cut_off(self) -> bool:
        """Tells whether it is this host that cannot reach the outside, after something outside was not reached."""
        if self._targets:
            self.is_known_cut_off = not await self._has_answer()
        else:
            networks = {sight.network for sight in self._sights.values()}
            is_reached = any(sight.is_reached for sight in self._sights.values())
            is_likely = not is_reached and len(networks) >= _NETWORKS_LEAST
            self.is_known_cut_off = is_likely and not await self._has_answer()
        return self.is_known_cut_off

    async def _has_answer(self) -> bool:
        async with self._asking:
            if self._monotonic() - self._asked_s >= _BELIEVED_S:
                answers = await asyncio.gather(*(_can_connect(*target) for target in self._asked))
                self._is_answered, self._asked_s = any(answers), self._monotonic()
            return self._is_answered


@lru_cache(maxsize=1024)
def _find_network(ip: str) -> str:
    """Returns the /16 of an IPv4 address, the /32 of an IPv6 one: what one provider announces."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network(f"{address}/{16 if address.version == 4 else 32}", strict=False))


async def _can_connect(host: str, port: int) -> bool:
    writer = None
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return True  # somebody out there refused
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    return True

"""Whether this host itself is online: an outage of our own must never be told as one of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import math
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Anycast resolvers of three operators. Connecting a datagram socket asks the routing table only and sends nothing.
_LANDMARKS = (
    (socket.AF_INET, "9.9.9.9"),
    (socket.AF_INET, "1.1.1.1"),
    (socket.AF_INET6, "2620:fe::fe"),
)
_LANDMARK_PORT = 53
RESOLVERS = tuple((ip, _LANDMARK_PORT) for _, ip in _LANDMARKS)
_NETWORKS_LEAST = 3
"""One provider that falls takes a network or two with it; all of three at once may be this host."""
_ANSWER_WITHIN_S = 2.0
_BELIEVED_S = 5.0
_LOOK_EVERY_S = 600.0
_BLIND = "no [vantage] target answers: probes outside do, so what this host is cut off from would be told as down"
_BARRED = (
    "none of the resolvers that tell whether this host is cut off answers, though probes outside do: "
    "name targets under [vantage]"
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_log = logging.getLogger(__name__)


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


@dataclass(slots=True)
class _Sight:
    """A target outside: its latest known network, and since when it is not reached, by the monotonic clock."""

    network: str = ""
    missed_s: float | None = None


class Vantage:
    """What is seen of the world outside: whether it is one target that does not answer, or none at all.

    Something outside that was reached after a target fell tells that this host is not what fell. Where nothing was,
    `targets` (host, port) of the user's choice are asked, or else the `landmarks`. Their silence is believed unless it
    was met while something outside could be reached; that of the landmarks only once one of them has answered, since a
    firewall may forbid them. Where it is not believed, three networks that all answered before and fell together tell.
    """

    def __init__(
        self,
        targets: Sequence[tuple[str, int]] = (),
        monotonic: Callable[[], float] = time.monotonic,
        landmarks: Sequence[tuple[str, int]] = RESOLVERS,
    ) -> None:
        self.is_known_cut_off = False
        self._has_targets = bool(targets)
        self._asked = targets or landmarks
        self._monotonic = monotonic
        self._sights: dict[str, _Sight] = {}
        self._reached_s = -math.inf
        self._asking = asyncio.Lock()
        self._asked_s = -math.inf
        self._is_answered = True
        self._is_believed = self._has_targets
        self._is_doubted = False
        self._look_at_s = -math.inf

    @property
    def fault(self) -> str:
        """Why targets of the user's choice tell nothing, for the screens; empty while they may."""
        return _BLIND if self._is_doubted and self._has_targets else ""

    def note(self, probe: str, ip: str, *, is_reached: bool) -> None:
        """Takes in whether a target outside was reached, at its latest known address."""
        now = self._monotonic()
        if not is_reached:
            sight = self._sights.setdefault(probe, _Sight())
            sight.missed_s = now if sight.missed_s is None else sight.missed_s
            return
        self._sights[probe] = _Sight(_find_network(ip))
        self._reached_s = now
        self.is_known_cut_off = False
        if self._is_believed and not self._is_answered:
            self._is_believed, self._look_at_s = False, now

    async def is_cut_off(self, probe: str) -> bool:
        """Tells whether it is this host that cannot reach the outside, after the target of a probe was not reached."""
        sight = self._sights.get(probe)
        missed_s = math.inf if sight is None or sight.missed_s is None else sight.missed_s
        if not self.is_known_cut_off and self._reached_s > missed_s:
            return False
        began_s, is_believed = self._monotonic(), self._is_believed
        is_silent = not await self._has_answer()
        is_told = is_silent and (is_believed or self.is_known_cut_off or self._has_fallen_together())
        self.is_known_cut_off = is_told and self._reached_s <= began_s
        return self.is_known_cut_off

    def _has_fallen_together(self) -> bool:
        if self._has_targets:
            return False
        fallen = [sight for sight in self._sights.values() if sight.network and sight.missed_s is not None]
        networks = {sight.network for sight in fallen}
        first_s = min((sight.missed_s for sight in fallen if sight.missed_s is not None), default=-math.inf)
        return len(networks) >= _NETWORKS_LEAST and self._reached_s <= first_s

    async def keep_watch(self, stop: asyncio.Event) -> None:
        """Sees to it, until the stop, that those who are asked can be believed, and notes the end of a cut."""
        while not stop.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BELIEVED_S):
                    await stop.wait()

    async def look(self) -> None:
        """Asks when it is time to: while this host is cut off, and now and then while something outside is reached."""
        now = self._monotonic()
        if self.is_known_cut_off:
            if await self._has_answer():
                self.is_known_cut_off = False
        elif now >= max(self._look_at_s, self._asked_s + _BELIEVED_S) and self._reached_s > self._asked_s:
            was_believed, self._look_at_s = self._is_believed, now + _LOOK_EVERY_S
            if not await self._has_answer() and not was_believed and not self._is_doubted:
                self._is_doubted = True
                _log.warning("%s", _BLIND if self._has_targets else _BARRED)

    async def _has_answer(self) -> bool:
        async with self._asking:
            if self._monotonic() - self._asked_s >= _BELIEVED_S:
                answers = await asyncio.gather(*(can_connect(*target) for target in self._asked))
                self._is_answered, self._asked_s = any(answers), self._monotonic()
                if self._is_answered:
                    self._is_believed, self._is_doubted = True, False
            return self._is_answered


@lru_cache(maxsize=1024)
def _find_network(ip: str) -> str:
    """Returns the /16 of an IPv4 address, the /32 of an IPv6 one: what one provider announces."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network(f"{address}/{16 if address.version == 4 else 32}", strict=False))


async def can_connect(host: str, port: int) -> bool:
    """Tells whether something at an address takes a connection, or refuses it, within two seconds."""
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

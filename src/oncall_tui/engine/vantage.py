"""Whether this host itself is online: an outage of our own must never be told as one of theirs."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

# Anycast resolvers of three operators. Connecting a datagram socket asks the routing table only and sends nothing.
_LANDMARKS = (
    (socket.AF_INET, "9.9.9.9"),
    (socket.AF_INET, "1.1.1.1"),
    (socket.AF_INET6, "2620:fe::fe"),
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_online() -> bool:
    """Tells whether this host has a way out: a default route, and a gateway on it that answers on the wire."""
    return any(_has_route(family, ip) for family, ip in _LANDMARKS) and not is_gateway_silent()


def _has_route(family: socket.AddressFamily, ip: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((ip, 53))
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

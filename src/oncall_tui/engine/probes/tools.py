"""What every probe is given, and the stopwatch that it carries."""

from __future__ import annotations

import asyncio
import importlib
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec
from msgspec import Struct

from oncall_tui.clock import now_ms
from oncall_tui.domain.beat import Beat
from oncall_tui.domain.hiding import hide_secrets
from oncall_tui.domain.probe import Phases, Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.credentials import Credentials
from oncall_tui.engine.resolver import Resolver
from oncall_tui.engine.sources.sighting import Sighting
from oncall_tui.engine.vantage import Vantage, is_online

BODY_CAP = 256 * 1024
FACT_LIMIT = 200


@dataclass(slots=True)
class Registries:
    """Which server knows the domains under a suffix, as last read from the list at `url`."""

    url: str = "https://data.iana.org/rdap/dns.json"
    read_at: int | None = None
    servers: dict[str, str] = field(default_factory=dict)


def _make_verified() -> ssl.SSLContext:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ssl.create_default_context()
    # On Linux truststore reads the authorities again for every connection, so it serves where OpenSSL has none.
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def make_http2() -> ssl.SSLContext:
    """Returns a context that verifies and offers HTTP/2 alone; it blocks for 20 ms when it is made."""
    context = _make_verified()
    context.set_alpn_protocols(["h2"])
    return context


class Tools(Struct, frozen=True):
    """The outside world as probes see it; one for the whole engine.

    `tls` verifies and is shared, since making one costs 20 ms of a blocked loop. `tls_unverified` reads
    certificates that were refused, to say why; nothing is sent through it. `make_http2` returns the one that verifies
    and offers HTTP/2, which none of the others must. `body_cap` is in bytes, after
    decompression.
    """

    resolver: Resolver
    tls: ssl.SSLContext
    tls_unverified: ssl.SSLContext
    monotonic: Callable[[], float] = time.monotonic
    wall_ms: Callable[[], int] = now_ms
    is_online: Callable[[], bool] = is_online
    vantage: Vantage = msgspec.field(default_factory=Vantage)
    body_cap: int = BODY_CAP
    credentials: Credentials = msgspec.field(default_factory=Credentials)
    registries: Registries = msgspec.field(default_factory=Registries)
    make_http2: Callable[[], ssl.SSLContext] = make_http2
    read_beat: Callable[[str], Awaitable[Beat | None]] | None = None
    take_sightings: Callable[[Probe, Sequence[Sighting]], Observation] | None = None


async def load_module(name: str) -> None:
    """Imports off the loop what only the probes of some configs need."""
    if name not in sys.modules:
        await asyncio.to_thread(importlib.import_module, name)


async def open_tools(
    tls: ssl.SSLContext | None = None, resolver: Resolver | None = None, vantage: Vantage | None = None
) -> Tools:
    """Returns tools with contexts made off the loop; `tls` replaces the system's trust, for private authorities."""
    made, unverified = await asyncio.to_thread(_make_contexts)
    return Tools(
        resolver=resolver or Resolver(), tls=tls or made, tls_unverified=unverified, vantage=vantage or Vantage()
    )


def _make_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return _make_verified(), unverified


@dataclass(slots=True)
class Trace:
    """How far one run has got: the phase it is in, the time that each took, and what was seen on the way.

    `ip` is the address in use, `family` the only one allowed, `hidden` what may not be shown,
    `headers` and `body` the latest answer as it came, `addresses` all that the latest name had, `tls` the latest
    handshake that came to its end. `tell_overrun` says what was waited for, where the phase does not.
    Phases that are entered twice (redirects) add up.
    """

    monotonic: Callable[[], float]
    phase: str = ""
    ip: str = ""
    family: str = "any"
    hidden: tuple[str, ...] = ()
    spent_ms: dict[str, float] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes | bytearray = b""
    addresses: tuple[str, ...] = ()
    tls: ssl.SSLObject | None = None
    tell_overrun: Callable[[], str] | None = None
    _entered: float | None = None

    def enter(self, phase: str) -> None:
        """Ends the phase under way and begins another: resolve, connect, tls, first_byte or dns, transfer."""
        self.leave()
        self.phase = phase
        self._entered = self.monotonic()

    def leave(self) -> None:
        """Ends the phase under way; its name stays, for telling where a run was cut off."""
        if self._entered is not None:
            self.spent_ms[self.phase] = self.spent_ms.get(self.phase, 0.0) + (self.monotonic() - self._entered) * 1000
            self._entered = None

    def note(self, name: str, text: str) -> None:
        """Keeps an observed value for the detail pane, inert."""
        self.facts[name] = clean_line(self.hide(text), FACT_LIMIT)

    def hide(self, text: str) -> str:
        """Returns a text without the secrets of this run: a target may say them back."""
        return hide_secrets(text, self.hidden)

    def phases(self) -> Phases:
        return Phases(
            resolve_ms=self.spent_ms.get("resolve"),
            connect_ms=self.spent_ms.get("connect"),
            tls_ms=self.spent_ms.get("tls"),
            first_byte_ms=self.spent_ms.get("first_byte", self.spent_ms.get("dns")),
            transfer_ms=self.spent_ms.get("transfer"),
        )

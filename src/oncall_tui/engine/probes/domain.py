"""The domain probe: how long a registration lasts, asked of its registry by RDAP (RFC 9082, RFC 9083)."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.probe import HttpRequest, Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.http import fetch
from oncall_tui.engine.probes.tools import Tools, Trace

KEPT_MS = 24 * 3_600_000
"""The list of registries changes by a few entries a month."""
LIST_CAP = 1024 * 1024
_ASK = HttpRequest(headers=(("Accept", "application/rdap+json, application/json"),))
#: Set by registries and registrars: the name is not delegated, or about to be lost.
_BAD_STATUS = ("client hold", "server hold", "redemption period", "pending delete")


class _Event(Struct):
    what: str = msgspec.field(name="eventAction", default="")
    at: str = msgspec.field(name="eventDate", default="")


class _Domain(Struct):
    events: list[_Event] = []
    status: list[str] = []


class _Registries(Struct):
    services: list[tuple[list[str], list[str]]]


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks the registry of the name. That it does not answer says nothing about the name, see `run_probe`."""
    server = probe.server or await _find_server(probe, tools, trace)
    asked = replace(probe, target=f"{server.rstrip('/')}/domain/{probe.target}", follow_redirects=True)
    answer = await fetch(asked, tools, trace, _ASK)
    if answer.status == 404:
        return Observation(wrong="domain is not registered")
    if answer.status != 200:
        raise TargetError(f"HTTP {answer.status_text}")
    try:
        found = msgspec.json.decode(bytes(answer.body), type=_Domain)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TargetError("the answer is not RDAP") from error
    held = [status for status in found.status if status.lower() in _BAD_STATUS]
    wrong = f"domain is in status {held[0]}" if held else ""
    trace.note("domain status", ", ".join(found.status) or "none")
    ends_at = next((_read_instant(event.at) for event in found.events if event.what == "expiration"), None)
    if ends_at is None:
        if wrong:
            return Observation(wrong=wrong)
        raise NotRunError("the registry does not tell when the domain expires")
    left_ms = ends_at - tools.wall_ms()
    trace.note("registration", f"{left_ms // 86_400_000} days left")
    return Observation(expires_in_ms=left_ms, wrong=wrong)


async def _find_server(probe: Probe, tools: Tools, trace: Trace) -> str:
    """Returns the registry's server by IANA's list (RFC 9224), which is kept for a day."""
    kept = tools.registries
    if kept.read_at is None or tools.wall_ms() - kept.read_at > KEPT_MS:
        asked = replace(probe, target=kept.url, follow_redirects=True)
        answer = await fetch(asked, replace(tools, body_cap=LIST_CAP), trace, HttpRequest())
        try:
            listed = msgspec.json.decode(bytes(answer.body), type=_Registries)
        except (msgspec.DecodeError, RecursionError) as error:
            raise NotRunError("IANA's list of registries cannot be read: name the server of yours") from error
        kept.servers = {
            name.lower(): next((url for url in urls if url.startswith("https:")), urls[0])
            for names, urls in listed.services
            for name in names
            if urls
        }
        kept.read_at = tools.wall_ms()
    labels = probe.target.lower().rstrip(".").split(".")
    for first in range(1, len(labels)):
        server = kept.servers.get(".".join(labels[first:]))
        if server is not None:
            return server
    raise NotRunError("the registry of this name has no RDAP server that IANA knows: name one as server")


def _read_instant(text: str) -> int | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(at.timestamp() * 1000) if at.tzinfo is not None else None

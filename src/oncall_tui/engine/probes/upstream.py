"""The upstream probe: what a provider says of itself, on a Statuspage or in an Atom feed."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import datetime
from xml.etree import ElementTree as Xml

import msgspec
from msgspec.structs import replace

from oncall_tui.domain.probe import HttpRequest, Probe
from oncall_tui.domain.upstream import Standing, Summary, is_entry_open, read_summary
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.http import fetch
from oncall_tui.engine.probes.tools import Tools, Trace

BODY_CAP = 4 * 1024 * 1024
ENTRY_MS = 48 * 3_600_000
"""An entry that nobody has changed for so long is forgotten by its provider rather than open."""
_ENTRY_LIMIT = 50
_ATOM = "{http://www.w3.org/2005/Atom}"
_TAG = re.compile(r"<[^<>]{0,500}>")


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Reads the page; what it says is judged, and that it cannot be read says nothing, see `run_probe`."""
    wide = replace(tools, body_cap=BODY_CAP)
    answer = await fetch(probe, wide, trace, HttpRequest())
    if answer.status != 200:
        raise TargetError(f"HTTP {answer.status_text}")
    if answer.is_cut:
        raise NotRunError(f"the status page is larger than {BODY_CAP // 1024 // 1024} MiB")
    read = _read_atom if probe.form == "atom" else _read_statuspage
    standing = await asyncio.to_thread(read, bytes(answer.body), probe, tools.wall_ms())
    if standing.words:
        trace.note("provider", standing.words)
    return Observation(upstream=standing)


def _read_statuspage(body: bytes, probe: Probe, now: int) -> Standing:
    try:
        summary = msgspec.json.decode(body, type=Summary)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotRunError("the status page does not answer as Statuspage v2 does (api/v2/summary.json)") from error
    try:
        return read_summary(summary, probe.watch)
    except LookupError as error:
        names = ", ".join(component.name for component in summary.components[:20])
        raise NotRunError(f"the status page has no component {error.args[0]}, it has: {names}") from error


def _read_atom(body: bytes, probe: Probe, now: int) -> Standing:
    # Entities are the one part of XML that can make much out of little.
    if b"<!DOCTYPE" in body[:4096].upper() or b"<!ENTITY" in body.upper():
        raise NotRunError("the feed declares a document type, which no feed needs")
    try:
        root = Xml.fromstring(body)  # noqa: S314 - without entities, and of bounded size
    except (Xml.ParseError, ValueError, LookupError) as error:
        raise NotRunError("the status page is not an Atom feed") from error
    if root.tag != f"{_ATOM}feed":
        raise NotRunError("the status page is not an Atom feed")
    opened = [
        title
        for entry in root.findall(f"{_ATOM}entry")[:_ENTRY_LIMIT]
        if (title := _title_of(entry)) and now - _changed_at(entry) < ENTRY_MS and _concerns(title, entry, probe.watch)
        if is_entry_open(f"{_text_of(entry, 'content') or _text_of(entry, 'summary')}\n{title}")
    ]
    return Standing(1, "; ".join(opened)) if opened else Standing(0)


def _concerns(title: str, entry: Xml.Element, watch: tuple[str, ...]) -> bool:
    told = f"{title} {_text_of(entry, 'content')}".casefold()
    return not watch or any(name.casefold() in told for name in watch)


def _title_of(entry: Xml.Element) -> str:
    return _text_of(entry, "title")


def _text_of(entry: Xml.Element, name: str) -> str:
    found = entry.find(f"{_ATOM}{name}")
    text = "" if found is None else "".join(found.itertext())
    return " ".join(_TAG.sub(" ", html.unescape(text)).split())


def _changed_at(entry: Xml.Element) -> int:
    """Returns 0 for an entry without the time that Atom asks for: how old it is cannot be known."""
    for name in ("updated", "published"):
        try:
            at = datetime.fromisoformat(_text_of(entry, name))
        except ValueError:
            continue
        if at.tzinfo is not None:
            return int(at.timestamp() * 1000)
    return 0

"""The JSON document that a hook gets: versioned, inert, and with a line that fits a phone. docs/notices.md tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from oncall_tui.domain.counting import count_words
from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.hook import HookEvent
from oncall_tui.domain.hook_rules import Fallen
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.sanitize import clean_line

VERSION = 1
NAMES_MOST = 100
TEXT_LIMIT = 300
_REASON_LIMIT = 200
_WORDS = {
    HookEvent.DOWN: "DOWN",
    HookEvent.FLAPPING: "FLAPPING",
    HookEvent.SLOW: "SLOW",
    HookEvent.UP: "UP",
    HookEvent.PROMISE_LATE: "UPDATE LATE",
}


class Names(Struct, frozen=True):
    """Probes by name: the first hundred, and how many there are."""

    count: int
    names: tuple[str, ...]


class Document(Struct, frozen=True):
    """What is told in one call; the fields are those of the JSON, in its order."""

    version: int
    id: str
    event: HookEvent
    probe: str | None
    component: str | None
    since: str | None
    at: str
    reason: str
    dependants: Names
    others: Names
    held_back: int
    incident: int | None
    runbook: str | None
    text: str

    def encode(self) -> str:
        """Returns one line of JSON; all that is not ASCII is escaped, so that no byte steers anything."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        for key in ("dependants", "others"):
            names: Names = shown[key]
            shown[key] = {"count": names.count, "names": list(names.names)}
        return json.dumps(shown, ensure_ascii=True)


def write_document(call: Sequence[Fallen], uid: str, held: int, now: int) -> Document:
    """Returns the document of one call: its first subject in full, the others by name.

    `held` changes were held back since the call before.
    """
    first, others = call[0], call[1:]
    state, probe = first.state, first.probe
    has_reason = state is not None and first.event is not HookEvent.UP
    reason = clean_line(state.last_reason, _REASON_LIMIT) if state is not None and has_reason else ""
    incident = first.incident
    runbook = probe.runbook if probe is not None else incident.runbook if incident is not None else None
    return Document(
        version=VERSION,
        id=uid,
        event=first.event,
        probe=None if probe is None else clean_line(probe.name, 100),
        component=None if probe is None or probe.component is None else clean_line(probe.component, 100),
        since=write_iso(first.since_at),
        at=write_iso(now),
        reason=reason,
        dependants=_list_names(first.behind),
        others=_list_names([each.subject if each.probe else f"#{_number(each)}" for each in others]),
        held_back=held,
        incident=None if incident is None else incident.id,
        runbook=None if runbook is None else clean_line(runbook, 1_000),
        text=_write_text(first, others, reason, held),
    )


def write_test(hook: str, uid: str, now: int) -> Document:
    """Returns a document that says of itself that nothing is wrong."""
    text = f"TEST of the hook {clean_line(hook, 100)} by oncall-tui: nothing is wrong"
    none = Names(0, ())
    at = write_iso(now)
    return Document(
        VERSION, uid, HookEvent.TEST, None, None, None, at, "", none, none, 0, None, None, clean_line(text, TEXT_LIMIT)
    )


def write_iso(at: int) -> str:
    """Returns an instant as ISO 8601 in UTC with milliseconds, as `2026-11-22T03:04:05.678Z`."""
    seconds, ms = divmod(at, 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03}Z"


def _list_names(names: Sequence[str]) -> Names:
    return Names(len(names), tuple(clean_line(name, 100) for name in names[:NAMES_MOST]))


def _number(each: Fallen) -> int:
    return each.incident.id if each.incident is not None else 0


def _write_text(first: Fallen, others: Sequence[Fallen], reason: str, held: int) -> str:
    parts = [f"{_WORDS[first.event]}: {_tell_subject(first)}"]
    if others:
        parts[0] += f" and {count_words(len(others), 'other')}"
    parts += [_tell_since(first), reason]
    if first.behind:
        parts.append(f"{len(first.behind)} more behind it")
    if first.incident is not None and first.probe is not None:
        parts.append(f"incident #{first.incident.id}")
    if held:
        parts.append(f"{count_words(held, 'change')} held back before this")
    return clean_line(", ".join(part for part in parts if part), TEXT_LIMIT)


def _tell_subject(each: Fallen) -> str:
    if each.probe is None:
        title = each.incident.title if each.incident is not None else ""
        return f"#{_number(each)} {clean_line(title, 100)}"
    component = f" ({clean_line(each.probe.component, 60)})" if each.probe.component else ""
    return clean_line(each.probe.name, 100) + component


def _tell_since(each: Fallen) -> str:
    clock = datetime.fromtimestamp(each.since_at // 1000, UTC).strftime("%H:%M UTC")
    if each.event is HookEvent.UP and each.was is not None:
        lasted = format_duration(max(0, each.since_at - each.was.since_at))
        return f"since {clock}, after {lasted} {_WORDS[each.was.event]}"
    if each.event is HookEvent.PROMISE_LATE:
        return f"promised for {clock}"
    if each.event is HookEvent.FLAPPING and each.state is not None:
        present = "UP" if each.state.status is ProbeStatus.UP else each.state.status.upper()
        return f"since {clock}, at the moment {present}"
    return f"since {clock}"

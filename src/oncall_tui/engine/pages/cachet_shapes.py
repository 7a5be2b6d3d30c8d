"""Reads the JSON:API of Cachet v3 leniently: what we do not know is left out, what we need is checked.

Names and numbers after the public source of its core; every text is made inert here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.outbox import OPS_KEPT, normalise_body
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemoteUpdate
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages.values import (
    ID_MOST,
    LIFECYCLE,
    Item,
    name_component,
    read_id,
    read_line,
    read_object,
    read_objects,
    read_position,
    read_text,
    read_time,
)

META_UID = "oncall_uid"
META_OPS = "oncall_ops"
META_AT = "oncall_at"
"""When the attempt to make the incident began, by the page's clock: milliseconds since 1970, as text."""
NAME, SET, HELD = "name", "set", "held"
"""What is kept of each component beside an incident: its name, the number set by hand, the number the incident gave."""
ZONE_MOST_MS = 14 * 3_600_000
_ZONE_LEAST_MS = -12 * 3_600_000
_ZONE_STEP_MS = 900_000
_FIRST = "message-"
STATUS_NUMBERS = {status: number for number, status in enumerate(LIFECYCLE, 1)}
_STATUSES = {number: status for status, number in STATUS_NUMBERS.items()}
COMPONENT_NUMBERS = {
    ComponentStatus.OPERATIONAL: 1,
    ComponentStatus.DEGRADED_PERFORMANCE: 2,
    ComponentStatus.PARTIAL_OUTAGE: 3,
    ComponentStatus.MAJOR_OUTAGE: 4,
    ComponentStatus.UNDER_MAINTENANCE: 6,
}
_COMPONENTS = {number: status for status, number in COMPONENT_NUMBERS.items()}


class Document(NamedTuple):
    """One answer: its resources, and by type and id what they point to."""

    items: list[Item]
    included: dict[tuple[str, str], Item]
    is_list: bool


def read_document(answer: object) -> Document:
    data = answer.get("data") if isinstance(answer, dict) else None
    included = answer.get("included") if isinstance(answer, dict) else None
    items = list(read_objects(data if isinstance(data, list) else [data]))
    return Document(items, {_find_key(item): item for item in read_objects(included)}, isinstance(data, list))


def find_zone_ms(shown_at: int, at: int) -> int:
    """Returns how far a zone-less time, read as UTC, runs ahead of the instant that it means; whole quarters of hours.

    What no zone is off by is 0: such a time says something else.
    """
    zone_ms = (shown_at - at + _ZONE_STEP_MS // 2) // _ZONE_STEP_MS * _ZONE_STEP_MS
    return zone_ms if _ZONE_LEAST_MS <= zone_ms <= ZONE_MOST_MS else 0


def find_stamped_zone_ms(item: Item) -> int | None:
    """Returns the zone that an incident of ours shows, None for one without our stamp."""
    stamp, shown_at = read_meta(item).get(META_AT), read_moment(item, "created")
    if (
        not isinstance(stamp, str)
        or not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16)
        or shown_at is None
    ):
        return None
    return find_zone_ms(shown_at, int(stamp))


def read_moment(item: Item, name: str, zone_ms: int = 0) -> int | None:
    """Returns milliseconds since 1970 of a named time of a resource; one without a zone is in the page's own."""
    return read_time(read_object(read_object(item, "attributes"), name).get("string"), zone_ms)


def read_component(item: Item, order: int, included: Mapping[tuple[str, str], Item]) -> RemoteComponent | None:
    """Returns a component as customers see it; None for one without id, name or state."""
    attributes = read_object(item, "attributes")
    remote_id, name, number = read_id(item.get("id")), read_line(attributes.get("name")), _find_shown(attributes)
    if remote_id is None or not name or number is None:
        return None
    position = read_position(attributes.get("order"), order)
    groups = find_related(item, "group", included)
    group = read_line(read_object(groups[0], "attributes").get("name")) if groups else ""
    return RemoteComponent(remote_id, name, read_component_number(number), position, group)


def read_component_number(number: object) -> ComponentStatus:
    """Returns our word for a state; `unknown`, and what we do not know, is not well."""
    known = isinstance(number, int) and number in _COMPONENTS
    return _COMPONENTS[number] if known and isinstance(number, int) else ComponentStatus.DEGRADED_PERFORMANCE


def read_incident(
    item: Item, included: Mapping[tuple[str, str], Item], names: Mapping[str, str], zone_ms: int
) -> RemoteIncident | None:
    """Returns an incident, None for what is none; `zone_ms` is for one that does not show the zone itself.

    The words of the declaration stand in the incident and not among its updates: they are read as the first one. Its
    state is known only until an update follows; then it is taken for `investigating`.
    """
    stamped_ms = find_stamped_zone_ms(item)
    zone_ms = zone_ms if stamped_ms is None else stamped_ms
    attributes, meta = read_object(item, "attributes"), read_meta(item)
    remote_id, made_at = read_id(item.get("id")), read_moment(item, "created", zone_ms)
    if remote_id is None or made_at is None or not isinstance(attributes.get("status"), dict):
        return None
    status = _read_status(attributes)
    written = [update for value in find_related(item, "updates", included) if (update := read_update(value, zone_ms))]
    written.sort(key=lambda update: (update.created_at, len(update.remote_id), update.remote_id))
    body = attributes.get("message")
    if isinstance(body, str) and body.strip():
        first = IncidentStatus.INVESTIGATING if written else status
        written.insert(0, RemoteUpdate(f"{_FIRST}{remote_id}", first, normalise_body(body), made_at))
    held = [
        (component, read_object(value, "attributes"))
        for value in find_related(item, "components", included)
        if (component := read_component(value, 0, {}))
    ]
    components = {name_component(component.remote_id, component.name, names): component.status for component, _ in held}
    uid, ops = meta.get(META_UID), meta.get(META_OPS)
    ended = [update.created_at for update in written if not update.status.is_open]
    return RemoteIncident(
        remote_id=remote_id,
        title=read_line(attributes.get("name")),
        status=status,
        impact=impact_of(components),
        created_at=made_at,
        updated_at=read_moment(item, "updated", zone_ms) or made_at,
        resolved_at=ended[-1] if ended and not status.is_open else None,
        uid=clean_line(uid, ID_MOST) if isinstance(uid, str) else None,
        ops=tuple(op for op in ops if isinstance(op, str))[-OPS_KEPT:] if isinstance(ops, list) else (),
        metadata={component.remote_id: _keep(component, values) for component, values in held},
        components=components,
        updates=tuple(written),
    )


def read_update(item: Item, zone_ms: int) -> RemoteUpdate | None:
    attributes = read_object(item, "attributes")
    remote_id, made_at = read_id(item.get("id")), read_moment(item, "created", zone_ms)
    if remote_id is None or made_at is None:
        return None
    return RemoteUpdate(remote_id, _read_status(attributes), read_text(attributes.get("message")), made_at)


def _read_status(attributes: Item) -> IncidentStatus:
    """The page has a state `unknown`: whatever is not known to be over is open."""
    return _STATUSES.get(read_number(attributes, "status") or 0, IncidentStatus.INVESTIGATING)


def _keep(component: RemoteComponent, attributes: Item) -> dict[str, object]:
    kept: dict[str, object] = {NAME: component.name, SET: read_number(attributes, "status")}
    pivot = attributes.get("pivot")
    if isinstance(pivot, dict) and (number := read_number(pivot, "component_status")) is not None:
        kept[HELD] = number
    return kept


def _find_shown(attributes: Item) -> int | None:
    """Customers see the worst of what is set by hand and what open incidents say."""
    latest = read_number(attributes, "latest_status")
    return read_number(attributes, "status") if latest is None else latest


def find_related(item: Item, name: str, included: Mapping[tuple[str, str], Item]) -> list[Item]:
    data = read_object(read_object(item, "relationships"), name).get("data")
    pointers = read_objects(data if isinstance(data, list) else [data])
    return [included[key] for pointer in pointers if (key := _find_key(pointer)) in included]


def _find_key(item: Item) -> tuple[str, str]:
    return str(item.get("type")), str(item.get("id"))


def read_meta(item: Item) -> Item:
    return read_object(read_object(item, "attributes"), "meta")


def read_number(attributes: Item, name: str) -> int | None:
    value = attributes.get(name)
    number = value.get("value") if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None

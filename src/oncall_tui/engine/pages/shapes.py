"""Reads the JSON of Statuspage v1 leniently: what we do not know is left out, what we need is checked.

Field names and kinds after the vendor's public OpenAPI document; every text is made inert here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.outbox import OPS_KEPT, normalise_body
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.domain.sanitize import clean_line

STAMP = "oncall_tui"
_ID_LIMIT = 100


def read_time(value: object) -> int | None:
    """Returns milliseconds since 1970 for ISO 8601 with any offset (none means UTC), None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
        return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def read_id(value: object) -> str | None:
    """Returns an opaque id of the page, None for what could not stand in an address or on a screen."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= _ID_LIMIT:
        return None
    return value if value.isascii() and all(sign.isalnum() or sign in "-_" for sign in value) else None


def read_objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def read_page(value: object) -> RemotePage | None:
    """Returns the page's name and its public address; None for what has no name.

    The address is its own domain, else its place at the vendor; `url` is the company's site unless there is neither.
    """
    if not isinstance(value, dict) or not (name := _read_line(value.get("name"))):
        return None
    domain, subdomain = _read_line(value.get("domain")), _read_line(value.get("subdomain"))
    host = domain or (f"{subdomain}.statuspage.io" if subdomain else "")
    return RemotePage(name, f"https://{host}" if host else _read_line(value.get("url")))


def read_component(value: Mapping[str, object], order: int) -> RemoteComponent | None:
    """Returns a component; None for a group (groups are listed among them) or one without id, name or known status."""
    remote_id, status = read_id(value.get("id")), _read_component_status(value.get("status"))
    name = _read_line(value.get("name"))
    if value.get("group") is True or remote_id is None or not name or status is None:
        return None
    position = value.get("position")
    return RemoteComponent(remote_id, name, status, position if isinstance(position, int) else order)


def read_incident(value: object, names: Mapping[str, str]) -> RemoteIncident | None:
    """Returns an incident; None for a maintenance, and for what is not an incident at all.

    `names` maps ids of components to the names in our file.
    """
    if not isinstance(value, dict):
        return None
    remote_id, status = read_id(value.get("id")), _read_status(value.get("status"))
    created_at = read_time(value.get("created_at"))
    if remote_id is None or status is None or created_at is None or value.get("impact") == "maintenance":
        return None
    metadata = _read_metadata(value.get("metadata"))
    stamp = metadata.get(STAMP, {})
    uid, ops = stamp.get("uid"), stamp.get("ops")
    updates = [update for item in read_objects(value.get("incident_updates")) if (update := _read_update(item))]
    # The page does not promise an order; where times are equal its samples are newest first.
    updates.reverse()
    updates.sort(key=lambda update: update.created_at)
    return RemoteIncident(
        remote_id=remote_id,
        title=_read_line(value.get("name")),
        status=status,
        impact=_read_impact(value.get("impact")),
        created_at=created_at,
        updated_at=read_time(value.get("updated_at")) or created_at,
        url=_read_line(value.get("shortlink")) or None,
        resolved_at=read_time(value.get("resolved_at")),
        uid=clean_line(uid, _ID_LIMIT) if isinstance(uid, str) else None,
        ops=tuple(op for op in ops if isinstance(op, str))[-OPS_KEPT:] if isinstance(ops, list) else (),
        metadata=metadata,
        components={
            names.get(component.remote_id, component.name): component.status
            for order, item in enumerate(read_objects(value.get("components")))
            if (component := read_component(item, order))
        },
        updates=tuple(updates),
    )


def read_public_updates(value: object) -> dict[str, str]:
    """Returns the body of each update by id from the public v2 `incidents.json`."""
    incidents = value.get("incidents") if isinstance(value, dict) else None
    return {
        remote_id: normalise_body(body)
        for incident in read_objects(incidents)
        for update in read_objects(incident.get("incident_updates"))
        if (remote_id := read_id(update.get("id"))) and isinstance(body := update.get("body"), str)
    }


def _read_update(value: Mapping[str, object]) -> RemoteUpdate | None:
    remote_id, status = read_id(value.get("id")), _read_status(value.get("status"))
    created_at = read_time(value.get("created_at"))
    if remote_id is None or status is None or created_at is None:
        return None
    body = value.get("body")
    return RemoteUpdate(remote_id, status, normalise_body(body) if isinstance(body, str) else "", created_at)


def _read_metadata(value: object) -> dict[str, dict[str, object]]:
    """Keeps what the page's own rule allows: a map of maps."""
    if not isinstance(value, dict):
        return {}
    return {str(key): dict(item) for key, item in value.items() if isinstance(item, dict)}


def _read_line(value: object) -> str:
    return clean_line(value).strip() if isinstance(value, str) else ""


def _read_status(value: object) -> IncidentStatus | None:
    try:
        return IncidentStatus(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read_impact(value: object) -> Impact:
    try:
        return Impact(value) if isinstance(value, str) else Impact.NONE
    except ValueError:
        return Impact.NONE


def _read_component_status(value: object) -> ComponentStatus | None:
    """An empty status occurs in the vendor's enumeration and means that none was set."""
    if value == "":
        return ComponentStatus.OPERATIONAL
    try:
        return ComponentStatus(value) if isinstance(value, str) else None
    except ValueError:
        return None

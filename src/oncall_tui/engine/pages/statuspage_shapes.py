"""Reads the JSON of Statuspage v1 leniently: what we do not know is left out, what we need is checked.

Field names and kinds after the vendor's public OpenAPI document; every text is made inert here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.outbox import OPS_KEPT, normalise_body
from oncall_tui.domain.remote import (
    RemoteComponent,
    RemoteIncident,
    RemoteMaintenance,
    RemoteMaintenanceUpdate,
    RemotePage,
    RemotePostmortem,
    RemoteTemplate,
    RemoteUpdate,
)
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages.values import (
    ID_MOST,
    find_word,
    read_id,
    read_line,
    read_objects,
    read_position,
    read_text,
    read_time,
)

STAMP = "oncall_tui"


def read_page(value: object) -> RemotePage | None:
    """Returns the page's name and its public address; None for what has no name.

    The address is its own domain, else its place at the vendor; `url` is the company's site unless there is neither.
    """
    if not isinstance(value, dict) or not (name := read_line(value.get("name"))):
        return None
    domain, subdomain = read_line(value.get("domain")), read_line(value.get("subdomain"))
    host = domain or (f"{subdomain}.statuspage.io" if subdomain else "")
    return RemotePage(name, f"https://{host}" if host else read_line(value.get("url")))


def read_components(items: Iterable[Mapping[str, object]]) -> list[RemoteComponent]:
    """Returns the components of a whole list with the names of their groups, which stand in the same list."""
    listed = list(items)
    groups = {read_id(item.get("id")): read_line(item.get("name")) for item in listed if item.get("group") is True}
    return [
        replace(component, group=groups.get(read_id(item.get("group_id")), ""))
        for order, item in enumerate(listed)
        if (component := read_component(item, order))
    ]


def read_component(value: Mapping[str, object], order: int) -> RemoteComponent | None:
    """Returns a component; None for a group (groups are listed among them) or one without id, name or known status."""
    remote_id, status = read_id(value.get("id")), _read_component_status(value.get("status"))
    name = read_line(value.get("name"))
    if value.get("group") is True or remote_id is None or not name or status is None:
        return None
    return RemoteComponent(remote_id, name, status, read_position(value.get("position"), order))


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
    if status is IncidentStatus.POSTMORTEM and _is_work(value):
        return None
    uid, ops, metadata = _read_stamp(value.get("metadata"))
    updates = [update for item in _read_in_order(value.get("incident_updates")) if (update := _read_update(item))]
    return RemoteIncident(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        impact=_read_impact(value.get("impact")),
        created_at=created_at,
        updated_at=read_time(value.get("updated_at")) or created_at,
        url=read_line(value.get("shortlink")) or None,
        resolved_at=read_time(value.get("resolved_at")),
        uid=uid,
        ops=ops,
        has_all_ops=bool(ops),
        origin=_read_origin(metadata),
        metadata=metadata,
        components=_read_states(value.get("components"), names),
        updates=tuple(updates),
    )


def read_maintenance(value: object, names: Mapping[str, str]) -> RemoteMaintenance | None:
    """Returns planned work; None for an incident, and for what has neither id nor a start.

    `names` maps ids of components to the names in our file.
    """
    if not isinstance(value, dict):
        return None
    remote_id, status = read_id(value.get("id")), _read_maintenance_status(value.get("status"))
    if value.get("status") == IncidentStatus.POSTMORTEM.value and _is_work(value):
        status = MaintenanceStatus.COMPLETED
    created_at, starts_at = read_time(value.get("created_at")), read_time(value.get("scheduled_for"))
    if remote_id is None or status is None or created_at is None or starts_at is None:
        return None
    uid, ops, metadata = _read_stamp(value.get("metadata"))
    updates = [
        RemoteMaintenanceUpdate(update_id, moved_to, read_text(item.get("body")), at)
        for item in _read_in_order(value.get("incident_updates"))
        if (update_id := read_id(item.get("id")))
        and (moved_to := _read_maintenance_status(item.get("status")))
        and (at := read_time(item.get("created_at"))) is not None
    ]
    return RemoteMaintenance(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        starts_at=starts_at,
        ends_at=read_time(value.get("scheduled_until")),
        created_at=created_at,
        updated_at=read_time(value.get("updated_at")) or created_at,
        url=read_line(value.get("shortlink")) or None,
        uid=uid,
        ops=ops,
        has_all_ops=bool(ops),
        origin=_read_origin(metadata),
        metadata=metadata,
        components=_read_states(value.get("components"), names),
        updates=tuple(updates),
        has_auto_start=value.get("scheduled_auto_in_progress") is True,
        has_auto_end=value.get("scheduled_auto_completed") is True,
        remind_prior=value.get("scheduled_remind_prior") is True,
    )


def read_postmortem(value: object) -> RemotePostmortem | None:
    """Returns a postmortem; None for what has none of its fields."""
    if not isinstance(value, dict) or not {"body", "body_draft"} & value.keys():
        return None
    published_at = read_time(value.get("published_at"))
    return RemotePostmortem(
        body=read_text(value.get("body")) if published_at is not None else "",
        draft=read_text(value.get("body_draft")),
        published_at=published_at,
        updated_at=read_time(value.get("updated_at")) or published_at or 0,
    )


def read_template(value: Mapping[str, object]) -> RemoteTemplate | None:
    """Returns prepared words; None for those without a name."""
    name, status = read_line(value.get("name")), value.get("update_status")
    if not name:
        return None
    return RemoteTemplate(
        name=name,
        title=read_line(value.get("title")),
        body=read_text(value.get("body")),
        status=_read_status(status) or find_word(status, MaintenanceStatus),
    )


def read_public_updates(value: object, key: str = "incidents") -> dict[str, str]:
    """Returns the body of each update by id from a public v2 list, which stands under `key`."""
    incidents = value.get(key) if isinstance(value, dict) else None
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
    return RemoteUpdate(remote_id, status, read_text(value.get("body")), created_at)


def _read_in_order(value: object) -> list[dict[str, object]]:
    """The page does not promise an order; where times are equal its samples are newest first."""
    items = list(read_objects(value))
    items.reverse()
    items.sort(key=lambda item: read_time(item.get("created_at")) or 0)
    return items


def _read_origin(metadata: Mapping[str, Mapping[str, object]]) -> str:
    origin = metadata.get(STAMP, {}).get("origin")
    return clean_line(origin, ID_MOST) if isinstance(origin, str) else ""


def _read_stamp(value: object) -> tuple[str | None, tuple[str, ...], dict[str, dict[str, object]]]:
    """Returns our uid, our operations, and the whole metadata."""
    metadata = _read_metadata(value)
    stamp = metadata.get(STAMP, {})
    uid, ops = stamp.get("uid"), stamp.get("ops")
    return (
        clean_line(uid, ID_MOST) if isinstance(uid, str) else None,
        tuple(op for op in ops if isinstance(op, str))[-OPS_KEPT:] if isinstance(ops, list) else (),
        metadata,
    )


def _read_states(value: object, names: Mapping[str, str]) -> dict[str, ComponentStatus]:
    return {
        names.get(component.remote_id, component.name): component.status
        for order, item in enumerate(read_objects(value))
        if (component := read_component(item, order))
    }


def _read_metadata(value: object) -> dict[str, dict[str, object]]:
    """Keeps what the page's own rule allows: a map of maps."""
    if not isinstance(value, dict):
        return {}
    return {str(key): dict(item) for key, item in value.items() if isinstance(item, dict)}


def _read_status(value: object) -> IncidentStatus | None:
    return find_word(value, IncidentStatus)


def _read_maintenance_status(value: object) -> MaintenanceStatus | None:
    return find_word(value, MaintenanceStatus)


def _is_work(value: Mapping[str, object]) -> bool:
    """Tells planned work from an incident where both show `postmortem`, having been reviewed."""
    updates = read_objects(value.get("incident_updates"))
    return value.get("impact") == "maintenance" or any(_read_maintenance_status(each.get("status")) for each in updates)


def _read_impact(value: object) -> Impact:
    return find_word(value, Impact) or Impact.NONE


def _read_component_status(value: object) -> ComponentStatus | None:
    """An empty status occurs in the vendor's enumeration and means that none was set."""
    return ComponentStatus.OPERATIONAL if value == "" else find_word(value, ComponentStatus)

"""Changes of incidents in the page's file; each call runs inside the transaction of one request."""

from __future__ import annotations

import json

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus, impact_of
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.statuspage.components import list_components, set_statuses
from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.incidents import build_update, get_incident
from oncall_tui.statuspage.pagefile import make_id
from oncall_tui.statuspage.records import (
    CLOSED,
    IMPACT_ORDER,
    AffectedComponent,
    PageIncident,
    PageUpdate,
    Status,
)
from oncall_tui.statuspage.rules import IncidentWrite, UpdateWrite, refuse_unknown_ids
from oncall_tui.statuspage.sqlite import sqlite3


def create_incident(db: sqlite3.Connection, write: IncidentWrite, now: int) -> PageIncident:
    """Opens an incident or plans a maintenance with its first update; raises RequestRefusedError (422)."""
    if write.status is None or write.name is None:
        raise RequestRefusedError(422, "name can't be blank")
    incident_id = make_id()
    is_scheduled = isinstance(write.status, MaintenanceStatus)
    impact = Impact.MAINTENANCE if is_scheduled else Impact.NONE
    started_at = next(at for at in (write.backfilled_at, write.scheduled_for, now) if at is not None)
    db.execute(
        "INSERT INTO incident (id, name, status, impact, worst_impact, is_scheduled, is_backfilled, created_at,"
        " updated_at, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            incident_id,
            write.name,
            write.status.value,
            impact.value,
            impact.value,
            is_scheduled,
            write.is_backfilled,
            now,
            now,
            started_at,
        ),
    )
    _apply(db, get_incident(db, incident_id), write, write.backfilled_at, now, is_new=True)
    return get_incident(db, incident_id)


def change_incident(db: sqlite3.Connection, incident_id: str, write: IncidentWrite, now: int) -> PageIncident:
    """Changes what was sent, appends an update if there is a text or a new status; raises RequestRefusedError."""
    incident = get_incident(db, incident_id)
    is_planned = isinstance(write.status, MaintenanceStatus)
    if write.status is not None and is_planned != incident.is_scheduled:
        raise RequestRefusedError(422, "an incident can't become a maintenance, nor a maintenance an incident")
    if not incident.is_scheduled and (write.scheduled_for is not None or write.scheduled_until is not None):
        raise RequestRefusedError(422, "scheduled_for and scheduled_until belong to a maintenance")
    starts = incident.scheduled_for if write.scheduled_for is None else write.scheduled_for
    ends = incident.scheduled_until if write.scheduled_until is None else write.scheduled_until
    if starts is not None and ends is not None and ends <= starts:
        raise RequestRefusedError(422, "scheduled_until must be later than scheduled_for")
    _apply(db, incident, write, None, now, is_new=False)
    return get_incident(db, incident_id)


def _apply(
    db: sqlite3.Connection, before: PageIncident, write: IncidentWrite, shown_at: int | None, now: int, *, is_new: bool
) -> None:
    refuse_unknown_ids(write.component_ids or (), {component.id for component in list_components(db)})
    affected = set_statuses(db, write.components, now)
    _attach(db, before.id, write)
    status = before.status if write.status is None else write.status
    is_changed = is_new or status is not before.status
    at = now
    if is_changed or write.body is not None:
        at = _append_update(db, before.id, status, write, affected, shown_at, now)
    if is_changed:
        _set_status(db, before.id, status, at if shown_at is None else shown_at)
    override = None if write.clears_impact_override else (write.impact_override or before.impact_override)
    db.execute(
        "UPDATE incident SET name = coalesce(?, name), impact_override = ?, metadata = ?, options = ?,"
        " scheduled_for = coalesce(?, scheduled_for), scheduled_until = coalesce(?, scheduled_until),"
        " started_at = iif(is_scheduled, coalesce(?, started_at), started_at), updated_at = max(updated_at, ?)"
        " WHERE id = ?",
        (
            write.name,
            None if override is None else override.value,
            json.dumps(before.metadata | (write.metadata or {})),
            json.dumps(before.options | write.options),
            write.scheduled_for,
            write.scheduled_until,
            write.scheduled_for,
            at,
            before.id,
        ),
    )
    _set_impact(db, before.id, override)


def _attach(db: sqlite3.Connection, incident_id: str, write: IncidentWrite) -> None:
    """A list of ids says which components belong to the incident; a map without the list only adds to them."""
    if write.component_ids is not None:
        db.execute("DELETE FROM incident_component WHERE incident_id = ?", (incident_id,))
    db.executemany(
        "INSERT OR IGNORE INTO incident_component VALUES (?, ?)",
        [(incident_id, component_id) for component_id in {*(write.component_ids or ()), *write.components}],
    )


def _append_update(
    db: sqlite3.Connection,
    incident_id: str,
    status: Status,
    write: IncidentWrite,
    affected: tuple[AffectedComponent, ...],
    shown_at: int | None,
    now: int,
) -> int:
    latest = db.execute("SELECT max(created_at) FROM incident_update WHERE incident_id = ?", (incident_id,)).fetchone()[
        0
    ]
    # Readers sort by this time, so two updates of one incident never share it, whatever the clock does.
    at = now if latest is None else max(now, int(latest) + 1)
    changes = [(change.code, change.name, change.old_status.value, change.new_status.value) for change in affected]
    db.execute(
        "INSERT INTO incident_update (id, incident_id, status, body, created_at, updated_at, display_at, is_notifying,"
        " affected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            make_id(),
            incident_id,
            status.value,
            write.body or "",
            at,
            at,
            at if shown_at is None else shown_at,
            write.is_notifying,
            json.dumps(changes),
        ),
    )
    return at


def _set_status(db: sqlite3.Connection, incident_id: str, status: Status, at: int) -> None:
    db.execute(
        "UPDATE incident SET status = :status, resolved_at = iif(:closed, :at, NULL),"
        " monitoring_at = iif(:watching, :at, monitoring_at) WHERE id = :id",
        {
            "status": status.value,
            "closed": status in CLOSED,
            "watching": status is IncidentStatus.MONITORING,
            "at": at,
            "id": incident_id,
        },
    )


def _set_impact(db: sqlite3.Connection, incident_id: str, override: Impact | None) -> None:
    row = db.execute("SELECT status, worst_impact, is_scheduled FROM incident WHERE id = ?", (incident_id,)).fetchone()
    words = db.execute(
        "SELECT c.id, c.status FROM incident_component AS ic JOIN component AS c ON c.id = ic.component_id"
        " WHERE ic.incident_id = ?",
        (incident_id,),
    )
    current = impact_of({code: ComponentStatus(word) for code, word in words})
    if row["is_scheduled"]:
        current = Impact.MAINTENANCE
    worst = max(Impact(row["worst_impact"]), current, key=IMPACT_ORDER.index)
    shown = override or (worst if row["status"] in CLOSED else current)
    db.execute("UPDATE incident SET impact = ?, worst_impact = ? WHERE id = ?", (shown.value, worst.value, incident_id))


def delete_incident(db: sqlite3.Connection, incident_id: str) -> PageIncident:
    """Takes an incident and its updates off the page and returns what it was; raises RequestRefusedError (404)."""
    incident = get_incident(db, incident_id)
    db.execute("DELETE FROM incident WHERE id = ?", (incident_id,))
    return incident


def change_update(db: sqlite3.Connection, incident_id: str, update_id: str, write: UpdateWrite, now: int) -> PageUpdate:
    """Corrects the text or the shown time of an update; raises RequestRefusedError (404)."""
    get_incident(db, incident_id)
    changed = db.execute(
        "UPDATE incident_update SET body = coalesce(?, body), display_at = coalesce(?, display_at),"
        " is_notifying = coalesce(?, is_notifying), updated_at = max(updated_at, ?) WHERE id = ? AND incident_id = ?",
        (write.body, write.display_at, write.is_notifying, now, update_id, incident_id),
    )
    if changed.rowcount == 0:
        raise refuse_unknown("incident update")
    db.execute("UPDATE incident SET updated_at = max(updated_at, ?) WHERE id = ?", (now, incident_id))
    return build_update(db.execute("SELECT * FROM incident_update WHERE id = ?", (update_id,)).fetchone())

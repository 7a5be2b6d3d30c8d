"""Incidents: declared, edited under the revision that the editor saw, and followed to their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import (
    Cause,
    Component,
    ComponentStatus,
    Impact,
    Incident,
    IncidentStatus,
    Listing,
    Phase,
    Reach,
    Severity,
)
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database, placeholders
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

_EDITED_FIELDS = (
    "title",
    "impact_override",
    "severity",
    "cause",
    "scope",
    "started_at",
    "next_update_at",
    "runbook",
    "conflict",
    "reach",
)
_LISTINGS = "SELECT *, (SELECT uid FROM origin) AS ours FROM page_incident WHERE incident_id IN ({ids}) ORDER BY rowid"


def declare_incident(
    db: Database,
    *,
    uid: str,
    title: str,
    components: Mapping[str, ComponentStatus],
    probes: Sequence[str],
    severity: Severity,
    started_at: int,
    actor: str,
    now: int,
    next_update_at: int | None = None,
    runbook: str | None = None,
    impact_override: Impact | None = None,
    reach: Reach = Reach.PUBLIC,
) -> Incident:
    """Makes an incident that only we know of; nothing is published before an update is confirmed.

    Raises RefusedError (`probe-has-incident`) when one of the probes already belongs to an open incident.
    """
    with db.write("incidents", "timeline") as connection:
        if probes:
            taken = connection.execute(
                "SELECT incident_id, probe FROM incident_probe JOIN incident ON incident.id = incident_id WHERE probe IN "
                f"({placeholders(probes)}) AND resolved_at IS NULL AND discarded_at IS NULL "
                "AND reach != 'drill'",
                tuple(probes),
            ).fetchone()
            if taken:
                raise RefusedError(
                    "probe-has-incident",
                    f"{taken['probe']} already belongs to the open incident #{taken['incident_id']}.",
                )
        cursor = connection.execute(
            "INSERT INTO incident(uid, title, status, phase, impact_override, severity, cause, started_at, declared_at, "
            "next_update_at, runbook, is_local, created_by, reach) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
            (
                uid,
                title,
                IncidentStatus.INVESTIGATING,
                Phase.ACTIVE,
                impact_override,
                severity,
                Cause.UNKNOWN,
                started_at,
                now,
                next_update_at,
                runbook,
                actor,
                reach,
            ),
        )
        incident_id = int(cursor.lastrowid or 0)
        set_components(connection, incident_id, components)
        connection.executemany(
            "INSERT INTO incident_probe(incident_id, probe) VALUES (?, ?)",
            [(incident_id, probe) for probe in probes],
        )
        source = f" from {', '.join(probes)}" if probes else ""
        add_entry(connection, incident_id, EntryKind.DECLARED, f"declared{source}: {title}", actor, now, now)
        return read_incident(connection, incident_id)


def discard_incident(db: Database, incident_id: int, actor: str, now: int) -> None:
    """Takes back a declaration. Raises RefusedError (`already-published`) once an update was confirmed."""
    with db.write("incidents", "drafts", "timeline") as connection:
        read_incident(connection, incident_id)
        if connection.execute("SELECT 1 FROM incident_update WHERE incident_id = ?", (incident_id,)).fetchone():
            raise RefusedError("already-published", f"#{incident_id} has been published: resolve it instead.")
        connection.execute(
            "UPDATE incident SET discarded_at = ?, phase = ?, revision = revision + 1 WHERE id = ?",
            (now, Phase.CLOSED, incident_id),
        )
        connection.execute("DELETE FROM draft WHERE incident_id = ?", (incident_id,))
        add_entry(connection, incident_id, EntryKind.UNDONE, "declaration taken back", actor, now, now)


def absorb_twin(connection: sqlite3.Connection, page: str, remote_id: str, incident_id: int, now: int) -> None:
    """Joins what was taken for somebody else's incident of a page to ours, as which it turned out.

    A page whose lists lack our stamp shows an incident that we made before we know that it is ours.
    """
    twin = connection.execute(
        "SELECT id FROM incident JOIN page_incident ON incident_id = id WHERE page = ? AND remote_id = ? AND id != ? "
        "AND is_local = 0",
        (page, remote_id, incident_id),
    ).fetchone()
    if twin is None:
        return
    for table in ("incident_update", "delivery", "draft"):
        connection.execute(f"UPDATE {table} SET incident_id = ? WHERE incident_id = ?", (incident_id, twin["id"]))
    for table in ("step_tick", "postmortem", "page_postmortem"):
        connection.execute(
            f"UPDATE OR IGNORE {table} SET incident_id = ? WHERE incident_id = ?", (incident_id, twin["id"])
        )
    connection.execute("DELETE FROM page_incident WHERE incident_id = ?", (twin["id"],))
    connection.execute(
        "UPDATE incident SET discarded_at = ?, phase = ?, revision = revision + 1 WHERE id = ?",
        (now, Phase.CLOSED, twin["id"]),
    )
    sentence = f"the page's incident is our #{incident_id}: joined with it"
    add_entry(connection, twin["id"], EntryKind.REMOTE, sentence, "engine", now, now)


def edit_incident(db: Database, edited: Incident, actor: str, now: int) -> Incident:
    """Stores an edited copy of the incident as it was read, and one timeline line a changed field.

    Raises ConflictError when somebody changed the incident after it was read; nothing is overwritten then.
    """
    with db.write("incidents", "timeline") as connection:
        current = read_incident(connection, edited.id)
        if current.revision != edited.revision:
            raise ConflictError(f"#{edited.id} was changed by somebody else while you were editing it.")
        if current.reach is not edited.reach and Reach.DRILL in (current.reach, edited.reach):
            _require_untold(connection, edited.id)
        changes = [
            f"{field.replace('_at', '').replace('_', ' ')}: {_say(getattr(current, field))} → {_say(getattr(edited, field))}"
            for field in _EDITED_FIELDS
            if getattr(current, field) != getattr(edited, field)
            and field not in ("conflict", "started_at", "next_update_at")
        ]
        changes += [
            f"{name} set anew"
            for name, field in (("start", "started_at"), ("next update", "next_update_at"))
            if getattr(current, field) != getattr(edited, field)
        ]
        if current.conflict and not edited.conflict:
            changes.append("what happened on the page was read and put aside")
        if current.components != edited.components:
            changes.append(
                "components: " + (", ".join(f"{name} {status}" for name, status in edited.components.items()) or "none")
            )
        if not changes:
            return current
        assignments = ", ".join(f"{field} = ?" for field in _EDITED_FIELDS)
        connection.execute(
            f"UPDATE incident SET {assignments}, revision = revision + 1 WHERE id = ?",
            (*(getattr(edited, field) for field in _EDITED_FIELDS), edited.id),
        )
        set_components(connection, edited.id, edited.components)
        add_entry(connection, edited.id, EntryKind.EDITED, "; ".join(changes), actor, now, now)
        return read_incident(connection, edited.id)


def _require_untold(connection: sqlite3.Connection, incident_id: int) -> None:
    """What pages were told, or not told, does not change afterwards."""
    if connection.execute("SELECT 1 FROM incident_update WHERE incident_id = ?", (incident_id,)).fetchone():
        raise RefusedError(
            "already-published",
            f"#{incident_id} has updates already: a drill and an incident do not turn into each other then. "
            "Declare another one.",
        )


def _say(value: object) -> str:
    return str(value) if value not in (None, "") else "none"


def set_components(connection: sqlite3.Connection, incident_id: int, components: Mapping[str, ComponentStatus]) -> None:
    """Replaces the components of an incident inside the caller's transaction."""
    connection.execute("DELETE FROM incident_component WHERE incident_id = ?", (incident_id,))
    connection.executemany(
        "INSERT INTO incident_component(incident_id, component, status) VALUES (?, ?, ?)",
        [(incident_id, name, status) for name, status in components.items()],
    )


def read_incident(connection: sqlite3.Connection, incident_id: int) -> Incident:
    """Reads one incident inside the caller's transaction. Raises NotFoundError."""
    row = connection.execute("SELECT * FROM incident WHERE id = ? AND discarded_at IS NULL", (incident_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no incident #{incident_id}.")
    components = connection.execute(
        "SELECT component, status FROM incident_component WHERE incident_id = ? ORDER BY rowid",
        (incident_id,),
    ).fetchall()
    probes = connection.execute(
        "SELECT probe FROM incident_probe WHERE incident_id = ? ORDER BY rowid", (incident_id,)
    ).fetchall()
    listings = connection.execute(_LISTINGS.format(ids="?"), (incident_id,)).fetchall()
    return _incident(
        row,
        {item["component"]: ComponentStatus(item["status"]) for item in components},
        tuple(item["probe"] for item in probes),
        {item["page"]: _listing(item) for item in listings},
    )


def get_incident(db: Database, incident_id: int) -> Incident:
    """Returns one incident. Raises NotFoundError."""
    found = list(list_incidents(db, only=incident_id))
    if not found:
        raise NotFoundError(f"There is no incident #{incident_id}.")
    return found[0]


def list_incidents(
    db: Database, *, is_open_only: bool = False, only: int | None = None, limit: int = 200
) -> list[Incident]:
    """Returns incidents, open ones first, then the newest."""
    clause, values = "discarded_at IS NULL", []
    if is_open_only:
        clause += " AND resolved_at IS NULL"
    if only is not None:
        clause += " AND id = ?"
        values.append(only)
    rows = db.rows(
        f"SELECT * FROM incident WHERE {clause} ORDER BY resolved_at IS NOT NULL, coalesce(resolved_at, declared_at) DESC, "
        "id DESC LIMIT ?",
        *values,
        limit,
    )
    components: dict[int, dict[str, ComponentStatus]] = {}
    probes: dict[int, list[str]] = {}
    listings: dict[int, dict[str, Listing]] = {}
    if rows:
        ids = tuple(row["id"] for row in rows)
        for item in db.rows(
            f"SELECT * FROM incident_component WHERE incident_id IN ({placeholders(ids)}) ORDER BY rowid",
            *ids,
        ):
            components.setdefault(item["incident_id"], {})[item["component"]] = ComponentStatus(item["status"])
        for item in db.rows(
            f"SELECT * FROM incident_probe WHERE incident_id IN ({placeholders(ids)}) ORDER BY rowid",
            *ids,
        ):
            probes.setdefault(item["incident_id"], []).append(item["probe"])
        for item in db.rows(_LISTINGS.format(ids=placeholders(ids)), *ids):
            listings.setdefault(item["incident_id"], {})[item["page"]] = _listing(item)
    return [
        _incident(row, components.get(row["id"], {}), tuple(probes.get(row["id"], ())), listings.get(row["id"], {}))
        for row in rows
    ]


def _listing(row: sqlite3.Row) -> Listing:
    return Listing(row["remote_id"], row["title"], row["url"], row["origin"] not in ("", row["ours"]))


def read_origin(db: Database) -> str:
    """Returns the opaque id of this file, by which pages tell others who wrote last."""
    row = db.row("SELECT uid FROM origin")
    return str(row["uid"]) if row else ""


def _incident(
    row: sqlite3.Row, components: dict[str, ComponentStatus], probes: tuple[str, ...], listings: dict[str, Listing]
) -> Incident:
    return Incident(
        id=row["id"],
        uid=row["uid"],
        title=row["title"],
        status=IncidentStatus(row["status"]),
        phase=Phase(row["phase"]),
        impact_override=Impact(row["impact_override"]) if row["impact_override"] else None,
        severity=Severity(row["severity"]),
        cause=Cause(row["cause"]),
        scope=row["scope"],
        started_at=row["started_at"],
        declared_at=row["declared_at"],
        resolved_at=row["resolved_at"],
        next_update_at=row["next_update_at"],
        runbook=row["runbook"],
        listings=listings,
        conflict=row["conflict"],
        is_local=bool(row["is_local"]),
        created_by=row["created_by"],
        revision=row["revision"],
        components=components,
        probes=probes,
        reach=Reach(row["reach"]),
    )


def list_components(db: Database) -> list[Component]:
    """Returns what customers see on the pages, configured ones first, in the order of the config and then of the pages."""
    told: dict[str, dict[str, ComponentStatus]] = {}
    for row in db.rows("SELECT name, page, status FROM page_component WHERE status IS NOT NULL ORDER BY page"):
        told.setdefault(row["name"], {})[row["page"]] = ComponentStatus(row["status"])
    rows = db.rows("SELECT * FROM component ORDER BY is_configured DESC, position, name")
    return [Component(row["name"], told.get(row["name"], {}), row["position"]) for row in rows]


def list_component_ids(db: Database, *, page: str = MAIN_PAGE) -> dict[str, str]:
    """Returns the ids of a page's components by the names in our file."""
    rows = db.rows("SELECT name, remote_id FROM page_component WHERE page = ? AND remote_id IS NOT NULL", page)
    return {row["name"]: row["remote_id"] for row in rows}

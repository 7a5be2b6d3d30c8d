"""Incidents and maintenances in the page's file: reading them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from oncall_tui.domain.incident import ComponentStatus, Impact
from oncall_tui.statuspage.components import build_component
from oncall_tui.statuspage.faults import refuse_unknown
from oncall_tui.statuspage.records import (
    AffectedComponent,
    PageComponent,
    PageIncident,
    PageUpdate,
    Postmortem,
    parse_status,
)
from oncall_tui.statuspage.sqlite import sqlite3

UNRESOLVED = "NOT is_scheduled AND status IN ('investigating', 'identified', 'monitoring')"
SCHEDULED = "is_scheduled AND status <> 'completed'"
UPCOMING = "is_scheduled AND status = 'scheduled'"
ACTIVE_MAINTENANCE = "is_scheduled AND status IN ('in_progress', 'verifying')"
START_DUE = (
    "is_scheduled AND status = 'scheduled' AND scheduled_for <= ?"
    " AND json_extract(options, '$.scheduled_auto_in_progress')"
)
END_DUE = (
    "is_scheduled AND status IN ('in_progress', 'verifying') AND scheduled_until <= ?"
    " AND json_extract(options, '$.scheduled_auto_completed')"
)
REALTIME = "NOT is_scheduled"
MAINTENANCE = "is_scheduled"
ALL = "1"
_RECENT = (
    "((NOT is_scheduled AND status = 'resolved') OR status = 'completed') AND coalesce(resolved_at, updated_at) >= ?"
)


def list_incidents(db: sqlite3.Connection, which: str, limit: int = 100, offset: int = 0) -> list[PageIncident]:
    """Returns incidents, newest first. `which` is one of the conditions of this module, never text from outside."""
    rows = db.execute(
        f"SELECT * FROM incident WHERE {which} ORDER BY seq DESC LIMIT ? OFFSET ?",  # noqa: S608 (our own conditions)
        (limit, offset),
    ).fetchall()
    return _build_all(db, rows)


def list_due(db: sqlite3.Connection, which: str, now: int) -> list[PageIncident]:
    """Returns maintenances to be moved now, the earliest first; `which` is START_DUE or END_DUE."""
    rows = db.execute(
        f"SELECT * FROM incident WHERE {which} ORDER BY scheduled_for, seq",  # noqa: S608 (our own conditions)
        (now,),
    ).fetchall()
    return _build_all(db, rows)


def list_closed_since(db: sqlite3.Connection, since: int, limit: int = 500) -> list[PageIncident]:
    """Returns what was closed at or after an instant, the latest start first."""
    rows = db.execute(
        f"SELECT * FROM incident WHERE {_RECENT} ORDER BY started_at DESC, seq DESC LIMIT ?",  # noqa: S608
        (since, limit),
    ).fetchall()
    return _build_all(db, rows)


def list_by_start(db: sqlite3.Connection, limit: int, offset: int) -> list[PageIncident]:
    """Returns everything of the page, the latest start first."""
    rows = db.execute(
        "SELECT * FROM incident ORDER BY started_at DESC, seq DESC LIMIT ? OFFSET ?", (limit, offset)
    ).fetchall()
    return _build_all(db, rows)


def search_incidents(db: sqlite3.Connection, words: str, limit: int, offset: int) -> list[PageIncident]:
    """Returns incidents with these words in name, status, postmortem or an update, newest first; not in metadata."""
    rows = db.execute(
        "SELECT * FROM incident AS i WHERE instr(lower(name), lower(:q)) OR instr(lower(status), lower(:q))"
        " OR EXISTS (SELECT 1 FROM postmortem AS p WHERE p.incident_id = i.id AND instr(lower(p.body), lower(:q)))"
        " OR EXISTS (SELECT 1 FROM incident_update AS u WHERE u.incident_id = i.id AND instr(lower(u.body), lower(:q)))"
        " ORDER BY seq DESC LIMIT :limit OFFSET :offset",
        {"q": words, "limit": limit, "offset": offset},
    ).fetchall()
    return _build_all(db, rows)


def get_incident(db: sqlite3.Connection, incident_id: str) -> PageIncident:
    """Returns one incident; raises RequestRefusedError (404)."""
    rows = db.execute("SELECT * FROM incident WHERE id = ?", (incident_id,)).fetchall()
    if not rows:
        raise refuse_unknown("incident")
    return _build_all(db, rows)[0]


def _build_all(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[PageIncident]:
    wanted = json.dumps([row["id"] for row in rows])
    updates: dict[str, list[PageUpdate]] = {row["id"]: [] for row in rows}
    for row in db.execute(
        "SELECT * FROM incident_update WHERE incident_id IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",
        (wanted,),
    ):
        updates[row["incident_id"]].append(build_update(row))
    components: dict[str, list[PageComponent]] = {row["id"]: [] for row in rows}
    for row in db.execute(
        "SELECT c.*, ic.incident_id FROM incident_component AS ic JOIN component AS c ON c.id = ic.component_id"
        " WHERE ic.incident_id IN (SELECT value FROM json_each(?)) ORDER BY c.position, c.seq",
        (wanted,),
    ):
        components[row["incident_id"]].append(build_component(row))
    postmortems = {
        row["incident_id"]: _build_postmortem(row)
        for row in db.execute(
            "SELECT * FROM postmortem WHERE incident_id IN (SELECT value FROM json_each(?))", (wanted,)
        )
    }
    return [_build_incident(row, components[row["id"]], updates[row["id"]], postmortems.get(row["id"])) for row in rows]


def _build_incident(
    row: sqlite3.Row, components: list[PageComponent], updates: list[PageUpdate], postmortem: Postmortem | None
) -> PageIncident:
    override = row["impact_override"]
    return PageIncident(
        id=row["id"],
        name=row["name"],
        status=parse_status(row["status"]),
        impact=Impact(row["impact"]),
        impact_override=None if override is None else Impact(override),
        is_scheduled=bool(row["is_scheduled"]),
        is_backfilled=bool(row["is_backfilled"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        started_at=row["started_at"],
        monitoring_at=row["monitoring_at"],
        resolved_at=row["resolved_at"],
        scheduled_for=row["scheduled_for"],
        scheduled_until=row["scheduled_until"],
        metadata=json.loads(row["metadata"]),
        options=json.loads(row["options"]),
        components=tuple(components),
        updates=tuple(updates),
        postmortem=postmortem,
    )


def build_update(row: sqlite3.Row) -> PageUpdate:
    """Returns the record of one row of `incident_update`."""
    return PageUpdate(
        id=row["id"],
        incident_id=row["incident_id"],
        status=parse_status(row["status"]),
        body=row["body"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        display_at=row["display_at"],
        is_notifying=bool(row["is_notifying"]),
        affected=tuple(
            AffectedComponent(code, name, ComponentStatus(old), ComponentStatus(new))
            for code, name, old, new in json.loads(row["affected"])
        ),
    )


def _build_postmortem(row: sqlite3.Row) -> Postmortem:
    return Postmortem(
        body_draft=row["body_draft"],
        body_draft_updated_at=row["body_draft_updated_at"],
        body=row["body"],
        body_updated_at=row["body_updated_at"],
        published_at=row["published_at"],
        is_notifying=bool(row["is_notifying"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )

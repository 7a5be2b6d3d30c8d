"""Unsent text: on disk as it is typed, one draft a terminal and incident, taken over when its terminal is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import Draft
from oncall_tui.store.codec import decode_components, encode_components
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3


def adopt_draft(db: Database, incident_id: int, terminal_id: str, live_terminals: Collection[str]) -> Draft | None:
    """Returns this terminal's draft of an incident, else takes over the newest one whose terminal is gone, else None."""
    with db.write("drafts") as connection:
        rows = connection.execute(
            "SELECT * FROM draft WHERE incident_id = ? ORDER BY updated_at DESC, id DESC", (incident_id,)
        ).fetchall()
        own = [row for row in rows if row["terminal_id"] == terminal_id]
        orphans = [row for row in rows if row["terminal_id"] not in live_terminals]
        for row in own or orphans:
            connection.execute("UPDATE draft SET terminal_id = ? WHERE id = ?", (terminal_id, row["id"]))
            return _draft(row, terminal_id)
    return None


def create_draft(
    db: Database,
    incident_id: int,
    terminal_id: str,
    *,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    template: str | None,
    actor: str,
    now: int,
) -> Draft:
    """Starts a draft of a terminal."""
    with db.write("drafts") as connection:
        cursor = connection.execute(
            "INSERT INTO draft(incident_id, terminal_id, created_by, status, body, components, next_update_at, template, "
            "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                incident_id,
                terminal_id,
                actor,
                status,
                body,
                encode_components(components),
                next_update_at,
                template,
                now,
            ),
        )
        row = connection.execute("SELECT * FROM draft WHERE id = ?", (cursor.lastrowid,)).fetchone()
        return _draft(row, terminal_id)


def save_draft(
    db: Database,
    draft_id: int,
    *,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    template: str | None,
    cursor: int,
    now: int,
) -> bool:
    """Stores what has been typed so far; returns False when the draft is gone (sent or discarded meanwhile)."""
    with db.write("drafts") as connection:
        return (
            connection.execute(
                "UPDATE draft SET status = ?, body = ?, components = ?, next_update_at = ?, template = ?, cursor = ?, "
                "updated_at = ?, confirmed_at = NULL WHERE id = ?",
                (
                    status,
                    body,
                    encode_components(components),
                    next_update_at,
                    template,
                    cursor,
                    now,
                    draft_id,
                ),
            ).rowcount
            == 1
        )


def mark_confirmed(db: Database, draft_id: int, confirmed_at: int | None) -> None:
    """Notes that the send window of a draft runs, or (None) that it was taken back."""
    with db.write("drafts") as connection:
        connection.execute("UPDATE draft SET confirmed_at = ? WHERE id = ?", (confirmed_at, draft_id))


def list_drafts(db: Database, incident_id: int | None = None) -> list[Draft]:
    """Returns the drafts of one incident, or of all, newest first."""
    where, values = ("WHERE incident_id = ?", (incident_id,)) if incident_id is not None else ("", ())
    rows = db.rows(f"SELECT * FROM draft {where} ORDER BY updated_at DESC, id DESC", *values)
    return [_draft(row, row["terminal_id"]) for row in rows]


def _draft(row: sqlite3.Row, terminal_id: str) -> Draft:
    return Draft(
        id=row["id"],
        incident_id=row["incident_id"],
        terminal_id=terminal_id,
        created_by=row["created_by"],
        status=IncidentStatus(row["status"]),
        body=row["body"],
        components=decode_components(row["components"]),
        next_update_at=row["next_update_at"],
        template=row["template"],
        cursor=row["cursor"],
        updated_at=row["updated_at"],
        confirmed_at=row["confirmed_at"],
    )

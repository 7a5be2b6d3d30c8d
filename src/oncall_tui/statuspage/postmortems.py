"""Postmortems in the page's file: a draft that writers see, and the published text that customers read."""

from __future__ import annotations

from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.incidents import get_incident
from oncall_tui.statuspage.records import CLOSED, Postmortem
from oncall_tui.statuspage.rules import PublishWrite
from oncall_tui.statuspage.sqlite import sqlite3


def get_postmortem(db: sqlite3.Connection, incident_id: str) -> Postmortem:
    """Returns the postmortem of an incident; raises RequestRefusedError (404)."""
    postmortem = get_incident(db, incident_id).postmortem
    if postmortem is None:
        raise refuse_unknown("postmortem")
    return postmortem


def write_draft(db: sqlite3.Connection, incident_id: str, draft: str, now: int) -> Postmortem:
    """Writes the draft anew; what is published stays as it is. Raises RequestRefusedError (404)."""
    get_incident(db, incident_id)
    db.execute(
        "INSERT INTO postmortem (incident_id, body_draft, body_draft_updated_at, created_at, updated_at)"
        " VALUES (:id, :draft, :now, :now, :now) ON CONFLICT DO UPDATE"
        " SET body_draft = :draft, body_draft_updated_at = :now, updated_at = :now",
        {"id": incident_id, "draft": draft, "now": now},
    )
    return get_postmortem(db, incident_id)


def publish(db: sqlite3.Connection, incident_id: str, write: PublishWrite, now: int) -> Postmortem:
    """Shows the draft to customers; raises RequestRefusedError (404, or 422 while the incident is open)."""
    incident = get_incident(db, incident_id)
    draft = get_postmortem(db, incident_id).body_draft
    if incident.status not in CLOSED:
        raise RequestRefusedError(422, "a postmortem is published after the incident is resolved")
    if not draft:
        raise RequestRefusedError(422, "body_draft can't be blank when it is published")
    db.execute(
        "UPDATE postmortem SET body = :body, body_updated_at = :now, published_at = coalesce(published_at, :now),"
        " is_notifying = :notify, updated_at = :now WHERE incident_id = :id",
        {"body": draft, "now": now, "notify": write.is_notifying, "id": incident_id},
    )
    _touch(db, incident_id, now)
    return get_postmortem(db, incident_id)


def revert(db: sqlite3.Connection, incident_id: str, now: int) -> Postmortem:
    """Takes the published text back into the draft; raises RequestRefusedError (404)."""
    get_postmortem(db, incident_id)
    db.execute(
        "UPDATE postmortem SET body = NULL, body_updated_at = NULL, published_at = NULL, updated_at = ?"
        " WHERE incident_id = ?",
        (now, incident_id),
    )
    _touch(db, incident_id, now)
    return get_postmortem(db, incident_id)


def delete_postmortem(db: sqlite3.Connection, incident_id: str, now: int) -> None:
    """Deletes draft and published text; raises RequestRefusedError (404)."""
    get_postmortem(db, incident_id)
    db.execute("DELETE FROM postmortem WHERE incident_id = ?", (incident_id,))
    _touch(db, incident_id, now)


def _touch(db: sqlite3.Connection, incident_id: str, now: int) -> None:
    db.execute("UPDATE incident SET updated_at = max(updated_at, ?) WHERE id = ?", (now, incident_id))

"""What others write about planned work on its pages, and what becomes there of our own words."""

from __future__ import annotations

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.maintenance import MaintenanceStatus, PageMessage
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3

_SETTLED_AFTER_MS = 2 * MINUTE
_REMOVED = "removed on the page"


def take_messages(
    connection: sqlite3.Connection, page: str, maintenance_id: int, remote: RemoteMaintenance, now: int
) -> list[str]:
    """Takes in the messages of a page that are not ours, and what was done to ours; returns a sentence on each.

    Inside the caller's transaction, and only while none of ours is on its way there.
    """
    shown = {update.remote_id: update for update in remote.updates}
    return [
        *_note_ours(connection, page, maintenance_id, shown, now),
        *_note_others(connection, page, maintenance_id, shown),
    ]


def _note_ours(
    connection: sqlite3.Connection,
    page: str,
    maintenance_id: int,
    shown: dict[str, RemoteMaintenanceUpdate],
    now: int,
) -> list[str]:
    """What customers read instead of our words becomes the words of the delivery; what was confirmed stays as it was."""
    notes = []
    for row in connection.execute(
        "SELECT notice_delivery.*, coalesce(notice_delivery.body, maintenance_notice.body) AS said, kind "
        "FROM notice_delivery JOIN maintenance_notice ON maintenance_notice.id = notice_id "
        "WHERE page = ? AND notice_delivery.maintenance_id = ? AND state = 'delivered' AND remote_id IS NOT NULL",
        (page, maintenance_id),
    ).fetchall():
        update = shown.get(row["remote_id"])
        if update is None and row["reason"] != _REMOVED and not 0 <= now - row["delivered_at"] < _SETTLED_AFTER_MS:
            connection.execute("UPDATE notice_delivery SET reason = ? WHERE id = ?", (_REMOVED, row["id"]))
            notes.append(f"the words of {row['kind']} were removed")
        elif update is not None and update.body != normalise_body(row["said"]):
            connection.execute("UPDATE notice_delivery SET body = ? WHERE id = ?", (update.body, row["id"]))
            notes.append(f"the words of {row['kind']}, customers now read: {update.body}")
    return notes


def _note_others(
    connection: sqlite3.Connection, page: str, maintenance_id: int, shown: dict[str, RemoteMaintenanceUpdate]
) -> list[str]:
    rows = connection.execute(
        "SELECT remote_id FROM notice_delivery WHERE page = ? AND maintenance_id = ? AND remote_id IS NOT NULL",
        (page, maintenance_id),
    )
    ours = {row["remote_id"] for row in rows}
    known = {
        row["remote_id"]: row["body"]
        for row in connection.execute(
            "SELECT remote_id, body FROM page_notice WHERE page = ? AND maintenance_id = ?", (page, maintenance_id)
        ).fetchall()
    }
    notes = []
    for remote_id, body in known.items():
        if remote_id not in shown:
            connection.execute("DELETE FROM page_notice WHERE page = ? AND remote_id = ?", (page, remote_id))
            notes.append(f"a message was removed: {body}")
    for update in shown.values():
        if update.remote_id in ours or known.get(update.remote_id) == update.body:
            continue
        connection.execute(
            "INSERT INTO page_notice(page, remote_id, maintenance_id, status, body, posted_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(page, remote_id) DO UPDATE SET body = excluded.body, maintenance_id = excluded.maintenance_id",
            (page, update.remote_id, maintenance_id, update.status, update.body, update.created_at),
        )
        verb = "a message was edited" if update.remote_id in known else update.status.replace("_", " ")
        notes.append(f"{verb}: {update.body}")
    return notes


def list_page_messages(db: Database, maintenance_id: int) -> list[PageMessage]:
    """Returns what others wrote about planned work on its pages, in the order of posting."""
    rows = db.rows(
        "SELECT * FROM page_notice WHERE maintenance_id = ? AND NOT EXISTS (SELECT 1 FROM notice_delivery WHERE "
        "notice_delivery.page = page_notice.page AND notice_delivery.remote_id = page_notice.remote_id) "
        "ORDER BY posted_at, rowid",
        maintenance_id,
    )
    return [
        PageMessage(row["page"], row["remote_id"], MaintenanceStatus(row["status"]), row["body"], row["posted_at"])
        for row in rows
    ]

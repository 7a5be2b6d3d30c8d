"""Known changes, as people and pipelines tell them."""

from __future__ import annotations

from oncall_tui.domain.change import Change
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

_TEXT_LIMIT = 200


def add_change(
    db: Database, text: str, *, component: str | None, at: int, until_at: int | None, actor: str, now: int
) -> Change:
    """Stores a change, and tells it in the timelines of the open incidents that it may touch. Raises StoreError."""
    words = clean_line(text, _TEXT_LIMIT)
    with db.write("changes", "timeline") as connection:
        number = connection.execute(
            "INSERT INTO change(text, component, changed_at, until_at, actor, recorded_at) VALUES (?, ?, ?, ?, ?, ?)",
            (words, component, at, until_at, actor, now),
        ).lastrowid
        assert number is not None
        for row in connection.execute(
            "SELECT id FROM incident WHERE resolved_at IS NULL AND discarded_at IS NULL AND (? IS NULL OR EXISTS "
            "(SELECT 1 FROM incident_component WHERE incident_id = incident.id AND component = ?))",
            (component, component),
        ).fetchall():
            add_entry(connection, row["id"], EntryKind.CHANGE, f"Change: {words}", actor, at, now)
    return Change(number, words, component, at, until_at, actor)


def end_change(db: Database, number: int, now: int) -> Change:
    """Ends the disturbance that a change announced: what is red from then on is an alarm. Raises NotFoundError."""
    with db.write("changes") as connection:
        row = connection.execute("SELECT * FROM change WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise NotFoundError(f"There is no change {number}: `oncall-tui change list` shows them.")
        if row["until_at"] is not None and row["until_at"] > now:
            connection.execute("UPDATE change SET until_at = max(changed_at, ?) WHERE id = ?", (now, number))
        return _change(connection.execute("SELECT * FROM change WHERE id = ?", (number,)).fetchone())


def list_changes(db: Database, limit: int = 50) -> list[Change]:
    """Returns the latest changes, newest first."""
    return [_change(row) for row in db.rows("SELECT * FROM change ORDER BY changed_at DESC, id DESC LIMIT ?", limit)]


def _change(row: sqlite3.Row) -> Change:
    return Change(row["id"], row["text"], row["component"], row["changed_at"], row["until_at"], row["actor"])

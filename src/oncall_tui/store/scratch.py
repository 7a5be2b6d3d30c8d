"""What is typed and belongs nowhere yet: forms, and texts between two savings; taken over when its terminal is gone."""

from __future__ import annotations

from collections.abc import Set

from msgspec import Struct

from oncall_tui.store.database import Database

_TOPIC = "scratch"


class Scratch(Struct, frozen=True):
    """One text as it was typed last; `name` says what of, `seen_revision` which revision it began from, if any."""

    name: str
    terminal_id: str
    text: str
    seen_revision: int | None
    updated_at: int


def keep_scratch(db: Database, name: str, terminal_id: str, text: str, seen_revision: int | None, now: int) -> None:
    """Stores what a terminal has typed, over what it had stored before."""
    with db.write(_TOPIC) as connection:
        connection.execute(
            "INSERT INTO scratch(name, terminal_id, text, seen_revision, updated_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT(name, terminal_id) DO UPDATE SET text = excluded.text, "
            "seen_revision = excluded.seen_revision, updated_at = excluded.updated_at",
            (name, terminal_id, text, seen_revision, now),
        )


def take_scratch(db: Database, name: str, terminal_id: str, live_terminals: Set[str]) -> Scratch | None:
    """Returns what this terminal has typed, else takes over the newest of those that are gone, else None."""
    with db.write(_TOPIC) as connection:
        rows = connection.execute(
            "SELECT * FROM scratch WHERE name = ? ORDER BY terminal_id = ? DESC, updated_at DESC", (name, terminal_id)
        ).fetchall()
        row = next((row for row in rows if row["terminal_id"] not in live_terminals - {terminal_id}), None)
        if row is None:
            return None
        if row["terminal_id"] != terminal_id:
            connection.execute(
                "UPDATE scratch SET terminal_id = ? WHERE name = ? AND terminal_id = ?",
                (terminal_id, name, row["terminal_id"]),
            )
        return Scratch(name, terminal_id, row["text"], row["seen_revision"], row["updated_at"])


def drop_scratch(db: Database, name: str, terminal_id: str) -> None:
    """Forgets what a terminal has typed: it is stored elsewhere now, or not wanted."""
    with db.write(_TOPIC) as connection:
        connection.execute("DELETE FROM scratch WHERE name = ? AND terminal_id = ?", (name, terminal_id))

"""The append-only record; entries are written inside the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.timeline import EntryKind, TimelineEntry, read_note
from oncall_tui.domain.update import Waiver
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3


def add_entry(
    connection: sqlite3.Connection,
    incident_id: int | None,
    kind: EntryKind,
    text: str,
    actor: str,
    occurred_at: int,
    now: int,
) -> None:
    """Appends one fact inside the caller's transaction; the text is made inert here."""
    connection.execute(
        "INSERT INTO timeline(incident_id, kind, text, actor, occurred_at, recorded_at) VALUES (?, ?, ?, ?, ?, ?)",
        (incident_id, kind, clean_block(text, 4000), actor, occurred_at, now),
    )


def add_overrides(connection: sqlite3.Connection, incident_id: int, waivers: Iterable[Waiver], now: int) -> None:
    """Appends the reasons given for blocks, inside the transaction that sends the words."""
    for waiver in waivers:
        if waiver.reason:
            words = f" “{waiver.phrase}”" if waiver.phrase else ""
            told = f"sent in spite of {waiver.rule}{words}: {waiver.reason}"
            add_entry(connection, incident_id, EntryKind.OVERRIDE, told, waiver.by, waiver.at, now)


def tell_of_probe(
    connection: sqlite3.Connection, probe: str, kind: EntryKind, text: str, actor: str, occurred_at: int, now: int
) -> None:
    """Appends one fact to every open incident that a probe belongs to, inside the caller's transaction."""
    for row in connection.execute(
        "SELECT incident_id FROM incident_probe JOIN incident ON incident.id = incident_id "
        "WHERE probe = ? AND incident.resolved_at IS NULL AND incident.discarded_at IS NULL",
        (probe,),
    ).fetchall():
        add_entry(connection, row["incident_id"], kind, text, actor, occurred_at, now)


def add_note(db: Database, incident_id: int, text: str, actor: str, now: int) -> None:
    """Appends a person's note; `fix: ...` is what repaired it. Raises StoreError."""
    kind, words = read_note(text)
    with db.write("timeline") as connection:
        add_entry(connection, incident_id, kind, words, actor, now, now)


def list_fixed(db: Database) -> frozenset[int]:
    """Returns the open incidents of which somebody wrote down what repaired them."""
    rows = db.rows(
        "SELECT id FROM incident WHERE resolved_at IS NULL AND discarded_at IS NULL AND EXISTS (SELECT 1 FROM timeline "
        "WHERE incident_id = incident.id AND kind = ?)",
        EntryKind.FIX,
    )
    return frozenset(row["id"] for row in rows)


def list_entries(db: Database, incident_id: int, limit: int = 500) -> list[TimelineEntry]:
    """Returns the latest entries of an incident, newest first."""
    rows = db.rows(
        "SELECT * FROM timeline WHERE incident_id = ? ORDER BY occurred_at DESC, id DESC LIMIT ?",
        incident_id,
        limit,
    )
    return [
        TimelineEntry(
            id=row["id"],
            incident_id=row["incident_id"],
            kind=EntryKind(row["kind"]),
            text=row["text"],
            actor=row["actor"],
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
        )
        for row in rows
    ]

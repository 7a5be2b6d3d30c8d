"""Beats of jobs, the latest one a probe: a push probe is down when there was none for too long."""

from __future__ import annotations

from oncall_tui.domain.beat import Beat
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.store.database import Database

_NOTE_LIMIT = 200


def add_beat(db: Database, probe: str, *, note: str, actor: str, now: int) -> Beat:
    """Stores a beat in place of the one before. Raises StoreError."""
    beat = Beat(probe, now, clean_line(note, _NOTE_LIMIT), actor)
    with db.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO beat(probe, beat_at, note, actor) VALUES (?, ?, ?, ?)",
            (beat.probe, beat.at, beat.note, beat.actor),
        )
    return beat


def read_beat(db: Database, probe: str) -> Beat | None:
    row = db.row("SELECT * FROM beat WHERE probe = ?", probe)
    return None if row is None else Beat(row["probe"], row["beat_at"], row["note"], row["actor"])

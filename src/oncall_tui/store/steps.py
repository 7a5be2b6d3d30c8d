"""Ticks of runbook steps, kept in the file and never in the runbook."""

from __future__ import annotations

from msgspec import Struct

from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.timeline import add_entry


class StepTick(Struct, frozen=True):
    """One step's state (`done` or `skipped`); a step without a row is still to do."""

    anchor: str
    state: str
    reason: str
    actor: str
    ticked_at: int


def list_ticks(db: Database, incident_id: int, runbook: str) -> dict[str, StepTick]:
    """Returns the ticks of one runbook beside one incident, by step anchor."""
    rows = db.rows("SELECT * FROM step_tick WHERE incident_id = ? AND runbook = ?", incident_id, runbook)
    return {
        row["anchor"]: StepTick(row["anchor"], row["state"], row["reason"], row["actor"], row["ticked_at"])
        for row in rows
    }


def set_tick(
    db: Database,
    incident_id: int,
    runbook: str,
    anchor: str,
    title: str,
    state: str,
    actor: str,
    now: int,
    reason: str = "",
) -> None:
    """Sets a step to `done`, `skipped` or back to `todo`, with its line in the timeline. Raises StoreError."""
    with db.write("steps", "timeline") as connection:
        if state == "todo":
            connection.execute(
                "DELETE FROM step_tick WHERE incident_id = ? AND runbook = ? AND anchor = ?",
                (incident_id, runbook, anchor),
            )
        else:
            connection.execute(
                "INSERT OR REPLACE INTO step_tick(incident_id, runbook, anchor, state, reason, actor, ticked_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (incident_id, runbook, anchor, state, reason, actor, now),
            )
        suffix = f" ({reason})" if reason else ""
        add_entry(connection, incident_id, EntryKind.STEP, f"{state}: {title}{suffix}", actor, now, now)

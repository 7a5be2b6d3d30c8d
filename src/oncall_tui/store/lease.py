"""The row that says who the engine is: for showing, and for fencing deliveries by its epoch."""

from __future__ import annotations

import os

from oncall_tui.domain.engine import Lease, Terminal
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3


def take_lease(db: Database, *, pid: int, host: str, boot_id: str, version: str, mode: str, now: int) -> int:
    """Writes a new holder and returns its epoch, one above all before it. The caller holds the engine's lock.

    Why the start before failed stands until the new one has begun to work.
    """
    with db.write("engine") as connection:
        row = connection.execute("SELECT epoch, stopped_at, note FROM lease").fetchone()
        epoch = (row["epoch"] if row else 0) + 1
        fault = row["note"] if row and row["stopped_at"] is not None else ""
        connection.execute(
            "INSERT OR REPLACE INTO lease(id, pid, host, boot_id, epoch, version, mode, started_at, heartbeat_at, note) "
            "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (pid, host, boot_id, epoch, version, mode, now, now, fault),
        )
    return int(epoch)


def beat_lease(db: Database, epoch: int, now: int, *, is_online: bool, note: str) -> bool:
    """Renews the heartbeat; returns False when a later engine has taken over."""
    with db.write("engine") as connection:
        cursor = connection.execute(
            "UPDATE lease SET heartbeat_at = ?, is_online = ?, note = ? WHERE epoch = ?",
            (now, is_online, note, epoch),
        )
        return cursor.rowcount == 1


def end_lease(db: Database, epoch: int, now: int) -> None:
    """Notes a clean stop."""
    fail_lease(db, epoch, now, "")


def fail_lease(db: Database, epoch: int, now: int, fault: str) -> None:
    """Notes a stop, and why no start came of it."""
    with db.write("engine") as connection:
        connection.execute("UPDATE lease SET stopped_at = ?, note = ? WHERE epoch = ?", (now, fault, epoch))


def is_current(connection: sqlite3.Connection, epoch: int) -> bool:
    """Tells, inside the caller's transaction, whether an engine is still the one that was begun last."""
    row = connection.execute("SELECT epoch FROM lease").fetchone()
    return row is not None and row["epoch"] == epoch


def read_lease(db: Database) -> Lease | None:
    row = db.row("SELECT * FROM lease")
    if row is None:
        return None
    return Lease(
        pid=row["pid"],
        host=row["host"],
        boot_id=row["boot_id"],
        epoch=row["epoch"],
        version=row["version"],
        mode=row["mode"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        is_online=bool(row["is_online"]),
        stopped_at=row["stopped_at"],
        note=row["note"],
    )


def beat_terminal(db: Database, terminal: Terminal) -> None:
    """Registers a terminal, or renews its heartbeat; the engine lingers while one is live."""
    with db.write("terminal") as connection:
        connection.execute(
            "INSERT INTO terminal(id, pid, host, actor, started_at, heartbeat_at, is_read_only) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at",
            (
                terminal.id,
                terminal.pid,
                terminal.host,
                terminal.actor,
                terminal.started_at,
                terminal.heartbeat_at,
                terminal.is_read_only,
            ),
        )


def end_terminal(db: Database, terminal_id: str, now: int) -> None:
    """Forgets a terminal that leaves, and those silent for over an hour."""
    with db.write("terminal") as connection:
        connection.execute("DELETE FROM terminal WHERE id = ? OR heartbeat_at < ?", (terminal_id, now - 3_600_000))


def list_terminals(db: Database) -> list[Terminal]:
    return [
        Terminal(
            id=row["id"],
            pid=row["pid"],
            host=row["host"],
            actor=row["actor"],
            started_at=row["started_at"],
            heartbeat_at=row["heartbeat_at"],
            is_read_only=bool(row["is_read_only"]),
        )
        for row in db.rows("SELECT * FROM terminal ORDER BY started_at, id")
    ]


def is_running(pid: int) -> bool:
    """Tells whether this host has such a process, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""What the clock takes of planned work, once, for the engine in charge."""

from __future__ import annotations

from oncall_tui.domain.maintenance import STATUS_AFTER, find_due, write_instant
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.lease import is_current
from oncall_tui.store.maintenance import TOPIC, get_maintenance
from oncall_tui.store.notice_rows import list_told, queue_notice, tell_timeline
from oncall_tui.store.outbox import ENGINE


def fire_due(db: Database, epoch: int, now: int) -> int:
    """Takes what the clock has made due, once, and returns how much; 0 as well for an engine that was overtaken."""
    waiting = db.rows(
        "SELECT maintenance_id FROM maintenance_notice JOIN maintenance ON maintenance.id = maintenance_id "
        "WHERE status != 'completed' AND is_automatic AND fired_at IS NULL AND withdrawn_at IS NULL AND due_at <= ? "
        "GROUP BY maintenance_id",
        now,
    )
    if not waiting:
        return 0
    count = 0
    with db.write(TOPIC, "timeline") as connection:
        if not is_current(connection, epoch):
            return 0
        for row in waiting:
            current = get_maintenance(db, row["maintenance_id"])
            told = list_told(connection, current.id)
            for notice, is_told in find_due(current, now):
                connection.execute("UPDATE maintenance_notice SET fired_at = ? WHERE id = ?", (now, notice.id))
                connection.execute(
                    "UPDATE maintenance SET status = coalesce(?, status), revision = revision + 1 WHERE id = ?",
                    (STATUS_AFTER.get(notice.kind), current.id),
                )
                queue_notice(connection, current.id, notice.id, told if is_told else (), now)
                words = notice.body if is_told else "its time passed unseen: not told to customers"
                tell_timeline(connection, current.id, EntryKind.QUEUED, f"{notice.kind} fell due: {words}", ENGINE, now)
                count += 1
    return count


def note_overruns(db: Database, epoch: int, now: int) -> int:
    """Notes once for each end that work goes on past it without a word, and returns how much does so since now."""
    late = db.rows(
        "SELECT id, ends_at FROM maintenance WHERE status != 'completed' AND status != 'scheduled' AND ends_at <= ?",
        now,
    )
    news = [
        (row["id"], sentence)
        for row in late
        if (sentence := f"takes longer than {write_instant(row['ends_at'])}: extend, finish or cancel it")
        and not db.row("SELECT 1 FROM timeline WHERE maintenance_id = ? AND text = ?", row["id"], sentence)
    ]
    if not news:
        return 0
    with db.write(TOPIC, "timeline") as connection:
        if not is_current(connection, epoch):
            return 0
        for maintenance_id, sentence in news:
            tell_timeline(connection, maintenance_id, EntryKind.NOTE, sentence, ENGINE, now)
    return len(news)

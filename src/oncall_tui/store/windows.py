"""Puts the recurring windows of the config into the file, where every reader finds them."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.history import KEEP_MS
from oncall_tui.domain.windows import AHEAD_MS, Window, find_covered, list_occurrences
from oncall_tui.store.database import Database
from oncall_tui.store.lease import is_current
from oncall_tui.store.maintenance import list_watched
from oncall_tui.store.upkeeps import TOPIC, encode_names

CONFIG = "config"


def take_windows(db: Database, windows: Sequence[Window], epoch: int, now: int) -> None:
    """Puts what the windows of the config mean for the next two days into the file; an engine that was overtaken may not.

    What goes on or comes of a window that is configured no more, or for other times, ends. Raises StoreError.
    """
    watched = list_watched(db) if windows else {}
    wanted = {
        (window.name, starts_at): (encode_names(find_covered(window, watched)), ends_at)
        for window in windows
        for starts_at, ends_at in list_occurrences(window, now, now + AHEAD_MS)
    }
    rows = db.rows(
        "SELECT id, window, starts_at, ends_at, probes FROM upkeep WHERE window IS NOT NULL AND ends_at > ?", now
    )
    held = {(row["window"], row["starts_at"]): row for row in rows}
    news = [
        (key, probes, ends_at)
        for key, (probes, ends_at) in wanted.items()
        if key not in held or (held[key]["probes"], held[key]["ends_at"]) != (probes, ends_at)
    ]
    gone = [(now, row["id"]) for key, row in held.items() if key not in wanted]
    old = db.rows("SELECT 1 FROM upkeep WHERE ends_at < ? LIMIT 1", now - KEEP_MS)
    if not (news or gone or old):
        return
    with db.write(TOPIC) as connection:
        if not is_current(connection, epoch):
            return
        connection.executemany(
            "INSERT INTO upkeep(window, starts_at, probes, ends_at, note, actor, made_at) VALUES (?, ?, ?, ?, '', ?, ?) "
            "ON CONFLICT(window, starts_at) DO UPDATE SET probes = excluded.probes, ends_at = excluded.ends_at",
            [(*key, probes, ends_at, CONFIG, now) for key, probes, ends_at in news],
        )
        connection.executemany("DELETE FROM upkeep WHERE starts_at >= ? AND id = ?", gone)
        connection.executemany("UPDATE upkeep SET ends_at = ? WHERE id = ?", gone)
        connection.execute("DELETE FROM upkeep WHERE ends_at < ?", (now - KEEP_MS,))

"""Tells which topics changed, by a connection of its own that never writes.

`PRAGMA data_version` moves only for commits of other connections and is frozen inside an open read, so the watching
connection does nothing else.
"""

from __future__ import annotations

from pathlib import Path

from oncall_tui.store.database import Database, open_database


class Watcher:
    """Looks at the file cheaply and often; one thread owns it."""

    def __init__(self, path: Path) -> None:
        self._db: Database = open_database(path, is_read_only=True)
        self._version: int | None = None
        self._counters: dict[str, int] = {}

    def changed_topics(self) -> frozenset[str]:
        """Returns the topics written since the last call; all of them at the first. Raises StoreError."""
        version = self._db.data_version()
        if version == self._version:
            return frozenset()
        counters = {row["topic"]: row["counter"] for row in self._db.rows("SELECT topic, counter FROM revision")}
        self._version = version
        changed = frozenset(topic for topic, counter in counters.items() if self._counters.get(topic) != counter)
        self._counters = counters
        return changed

    def close(self) -> None:
        self._db.close()

"""What was found out about the links of drafts: when each was asked, and why nobody can open it."""

from __future__ import annotations

from oncall_tui.domain.duration import DAY
from oncall_tui.store.database import Database


def list_asked_links(db: Database, since: int) -> set[str]:
    """Returns the links that were asked at or after an instant."""
    return {row["url"] for row in db.rows("SELECT url FROM link WHERE checked_at >= ?", since)}


def note_link(db: Database, url: str, fault: str, now: int) -> None:
    """Remembers an answer, `fault` empty for one without trouble, and forgets those of yesterday. Raises StoreError."""
    with db.write("links") as connection:
        connection.execute("DELETE FROM link WHERE checked_at < ?", (now - DAY,))
        connection.execute("INSERT OR REPLACE INTO link(url, checked_at, fault) VALUES (?, ?, ?)", (url, now, fault))


def list_dead_links(db: Database) -> list[str]:
    """Returns the links that did not answer when they were asked last."""
    return [row["url"] for row in db.rows("SELECT url FROM link WHERE fault != '' ORDER BY url")]

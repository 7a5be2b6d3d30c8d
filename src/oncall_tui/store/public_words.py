"""Which of our updates can be looked up by their words, on a page that tells programs nothing of what customers read."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.proving import find_doubt
from oncall_tui.domain.update import Awaited
from oncall_tui.store.database import Database

_SHOWN_FOR_MS = 90 * 86_400_000
"""As long as a public page may show what is over."""
_UNSHOWN = "cannot be looked up: config has no public_url of this page"
_OTHERS = (
    "SELECT remote_id, coalesce(page_update.body, incident_update.body) AS text FROM page_update "
    "JOIN incident_update ON incident_update.id = update_id WHERE page = ? AND posted_at >= ? "
    "UNION ALL SELECT '', before FROM correction JOIN page_update USING (update_id) "
    "JOIN incident_update ON incident_update.id = update_id WHERE page = ? AND posted_at >= ? "
    "AND before != coalesce(page_update.body, incident_update.body) "
    "UNION ALL SELECT '', title FROM page_incident WHERE page = ? AND max(updated_at, taken_at) >= ? "
    "UNION ALL SELECT '', title FROM page_maintenance WHERE page = ? AND max(updated_at, ends_at) >= ? "
    "UNION ALL SELECT remote_id, body FROM page_notice WHERE page = ? AND posted_at >= ? "
    "UNION ALL SELECT remote_id, body FROM notice_delivery WHERE page = ? AND state = 'delivered' AND delivered_at >= ? "
    "AND body IS NOT NULL"
)


def set_aside_unshown(db: Database, *, page: str) -> None:
    """Notes of a page that nobody can look at that its word has to do for what it took."""
    where = "page = ? AND seen_at IS NULL AND unprovable = ''"
    if db.row(f"SELECT 1 FROM page_update WHERE {where}", page):
        with db.write("outbox") as connection:
            connection.execute(f"UPDATE page_update SET unprovable = ? WHERE {where}", (_UNSHOWN, page))


def set_aside_unprovable(db: Database, awaited: Sequence[Awaited], now: int, *, page: str) -> list[Awaited]:
    """Returns those whose words, found on the page, prove that customers read them; notes of the others why they do not.

    What the page is known to show besides has the same words, or there are too few: those are never called seen.
    """
    doubts = find_doubts(db, awaited, now, page=page)
    if any(doubts.values()):
        with db.write("outbox") as connection:
            connection.executemany(
                "UPDATE page_update SET unprovable = ? WHERE page = ? AND remote_id = ?",
                [(doubt, page, remote_id) for remote_id, doubt in doubts.items() if doubt],
            )
    return [each for each in awaited if not doubts[each.remote_id]]


def find_doubts(db: Database, awaited: Sequence[Awaited], now: int, *, page: str) -> dict[str, str]:
    """Returns by its id why the words of each would prove nothing, empty for those whose words do."""
    since = now - _SHOWN_FOR_MS
    others = [(row["remote_id"], row["text"]) for row in db.rows(_OTHERS, *(page, since) * 6)]
    return {
        each.remote_id: find_doubt(each.body, (text for remote_id, text in others if remote_id != each.remote_id))
        for each in awaited
    }

"""Putting all that failed back in the queue at once, after what stood in its way has gone."""

from __future__ import annotations

from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.timeline import add_entry

_RETRIED = "((state = 'failed' AND NOT is_conflict) OR state = 'retry_wait')"


def retry_all(db: Database, actor: str, now: int) -> list[int]:
    """Puts back in the queue what failed or waits for its next try; returns the ids of the deliveries, oldest first.

    What asks a person something of its own stays: what others did on the page, or what may have arrived. One yes to all
    of those would send some twice.
    """
    with db.write("outbox", "timeline") as connection:
        rows = connection.execute(f"SELECT id, incident_id FROM delivery WHERE {_RETRIED} ORDER BY id").fetchall()
        connection.execute(
            "UPDATE delivery SET state = 'pending', next_try_at = NULL, reason = '', asked_at = NULL, evidence = '[]', "
            f"is_forced = 0 WHERE {_RETRIED}"
        )
        for incident_id in dict.fromkeys(row["incident_id"] for row in rows):
            count = sum(row["incident_id"] == incident_id for row in rows)
            text = "delivery asked for again" if count == 1 else f"{count} deliveries asked for again"
            add_entry(connection, incident_id, EntryKind.QUEUED, text, actor, now, now)
    return [row["id"] for row in rows]

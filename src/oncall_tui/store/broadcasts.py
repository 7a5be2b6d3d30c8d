"""Broadcasts that wait until customers can read their update on a page, and what becomes of those that wait in vain."""

from __future__ import annotations

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import settle_failed
from oncall_tui.store.lease import is_current
from oncall_tui.store.outbox import ENGINE, list_due
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

WAIT_MOST_MS = 10 * MINUTE
"""How long a page may take to show what it accepted: later, a person is asked."""
_DECIDE = "Retry to broadcast it all the same, or drop it"
_SEEN = "EXISTS (SELECT 1 FROM page_update WHERE page_update.update_id = delivery.update_id AND seen_at IS NOT NULL) AS is_seen"
_WAITING = (
    f"SELECT delivery.id, delivery.incident_id, state, is_forced, {_SEEN}, "
    "EXISTS (SELECT 1 FROM delivery d WHERE d.update_id = delivery.update_id AND d.kind NOT IN ('edit', 'broadcast') "
    "AND d.state NOT IN ('delivered', 'dropped')) AS is_on_its_way, "
    "(SELECT max(delivered_at) FROM delivery d WHERE d.update_id = delivery.update_id AND d.kind != 'broadcast' "
    "AND d.state = 'delivered') AS accepted_at, "
    "(SELECT max(unprovable) FROM page_update WHERE page_update.update_id = delivery.update_id) AS unprovable, "
    "(SELECT max(difference) FROM page_update WHERE page_update.update_id = delivery.update_id) AS difference "
    f"FROM delivery WHERE page = ? AND kind = '{DeliveryKind.BROADCAST}' "
    "AND (state = 'pending' OR (state = 'failed' AND is_conflict)) ORDER BY delivery.id DESC"
)


def list_due_broadcasts(db: Database, now: int, *, name: str) -> list[Delivery]:
    """Returns the broadcasts of one channel that may act now, as `list_due` does for a page.

    One waits until customers can read its update on a page, so that its link leads to something, or until a person says
    that it shall wait no more.
    """
    return [
        delivery
        for delivery in list_due(db, now, page=name)
        if delivery.state is not DeliveryState.PENDING
        or delivery.is_forced
        or db.row(
            "SELECT 1 FROM page_update JOIN incident_update ON id = update_id WHERE uid = ? AND seen_at IS NOT NULL",
            delivery.uid,
        )
    ]


def judge_waiting_broadcasts(db: Database, epoch: int, now: int, *, name: str) -> None:
    """Puts to a person the broadcasts of a channel whose update customers are not seen to get; later ones go on.

    One whose update is seen after all needs nobody. One that customers were told more after is dropped, as what was
    said later is broadcast instead. Does nothing for an engine that was overtaken.
    """
    told: set[int] = set()
    for row in db.rows(_WAITING, name):
        is_asked = row["state"] == DeliveryState.FAILED
        if row["is_seen"] or row["is_forced"]:
            told.add(row["incident_id"])
            if is_asked:
                _resume(db, row["id"], epoch)
        elif row["incident_id"] in told and not row["is_on_its_way"]:
            _overtake(db, row, epoch, name, now)
        elif not is_asked and not row["is_on_its_way"] and (reason := _find_reason(row, now)):
            settle_failed(db, row["id"], epoch, reason=f"{reason}. {_DECIDE}", now=now, is_conflict=True)


def _find_reason(row: sqlite3.Row, now: int) -> str:
    if row["unprovable"]:
        return f"not broadcast: the page accepted the update, which {row['unprovable']}"
    if row["difference"]:
        return f"not broadcast, since on the page {row['difference']}"
    if row["accepted_at"] is not None and now - row["accepted_at"] >= WAIT_MOST_MS:
        return f"not broadcast: customers were not seen to get the update within {WAIT_MOST_MS // MINUTE} min"
    return ""


def _resume(db: Database, delivery_id: int, epoch: int) -> None:
    with db.write("outbox") as connection:
        if is_current(connection, epoch):
            connection.execute(
                "UPDATE delivery SET state = 'pending', reason = '', is_conflict = 0 WHERE id = ? AND state = 'failed'",
                (delivery_id,),
            )


def _overtake(db: Database, row: sqlite3.Row, epoch: int, name: str, now: int) -> None:
    with db.write("outbox", "timeline") as connection:
        if is_current(connection, epoch):
            reason = "not broadcast: customers were told more before they were seen to get it"
            connection.execute(
                "UPDATE delivery SET state = 'dropped', reason = ? WHERE id = ? AND state IN ('pending', 'failed')",
                (reason, row["id"]),
            )
            add_entry(connection, row["incident_id"], EntryKind.UNDONE, f"{name}: {reason}", ENGINE, now, now)

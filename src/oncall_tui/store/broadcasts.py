"""Broadcasts that wait until customers can read their update on a page, and what becomes of those that wait in vain."""

from __future__ import annotations

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import settle_failed
from oncall_tui.store.lease import is_current
from oncall_tui.store.outbox import list_due
from oncall_tui.store.sqlite import sqlite3

WAIT_MOST_MS = 10 * MINUTE
"""How long a page may take to show what it accepted: later, a person is asked."""
_DECIDE = "Retry to broadcast it all the same, or drop it"
_OVERTAKEN = f"not broadcast: customers were told more before they were seen to get it. {_DECIDE}"
_SEEN = "EXISTS (SELECT 1 FROM page_update WHERE page_update.update_id = delivery.update_id AND seen_at IS NOT NULL) AS is_seen"
_TOLD_SINCE = (
    "EXISTS (SELECT 1 FROM delivery d WHERE d.incident_id = delivery.incident_id AND d.page = delivery.page "
    "AND d.id > delivery.id AND d.kind = 'broadcast' AND (d.state IN ('sending', 'uncertain', 'delivered') "
    "OR (d.state = 'dropped' AND d.attempts > 0))) AS is_told_since"
)
_WAITING = (
    f"SELECT delivery.id, delivery.incident_id, state, is_forced, reason, {_SEEN}, {_TOLD_SINCE}, "
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

    One waits until customers can read its update on a page, whichever is the first, so that its link leads to
    something, or until a person says that it shall wait no more.
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


def find_links(db: Database, delivery_id: int) -> list[tuple[str, str]]:
    """Returns the pages that have the update of a broadcast, each with the incident's address there, empty if unknown.

    Those come first on which customers have been seen to get it: another may show nothing yet.
    """
    rows = db.rows(
        "SELECT page_update.page, coalesce(page_incident.url, '') AS url FROM delivery JOIN page_update USING (update_id) "
        "LEFT JOIN page_incident ON page_incident.incident_id = delivery.incident_id "
        "AND page_incident.page = page_update.page LEFT JOIN page ON page.page = page_update.page "
        "WHERE delivery.id = ? ORDER BY page_update.seen_at IS NULL, position, page_update.page",
        delivery_id,
    )
    return [(row["page"], row["url"]) for row in rows]


def judge_waiting_broadcasts(db: Database, epoch: int, now: int, *, name: str) -> None:
    """Puts to a person the broadcasts of a channel whose update customers are not seen to get; later ones go on.

    One whose update is seen after all needs nobody, unless the channel was told more meanwhile. Does nothing for an
    engine that was overtaken.
    """
    told: set[int] = set()
    for row in db.rows(_WAITING, name):
        is_asked = row["state"] == DeliveryState.FAILED
        is_late = row["is_told_since"] or row["incident_id"] in told
        if row["is_forced"] or (row["is_seen"] and not row["is_told_since"]):
            told.add(row["incident_id"])
            if is_asked:
                _resume(db, row["id"], epoch)
        elif not row["is_on_its_way"]:
            reason = _OVERTAKEN if is_late else "" if is_asked else _find_reason(row, now)
            if reason and reason != row["reason"]:
                settle_failed(db, row["id"], epoch, reason=reason, now=now, is_conflict=True)


def _find_reason(row: sqlite3.Row, now: int) -> str:
    if row["unprovable"]:
        why = f"the page accepted the update, which {row['unprovable']}"
    elif row["difference"]:
        why = f"on the page {row['difference']}"
    elif row["accepted_at"] is not None and now - row["accepted_at"] >= WAIT_MOST_MS:
        why = f"customers were not seen to get the update within {WAIT_MOST_MS // MINUTE} min"
    else:
        return ""
    return f"not broadcast: {why}. {_DECIDE}"


def _resume(db: Database, delivery_id: int, epoch: int) -> None:
    with db.write("outbox") as connection:
        if is_current(connection, epoch):
            connection.execute(
                "UPDATE delivery SET state = 'pending', reason = '', is_conflict = 0 WHERE id = ? AND state = 'failed'",
                (delivery_id,),
            )

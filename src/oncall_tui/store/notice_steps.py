"""What an engine notes of notices of planned work, step by step; each is fenced by its epoch.

The states are those of the outbox, and so is the promise: `sending` is committed before the first byte, and what is in
doubt is looked up before anything else happens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from oncall_tui.domain.maintenance import NoticeEvidence
from oncall_tui.domain.merging import read_plan, tells_window
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import DOUBTFUL
from oncall_tui.store.lease import is_current
from oncall_tui.store.maintenance import TOPIC, get_maintenance
from oncall_tui.store.notice_rows import tell_timeline
from oncall_tui.store.outbox import ENGINE, OPEN
from oncall_tui.store.planned_page import merge_placement, place_maintenance
from oncall_tui.store.sqlite import sqlite3


def shorten_notice_waits(db: Database, now: int, most_ms: int, *, page: str) -> None:
    """Brings waits back into reach after the clock was set back: none is longer than `most_ms`."""
    with db.write(TOPIC) as connection:
        connection.execute(
            f"UPDATE notice_delivery SET next_try_at = ? WHERE {OPEN} AND page = ? AND next_try_at > ?",
            (now + most_ms, page, now + most_ms),
        )


def adopt_orphan_notices(db: Database, epoch: int, retry_at: int, now: int, *, page: str) -> None:
    """Marks what an earlier engine left half-sent as uncertain, to be looked up at `retry_at`."""
    with db.write(TOPIC, "timeline") as connection:
        reason = "the engine ended while sending: the page may or may not have it"
        for row in connection.execute(
            "SELECT id, maintenance_id FROM notice_delivery WHERE state = 'sending' AND epoch <= ? AND page = ?",
            (epoch, page),
        ).fetchall():
            connection.execute(
                "UPDATE notice_delivery SET state = 'uncertain', next_try_at = ?, reason = ? WHERE id = ?",
                (retry_at, reason, row["id"]),
            )
            tell_timeline(connection, row["maintenance_id"], EntryKind.UNCERTAIN, reason, ENGINE, now)


def claim_notice(db: Database, delivery_id: int, epoch: int, body: str, baseline: Sequence[str], now: int) -> bool:
    """Commits `sending` with the words as they leave; returns False when the engine or the delivery is overtaken."""
    with db.write(TOPIC) as connection:
        if not is_current(connection, epoch):
            return False
        cursor = connection.execute(
            "UPDATE notice_delivery SET state = 'sending', epoch = ?, attempts = attempts + 1, sending_at = ?, "
            "baseline = ?, body = ?, next_try_at = NULL, reason = '' WHERE id = ? AND state IN ('pending', 'retry_wait') "
            "AND id = (SELECT min(id) FROM notice_delivery d "
            f"WHERE d.maintenance_id = notice_delivery.maintenance_id AND d.page = notice_delivery.page AND {OPEN})",
            (epoch, now, json.dumps(list(baseline)), body, delivery_id),
        )
        return cursor.rowcount == 1


def settle_notice(
    db: Database,
    delivery_id: int,
    epoch: int,
    state: DeliveryState,
    *,
    reason: str,
    now: int,
    next_try_at: int | None = None,
    is_asking: bool = False,
    is_conflict: bool = False,
    evidence: Sequence[NoticeEvidence] = (),
) -> bool:
    """Notes where a delivery stands that has not arrived; returns False when this engine was overtaken.

    `is_asking` marks one that the page was read for in vain after the quiet period: a person decides, by the `evidence`.
    An `is_conflict` asks whether to go over what somebody else did on the page.
    """
    with db.write(TOPIC, "timeline") as connection:
        row = _fenced(connection, delivery_id, epoch)
        if row is None or (state is DeliveryState.UNCERTAIN and row["state"] not in DOUBTFUL):
            return False
        is_news = row["state"] != state or row["reason"] != reason
        connection.execute(
            "UPDATE notice_delivery SET state = ?, next_try_at = ?, reason = ?, evidence = ?, is_conflict = ?, "
            "asked_at = CASE WHEN ? THEN coalesce(asked_at, ?) ELSE asked_at END WHERE id = ?",
            (
                *(state, next_try_at, reason, msgspec.json.encode(tuple(evidence)).decode(), is_conflict),
                *(is_asking, now, delivery_id),
            ),
        )
        kind = {
            DeliveryState.FAILED: EntryKind.FAILED,
            DeliveryState.UNCERTAIN: EntryKind.UNCERTAIN,
            DeliveryState.DROPPED: EntryKind.UNDONE,
        }.get(state)
        if kind is not None and is_news:
            tell_timeline(connection, row["maintenance_id"], kind, reason, ENGINE, now)
        return True


def settle_notice_delivered(
    db: Database,
    delivery_id: int,
    epoch: int,
    *,
    remote_maintenance_id: str,
    remote_update_id: str | None,
    url: str | None,
    body: str,
    reason: str,
    delivered_at: int,
    now: int,
    remote: RemoteMaintenance | None = None,
) -> bool:
    """Notes that the page has it, as `body`, in our words or its own; returns False when the engine was overtaken.

    `remote` is what the page shows with it: what others changed there is taken in at once.
    """
    with db.write(TOPIC, "timeline") as connection:
        row = _fenced(connection, delivery_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE notice_delivery SET state = 'delivered', delivered_at = ?, remote_id = ?, body = ?, reason = ?, "
            "next_try_at = NULL WHERE id = ?",
            (delivered_at, remote_update_id, body, reason, delivery_id),
        )
        current = get_maintenance(db, row["maintenance_id"])
        shown = read_plan(remote) if remote is not None and tells_window(remote) else None
        place_maintenance(connection, row["page"], remote_maintenance_id, current, url, now, shown)
        text = reason or "the page accepted the notice"
        tell_timeline(connection, row["maintenance_id"], EntryKind.DELIVERED, text, ENGINE, now)
        if remote is not None:
            merge_placement(db, connection, row["page"], remote, now)
        return True


def mark_notices_seen(db: Database, remote_ids: Sequence[str], now: int, *, page: str) -> None:
    """Notes what the public page shows to customers."""
    with db.write(TOPIC, "timeline") as connection:
        for remote_id in remote_ids:
            row = connection.execute(
                "UPDATE notice_delivery SET seen_at = ? WHERE page = ? AND remote_id = ? AND seen_at IS NULL "
                "RETURNING maintenance_id",
                (now, page, remote_id),
            ).fetchone()
            if row is not None:
                text = "customers can see the notice"
                tell_timeline(connection, row["maintenance_id"], EntryKind.SEEN, text, ENGINE, now)


def _fenced(connection: sqlite3.Connection, delivery_id: int, epoch: int) -> sqlite3.Row | None:
    if not is_current(connection, epoch):
        return None
    found: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM notice_delivery WHERE id = ? AND {OPEN}", (delivery_id,)
    ).fetchone()
    return found

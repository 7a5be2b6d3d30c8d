"""Notices of planned work on their way to pages; every step of the engine is fenced by its epoch.

The states are those of the outbox, and so is the promise: `sending` is committed before the first byte, and what is in
doubt is looked up before anything else happens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence, NoticeKind, Placement, is_overtaken
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Awaited, DeliveryState
from oncall_tui.store.database import Database, Value
from oncall_tui.store.maintenance import TOPIC, get_maintenance, tell_timeline
from oncall_tui.store.outbox import ENGINE, OPEN
from oncall_tui.store.planned_page import merge_placement, place_maintenance
from oncall_tui.store.sqlite import sqlite3

_PLACEMENT = "SELECT *, (SELECT uid FROM origin) AS ours FROM page_maintenance"
_DELIVERY = (
    "SELECT notice_delivery.*, uid, kind, is_automatic, notify, due_at, confirmed_by, "
    "coalesce(notice_delivery.body, maintenance_notice.body) AS said, maintenance_notice.body AS confirmed, "
    "page_maintenance.remote_id AS remote_maintenance_id FROM notice_delivery "
    "JOIN maintenance_notice ON maintenance_notice.id = notice_id LEFT JOIN page_maintenance "
    "ON page_maintenance.maintenance_id = notice_delivery.maintenance_id AND page_maintenance.page = notice_delivery.page "
)


def list_notice_deliveries(db: Database, maintenance_id: int) -> list[NoticeDelivery]:
    """Returns how far each notice of a maintenance has got on each page, in the order of queueing."""
    return _list(db, "WHERE notice_delivery.maintenance_id = ? ORDER BY notice_delivery.id", maintenance_id)


def list_due_notices(db: Database, now: int, *, page: str) -> list[NoticeDelivery]:
    """Returns what may act now: the oldest open delivery of each maintenance, when it is due.

    One that waits for a person holds the later ones back, unless they have made it needless: then it is returned too.
    """
    found = _list(
        db,
        f"WHERE notice_delivery.page = ? AND {OPEN} ORDER BY notice_delivery.maintenance_id DESC, notice_delivery.id",
        page,
    )
    first: dict[int, NoticeDelivery] = {}
    later: dict[int, list[NoticeKind]] = {}
    for each in found:
        first.setdefault(each.maintenance_id, each)
        later.setdefault(each.maintenance_id, []).append(each.kind)
    ready = [replace(each, later=tuple(later[each.maintenance_id][1:])) for each in first.values()]
    return [each for each in ready if _is_ready(each, now)]


def _is_ready(delivery: NoticeDelivery, now: int) -> bool:
    match delivery.state:
        case DeliveryState.PENDING:
            return True
        case DeliveryState.RETRY_WAIT:
            return (delivery.next_try_at or 0) <= now
        case DeliveryState.UNCERTAIN:
            is_needless = delivery.asked_at is not None and is_overtaken(delivery.kind, delivery.later)
            return is_needless or (delivery.next_try_at or 0) <= now
        case DeliveryState.FAILED:
            return is_overtaken(delivery.kind, delivery.later)
        case _:
            return False


def next_notice_at(db: Database, *, page: str) -> int | None:
    """Returns the earliest instant at which a waiting delivery may act again, None when none waits."""
    row = db.row(
        f"SELECT min(next_try_at) AS at FROM notice_delivery WHERE {OPEN} AND page = ? "
        "AND state IN ('retry_wait', 'uncertain')",
        page,
    )
    return row["at"] if row else None


def count_notices(db: Database) -> tuple[int, int]:
    """Returns how many notices are on their way to a page, and how many wait for a person."""
    row = db.row(
        "SELECT count(*) AS open, count(*) FILTER (WHERE state = 'failed' OR (state = 'uncertain' "
        f"AND asked_at IS NOT NULL)) AS asked FROM notice_delivery WHERE {OPEN}"
    )
    return (row["open"] - row["asked"], row["asked"]) if row else (0, 0)


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


def has_earlier_plan(db: Database, maintenance_id: int, *, page: str) -> bool:
    """Tells whether the plan was ever tried on a page: one that was given up may stand there all the same."""
    return bool(
        db.rows(
            "SELECT 1 FROM notice_delivery WHERE maintenance_id = ? AND page = ? AND attempts > 0",
            maintenance_id,
            page,
        )
    )


def claim_notice(db: Database, delivery_id: int, epoch: int, body: str, baseline: Sequence[str], now: int) -> bool:
    """Commits `sending` with the words as they leave; returns False when the engine or the delivery is overtaken."""
    with db.write(TOPIC) as connection:
        cursor = connection.execute(
            "UPDATE notice_delivery SET state = 'sending', epoch = ?, attempts = attempts + 1, sending_at = ?, "
            "baseline = ?, body = ?, next_try_at = NULL, reason = '' WHERE id = ? AND state IN ('pending', 'retry_wait') "
            "AND EXISTS (SELECT 1 FROM lease WHERE lease.epoch = ?) AND id = (SELECT min(id) FROM notice_delivery d "
            f"WHERE d.maintenance_id = notice_delivery.maintenance_id AND d.page = notice_delivery.page AND {OPEN})",
            (epoch, now, json.dumps(list(baseline)), body, delivery_id, epoch),
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
    evidence: Sequence[NoticeEvidence] = (),
) -> bool:
    """Notes where a delivery stands that has not arrived; returns False when this engine was overtaken.

    `is_asking` marks one that the page was read for in vain after the quiet period: a person decides, by the `evidence`.
    """
    with db.write(TOPIC, "timeline") as connection:
        row = _fenced(connection, delivery_id, epoch)
        if row is None:
            return False
        is_news = row["state"] != state or row["reason"] != reason
        connection.execute(
            "UPDATE notice_delivery SET state = ?, next_try_at = ?, reason = ?, evidence = ?, "
            "asked_at = CASE WHEN ? THEN coalesce(asked_at, ?) ELSE asked_at END WHERE id = ?",
            (state, next_try_at, reason, msgspec.json.encode(tuple(evidence)).decode(), is_asking, now, delivery_id),
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
        shown = None if remote is None else read_plan(remote)
        place_maintenance(connection, row["page"], remote_maintenance_id, current, url, now, shown)
        text = reason or "the page accepted the notice"
        tell_timeline(connection, row["maintenance_id"], EntryKind.DELIVERED, text, ENGINE, now)
        if remote is not None:
            merge_placement(db, connection, row["page"], remote, now)
        return True


def list_unseen_notices(db: Database, since_at: int, *, page: str) -> list[Awaited]:
    """Returns what a page took since an instant and customers have not been seen to get."""
    rows = db.rows(
        "SELECT remote_id, body, delivered_at FROM notice_delivery WHERE page = ? AND state = 'delivered' "
        "AND seen_at IS NULL AND remote_id IS NOT NULL AND delivered_at >= ? ORDER BY id",
        page,
        since_at,
    )
    return [Awaited(row["remote_id"], row["body"], row["delivered_at"]) for row in rows]


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


def list_placements(db: Database, maintenance_id: int) -> list[Placement]:
    """Returns where a maintenance stands, and how what is shown there differs from ours."""
    rows = db.rows(f"{_PLACEMENT} WHERE maintenance_id = ? ORDER BY page", maintenance_id)
    return [_placement(row) for row in rows]


def list_followed(db: Database, since_at: int, *, page: str) -> list[Placement]:
    """Returns what a page holds and has been told whole: what is open, and what was to end since an instant."""
    rows = db.rows(
        f"{_PLACEMENT} WHERE page = ? AND gone_at IS NULL AND maintenance_id IN (SELECT id FROM maintenance "
        "WHERE status != 'completed' OR ends_at >= ?) AND NOT EXISTS (SELECT 1 FROM notice_delivery WHERE "
        f"notice_delivery.maintenance_id = page_maintenance.maintenance_id AND notice_delivery.page = ? AND {OPEN})",
        page,
        since_at,
        page,
    )
    return [_placement(row) for row in rows]


def _placement(row: sqlite3.Row) -> Placement:
    return Placement(
        maintenance_id=row["maintenance_id"],
        page=row["page"],
        remote_id=row["remote_id"],
        url=row["url"],
        difference=row["difference"],
        conflict=row["conflict"],
        is_led_elsewhere=row["origin"] not in ("", row["ours"]),
        gone_at=row["gone_at"],
    )


def retry_notice(db: Database, delivery_id: int, actor: str, now: int) -> NoticeDelivery:
    """Puts a delivery that waits or that needs a person back in the queue; an uncertain one keeps its quiet period.

    Raises NotFoundError, or RefusedError (`not-waiting`).
    """
    with db.write(TOPIC, "timeline") as connection:
        delivery = _take(db, delivery_id, ("failed", "retry_wait", "uncertain"), "not-waiting", "retry")
        if delivery.state is not DeliveryState.UNCERTAIN or delivery.asked_at is not None:
            connection.execute(
                "UPDATE notice_delivery SET state = 'pending', next_try_at = NULL, reason = '', asked_at = NULL, "
                "evidence = '[]', is_forced = (state = 'failed') WHERE id = ?",
                (delivery_id,),
            )
        tell_timeline(
            connection, delivery.maintenance_id, EntryKind.QUEUED, f"{delivery.kind} asked for again", actor, now
        )
    return get_notice_delivery(db, delivery_id)


def drop_notice(db: Database, delivery_id: int, actor: str, now: int) -> NoticeDelivery:
    """Gives a delivery up: its words stay in our record. Raises NotFoundError, or RefusedError (`being-sent`)."""
    with db.write(TOPIC, "timeline") as connection:
        states = ("pending", "failed", "retry_wait", "uncertain")
        delivery = _take(db, delivery_id, states, "being-sent", "drop")
        connection.execute(
            "UPDATE notice_delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE id = ?",
            (f"dropped by {actor}", delivery_id),
        )
        tell_timeline(connection, delivery.maintenance_id, EntryKind.UNDONE, f"{delivery.kind} dropped", actor, now)
    return get_notice_delivery(db, delivery_id)


def adopt_notice(
    db: Database, delivery_id: int, evidence: NoticeEvidence | None, actor: str, now: int
) -> NoticeDelivery:
    """Takes what the page shows for a notice in doubt, by a person's word; their words stay as customers read them.

    Raises NotFoundError, ConflictError when the page was read again meanwhile, or RefusedError: `not-asked` when nobody
    is asked, `no-evidence` when the page shows nothing that could be it, `already-known` when it is another of ours.
    """
    with db.write(TOPIC, "timeline") as connection:
        delivery = _take(db, delivery_id, ("uncertain",), "not-asked", "adopt")
        if delivery.asked_at is None:
            raise RefusedError("not-asked", f"Delivery {delivery_id} is being looked up: wait for what the page shows.")
        if evidence is None:
            raise RefusedError("no-evidence", "The page shows nothing that could be it: send it again, or drop it.")
        if evidence not in delivery.evidence:
            raise ConflictError("What the page shows has changed: look at it again.")
        if connection.execute(
            "SELECT 1 FROM notice_delivery WHERE page = ? AND remote_id = ? AND id != ? UNION SELECT 1 "
            "FROM page_maintenance JOIN maintenance ON maintenance.id = maintenance_id "
            "WHERE page = ? AND remote_id = ? AND maintenance_id != ? AND is_local",
            (
                *(delivery.page, evidence.remote_update_id, delivery_id),
                *(delivery.page, evidence.remote_id, delivery.maintenance_id),
            ),
        ).fetchone():
            raise RefusedError("already-known", "What the page shows there is another notice of ours.")
        connection.execute(
            "UPDATE notice_delivery SET state = 'delivered', delivered_at = ?, remote_id = ?, body = ?, "
            "next_try_at = NULL, evidence = '[]', reason = ? WHERE id = ?",
            (
                *(evidence.created_at, evidence.remote_update_id, evidence.body or delivery.body),
                *(f"found on the page by {actor}", delivery_id),
            ),
        )
        current = get_maintenance(db, delivery.maintenance_id)
        place_maintenance(connection, delivery.page, evidence.remote_id, current, None, now)
        text = f"{delivery.kind} found on the page: taken as sent"
        tell_timeline(connection, delivery.maintenance_id, EntryKind.DELIVERED, text, actor, now)
    return get_notice_delivery(db, delivery_id)


def get_notice_delivery(db: Database, delivery_id: int) -> NoticeDelivery:
    """Returns one delivery. Raises NotFoundError."""
    found = _list(db, "WHERE notice_delivery.id = ?", delivery_id)
    if not found:
        raise NotFoundError(f"There is no delivery {delivery_id} of planned work.")
    return found[0]


def _take(db: Database, delivery_id: int, states: tuple[str, ...], rule: str, verb: str) -> NoticeDelivery:
    delivery = get_notice_delivery(db, delivery_id)
    if delivery.state not in states:
        raise RefusedError(rule, f"Delivery {delivery_id} is {delivery.state}: there is nothing to {verb}.")
    return delivery


def _fenced(connection: sqlite3.Connection, delivery_id: int, epoch: int) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM notice_delivery WHERE id = ? AND {OPEN} AND EXISTS (SELECT 1 FROM lease WHERE lease.epoch = ?)",
        (delivery_id, epoch),
    ).fetchone()
    return found


def _list(db: Database, where: str, *values: Value) -> list[NoticeDelivery]:
    return [
        NoticeDelivery(
            id=row["id"],
            uid=row["uid"],
            kind=NoticeKind(row["kind"]),
            is_automatic=bool(row["is_automatic"]),
            maintenance_id=row["maintenance_id"],
            page=row["page"],
            state=DeliveryState(row["state"]),
            body=row["said"],
            confirmed_body=row["confirmed"],
            notify=bool(row["notify"]),
            due_at=row["due_at"],
            created_at=row["created_at"],
            created_by=row["confirmed_by"],
            attempts=row["attempts"],
            sending_at=row["sending_at"],
            next_try_at=row["next_try_at"],
            baseline=tuple(json.loads(row["baseline"])),
            reason=row["reason"],
            delivered_at=row["delivered_at"],
            seen_at=row["seen_at"],
            is_forced=bool(row["is_forced"]),
            asked_at=row["asked_at"],
            remote_id=row["remote_maintenance_id"],
            evidence=msgspec.json.decode(row["evidence"], type=tuple[NoticeEvidence, ...]),
        )
        for row in db.rows(f"{_DELIVERY} {where}", *values)
    ]

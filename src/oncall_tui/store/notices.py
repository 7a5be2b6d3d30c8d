"""Notices of planned work on their way to pages, and where that work stands: what is read of both."""

from __future__ import annotations

import json

import msgspec
from msgspec.structs import replace

from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence, NoticeKind, Placement, PlanPart, is_overtaken
from oncall_tui.domain.update import Awaited, DeliveryState
from oncall_tui.store.database import Database, Value
from oncall_tui.store.outbox import OPEN
from oncall_tui.store.planned_page import read_base
from oncall_tui.store.sqlite import sqlite3

_PLACEMENT = "SELECT *, (SELECT uid FROM origin) AS ours FROM page_maintenance"
_DELIVERY = (
    "SELECT notice_delivery.*, uid, kind, is_automatic, notify, due_at, confirmed_by, touches, "
    "coalesce(notice_delivery.body, maintenance_notice.body) AS said, maintenance_notice.body AS confirmed, "
    "page_maintenance.remote_id AS remote_maintenance_id FROM notice_delivery "
    "JOIN maintenance_notice ON maintenance_notice.id = notice_id LEFT JOIN page_maintenance "
    "ON page_maintenance.maintenance_id = notice_delivery.maintenance_id AND page_maintenance.page = notice_delivery.page "
)


def list_notice_deliveries(db: Database, maintenance_id: int) -> list[NoticeDelivery]:
    """Returns how far each notice of a maintenance has got on each page, in the order of queueing."""
    return _list(db, "WHERE notice_delivery.maintenance_id = ? ORDER BY notice_delivery.id", maintenance_id)


def list_open_notices(db: Database) -> list[NoticeDelivery]:
    """Returns what pages have yet to get, in the order of queueing: on its way, or with a person."""
    return _list(db, f"WHERE {OPEN} ORDER BY notice_delivery.id")


def list_due_notices(db: Database, now: int, *, page: str) -> list[NoticeDelivery]:
    """Returns what may act now: the oldest open delivery of each maintenance, when it is due.

    One that waits for a person holds the later ones back, unless they have made it needless: then it is returned too.
    """
    found = _list(
        db,
        f"WHERE notice_delivery.page = ? AND {OPEN} ORDER BY notice_delivery.maintenance_id DESC, notice_delivery.id",
        page,
    )
    queues: dict[int, list[NoticeDelivery]] = {}
    for each in found:
        queues.setdefault(each.maintenance_id, []).append(each)
    ready = []
    for first, *rest in queues.values():
        later = [(each.kind, each.touches) for each in rest]
        ready.append(replace(first, is_overtaken=is_overtaken(first.kind, first.touches, later)))
    return [each for each in ready if _is_ready(each, now)]


def _is_ready(delivery: NoticeDelivery, now: int) -> bool:
    match delivery.state:
        case DeliveryState.PENDING:
            return True
        case DeliveryState.RETRY_WAIT:
            return (delivery.next_try_at or 0) <= now
        case DeliveryState.UNCERTAIN:
            is_needless = delivery.asked_at is not None and delivery.is_overtaken
            return is_needless or (delivery.next_try_at or 0) <= now
        case DeliveryState.FAILED:
            return delivery.is_overtaken
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


def has_earlier_plan(db: Database, maintenance_id: int, *, page: str) -> bool:
    """Tells whether the plan was ever tried on a page: one that was given up may stand there all the same."""
    return bool(
        db.rows(
            "SELECT 1 FROM notice_delivery WHERE maintenance_id = ? AND page = ? AND attempts > 0",
            maintenance_id,
            page,
        )
    )


def list_unseen_notices(db: Database, since_at: int, *, page: str) -> list[Awaited]:
    """Returns what a page took since an instant and customers have not been seen to get."""
    rows = db.rows(
        "SELECT remote_id, body, delivered_at FROM notice_delivery WHERE page = ? AND state = 'delivered' "
        "AND seen_at IS NULL AND remote_id IS NOT NULL AND delivered_at >= ? ORDER BY id",
        page,
        since_at,
    )
    return [Awaited(row["remote_id"], row["body"], row["delivered_at"]) for row in rows]


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
        shown=read_base(row),
    )


def get_notice_delivery(db: Database, delivery_id: int) -> NoticeDelivery:
    """Returns one delivery. Raises NotFoundError."""
    found = _list(db, "WHERE notice_delivery.id = ?", delivery_id)
    if not found:
        raise NotFoundError(f"There is no delivery {delivery_id} of planned work.")
    return found[0]


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
            touches=frozenset(map(PlanPart, json.loads(row["touches"]))),
            evidence=msgspec.json.decode(row["evidence"], type=tuple[NoticeEvidence, ...]),
        )
        for row in db.rows(f"{_DELIVERY} {where}", *values)
    ]

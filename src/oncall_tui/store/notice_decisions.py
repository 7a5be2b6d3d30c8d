"""What a person decides about a notice of planned work that waits for it."""

from __future__ import annotations

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import TOPIC, get_maintenance
from oncall_tui.store.notice_rows import tell_timeline
from oncall_tui.store.notices import get_notice_delivery
from oncall_tui.store.planned_page import place_maintenance


def retry_notice(db: Database, delivery_id: int, actor: str, now: int) -> NoticeDelivery:
    """Puts a delivery that waits or that needs a person back in the queue; an uncertain one keeps its quiet period.

    After a conflict this is a yes to what somebody else did on the page by then, after anything else it is none. Raises
    NotFoundError, or RefusedError (`not-waiting`).
    """
    with db.write(TOPIC, "timeline") as connection:
        delivery = _take(db, delivery_id, ("failed", "retry_wait", "uncertain"), "not-waiting", "retry")
        if delivery.state is not DeliveryState.UNCERTAIN or delivery.asked_at is not None:
            connection.execute(
                "UPDATE notice_delivery SET state = 'pending', next_try_at = NULL, reason = '', asked_at = NULL, "
                "evidence = '[]', is_forced = is_conflict, is_conflict = 0 WHERE id = ?",
                (delivery_id,),
            )
            # A yes to what a person was told of the page is none to what it shows since, nor to what comes later.
            connection.execute(
                "UPDATE page_maintenance SET conflict = '' WHERE maintenance_id = ? AND page = ? AND instr(?, conflict)",
                (delivery.maintenance_id, delivery.page, delivery.reason),
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
        is_doubt = delivery.state is DeliveryState.UNCERTAIN
        connection.execute(
            "UPDATE notice_delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE id = ?",
            (f"given up by {actor}: it may stand on the page" if is_doubt else f"dropped by {actor}", delivery_id),
        )
        text = f"{delivery.kind} given up: it may stand on the page" if is_doubt else f"{delivery.kind} dropped"
        tell_timeline(connection, delivery.maintenance_id, EntryKind.UNDONE, text, actor, now)
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


def _take(db: Database, delivery_id: int, states: tuple[str, ...], rule: str, verb: str) -> NoticeDelivery:
    delivery = get_notice_delivery(db, delivery_id)
    if delivery.state not in states:
        raise RefusedError(rule, f"Delivery {delivery_id} is {delivery.state}: there is nothing to {verb}.")
    return delivery

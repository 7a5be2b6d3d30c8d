"""Proof that a notice of planned work stands on a page."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.maintenance import (
    STATUS_AFTER,
    Maintenance,
    MaintenanceStatus,
    NoticeDelivery,
    NoticeEvidence,
    NoticeKind,
    PlanPart,
    write_instant,
)
from oncall_tui.domain.merging import tells_window
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.update import DeliveryState

PATIENCE_MS = 5 * MINUTE
_EVIDENCE_MOST = 10


def find_notice_applied(
    delivery: NoticeDelivery, status: MaintenanceStatus | None, remote: RemoteMaintenance
) -> tuple[RemoteMaintenanceUpdate | None] | None:
    """Returns proof that the last attempt stands on the page, as a tuple of the message it became; None without proof.

    `status` is None for a notice that leaves the page's status as it is. The rules are those of `find_applied`: our
    stamp, or where none is kept our words under an id that did not stand there before.
    """
    body = normalise_body(delivery.body)
    new = [update for update in remote.updates if update.remote_id not in delivery.baseline]
    same = [update for update in new if status in (None, update.status) and update.body == body]
    if delivery.uid in remote.ops:
        return (same[-1] if same else new[0] if len(new) == 1 else None,)
    return (same[-1],) if same and delivery.attempts and not remote.has_all_ops else None


class Standing(StrEnum):
    """What the page's own state makes of a notice: made by it, awaited from it, put off, begun, too late, or ours."""

    MOVED = "moved"
    AWAITED = "awaited"
    PUT_OFF = "put_off"
    BEGUN = "begun"
    OVER = "over"
    OURS = "ours"


def find_standing(delivery: NoticeDelivery, remote: RemoteMaintenance, skew_ms: int, now: int) -> Standing:
    """Returns whether a notice is the page's to make or ours to send.

    An automatic move is left to a page that makes it by its own clock, which runs `skew_ms` ahead of ours, for five
    minutes from when it could have been made. One that somebody has put off on the page is not made against them. What
    a page calls over is opened again by a person alone, and so is a start moved of what a page has begun. Where a page
    moves in silence our words are said all the same, and those of an end of what our own change of its times has ended.
    """
    is_start = delivery.kind is NoticeKind.START
    is_move = delivery.kind in (NoticeKind.START, NoticeKind.FINISH) and delivery.is_automatic
    if is_move and not remote.moves_silently and (not remote.status.is_open or (is_start and remote.status.is_active)):
        return Standing.MOVED
    if is_move and not delivery.is_forced:
        page_at = remote.starts_at if is_start else remote.ends_at or delivery.due_at
        movable_at = max(delivery.created_at, remote.updated_at - skew_ms, delivery.due_at - skew_ms)
        moves_itself = (remote.has_auto_start if is_start else remote.has_auto_end) and not remote.moves_silently
        if moves_itself and now < movable_at + PATIENCE_MS:
            return Standing.AWAITED
        if page_at > max(delivery.due_at, now - skew_ms) + MINUTE:
            return Standing.PUT_OFF
    ends = (NoticeKind.FINISH, NoticeKind.CANCEL) if remote.moves_silently else (NoticeKind.FINISH,)
    if not remote.status.is_open and delivery.kind not in ends and not delivery.is_forced:
        return Standing.OVER
    if remote.status.is_active and moves_start(delivery) and not delivery.is_forced:
        return Standing.BEGUN
    return Standing.OURS


def moves_start(delivery: NoticeDelivery) -> bool:
    return delivery.kind is NoticeKind.CHANGE and PlanPart.START in delivery.touches


def find_move(kind: NoticeKind, remote: RemoteMaintenance) -> RemoteMaintenanceUpdate | None:
    """Returns the message with which a page moved work as an automatic notice would, else its latest; others follow."""
    moves = [update for update in remote.updates if update.status is STATUS_AFTER.get(kind)]
    return moves[0] if moves else remote.updates[-1] if remote.updates else None


def needs_person(delivery: NoticeDelivery) -> bool:
    """Tells whether a notice goes nowhere until somebody decides: refused, or in doubt and looked for in vain."""
    is_asked = delivery.state is DeliveryState.UNCERTAIN and delivery.asked_at is not None
    return is_asked or delivery.state is DeliveryState.FAILED


def tell_window(remote: RemoteMaintenance) -> str:
    end = "no end" if remote.ends_at is None else write_instant(remote.ends_at)
    return f"the page shows it from {write_instant(remote.starts_at)} to {end}"


def list_made_about(
    recent: Iterable[RemoteMaintenance], sending_at: int, skew_ms: int, window_ms: int
) -> list[RemoteMaintenance]:
    """Returns those without any stamp that were made about when a plan was last sent, with any title."""
    earliest, latest = sending_at + skew_ms - MINUTE, sending_at + skew_ms + window_ms + MINUTE
    return [each for each in recent if not each.uid and earliest <= each.created_at <= latest]


def is_made_alike(maintenance: Maintenance, remote: RemoteMaintenance) -> bool:
    """Tells whether work without any stamp has our title and, as far as the page tells it, our window."""
    if remote.title != clean_line(maintenance.title).strip():
        return False
    if not tells_window(remote):
        return True
    ends_at = maintenance.ends_at if remote.ends_at is None else remote.ends_at
    return abs(remote.starts_at - maintenance.starts_at) < MINUTE and abs(ends_at - maintenance.ends_at) < MINUTE


def may_hold_notice(
    delivery: NoticeDelivery,
    title: str,
    evidence: Iterable[NoticeEvidence],
    *,
    status: MaintenanceStatus | None,
    is_stamped: bool,
) -> bool:
    """Tells whether something on the page may be a notice in doubt, which nothing proves: then a person is asked.

    It has our words. Where no write of ours leaves a stamp, half of what we sent is enough, since somebody may have
    changed the other: the title of a plan, the `status` of a move, of anything without one that it is new.
    """
    body = normalise_body(delivery.body)
    found = list(evidence)
    if is_stamped or any(each.body == body for each in found):
        return any(each.body == body for each in found)
    if delivery.kind is NoticeKind.PLAN:
        return any(each.title == clean_line(title).strip() for each in found)
    return any(status in (None, each.status) for each in found)


def list_notice_evidence(delivery: NoticeDelivery, remote: RemoteMaintenance | None) -> list[NoticeEvidence]:
    """Returns what of the page's work might be a notice in doubt: messages that came after its attempt, with any words.

    Of a plan it is the work as a whole.
    """
    if remote is None:
        return []
    new = [update for update in remote.updates if update.remote_id not in delivery.baseline]
    if delivery.kind is NoticeKind.PLAN:
        first = new[0] if new else None
        body, at = (first.body, first.created_at) if first else ("", remote.created_at)
        update_id = first.remote_id if first else None
        return [NoticeEvidence(remote.remote_id, update_id, remote.title, remote.status, body, at)]
    return [
        NoticeEvidence(remote.remote_id, each.remote_id, remote.title, each.status, each.body, each.created_at)
        for each in new[-_EVIDENCE_MOST:]
    ]

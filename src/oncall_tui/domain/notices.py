"""Proof that a notice of planned work stands on a page."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeDelivery, NoticeKind
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate


def find_notice_applied(
    delivery: NoticeDelivery, status: MaintenanceStatus, remote: RemoteMaintenance
) -> tuple[RemoteMaintenanceUpdate | None] | None:
    """Returns proof that the last attempt stands on the page, as a tuple of the message it became; None without proof.

    The rules are those of `find_applied`: our stamp, or our words under an id that did not stand there before.
    """
    body = normalise_body(delivery.body)
    new = [update for update in remote.updates if update.remote_id not in delivery.baseline]
    same = [update for update in new if update.status is status and update.body == body]
    if delivery.uid in remote.ops:
        return (same[-1] if same else new[0] if len(new) == 1 else None,)
    return (same[-1],) if same and delivery.attempts else None


def find_moved(kind: NoticeKind, remote: RemoteMaintenance) -> bool:
    """Tells whether the page shows that it has made an automatic move by its own clock."""
    return not remote.status.is_open or (kind is NoticeKind.START and remote.status.is_active)


def list_made_about(
    recent: Iterable[RemoteMaintenance], title: str, sending_at: int, skew_ms: int, window_ms: int
) -> list[RemoteMaintenance]:
    """Returns those of our title and without any stamp that were made about when a plan was last sent."""
    earliest, latest = sending_at + skew_ms - MINUTE, sending_at + skew_ms + window_ms + MINUTE
    return [each for each in recent if not each.uid and each.title == title and earliest <= each.created_at <= latest]

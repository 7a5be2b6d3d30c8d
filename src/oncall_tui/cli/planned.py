"""Planned work as programs and people read it."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.cli.output import Json, show_time
from oncall_tui.domain.maintenance import Maintenance, NoticeDelivery, Placement, is_silencing
from oncall_tui.domain.planning import name_state
from oncall_tui.domain.sanitize import clean_block, clean_line


def shape_maintenance(
    maintenance: Maintenance, deliveries: Sequence[NoticeDelivery], placements: Sequence[Placement], now: int
) -> dict[str, Json]:
    """Returns planned work as programs read it; `is_silencing` tells that the alarms of its probes are expected now."""
    return {
        "id": maintenance.id,
        "title": maintenance.title,
        "status": maintenance.status,
        "state": name_state(maintenance, now),
        "is_silencing": is_silencing(maintenance, now),
        "starts_at": show_time(maintenance.starts_at),
        "ends_at": show_time(maintenance.ends_at),
        "components": list(maintenance.components),
        "probes": list(maintenance.probes),
        "cancelled_at": show_time(maintenance.cancelled_at),
        "pages": [
            {"page": each.page, "remote_id": each.remote_id, "url": each.url, "difference": each.difference}
            for each in placements
        ],
        "author": maintenance.created_by,
        "created_at": show_time(maintenance.created_at),
        "notices": [
            {
                "kind": notice.kind,
                "body": notice.body,
                "notify": notice.notify,
                "is_automatic": notice.is_automatic,
                "due_at": show_time(notice.due_at),
                "fired_at": show_time(notice.fired_at),
                "withdrawn_at": show_time(notice.withdrawn_at),
                "author": notice.confirmed_by,
                "deliveries": [shape_notice_delivery(each) for each in deliveries if each.uid == notice.uid],
            }
            for notice in maintenance.notices
        ],
    }


def shape_notice_delivery(delivery: NoticeDelivery) -> dict[str, Json]:
    """Returns how far a notice has got on one page, as programs read it."""
    return {
        "id": delivery.id,
        "maintenance_id": delivery.maintenance_id,
        "kind": delivery.kind,
        "page": delivery.page,
        "state": delivery.state,
        "reason": delivery.reason,
        "body": delivery.body,
        "attempts": delivery.attempts,
        "next_try_at": show_time(delivery.next_try_at),
        "delivered_at": show_time(delivery.delivered_at),
        "seen_at": show_time(delivery.seen_at),
        "is_asking": delivery.asked_at is not None and delivery.state == "uncertain",
    }


def tell_maintenance(
    maintenance: Maintenance, deliveries: Sequence[NoticeDelivery], placements: Sequence[Placement], now: int
) -> str:
    """Returns planned work as a person reads it."""
    lines = [
        f"M{maintenance.id}  {clean_line(maintenance.title)}",
        f"  {name_state(maintenance, now)}, {show_time(maintenance.starts_at)} to {show_time(maintenance.ends_at)}",
    ]
    if maintenance.components:
        lines.append(f"  components: {clean_line(', '.join(maintenance.components))}")
    if maintenance.probes:
        lines.append(f"  silences: {clean_line(', '.join(maintenance.probes))}")
    for each in placements:
        if each.url:
            lines.append(f"  {clean_line(each.page)}: {clean_line(each.url)}")
        if each.difference:
            lines.append(f"  ON {clean_line(each.page)}: {clean_line(each.difference)}")
    for notice in maintenance.notices:
        when = f"{show_time(notice.due_at)}  {notice.kind}"
        if notice.withdrawn_at is not None:
            how = "withdrawn"
        elif notice.fired_at is None:
            how = "waits for the clock"
        else:
            sent = [each for each in deliveries if each.uid == notice.uid]
            how = ", ".join(_tell_delivery(each) for each in sent) or "not told to customers"
        lines += ["", f"  {when}: {how}, confirmed by {clean_line(notice.confirmed_by)}"]
        lines += [f"    {line}" for line in clean_block(notice.body).split("\n")]
        for delivery in deliveries:
            if delivery.uid == notice.uid and delivery.state == "delivered" and delivery.body != notice.body:
                lines.append(f"    ON {clean_line(delivery.page)} customers read: {clean_line(delivery.body)}")
    return "\n".join(lines)


def _tell_delivery(delivery: NoticeDelivery) -> str:
    why = f" ({clean_line(delivery.reason)})" if delivery.reason else ""
    seen = f", customers see it since {show_time(delivery.seen_at)}" if delivery.seen_at else ""
    return f"{delivery.state} on {clean_line(delivery.page)}{why}{seen} [{delivery.id}]"

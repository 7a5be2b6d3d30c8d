"""Planned work as programs and people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, to_builtins
from msgspec.structs import astuple

from oncall_tui.cli.output import Json, show_time
from oncall_tui.domain.maintenance import (
    FACT_NAMES,
    Maintenance,
    NoticeDelivery,
    NoticeEvidence,
    PageMessage,
    Placement,
    is_silencing,
)
from oncall_tui.domain.notices import needs_person
from oncall_tui.domain.planning import name_state
from oncall_tui.domain.sanitize import clean_block, clean_line

if TYPE_CHECKING:
    from oncall_tui.cli.place import Place
    from oncall_tui.store.database import Database


_NO_ENGINE = (
    "no engine is running: start oncall-tui, `oncall-tui agent --stay`, or run `oncall-tui sync` when it is due."
)


class Sheet(Struct, frozen=True):
    """Planned work with all that is known of it on its pages."""

    maintenance: Maintenance
    deliveries: tuple[NoticeDelivery, ...]
    placements: tuple[Placement, ...]
    messages: tuple[PageMessage, ...]


def read_sheet(db: Database, maintenance: Maintenance) -> Sheet:
    """Returns the sheet of planned work; the caller holds the snapshot."""
    from oncall_tui.store.notices import list_notice_deliveries, list_placements
    from oncall_tui.store.page_messages import list_page_messages

    return Sheet(
        maintenance,
        tuple(list_notice_deliveries(db, maintenance.id)),
        tuple(list_placements(db, maintenance.id)),
        tuple(list_page_messages(db, maintenance.id)),
    )


def name_evidence(evidence: NoticeEvidence) -> str:
    """Returns the page's id of what might be a notice in doubt."""
    return evidence.remote_update_id or evidence.remote_id


def tell_marks(sheet: Sheet) -> str:
    """Returns in a few words what sets planned work apart: who made it, and what a person has to look at."""
    marks = [] if sheet.maintenance.is_local else ["made on the page"]
    if any(each.conflict for each in sheet.placements):
        marks.append("CONFLICT")
    elif any(each.difference for each in sheet.placements):
        marks.append("differs on the page")
    if any(map(needs_person, sheet.deliveries)):
        marks.append("waits for you")
    return ", ".join(marks)


def shape_maintenance(sheet: Sheet, now: int) -> dict[str, Json]:
    """Returns planned work as programs read it; `is_silencing` tells that the alarms of its probes are expected now."""
    maintenance = sheet.maintenance
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
        **to_builtins(maintenance.facts),
        "cancelled_at": show_time(maintenance.cancelled_at),
        "pages": [
            {
                "page": each.page,
                "remote_id": each.remote_id,
                "url": each.url,
                "difference": each.difference,
                "conflict": each.conflict,
                "is_led_elsewhere": each.is_led_elsewhere,
                "gone_at": show_time(each.gone_at),
            }
            for each in sheet.placements
        ],
        "is_local": maintenance.is_local,
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
                "deliveries": [shape_notice_delivery(each) for each in sheet.deliveries if each.uid == notice.uid],
            }
            for notice in maintenance.notices
        ],
        "messages": [
            {
                "page": each.page,
                "remote_id": each.remote_id,
                "status": each.status,
                "body": each.body,
                "posted_at": show_time(each.posted_at),
            }
            for each in sheet.messages
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
        "is_asking": delivery.state == "uncertain" and needs_person(delivery),
        "evidence": [
            {
                "id": name_evidence(each),
                "title": each.title,
                "status": each.status,
                "body": each.body,
                "posted_at": show_time(each.created_at),
            }
            for each in delivery.evidence
        ],
    }


def tell_notice_counts(moving: int, asked: int) -> str:
    """Returns in a sentence how many notices are on their way, and how many wait for a person; empty for none."""
    parts = [f"{moving} on the way"] if moving else []
    if asked:
        parts.append(f"{asked} {'waits' if asked == 1 else 'wait'} for you")
    return f"Notices of planned work: {', '.join(parts)} (`oncall-tui maintenance list`)." if parts else ""


def tell_maintenance(sheet: Sheet, now: int) -> str:
    """Returns planned work as a person reads it."""
    maintenance, deliveries = sheet.maintenance, sheet.deliveries
    lines = [
        f"M{maintenance.id}  {clean_line(maintenance.title)}",
        f"  {name_state(maintenance, now)}, {show_time(maintenance.starts_at)} to {show_time(maintenance.ends_at)}",
    ]
    if not maintenance.is_local:
        lines.append("  made on the page, not here")
    if maintenance.components:
        lines.append(f"  components: {clean_line(', '.join(maintenance.components))}")
    if maintenance.probes:
        lines.append(f"  silences: {clean_line(', '.join(maintenance.probes))}")
    named = zip(FACT_NAMES, astuple(maintenance.facts), strict=True)
    lines += [f"  {name}: {clean_line(words)}" for name, words in named if words]
    for each in sheet.placements:
        lines += _tell_placement(each)
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
            elif delivery.uid == notice.uid and needs_person(delivery) and delivery.state == "uncertain":
                lines += _tell_evidence(delivery)
    for message in sheet.messages:
        lines += ["", f"  {show_time(message.posted_at)}  {message.status} on {clean_line(message.page)}, by others"]
        lines += [f"    {line}" for line in clean_block(message.body).split("\n")]
    return "\n".join(lines)


def _tell_delivery(delivery: NoticeDelivery) -> str:
    why = f" ({clean_line(delivery.reason)})" if delivery.reason else ""
    seen = f", customers see it since {show_time(delivery.seen_at)}" if delivery.seen_at else ""
    return f"{delivery.state} on {clean_line(delivery.page)}{why}{seen} [{delivery.id}]"


def _tell_placement(placement: Placement) -> list[str]:
    page = clean_line(placement.page)
    lines = [f"  {page}: {clean_line(placement.url)}"] if placement.url else []
    if placement.difference:
        lines.append(f"  ON {page}: {clean_line(placement.difference)}")
    if placement.conflict:
        lines.append(f"  CONFLICT ON {page}: {clean_line(placement.conflict, 1000)}")
    if placement.is_led_elsewhere:
        lines.append(f"  the last notice on {page} came from another host")
    return lines


def _tell_evidence(delivery: NoticeDelivery) -> list[str]:
    if not delivery.evidence:
        return [f"    {clean_line(delivery.page)} shows nothing that could be it: `maintenance retry`, or `drop`"]
    lines = [f"    is it one of these? `oncall-tui maintenance adopt {delivery.id} --as ID`, else `retry` or `drop`"]
    return lines + [
        f"      {name_evidence(each)}  {show_time(each.created_at)}  {each.status}: "
        f"{clean_line(each.body or each.title, 200)}"
        for each in delivery.evidence
    ]


def finish_saying(db: Database, place: Place, maintenance_id: int, is_json: bool) -> None:
    """Shows what came of a word, and warns where nothing sends it."""
    from oncall_tui.cli.output import warn
    from oncall_tui.store.lock import is_engine_running

    print_sheet(db, maintenance_id, is_json)
    if not is_engine_running(place.db_path()):
        warn(_NO_ENGINE)


def print_sheet(db: Database, maintenance_id: int, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.store.maintenance import get_maintenance

    with db.snapshot():
        sheet = read_sheet(db, get_maintenance(db, maintenance_id))
    if is_json:
        print_json(shape_maintenance(sheet, now_ms()))
    else:
        say(tell_maintenance(sheet, now_ms()))


def read_id(text: str) -> int:
    from oncall_tui.cli.numbers import read_number

    return read_number(text, "M", "maintenance list")

"""What commands print: JSON of one shape for programs, plain inert lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oncall_tui.domain.incident import Reach
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import DeliveryState

if TYPE_CHECKING:
    from oncall_tui.domain.incident import Incident
    from oncall_tui.domain.timeline import TimelineEntry
    from oncall_tui.domain.update import Delivery, Draft, IncidentUpdate, Proof

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
_DB_TEXT_LIMIT = 30_000


def show_time(at: int | None) -> str | None:
    """Returns an instant as ISO 8601 in UTC with milliseconds, as `2026-11-22T03:04:05.678Z`."""
    if at is None:
        return None
    try:
        seconds, ms = divmod(at, 1000)
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03}Z"
    except (ValueError, OverflowError, OSError):
        return None


def print_json(value: Json) -> None:
    """Prints one JSON document; every text is made inert, and all that is not ASCII is escaped, for any locale."""
    sys.stdout.write(json.dumps(_clean(value), indent=2) + "\n")
    sys.stdout.flush()


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return clean_block(value, _DB_TEXT_LIMIT)
    if isinstance(value, Mapping):
        return {clean_line(key): _clean(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_clean(item) for item in value]
    return value


def say(text: str = "") -> None:
    """Prints lines for a person, inert."""
    sys.stdout.write(clean_block(text, 1_000_000) + "\n")


def warn(text: str) -> None:
    """Prints a line beside the answer, to stderr."""
    sys.stderr.write(f"oncall-tui: {clean_block(text)}\n")
    sys.stderr.flush()


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns aligned columns, two blanks apart; every cell is one inert line."""
    cells = [[clean_line(cell, 120) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def shape_update(update: IncidentUpdate) -> dict[str, Json]:
    return {
        "id": update.id,
        "status": update.status,
        "body": update.body,
        "delivery": update.delivery,
        "delivery_id": update.delivery_id,
        "reason": update.reason,
        "author": update.created_by,
        "created_at": show_time(update.created_at),
        "delivered_at": show_time(update.delivered_at),
        "seen_at": show_time(update.seen_at),
        "remote_id": update.remote_id,
        "first_body": update.first_body or update.body,
        "corrected_at": show_time(update.corrected_at),
        "proofs": [shape_proof(proof) for proof in update.proofs],
    }


def shape_proof(proof: Proof) -> dict[str, Json]:
    """Returns how far an update has got on one page, as programs read it."""
    return {
        "page": proof.page,
        "state": proof.state,
        "queued_at": show_time(proof.queued_at),
        "sent_at": show_time(proof.sent_at),
        "accepted_at": show_time(proof.accepted_at),
        "seen_at": show_time(proof.seen_at),
        "remote_id": proof.remote_id,
        "reason": proof.reason,
        "difference": proof.difference,
    }


def shape_incident(
    incident: Incident, updates: Sequence[IncidentUpdate], drafts: Sequence[Draft] = ()
) -> dict[str, Json]:
    """Returns an incident as programs read it; `updates` run from old to new.

    Of `drafts` those are told that wait for a second person.
    """
    return {
        "id": incident.id,
        "title": incident.title,
        "status": incident.status,
        "impact": incident.impact,
        "severity": f"SEV{int(incident.severity)}",
        "reach": incident.reach,
        "components": [{"name": name, "status": status} for name, status in incident.components.items()],
        "probes": list(incident.probes),
        "started_at": show_time(incident.started_at),
        "declared_at": show_time(incident.declared_at),
        "resolved_at": show_time(incident.resolved_at),
        "next_update_at": show_time(incident.next_update_at),
        "pages": [
            {
                "page": name,
                "remote_id": listing.remote_id,
                "title": listing.title,
                "url": listing.url,
                "is_led_elsewhere": listing.is_led_elsewhere,
            }
            for name, listing in incident.listings.items()
        ],
        "conflict": incident.conflict,
        "author": incident.created_by,
        "asked": [
            {
                "status": draft.status,
                "body": draft.body,
                "components": [{"name": name, "status": status} for name, status in draft.components.items()],
                "author": draft.asked_by,
            }
            for draft in drafts
            if draft.asked_by
        ],
        "updates": [shape_update(update) for update in updates],
    }


def tell_told(incident: Incident, updates: Sequence[IncidentUpdate]) -> str:
    """Returns in two words whether customers have read the last update."""
    if incident.reach is Reach.DRILL:
        return "drill"
    if not updates:
        return "nothing said"
    last = updates[-1]
    if last.seen_at is not None or not last.is_local:
        return "seen"
    return {
        DeliveryState.DELIVERED: "not seen yet",
        DeliveryState.FAILED: "FAILED",
        DeliveryState.UNCERTAIN: "IN DOUBT",
        DeliveryState.DROPPED: "DROPPED",
    }.get(last.delivery, "on its way")


def shape_delivery(delivery: Delivery) -> dict[str, Json]:
    return {
        "id": delivery.id,
        "incident_id": delivery.incident_id,
        "page": delivery.page,
        "state": delivery.state,
        "kind": delivery.kind,
        "status": delivery.status,
        "body": delivery.body,
        "components": [{"name": name, "status": status} for name, status in delivery.components.items()],
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "author": delivery.created_by,
        "created_at": show_time(delivery.created_at),
        "next_try_at": show_time(delivery.next_try_at),
        "asked_at": show_time(delivery.asked_at),
        "evidence": [
            {"id": each.remote_update_id, "status": each.status, "body": each.body, "at": show_time(each.created_at)}
            for each in delivery.evidence
        ],
        "delivered_at": show_time(delivery.delivered_at),
    }


def shape_entry(entry: TimelineEntry) -> dict[str, Json]:
    return {
        "id": entry.id,
        "incident_id": entry.incident_id,
        "kind": entry.kind,
        "text": entry.text,
        "actor": entry.actor,
        "occurred_at": show_time(entry.occurred_at),
        "recorded_at": show_time(entry.recorded_at),
    }


def print_entries(entries: Sequence[TimelineEntry], is_json: bool) -> None:
    """Prints what happened, in the order given."""
    if is_json:
        print_json([shape_entry(entry) for entry in entries])
    else:
        rows = [(show_time(entry.occurred_at) or "", entry.kind, entry.actor, entry.text) for entry in entries]
        say(format_table(("WHEN", "KIND", "WHO", "WHAT"), rows))


def tell_incident(incident: Incident, updates: Sequence[IncidentUpdate], drafts: Sequence[Draft] = ()) -> str:
    """Returns an incident as a person reads it."""
    lines = [
        f"#{incident.id}  {clean_line(incident.title)}",
        f"  {incident.status}, impact {incident.impact}, SEV{int(incident.severity)}",
        f"  began {show_time(incident.started_at)}",
    ]
    if incident.next_update_at is not None:
        lines.append(f"  next update due {show_time(incident.next_update_at)}")
    if incident.reach is not Reach.PUBLIC:
        lines.insert(1, f"  {incident.reach.upper()}: customers are not told")
    lines += [f"  {clean_line(name)}: {status}" for name, status in incident.components.items()]
    for name, listing in incident.listings.items():
        if listing.url:
            lines.append(f"  {clean_line(name)}: {clean_line(listing.url)}")
        if listing.is_led_elsewhere:
            lines.append(f"  the last update on {clean_line(name)} came from another host")
    if incident.conflict:
        lines.append(f"  CONFLICT: {clean_line(incident.conflict, 1000)}")
    for update in updates:
        unseen = ", customers do not see it yet" if update.is_local and incident.reach is not Reach.DRILL else ""
        seen = f", customers see it since {show_time(update.seen_at)}" if update.seen_at else unseen
        why = f" ({clean_line(update.reason)})" if update.reason else ""
        author = clean_line(update.created_by)
        lines += ["", f"  {show_time(update.created_at)}  {update.status}, {update.delivery}{why}{seen}, by {author}"]
        lines += [f"    {line}" for line in clean_block(update.body).split("\n")]
        if update.corrected_at is not None:
            first = clean_line(update.first_body, 200)
            lines.append(f"    corrected {show_time(update.corrected_at)}, first said: {first}")
        differing = [proof for proof in update.proofs if proof.difference]
        lines += [f"    ON {clean_line(proof.page)}: {clean_line(proof.difference)}" for proof in differing]
    for draft in (each for each in drafts if each.asked_by):
        asks = f"NOT SENT: {clean_line(draft.asked_by)} asks a second person to (`incident approve {incident.id}`)"
        lines += ["", f"  {draft.status}, {asks}", *(f"    {line}" for line in clean_block(draft.body).split("\n"))]
    return "\n".join(lines)

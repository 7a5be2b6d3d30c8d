"""The messages of incidents as customers read them, each with how far it has got on every page."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.update import DeliveryKind, DeliveryState, IncidentUpdate, Proof
from oncall_tui.store.codec import decode_components
from oncall_tui.store.database import Database, Value, placeholders
from oncall_tui.store.sqlite import sqlite3

_COUNTS = "NOT (kind = 'edit' AND state = 'dropped')"
_PROOFS = (
    "SELECT delivery.update_id, delivery.page, delivery.id AS delivery_id, kind, state, reason, delivery.created_at AS queued_at, "
    "sending_at, delivered_at, remote_id, seen_at, difference, unprovable, page_update.body AS held FROM delivery LEFT JOIN page_update "
    "ON page_update.update_id = delivery.update_id AND page_update.page = delivery.page WHERE delivery.update_id IN ({ids}) "
    "AND delivery.id = (SELECT max(id) FROM delivery newest WHERE newest.update_id = delivery.update_id "
    f"AND newest.page = delivery.page AND {_COUNTS}) "
    "UNION ALL SELECT update_id, page, NULL, 'update', 'delivered', '', NULL, NULL, posted_at, remote_id, seen_at, difference, "
    "unprovable, body FROM page_update WHERE update_id IN ({ids}) AND NOT EXISTS (SELECT 1 FROM delivery "
    f"WHERE delivery.update_id = page_update.update_id AND delivery.page = page_update.page AND {_COUNTS})"
)
_FIRST_SEEN = (
    "WITH wanted AS (SELECT incident_id, page FROM delivery WHERE kind NOT IN ('edit', 'broadcast') AND state != 'dropped' "
    "UNION SELECT incident_id, page FROM page_incident), "
    "shown AS (SELECT incident_id, page, min(CASE WHEN NOT is_local THEN posted_at WHEN unprovable != '' "
    "THEN coalesce(accepted_at, posted_at) ELSE coalesce(first_seen_at, seen_at) END) AS at FROM page_update "
    "JOIN incident_update ON incident_update.id = update_id GROUP BY incident_id, page) "
    "SELECT incident.id, CASE WHEN count(*) = count(shown.at) THEN max(shown.at) END AS at FROM incident "
    "JOIN wanted ON wanted.incident_id = incident.id "
    "LEFT JOIN shown ON shown.incident_id = incident.id AND shown.page = wanted.page "
    "WHERE resolved_at IS NULL AND discarded_at IS NULL GROUP BY incident.id"
)
_STILL = "customers still read the words before the correction"
_FURTHEST_BEHIND = (
    DeliveryState.FAILED,
    DeliveryState.UNCERTAIN,
    DeliveryState.RETRY_WAIT,
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.DROPPED,
    DeliveryState.DELIVERED,
)


def list_updates(db: Database, incident_id: int) -> list[IncidentUpdate]:
    """Returns the messages of an incident in the order in which customers read them, oldest first."""
    return read_updates(db, "incident_id = ?", incident_id)


def list_latest_updates(db: Database) -> dict[int, IncidentUpdate]:
    """Returns the newest message of every open incident and of the one that ended last, by incident id."""
    updates = read_updates(
        db,
        "id IN (SELECT (SELECT max(u.id) FROM incident_update u WHERE u.incident_id = incident.id) FROM incident "
        "WHERE discarded_at IS NULL AND (resolved_at IS NULL OR "
        "id = (SELECT id FROM incident WHERE discarded_at IS NULL ORDER BY resolved_at DESC LIMIT 1)))",
    )
    return {update.incident_id: update for update in updates}


def list_first_seen(db: Database) -> dict[int, int]:
    """Returns since when customers have been seen to get words on each open incident, by incident id.

    They count when the last page that is told of it shows some: each page has its own customers. What somebody wrote on
    a page was there when we met it; of words that cannot be looked up, the page's word that it took them has to do.
    """
    rows = db.rows(_FIRST_SEEN)
    return {row["id"]: row["at"] for row in rows if row["at"] is not None}


def read_updates(db: Database, where: str, *values: Value) -> list[IncidentUpdate]:
    """Returns the updates that a condition of SQL picks, oldest first; ours in the order in which they were confirmed."""
    rows = _put_in_order(db.rows(f"SELECT * FROM incident_update WHERE {where} ORDER BY id", *values))
    proofs: dict[int, list[Proof]] = {}
    firsts: dict[int, tuple[str, int]] = {}
    if rows:
        ids = tuple(row["id"] for row in rows)
        said = {row["id"]: row["body"] for row in rows}
        for row in db.rows(_PROOFS.format(ids=placeholders(ids)) + " ORDER BY 1, 2", *ids, *ids):
            proofs.setdefault(row["update_id"], []).append(_proof(row, said[row["update_id"]]))
        for row in db.rows(f"SELECT * FROM correction WHERE update_id IN ({placeholders(ids)}) ORDER BY id", *ids):
            first, _ = firsts.get(row["update_id"], (row["before"], 0))
            firsts[row["update_id"]] = first, row["created_at"]
    return [_update(row, tuple(proofs.get(row["id"], ())), firsts.get(row["id"])) for row in rows]


def _put_in_order(rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """A clock that was set back between two of ours does not turn them round; those of others stand by their time."""
    latest: dict[int, int] = {}
    at: dict[int, int] = {}
    for row in rows:
        at[row["id"]] = row["created_at"]
        if row["is_local"]:
            at[row["id"]] = latest[row["incident_id"]] = max(row["created_at"], latest.get(row["incident_id"], 0))
    return sorted(rows, key=lambda row: (at[row["id"]], row["id"]))


def _proof(row: sqlite3.Row, said: str) -> Proof:
    state = DeliveryState(row["state"])
    is_behind = row["held"] is not None and row["held"] != said and state is DeliveryState.DELIVERED
    return Proof(
        page=row["page"],
        state=state,
        queued_at=row["queued_at"],
        sent_at=row["sending_at"],
        accepted_at=row["delivered_at"],
        seen_at=row["seen_at"],
        delivery_id=row["delivery_id"],
        remote_id=row["remote_id"],
        reason=row["reason"] or (row["unprovable"] or "" if row["seen_at"] is None else ""),
        difference=row["difference"] or (_STILL if is_behind else ""),
        is_broadcast=row["kind"] == DeliveryKind.BROADCAST,
    )


def _update(row: sqlite3.Row, proofs: tuple[Proof, ...], first: tuple[str, int] | None) -> IncidentUpdate:
    """A page whose delivery a person dropped is not waited for, unless there is no other."""
    pages = [proof for proof in proofs if not proof.is_broadcast]
    wanted = [proof for proof in pages if proof.state is not DeliveryState.DROPPED] or pages
    behind = min(wanted, key=lambda proof: _FURTHEST_BEHIND.index(proof.state), default=None)
    seen = [proof.seen_at for proof in wanted]
    accepted = [proof.accepted_at for proof in wanted]
    return IncidentUpdate(
        id=row["id"],
        uid=row["uid"],
        incident_id=row["incident_id"],
        status=IncidentStatus(row["status"]),
        body=row["body"],
        components=decode_components(row["components"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        is_local=bool(row["is_local"]),
        delivery=behind.state if behind else DeliveryState.DROPPED if row["is_local"] else DeliveryState.DELIVERED,
        remote_id=next((proof.remote_id for proof in proofs if proof.remote_id), None),
        delivered_at=_last(accepted),
        seen_at=_last(seen),
        delivery_id=behind.delivery_id if behind else None,
        reason=behind.reason if behind else "",
        proofs=proofs,
        first_body=first[0] if first else "",
        corrected_at=first[1] if first else None,
        promise_at=row["promise_at"],
    )


def _last(instants: Sequence[int | None]) -> int | None:
    """Returns the latest, None when one of them has not come."""
    known = [instant for instant in instants if instant is not None]
    return max(known) if known and len(known) == len(instants) else None

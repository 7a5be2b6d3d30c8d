"""The queue of confirmed updates: one transaction puts an intention in; people see, retry and drop what waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, Phase
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState, IncidentUpdate
from oncall_tui.store.codec import decode_components, encode_components
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import read_incident, set_components
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

ENGINE = "engine"
OPEN = "state NOT IN ('delivered', 'dropped')"
_DELIVERY = (
    "SELECT delivery.*, incident_update.uid, incident_update.status, incident_update.body, incident_update.components, "
    "incident_update.remote_id AS remote_update_id, incident_update.seen_at, incident.uid AS incident_uid, "
    "incident.remote_id AS remote_incident_id "
    "FROM delivery JOIN incident_update ON incident_update.id = update_id JOIN incident ON incident.id = delivery.incident_id "
)


def confirm_update(
    db: Database,
    incident_id: int,
    *,
    uid: str,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    notify: bool,
    actor: str,
    now: int,
    seen_revision: int | None = None,
    draft_id: int | None = None,
) -> IncidentUpdate:
    """Turns confirmed words into an update, a delivery, the incident's new state and a timeline entry, all or nothing.

    `components` are the states that the update sets; those of the incident that it does not name stay. Raises
    ConflictError when `seen_revision` is no longer the incident's, RefusedError (`already-sent`) when the draft was sent
    by an earlier press.
    """
    with db.write("incidents", "outbox", "drafts", "timeline") as connection:
        incident = read_incident(connection, incident_id)
        if seen_revision is not None and seen_revision != incident.revision:
            raise ConflictError(f"#{incident_id} was changed by somebody else after you reviewed it.")
        if draft_id is not None and not connection.execute("DELETE FROM draft WHERE id = ?", (draft_id,)).rowcount:
            raise RefusedError("already-sent", "This draft has been sent or discarded already.")
        cursor = connection.execute(
            "INSERT INTO incident_update(uid, incident_id, status, body, components, created_at, created_by, is_local) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
            (uid, incident_id, status, body, encode_components(components), now, actor),
        )
        update_id = int(cursor.lastrowid or 0)
        page_title = connection.execute("SELECT page_title FROM incident WHERE id = ?", (incident_id,)).fetchone()[0]
        title = incident.title if page_title != incident.title else None
        connection.execute(
            "INSERT INTO delivery(update_id, incident_id, kind, state, title, impact_override, notify, created_at, created_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                update_id,
                incident_id,
                DeliveryKind.UPDATE if incident.remote_id else DeliveryKind.CREATE,
                DeliveryState.PENDING,
                title,
                incident.impact_override,
                notify,
                now,
                actor,
            ),
        )
        _advance(connection, incident, status, components, next_update_at, now)
        add_entry(connection, incident_id, EntryKind.QUEUED, f"update confirmed ({status}): {body}", actor, now, now)
        return _updates(connection.execute(_UPDATES + "WHERE incident_update.id = ?", (update_id,)).fetchall())[0]


def _advance(
    connection: sqlite3.Connection,
    incident: Incident,
    status: IncidentStatus,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    now: int,
) -> None:
    is_open = status.is_open
    connection.execute(
        "UPDATE incident SET status = ?, phase = ?, resolved_at = ?, next_update_at = ?, conflict = '', "
        "revision = revision + 1 WHERE id = ?",
        (
            status,
            Phase.ACTIVE if is_open else Phase.RESOLVED,
            None if is_open else (incident.resolved_at or now),
            next_update_at if is_open else None,
            incident.id,
        ),
    )
    set_components(connection, incident.id, {**incident.components, **components})


_UPDATES = (
    "SELECT incident_update.*, delivery.id AS delivery_id, delivery.state, delivery.reason, delivery.delivered_at "
    "FROM incident_update LEFT JOIN delivery ON delivery.update_id = incident_update.id "
)


def list_updates(db: Database, incident_id: int) -> list[IncidentUpdate]:
    """Returns the messages of an incident in the order in which customers read them, oldest first."""
    return _updates(
        db.rows(
            _UPDATES + "WHERE incident_update.incident_id = ? ORDER BY incident_update.created_at, incident_update.id",
            incident_id,
        )
    )


def list_latest_updates(db: Database) -> dict[int, IncidentUpdate]:
    """Returns the newest message of every open incident, by incident id."""
    rows = db.rows(
        _UPDATES
        + "WHERE incident_update.id IN (SELECT (SELECT max(u.id) FROM incident_update u WHERE u.incident_id = incident.id) "
        "FROM incident WHERE resolved_at IS NULL AND discarded_at IS NULL)"
    )
    return {update.incident_id: update for update in _updates(rows)}


def _updates(rows: Sequence[sqlite3.Row]) -> list[IncidentUpdate]:
    return [
        IncidentUpdate(
            id=row["id"],
            uid=row["uid"],
            incident_id=row["incident_id"],
            status=IncidentStatus(row["status"]),
            body=row["body"],
            components=decode_components(row["components"]),
            created_at=row["created_at"],
            created_by=row["created_by"],
            is_local=bool(row["is_local"]),
            delivery=DeliveryState(row["state"]) if row["state"] else DeliveryState.DELIVERED,
            remote_id=row["remote_id"],
            delivered_at=row["delivered_at"] if row["is_local"] else row["created_at"],
            seen_at=row["seen_at"],
            delivery_id=row["delivery_id"],
            reason=row["reason"] or "",
        )
        for row in rows
    ]


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        uid=row["uid"],
        incident_id=row["incident_id"],
        incident_uid=row["incident_uid"],
        remote_incident_id=row["remote_incident_id"],
        kind=DeliveryKind(row["kind"]),
        state=DeliveryState(row["state"]),
        title=row["title"],
        status=IncidentStatus(row["status"]),
        body=row["body"],
        components=decode_components(row["components"]),
        impact_override=row["impact_override"],
        notify=bool(row["notify"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        attempts=row["attempts"],
        epoch=row["epoch"],
        sending_at=row["sending_at"],
        next_try_at=row["next_try_at"],
        baseline=tuple(json.loads(row["baseline"])),
        reason=row["reason"],
        remote_update_id=row["remote_update_id"],
        delivered_at=row["delivered_at"],
        seen_at=row["seen_at"],
        is_forced=bool(row["is_forced"]),
    )


def list_deliveries(db: Database, *, is_open_only: bool = True, limit: int = 500) -> list[Delivery]:
    """Returns what is queued (or all), oldest first."""
    where = f"WHERE {OPEN} " if is_open_only else ""
    rows = db.rows(f"{_DELIVERY} {where} ORDER BY delivery.id DESC LIMIT ?", limit)
    return [_delivery(row) for row in reversed(rows)]


def get_delivery(db: Database, delivery_id: int) -> Delivery:
    """Returns one delivery. Raises NotFoundError."""
    row = db.row(f"{_DELIVERY} WHERE delivery.id = ?", delivery_id)
    if row is None:
        raise NotFoundError(f"There is no delivery {delivery_id} in the outbox.")
    return _delivery(row)


def list_due(db: Database, now: int) -> list[Delivery]:
    """Returns the deliveries that may act now: the oldest open one of each incident, when it is due.

    Those are pending, waiting for a retry that is due, or uncertain with their quiet period over. One that failed, or
    that waits, holds back the later ones of its incident.
    """
    rows = db.rows(
        f"{_DELIVERY} WHERE delivery.id IN (SELECT min(id) FROM delivery WHERE {OPEN} GROUP BY incident_id) "
        "AND (delivery.state = 'pending' OR (delivery.state IN ('retry_wait', 'uncertain') AND next_try_at <= ?)) "
        "ORDER BY delivery.id",
        now,
    )
    return [_delivery(row) for row in rows]


def next_due_at(db: Database) -> int | None:
    """Returns the earliest instant at which a waiting delivery may act again, None when none waits."""
    row = db.row(f"SELECT min(next_try_at) AS at FROM delivery WHERE {OPEN} AND state IN ('retry_wait', 'uncertain')")
    return row["at"] if row else None


def has_waiting(db: Database) -> bool:
    """Tells whether anything confirmed is still on its way, other than what waits for a person."""
    return db.row(f"SELECT 1 FROM delivery WHERE {OPEN} AND state != 'failed' LIMIT 1") is not None


def list_unseen(db: Database) -> list[IncidentUpdate]:
    """Returns our updates that the page accepted and that the public page has not been seen to show."""
    return _updates(
        db.rows(_UPDATES + "WHERE state = 'delivered' AND seen_at IS NULL AND is_local = 1 ORDER BY incident_update.id")
    )


def retry_delivery(db: Database, delivery_id: int, actor: str, now: int) -> Delivery:
    """Puts a delivery that waits or that needs a person back in the queue; an uncertain one keeps its quiet period.

    Raises NotFoundError, or RefusedError (`not-waiting`) when there is nothing to retry.
    """
    with db.write("outbox", "timeline") as connection:
        row = _open_row(connection, delivery_id, ("failed", "retry_wait", "uncertain"), "not-waiting", "retry")
        if row["state"] != "uncertain":
            connection.execute(
                "UPDATE delivery SET state = 'pending', next_try_at = NULL, reason = '', is_forced = (state = 'failed') WHERE id = ?",
                (delivery_id,),
            )
        add_entry(connection, row["incident_id"], EntryKind.QUEUED, "delivery asked for again", actor, now, now)
    return get_delivery(db, delivery_id)


def drop_delivery(db: Database, delivery_id: int, actor: str, now: int) -> Delivery:
    """Gives a delivery up: the update stays in our record, marked as never sent by us.

    Raises NotFoundError, or RefusedError (`being-sent`) while the engine has it in flight.
    """
    with db.write("outbox", "timeline") as connection:
        row = _open_row(connection, delivery_id, ("pending", "failed", "retry_wait", "uncertain"), "being-sent", "drop")
        connection.execute(
            "UPDATE delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE id = ?",
            (f"dropped by {actor}", delivery_id),
        )
        add_entry(
            connection,
            row["incident_id"],
            EntryKind.UNDONE,
            "delivery dropped: not sent to the page",
            actor,
            now,
            now,
        )
    return get_delivery(db, delivery_id)


def _open_row(
    connection: sqlite3.Connection, delivery_id: int, states: tuple[str, ...], rule: str, verb: str
) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM delivery WHERE id = ?", (delivery_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no delivery {delivery_id} in the outbox.")
    if row["state"] not in states:
        raise RefusedError(rule, f"Delivery {delivery_id} is {row['state']}: there is nothing to {verb}.")
    return row

"""The queue of confirmed updates: one transaction puts an intention in; people see, retry and drop what waits."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, Phase, Reach
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Awaited, Delivery, DeliveryKind, DeliveryState, Evidence, IncidentUpdate, Waiver
from oncall_tui.store.codec import decode_components, decode_evidence, encode_components
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import use_draft
from oncall_tui.store.incidents import absorb_twin, read_incident, set_components
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.taking_back import take_back
from oncall_tui.store.timeline import add_entry, add_overrides
from oncall_tui.store.updates import read_updates

ENGINE = "engine"
OPEN = "state NOT IN ('delivered', 'dropped')"
QUEUED = f"{OPEN} AND NOT (kind = 'broadcast' AND state = 'failed' AND is_conflict)"
"""What holds back what was confirmed later. A broadcast that customers were not seen to get does not."""
_DELIVERY = (
    "SELECT delivery.*, incident_update.uid, incident_update.status, "
    "coalesce(correction.body, incident_update.body) AS body, incident_update.components, "
    "page_update.remote_id AS remote_update_id, page_update.seen_at, incident.uid AS incident_uid, "
    "page_incident.remote_id AS remote_incident_id "
    "FROM delivery JOIN incident_update ON incident_update.id = delivery.update_id "
    "JOIN incident ON incident.id = delivery.incident_id "
    "LEFT JOIN correction ON correction.id = delivery.correction_id "
    "LEFT JOIN page_incident ON page_incident.incident_id = delivery.incident_id AND page_incident.page = delivery.page "
    "LEFT JOIN page_update ON page_update.update_id = delivery.update_id AND page_update.page = delivery.page "
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
    pages: Sequence[str] = (MAIN_PAGE,),
    broadcasts: Sequence[str] = (),
    second_person: Collection[int] = (),
    waivers: Sequence[Waiver] = (),
) -> IncidentUpdate:
    """Turns confirmed words into an update, its deliveries, the incident's new state and a timeline entry, all or nothing.

    Nothing is queued of a drill. An incident that somebody made on one page is continued where it stands, not made on the others. `broadcasts` are told
    when `notify` allows it, after customers have been seen to get the update on a page. `components` are the states that the update sets; those of the incident that it does not name stay. `waivers` are
    those of no draft. Raises
    ConflictError when `seen_revision` is no longer the incident's, RefusedError (`already-sent`) when the draft was sent
    by an earlier press, or (`needs-second-person`) when a severity of `second_person` was not asked for by somebody else.
    """
    with db.write("incidents", "outbox", "drafts", "timeline") as connection:
        incident = read_incident(connection, incident_id)
        if seen_revision is not None and seen_revision != incident.revision:
            raise ConflictError(f"#{incident_id} was changed by somebody else after you reviewed it.")
        asked_by = "" if draft_id is None else use_draft(connection, draft_id, now)
        add_overrides(connection, incident_id, waivers, now)
        if incident.severity in second_person and asked_by in ("", actor):
            raise RefusedError("needs-second-person", "This severity needs a second person to send what you wrote.")
        cursor = connection.execute(
            "INSERT INTO incident_update(uid, incident_id, status, body, components, created_at, created_by, is_local, "
            "promise_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (
                uid,
                incident_id,
                status,
                body,
                encode_components(components),
                now,
                actor,
                next_update_at if status.is_open else None,
            ),
        )
        update_id = int(cursor.lastrowid or 0)
        listed = [page for page in pages if page in incident.listings]
        targets = [(page, DeliveryKind.CREATE) for page in (listed if listed and not incident.is_local else pages)]
        targets += [(name, DeliveryKind.BROADCAST) for name in (broadcasts if notify else ())]
        targets = [] if incident.reach is Reach.DRILL else targets
        for page, kind in targets:
            listing = incident.listings.get(page)
            connection.execute(
                "INSERT INTO delivery(update_id, incident_id, page, kind, state, title, impact_override, notify, created_at, "
                "created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    update_id,
                    incident_id,
                    page,
                    DeliveryKind.UPDATE if listing else kind,
                    DeliveryState.PENDING,
                    None if listing and listing.title == incident.title else incident.title,
                    incident.impact_override,
                    notify,
                    now,
                    actor,
                ),
            )
        _advance(connection, incident, status, components, next_update_at, now)
        add_entry(connection, incident_id, EntryKind.QUEUED, f"update confirmed ({status}): {body}", actor, now, now)
        if asked_by not in ("", actor):
            told = f"approved what {asked_by} wrote ({status})"
            add_entry(connection, incident_id, EntryKind.APPROVAL, told, actor, now, now)
        return read_updates(db, "id = ?", update_id)[0]


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


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        uid=row["uid"],
        incident_id=row["incident_id"],
        page=row["page"],
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
        page_at=row["page_at"],
        next_try_at=row["next_try_at"],
        baseline=tuple(json.loads(row["baseline"])),
        reason=row["reason"],
        remote_update_id=row["remote_update_id"],
        delivered_at=row["delivered_at"],
        seen_at=row["seen_at"],
        is_forced=bool(row["is_forced"]),
        is_conflict=bool(row["is_conflict"]),
        asked_at=row["asked_at"],
        evidence=decode_evidence(row["evidence"]),
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


def list_given_up(db: Database, delivery_id: int) -> list[Delivery]:
    """Returns the earlier deliveries of the same incident to the same page that were sent and then dropped, newest first."""
    rows = db.rows(
        f"{_DELIVERY} JOIN delivery ours ON ours.incident_id = delivery.incident_id AND ours.page = delivery.page "
        "WHERE ours.id = ? AND delivery.id < ours.id AND delivery.state = 'dropped' AND delivery.attempts > 0 "
        "AND delivery.kind != 'edit' ORDER BY delivery.id DESC",
        delivery_id,
    )
    return [_delivery(row) for row in rows]


def list_due(db: Database, now: int, *, page: str = MAIN_PAGE) -> list[Delivery]:
    """Returns the deliveries to a page that may act now: the oldest open one of each incident, when it is due.

    Those are pending, waiting for a retry that is due, or uncertain with their quiet period over. One that failed, or
    that waits, holds back the later ones of its incident. The newest incident comes first: after a long outage hundreds
    may wait, and a fresh one is what customers ask about.
    """
    rows = db.rows(
        f"{_DELIVERY} WHERE delivery.id IN (SELECT min(id) FROM delivery WHERE {QUEUED} AND page = ? GROUP BY incident_id) "
        "AND (delivery.state = 'pending' OR (delivery.state IN ('retry_wait', 'uncertain') AND next_try_at <= ?)) "
        "ORDER BY delivery.incident_id DESC",
        page,
        now,
    )
    return [_delivery(row) for row in rows]


def next_due_at(db: Database, *, page: str = MAIN_PAGE) -> int | None:
    """Returns the earliest instant at which a waiting delivery may act again, None when none waits."""
    row = db.row(
        f"SELECT min(next_try_at) AS at FROM delivery WHERE {OPEN} AND page = ? AND state IN ('retry_wait', 'uncertain')",
        page,
    )
    return row["at"] if row else None


def has_waiting(db: Database) -> bool:
    """Tells whether anything confirmed is still on its way, other than what waits for a person."""
    return db.row(f"SELECT 1 FROM delivery WHERE {OPEN} AND state != 'failed' AND asked_at IS NULL LIMIT 1") is not None


def list_unseen(db: Database, *, page: str = MAIN_PAGE) -> list[Awaited]:
    """Returns our updates that a page accepted, that customers have not been seen to get, and that can be looked up."""
    rows = db.rows(
        "SELECT page_update.remote_id, coalesce(page_update.body, incident_update.body) AS body, "
        "coalesce(accepted_at, posted_at) AS accepted_at FROM page_update "
        "JOIN incident_update ON incident_update.id = update_id "
        "WHERE page = ? AND seen_at IS NULL AND unprovable = '' AND is_local = 1 ORDER BY update_id",
        page,
    )
    return [Awaited(row["remote_id"], row["body"], row["accepted_at"]) for row in rows]


def retry_delivery(db: Database, delivery_id: int, actor: str, now: int) -> Delivery:
    """Puts a delivery that waits or that needs a person back in the queue; an uncertain one keeps its quiet period.

    One that a person is asked about is sent again unless the page turns out to have it. After a conflict this is a yes
    to what somebody else did on the page by then, after anything else it is none.

    Raises NotFoundError, or RefusedError (`not-waiting`) when there is nothing to retry.
    """
    with db.write("outbox", "timeline") as connection:
        row = _open_row(connection, delivery_id, ("failed", "retry_wait", "uncertain"), "not-waiting", "retry")
        if row["state"] != "uncertain" or row["asked_at"] is not None:
            connection.execute(
                "UPDATE delivery SET state = 'pending', next_try_at = NULL, reason = '', asked_at = NULL, evidence = '[]', "
                "is_forced = is_conflict, is_conflict = 0 WHERE id = ?",
                (delivery_id,),
            )
        add_entry(connection, row["incident_id"], EntryKind.QUEUED, "delivery asked for again", actor, now, now)
    return get_delivery(db, delivery_id)


def drop_delivery(db: Database, delivery_id: int, actor: str, now: int) -> Delivery:
    """Gives a delivery up: the update stays in our record, as not sent, or as what may stand on the page all the same.

    The incident goes back to what its page says. With the last page that holds an update, or was to, its broadcasts are
    given up: they would lead to nothing. Raises NotFoundError, or RefusedError (`being-sent`) while the engine has it in
    flight.
    """
    with db.write("outbox", "incidents", "timeline") as connection:
        row = _open_row(connection, delivery_id, ("pending", "failed", "retry_wait", "uncertain"), "being-sent", "drop")
        # A person may have asked for one in doubt again: then it waits, and nobody knows more of it.
        is_doubt = row["state"] == "uncertain" or (row["state"] == "pending" and row["attempts"] > 0)
        where = "it may have arrived" if row["kind"] == DeliveryKind.BROADCAST else "it may stand on the page"
        connection.execute(
            "UPDATE delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE id = ?",
            (f"given up by {actor}: {where}" if is_doubt else f"dropped by {actor}", delivery_id),
        )
        text = f"delivery given up: {where}" if is_doubt else "delivery dropped: not sent"
        add_entry(connection, row["incident_id"], EntryKind.UNDONE, text, actor, now, now)
        take_back(connection, row, actor, now, is_doubt=is_doubt)
        if row["kind"] != DeliveryKind.BROADCAST:
            _drop_idle_broadcasts(connection, row, actor, now)
    return get_delivery(db, delivery_id)


def _drop_idle_broadcasts(connection: sqlite3.Connection, dropped: sqlite3.Row, actor: str, now: int) -> None:
    names = connection.execute(
        "UPDATE delivery SET state = 'dropped', reason = 'no page has its update' WHERE update_id = ?1 "
        "AND kind = 'broadcast' AND state = 'pending' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.update_id = ?1 "
        "AND d.kind != 'broadcast' AND d.state != 'dropped') "
        "AND NOT EXISTS (SELECT 1 FROM page_update WHERE page_update.update_id = ?1) RETURNING page",
        (dropped["update_id"],),
    ).fetchall()
    for row in names:
        text = f"{row['page']} is not told: no page has the update"
        add_entry(connection, dropped["incident_id"], EntryKind.UNDONE, text, actor, now, now)


def adopt_delivery(db: Database, delivery_id: int, evidence: Evidence | None, actor: str, now: int) -> Delivery:
    """Takes a message that the page shows for an uncertain one of ours, by a person's word.

    A broadcast leaves nothing that could be shown: there the word is all (`evidence` is None). Raises NotFoundError,
    ConflictError when the page was read again meanwhile, or RefusedError: `not-asked` when nobody is asked,
    `no-evidence` when the page shows nothing that could be it, `already-known` when it is another of ours.
    """
    with db.write("incidents", "outbox", "timeline", "drafts", "steps") as connection:
        row = _open_row(connection, delivery_id, ("uncertain",), "not-asked", "adopt")
        page, incident_id = row["page"], row["incident_id"]
        if row["asked_at"] is None:
            raise RefusedError("not-asked", f"Delivery {delivery_id} is being looked up: wait for what the page shows.")
        if evidence is None:
            if row["kind"] != DeliveryKind.BROADCAST:
                raise RefusedError("no-evidence", "The page shows nothing that could be it: send it again, or drop it.")
            connection.execute(
                "UPDATE delivery SET state = 'delivered', delivered_at = ?, next_try_at = NULL, reason = ? WHERE id = ?",
                (now, f"has arrived, says {actor}", delivery_id),
            )
            add_entry(
                connection, incident_id, EntryKind.DELIVERED, f"{page}: has arrived, says {actor}", actor, now, now
            )
            return get_delivery(db, delivery_id)
        if evidence not in decode_evidence(row["evidence"]):
            raise ConflictError("What the page shows has changed: look at it again.")
        if connection.execute(
            "SELECT 1 FROM page_update JOIN incident_update ON id = update_id WHERE page = ? AND remote_id = ? AND is_local",
            (page, evidence.remote_update_id),
        ).fetchone():
            raise RefusedError("already-known", "That message on the page is another update of ours.")
        if connection.execute(
            "SELECT 1 FROM page_incident JOIN incident ON id = incident_id WHERE page = ? AND remote_id = ? AND id != ? "
            "AND is_local",
            (page, evidence.remote_incident_id, incident_id),
        ).fetchone():
            raise RefusedError("already-known", "That incident on the page is another one of ours.")
        connection.execute(
            "UPDATE delivery SET state = 'delivered', delivered_at = ?, next_try_at = NULL, reason = ? WHERE id = ?",
            (evidence.created_at, f"found on the page by {actor}", delivery_id),
        )
        absorb_twin(connection, page, evidence.remote_incident_id, incident_id, now)
        connection.execute(
            "INSERT INTO page_incident(page, remote_id, incident_id, title, updated_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT(incident_id, page) DO NOTHING",
            (page, evidence.remote_incident_id, incident_id, evidence.title, evidence.created_at),
        )
        link_update(connection, page, evidence.remote_update_id, row["update_id"], evidence.created_at)
        add_entry(
            connection,
            incident_id,
            EntryKind.DELIVERED,
            "found on the page: taken as sent",
            actor,
            evidence.created_at,
            now,
        )
    return get_delivery(db, delivery_id)


def link_update(connection: sqlite3.Connection, page: str, remote_id: str, update_id: int, posted_at: int) -> None:
    """Notes as which of the page's messages an update stands there, inside the caller's transaction.

    The reader may have met this very message first, as somebody else's; the page holds it once, so do we.
    """
    met = connection.execute(
        "SELECT update_id FROM page_update JOIN incident_update ON id = update_id "
        "WHERE page = ? AND remote_id = ? AND update_id != ? AND is_local = 0",
        (page, remote_id, update_id),
    ).fetchone()
    if met is not None:
        connection.execute("DELETE FROM page_update WHERE update_id = ?", (met["update_id"],))
        connection.execute("DELETE FROM incident_update WHERE id = ?", (met["update_id"],))
    connection.execute(
        "INSERT OR REPLACE INTO page_update(page, remote_id, update_id, posted_at) VALUES (?, ?, ?, ?)",
        (page, remote_id, update_id, posted_at),
    )


def _open_row(
    connection: sqlite3.Connection, delivery_id: int, states: tuple[str, ...], rule: str, verb: str
) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM delivery WHERE id = ?", (delivery_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no delivery {delivery_id} in the outbox.")
    if row["state"] not in states:
        raise RefusedError(rule, f"Delivery {delivery_id} is {row['state']}: there is nothing to {verb}.")
    return row

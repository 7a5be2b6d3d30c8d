"""What was published and is put right: other words for an update that stands on pages, and incidents of the past."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.incident import Cause, Impact, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.pagestate import name_page
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryKind, DeliveryState, IncidentUpdate, Waiver
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import find_fenced
from oncall_tui.store.incidents import read_incident
from oncall_tui.store.outbox import ENGINE
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry, add_overrides
from oncall_tui.store.updates import read_updates

_OVERTAKEN = "not sent: a later correction says more"


def correct_update(
    db: Database,
    update_id: int,
    body: str,
    *,
    editable: Collection[str],
    actor: str,
    now: int,
    promise_at: int | None = None,
    waivers: Sequence[Waiver] = (),
) -> IncidentUpdate:
    """Turns confirmed words into a correction of an update, a delivery for each page, and a timeline entry, all or nothing.

    `editable` are the pages that can edit; the others keep the words that they have. Earlier words stay in the file. A
    correction that has yet to leave is overtaken by this one. `promise_at` is when customers hear again by these words,
    None where that stays as it was. Raises NotFoundError, or RefusedError: `unchanged`,
    `not-delivered` while the update itself is on its way, `cannot-edit` when no page that holds it can.
    """
    with db.write("outbox", "incidents", "timeline") as connection:
        update = _read_update(connection, update_id)
        if normalise_body(body) == normalise_body(update["body"]):
            raise RefusedError("unchanged", "This is the text that was said: there is nothing to correct.")
        holding = _list_holding(connection, update, editable)
        cursor = connection.execute(
            "INSERT INTO correction(update_id, body, before, created_at, created_by) VALUES (?, ?, ?, ?, ?)",
            (update_id, body, update["body"], now, actor),
        )
        # What each page has been seen to take stays noted: it is what a look at the page is compared with.
        connection.execute(
            "UPDATE page_update SET body = coalesce(body, ?) WHERE update_id = ?", (update["body"], update_id)
        )
        connection.execute("UPDATE incident_update SET body = ? WHERE id = ?", (body, update_id))
        if promise_at is not None:
            _move_promise(connection, update, promise_at)
        connection.execute(
            "UPDATE delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE update_id = ? AND kind = 'edit' "
            "AND state IN ('pending', 'retry_wait', 'failed')",
            (_OVERTAKEN, update_id),
        )
        connection.executemany(
            "INSERT INTO delivery(update_id, correction_id, incident_id, page, kind, state, notify, created_at, created_by) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
            [
                (
                    *(update_id, cursor.lastrowid, update["incident_id"], page),
                    *(DeliveryKind.EDIT, DeliveryState.PENDING, now, actor),
                )
                for page in holding
            ],
        )
        add_overrides(connection, update["incident_id"], waivers, now)
        sentence = f"correction confirmed: {body}\nbefore: {update['body']}"
        add_entry(connection, update["incident_id"], EntryKind.QUEUED, sentence, actor, now, now)
        return read_updates(db, "id = ?", update_id)[0]


def _move_promise(connection: sqlite3.Connection, update: sqlite3.Row, promise_at: int) -> None:
    """Counts down what customers read now, where no later update has promised something else."""
    connection.execute("UPDATE incident_update SET promise_at = ? WHERE id = ?", (promise_at, update["id"]))
    connection.execute(
        "UPDATE incident SET next_update_at = ?, revision = revision + 1 WHERE id = ? AND resolved_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM incident_update later WHERE later.incident_id = incident.id AND later.id > ?)",
        (promise_at, update["incident_id"], update["id"]),
    )


def _read_update(connection: sqlite3.Connection, update_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM incident_update WHERE id = ?", (update_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no update {update_id}.")
    return row


def _list_holding(connection: sqlite3.Connection, update: sqlite3.Row, editable: Collection[str]) -> list[str]:
    if connection.execute(
        "SELECT 1 FROM delivery WHERE update_id = ? AND kind NOT IN ('edit', 'broadcast') "
        "AND state NOT IN ('delivered', 'dropped')",
        (update["id"],),
    ).fetchone():
        raise RefusedError(
            "not-delivered",
            "This update is still on its way: correct it once it stands on the page, or drop its delivery and say it anew.",
        )
    rows = connection.execute("SELECT page FROM page_update WHERE update_id = ? ORDER BY page", (update["id"],))
    holding = [row["page"] for row in rows if row["page"] in editable]
    if not holding:
        raise RefusedError(
            "cannot-edit",
            "No page that holds this update lets it be edited: say what is right in an update of its own, with "
            f"`oncall-tui incident update {update['incident_id']} --status {update['status']} --message ...`.",
        )
    return holding


def list_earlier_words(db: Database, delivery_id: int) -> set[str]:
    """Returns what a page may show of an update before a correction of ours, each as `normalise_body` has it."""
    rows = db.rows(
        "SELECT earlier.before FROM correction earlier JOIN delivery ON delivery.update_id = earlier.update_id "
        "WHERE delivery.id = ? AND earlier.id <= delivery.correction_id",
        delivery_id,
    )
    return {normalise_body(row["before"]) for row in rows}


def settle_edited(db: Database, delivery_id: int, epoch: int, *, body: str, now: int) -> bool:
    """Notes that a page has the corrected words, and awaits that customers see them; False when overtaken."""
    with db.write("outbox", "incidents", "timeline") as connection:
        row = find_fenced(connection, delivery_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE delivery SET state = 'delivered', delivered_at = ?, reason = '', next_try_at = NULL WHERE id = ?",
            (now, delivery_id),
        )
        connection.execute(
            "UPDATE page_update SET body = ?, accepted_at = ?, first_seen_at = coalesce(first_seen_at, seen_at), seen_at = NULL, "
            "difference = '', unprovable = '' WHERE update_id = ? AND page = ?",
            (body, now, row["update_id"], row["page"]),
        )
        sentence = f"{name_page(row['page'])} accepted the correction"
        add_entry(connection, row["incident_id"], EntryKind.DELIVERED, sentence, ENGINE, now, now)
        return True


def backfill_incident(
    db: Database,
    *,
    uid: str,
    update_uid: str,
    title: str,
    body: str,
    started_at: int,
    resolved_at: int,
    severity: Severity,
    impact_override: Impact | None,
    notify: bool,
    pages: Sequence[str],
    actor: str,
    now: int,
    waivers: Sequence[Waiver] = (),
) -> Incident:
    """Records an incident that is over, with one text that tells all of it, and queues it for pages that take such.

    All or nothing. It keeps its own dates, with one timeline entry for each.
    """
    with db.write("incidents", "outbox", "timeline") as connection:
        cursor = connection.execute(
            "INSERT INTO incident(uid, title, status, phase, impact_override, severity, cause, started_at, declared_at, "
            "resolved_at, is_local, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (
                *(uid, title, IncidentStatus.RESOLVED, Phase.RESOLVED, impact_override, severity, Cause.UNKNOWN),
                *(started_at, now, resolved_at, actor),
            ),
        )
        incident_id = int(cursor.lastrowid or 0)
        cursor = connection.execute(
            "INSERT INTO incident_update(uid, incident_id, status, body, components, created_at, created_by, is_local) "
            "VALUES (?, ?, ?, ?, '{}', ?, ?, 1)",
            (update_uid, incident_id, IncidentStatus.RESOLVED, body, resolved_at, actor),
        )
        connection.executemany(
            "INSERT INTO delivery(update_id, incident_id, page, kind, state, title, impact_override, notify, created_at, "
            "created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(cursor.lastrowid, incident_id, page, DeliveryKind.BACKFILL, DeliveryState.PENDING),
                    *(title, impact_override, notify, now, actor),
                )
                for page in pages
            ],
        )
        add_entry(connection, incident_id, EntryKind.DECLARED, f"recorded afterwards: {title}", actor, started_at, now)
        add_overrides(connection, incident_id, waivers, now)
        add_entry(connection, incident_id, EntryKind.QUEUED, f"told afterwards: {body}", actor, resolved_at, now)
        return read_incident(connection, incident_id)

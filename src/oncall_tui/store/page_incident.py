"""One incident as a page holds it against ours: what is new in it, and what became of it there."""

from __future__ import annotations

from oncall_tui.domain.incident import Cause, IncidentStatus, Phase, Severity
from oncall_tui.domain.outbox import tell_difference
from oncall_tui.domain.pagestate import name_page
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.codec import decode_capabilities, encode_components
from oncall_tui.store.deliveries import bound_instant, trust_date
from oncall_tui.store.incidents import set_components
from oncall_tui.store.outbox import ENGINE
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.taking_back import CONFLICT_MOST, name_open_elsewhere, set_status
from oncall_tui.store.timeline import add_entry

_SETTLED_AFTER_MS = 120_000


def tell_gone(page: str) -> str:
    return f"{name_page(page)} no longer has this incident: somebody deleted it there"


def _tell_back(page: str) -> str:
    return f"{name_page(page)} shows this incident again"


def is_known_gone(connection: sqlite3.Connection, page: str, incident_id: int) -> bool:
    """By what was told last, since a person may have put the note aside."""
    row = connection.execute(
        "SELECT text FROM timeline WHERE incident_id = ? AND kind = ? AND text IN (?, ?) ORDER BY id DESC LIMIT 1",
        (incident_id, EntryKind.REMOTE, tell_gone(page), _tell_back(page)),
    ).fetchone()
    return row is not None and row["text"] == tell_gone(page)


def _note_back(connection: sqlite3.Connection, page: str, row: sqlite3.Row, now: int) -> bool:
    if not is_known_gone(connection, page, row["id"]):
        return False
    connection.execute(
        "UPDATE incident SET conflict = ?, revision = revision + 1 WHERE id = ?", (_keep_conflict(page, row), row["id"])
    )
    add_entry(connection, row["id"], EntryKind.REMOTE, _tell_back(page), ENGINE, now, now)
    return True


def _keep_conflict(page: str, row: sqlite3.Row) -> str:
    """Returns the note that still holds for an incident which the page shows."""
    return "" if row["conflict"] == tell_gone(page) else str(row["conflict"])


def insert_found(connection: sqlite3.Connection, page: str, remote: RemoteIncident, now: int) -> None:
    """Takes in an incident that we do not know; one that another host of ours made keeps its uid: both continue it."""
    is_open = remote.status.is_open
    ended_at = bound_instant(connection, page, remote.resolved_at or remote.updated_at, now)
    cursor = connection.execute(
        "INSERT INTO incident(uid, title, status, phase, impact_override, severity, cause, started_at, declared_at, resolved_at, "
        "is_local, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'page')",
        (
            remote.uid or f"{page}:{remote.remote_id}",
            remote.title,
            remote.status,
            Phase.ACTIVE if is_open else Phase.RESOLVED,
            None,
            Severity.SEV3,
            Cause.UNKNOWN,
            *(bound_instant(connection, page, remote.created_at, now),) * 2,
            None if is_open else ended_at,
        ),
    )
    incident_id = int(cursor.lastrowid or 0)
    connection.execute(
        "INSERT INTO page_incident(page, remote_id, incident_id, url, title, updated_at, origin, shown_status, taken_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(page, remote.remote_id, incident_id, remote.url, remote.title),
            *(trust_date(connection, page, remote.updated_at, now), remote.origin, remote.status, now),
        ),
    )
    set_components(connection, incident_id, remote.components)
    for update in remote.updates:
        _insert_update(connection, page, incident_id, remote, update)
    add_entry(
        connection,
        incident_id,
        EntryKind.REMOTE,
        f"found on {name_page(page)}: {remote.title}",
        ENGINE,
        remote.created_at,
        now,
    )


def _insert_update(
    connection: sqlite3.Connection, page: str, incident_id: int, remote: RemoteIncident, update: RemoteUpdate
) -> bool:
    """Returns False for one that is known already."""
    if connection.execute(
        "SELECT 1 FROM page_update WHERE page = ? AND remote_id = ?", (page, update.remote_id)
    ).fetchone():
        return False
    cursor = connection.execute(
        "INSERT INTO incident_update(uid, incident_id, status, body, components, created_at, created_by, is_local) "
        "VALUES (?, ?, ?, ?, ?, ?, 'page', 0)",
        (
            f"{page}:{update.remote_id}",
            incident_id,
            update.status,
            update.body,
            encode_components(remote.components),
            update.created_at,
        ),
    )
    connection.execute(
        "INSERT INTO page_update(page, remote_id, update_id, posted_at) VALUES (?, ?, ?, ?)",
        (page, update.remote_id, int(cursor.lastrowid or 0), update.created_at),
    )
    return True


def _note_differences(
    connection: sqlite3.Connection, page: str, incident_id: int, remote: RemoteIncident, now: int
) -> bool:
    """Notes where the page shows something else than we know that it accepted; returns whether that was news.

    What was posted a moment ago may be missing in a list that the page made before.
    """
    shown = {update.remote_id: update for update in remote.updates}
    state = connection.execute("SELECT clock_skew_ms FROM page WHERE page = ?", (page,)).fetchone()
    skew_ms = (state["clock_skew_ms"] or 0) if state else 0
    is_news = False
    for row in connection.execute(
        "SELECT page_update.*, coalesce(page_update.body, incident_update.body) AS said, is_local FROM page_update "
        "JOIN incident_update ON id = update_id "
        "WHERE page = ? AND incident_id = ?",
        (page, incident_id),
    ).fetchall():
        if row["remote_id"] not in shown and 0 <= now - row["posted_at"] < _SETTLED_AFTER_MS:
            continue
        posted_at = row["posted_at"] + skew_ms if row["is_local"] else None
        difference = tell_difference(row["said"], posted_at, shown.get(row["remote_id"]))
        if difference != row["difference"]:
            is_news = True
            connection.execute(
                "UPDATE page_update SET difference = ? WHERE page = ? AND remote_id = ?",
                (difference, page, row["remote_id"]),
            )
            sentence = f"on {name_page(page)}: {difference or 'an update is again as it was sent'}"
            add_entry(connection, incident_id, EntryKind.REMOTE, sentence, ENGINE, now, now)
    return is_news


def merge_found(connection: sqlite3.Connection, page: str, row: sqlite3.Row, remote: RemoteIncident, now: int) -> bool:
    """Takes in what is new of an incident that we know, as `_find_listed` tells it; returns whether anything was.

    What the page says of its state is taken when it changed, with words or without, and after a delivery of ours was
    given up; never while one of ours is on its way there, which has the last word.
    """
    incident_id = row["id"]
    states = {
        item["state"]
        for item in connection.execute(
            "SELECT state FROM delivery WHERE page = ? AND incident_id = ? AND state NOT IN ('delivered', 'dropped')",
            (page, incident_id),
        )
    }
    if states & {"sending", "uncertain"} or _is_lagging(connection, page, row, remote, now):
        return False
    is_back = _note_back(connection, page, row, now)
    has_difference = _note_differences(connection, page, incident_id, remote, now) or is_back
    news = [update for update in remote.updates if _insert_update(connection, page, incident_id, remote, update)]
    is_moved = _is_moved(connection, page, row, remote, is_telling=bool(states))
    has_new_title = remote.title != row["page_title"]
    is_taken = not states and bool(news or is_moved or row["is_behind"])
    is_changed = bool(news) or is_moved or has_new_title
    if is_changed or has_difference or is_taken or _is_unnoted(row, remote):
        connection.execute(
            "UPDATE page_incident SET title = ?, updated_at = ?, origin = ?, shown_status = ?, taken_at = ?, is_behind = ? "
            "WHERE page = ? AND remote_id = ?",
            (
                *(remote.title, trust_date(connection, page, remote.updated_at, now), remote.origin, remote.status),
                *(now, bool(states) and bool(news or is_moved or row["is_behind"]), page, remote.remote_id),
            ),
        )
    sentences = _tell_news(page, row, remote, news, is_moved=is_moved, has_new_title=has_new_title)
    if is_taken and not (news or is_moved) and row["status"] != remote.status:
        sentences.append(f"{name_page(page)} says {remote.status}")
    is_contested = bool(states) or _has_draft(connection, incident_id)
    is_contested |= has_new_title and row["title"] != row["page_title"]
    if is_taken and (other := _take_state(connection, page, row, remote, now)):
        sentences.append(other)
        is_contested = True
    if not sentences:
        return has_difference
    sentence = "; ".join(sentences)
    add_entry(connection, incident_id, EntryKind.REMOTE, sentence, ENGINE, _find_at(row, remote, now), now)
    connection.execute(
        "UPDATE incident SET title = ?, conflict = ?, revision = revision + 1 WHERE id = ?",
        (
            row["title"] if row["title"] != row["page_title"] else remote.title,
            sentence[:CONFLICT_MOST] if is_contested else _keep_conflict(page, row),
            incident_id,
        ),
    )
    return True


def _is_lagging(connection: sqlite3.Connection, page: str, row: sqlite3.Row, remote: RemoteIncident, now: int) -> bool:
    """Tells whether a look may be older than what was taken in before: reads may lag behind writes by a minute.

    Later on an older time is what the page has come to: many date an incident by its last message, which somebody may
    have removed. After a clock of ours was set back the wait begins anew.
    """
    if remote.updated_at >= row["page_updated_at"] or now - row["taken_at"] >= _SETTLED_AFTER_MS:
        return False
    if row["taken_at"] > now:
        connection.execute(
            "UPDATE page_incident SET taken_at = ? WHERE page = ? AND remote_id = ?", (now, page, remote.remote_id)
        )
    return True


def _is_moved(
    connection: sqlite3.Connection, page: str, row: sqlite3.Row, remote: RemoteIncident, *, is_telling: bool
) -> bool:
    """Tells whether the page says another state than it said last, or than ours is shown as where that is not known."""
    said = IncidentStatus(row["shown_status"] or row["status"])
    if not row["shown_status"]:
        if is_telling:
            return False
        held = connection.execute("SELECT capabilities FROM page WHERE page = ?", (page,)).fetchone()
        if held is not None and held["capabilities"]:
            said = decode_capabilities(held["capabilities"]).show_status(said)
    return said is not remote.status and (said.is_open or remote.status.is_open)


def _is_unnoted(row: sqlite3.Row, remote: RemoteIncident) -> bool:
    return bool(row["shown_status"] != remote.status or row["page_updated_at"] > remote.updated_at)


def _tell_news(
    page: str,
    row: sqlite3.Row,
    remote: RemoteIncident,
    news: list[RemoteUpdate],
    *,
    is_moved: bool,
    has_new_title: bool,
) -> list[str]:
    notes = [f"{update.status}: {update.body}" for update in news]
    if has_new_title:
        notes.append(f"title: {remote.title}")
    sentences = [f"somebody wrote on {name_page(page)}: " + "; ".join(notes)] if notes else []
    if is_moved and not any(update.status is remote.status for update in news):
        has_word = any(update.status is remote.status for update in remote.updates[-1:])
        sentences.append(f"{name_page(page)} says {remote.status}{'' if has_word else ', without a word'}")
    return sentences


def _has_draft(connection: sqlite3.Connection, incident_id: int) -> bool:
    return connection.execute("SELECT 1 FROM draft WHERE incident_id = ?", (incident_id,)).fetchone() is not None


def _find_at(row: sqlite3.Row, remote: RemoteIncident, now: int) -> int:
    """When the page changed, by its own word unless that says nothing new."""
    return min(remote.updated_at, now) if remote.updated_at > row["page_updated_at"] else now


def _take_state(connection: sqlite3.Connection, page: str, row: sqlite3.Row, remote: RemoteIncident, now: int) -> str:
    """Makes the page's state ours; returns why not, empty when it was done: what one page ends may go on on another."""
    if not remote.status.is_open and row["resolved_at"] is None:
        other = name_open_elsewhere(connection, page, row["id"])
        if other is not None:
            return f"{name_page(other[0])} still says {other[1]}, so the incident stays open here"
    resolved_at = bound_instant(connection, page, remote.resolved_at or remote.updated_at, now)
    set_status(connection, row["id"], remote.status, resolved_at)
    set_components(connection, row["id"], remote.components)
    return ""

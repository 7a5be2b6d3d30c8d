"""What the status page says, taken in without overwriting what we have yet to tell it."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.incident import Cause, IncidentStatus, Phase, Severity
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.codec import encode_components
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import set_components
from oncall_tui.store.outbox import ENGINE
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry


def read_page(db: Database) -> PageState:
    row = db.row("SELECT * FROM page")
    if row is None:
        return PageState()
    return PageState(
        name=row["name"],
        public_url=row["public_url"],
        last_sync_at=row["last_sync_at"],
        last_error=row["last_error"],
        last_error_at=row["last_error_at"],
        clock_skew_ms=row["clock_skew_ms"],
        blocked_until=row["blocked_until"],
    )


def note_page_reached(db: Database, now: int, *, clock_skew_ms: int | None = None) -> None:
    """Notes that an exchange with the page went well."""
    with db.write("page") as connection:
        connection.execute(
            "UPDATE page SET last_sync_at = ?, last_error = '', clock_skew_ms = coalesce(?, clock_skew_ms)",
            (now, clock_skew_ms),
        )


def note_page_name(db: Database, name: str, public_url: str) -> None:
    """Notes what the page is called and where customers read it, as it says itself."""
    with db.write("page") as connection:
        connection.execute("UPDATE page SET name = ?, public_url = ?", (name, public_url))


def note_page_failed(db: Database, reason: str, now: int, *, blocked_until: int | None = None) -> None:
    """Notes why the page could not be reached, and until when it asked us to wait."""
    with db.write("page") as connection:
        connection.execute(
            "UPDATE page SET last_error = ?, last_error_at = ?, blocked_until = coalesce(?, blocked_until)",
            (reason, now, blocked_until),
        )


def spend_request(db: Database, now: int, *, limit: int, reserve: int, window_ms: int = 60_000) -> int:
    """Takes one request out of the page's rolling minute, shared by every engine that this file has had.

    Leaves `reserve` of `limit` for others. Returns 0 when the request may go, else milliseconds to wait.
    """
    with db.write() as connection:
        connection.execute(
            "DELETE FROM page_request WHERE requested_at <= ? OR requested_at > ?", (now - window_ms, now)
        )
        times = [row[0] for row in connection.execute("SELECT requested_at FROM page_request ORDER BY requested_at")]
        allowed = max(1, limit - reserve)
        if len(times) >= allowed:
            return int(max(1, times[len(times) - allowed] + window_ms - now))
        connection.execute("INSERT INTO page_request(requested_at) VALUES (?)", (now,))
        return 0


def apply_components(db: Database, components: Sequence[RemoteComponent]) -> None:
    """Takes in what the page says of its components; only what differs is written.

    A configured one keeps its id while the page lists that. Without one, or after it was made anew on the page, it is
    matched by its name. What no config names follows the page, in its name and in its end.
    """
    with db.write("components") as connection:
        rows = {row["name"]: row for row in connection.execute("SELECT * FROM component").fetchall()}
        found = _match_components([row for row in rows.values() if row["is_configured"]], components)
        connection.executemany(
            "DELETE FROM component WHERE name = ?",
            [(name,) for name, row in rows.items() if not row["is_configured"] and name not in found],
        )
        connection.executemany(
            "INSERT INTO component(name, remote_id, page_status, position) VALUES (?, ?, ?, ?) ON CONFLICT(name) DO UPDATE "
            "SET remote_id = excluded.remote_id, page_status = excluded.page_status",
            [
                (name, component.remote_id, component.status, component.position)
                for name, component in found.items()
                if name not in rows
                or (rows[name]["remote_id"], rows[name]["page_status"]) != (component.remote_id, component.status)
            ],
        )


def _match_components(
    configured: Sequence[sqlite3.Row], components: Sequence[RemoteComponent]
) -> dict[str, RemoteComponent]:
    """Returns the page's components by the names that they have in our file."""
    listed = {component.remote_id for component in components}
    known = {row["remote_id"]: row["name"] for row in configured if row["remote_id"] in listed}
    taken = set(known.values())
    found: dict[str, RemoteComponent] = {}
    for component in components:
        name = known.get(component.remote_id)
        if name is not None:
            found[name] = component
        elif component.name not in taken:
            found.setdefault(component.name, component)
    return found


def apply_incident(db: Database, remote: RemoteIncident, now: int) -> bool:
    """Takes in one incident of the page; returns whether that was news.

    While one of our own deliveries of it is in flight or uncertain nothing is taken in: what is new on the page may be
    ours, and only the reconciliation can tell. What somebody else wrote becomes an update of the incident and a sentence
    in `conflict`; fields that we changed and have yet to send stay ours.
    """
    with db.write("incidents", "outbox", "timeline") as connection:
        row = connection.execute("SELECT * FROM incident WHERE remote_id = ?", (remote.remote_id,)).fetchone()
        if row is None:
            if _is_being_made(connection, remote.title):
                return False
            row = connection.execute("SELECT * FROM incident WHERE uid = ?", (remote.uid,)).fetchone()
            if row is None:
                _insert(connection, remote, now)
                return True
            if not _was_made_late(connection, row):
                return False
            connection.execute(
                "UPDATE incident SET remote_id = ?, remote_url = ?, page_title = ? WHERE id = ?",
                (remote.remote_id, remote.url, remote.title, row["id"]),
            )
            row = connection.execute("SELECT * FROM incident WHERE id = ?", (row["id"],)).fetchone()
        return _merge(connection, row, remote, now)


def _is_being_made(connection: sqlite3.Connection, title: str) -> bool:
    """Tells whether an incident of that title may be ours, on its way: a page may drop the stamp that would tell."""
    rows = connection.execute(
        "SELECT title FROM delivery WHERE kind = 'create' AND state IN ('sending', 'uncertain')"
    ).fetchall()
    return any(clean_line(row["title"] or "").strip() == title for row in rows)


def _was_made_late(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Tells whether a stamped incident is one whose sending was given up as absent, and which the page made after all."""
    states = connection.execute(
        "SELECT state FROM delivery WHERE incident_id = ? AND attempts > 0", (row["id"],)
    ).fetchall()
    return (
        row["remote_id"] is None and bool(states) and not {item["state"] for item in states} & {"sending", "uncertain"}
    )


def note_incident_gone(db: Database, remote_id: str, now: int) -> bool:
    """Notes that the page no longer has an incident that we hold as open; returns whether that was news."""
    sentence = "the page no longer has this incident: somebody deleted it there"
    with db.write("incidents", "timeline") as connection:
        row = connection.execute(
            "SELECT id FROM incident WHERE remote_id = ? AND conflict != ?", (remote_id, sentence)
        ).fetchone()
        if row is None:
            return False
        connection.execute(
            "UPDATE incident SET conflict = ?, revision = revision + 1 WHERE id = ?", (sentence, row["id"])
        )
        add_entry(connection, row["id"], EntryKind.REMOTE, sentence, ENGINE, now, now)
        return True


def _insert(connection: sqlite3.Connection, remote: RemoteIncident, now: int) -> None:
    is_open = remote.status.is_open
    resolved_at = None if is_open else (remote.resolved_at or remote.updated_at)
    cursor = connection.execute(
        "INSERT INTO incident(uid, title, status, phase, impact_override, severity, cause, started_at, declared_at, resolved_at, "
        "remote_id, remote_url, page_title, page_updated_at, is_local, created_by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'page')",
        (
            f"page:{remote.remote_id}",
            remote.title,
            remote.status,
            Phase.ACTIVE if is_open else Phase.RESOLVED,
            None,
            Severity.SEV3,
            Cause.UNKNOWN,
            remote.created_at,
            remote.created_at,
            resolved_at,
            remote.remote_id,
            remote.url,
            remote.title,
            remote.updated_at,
        ),
    )
    incident_id = int(cursor.lastrowid or 0)
    set_components(connection, incident_id, remote.components)
    for update in remote.updates:
        _insert_update(connection, incident_id, remote, update.remote_id, update.status, update.body, update.created_at)
    add_entry(
        connection,
        incident_id,
        EntryKind.REMOTE,
        f"found on the page: {remote.title}",
        ENGINE,
        remote.created_at,
        now,
    )


def _insert_update(
    connection: sqlite3.Connection,
    incident_id: int,
    remote: RemoteIncident,
    remote_id: str,
    status: IncidentStatus,
    body: str,
    created_at: int,
) -> bool:
    return (
        connection.execute(
            "INSERT OR IGNORE INTO incident_update(uid, incident_id, status, body, components, created_at, created_by, is_local, "
            "remote_id) VALUES (?, ?, ?, ?, ?, ?, 'page', 0, ?)",
            (
                f"page:{remote_id}",
                incident_id,
                status,
                body,
                encode_components(remote.components),
                created_at,
                remote_id,
            ),
        ).rowcount
        == 1
    )


def _merge(connection: sqlite3.Connection, row: sqlite3.Row, remote: RemoteIncident, now: int) -> bool:
    incident_id = row["id"]
    states = {
        item["state"]
        for item in connection.execute(
            "SELECT state FROM delivery WHERE incident_id = ? AND state NOT IN ('delivered', 'dropped')",
            (incident_id,),
        )
    }
    if states & {"sending", "uncertain"} or remote.updated_at < (row["page_updated_at"] or 0):
        return False
    news = [
        update
        for update in remote.updates
        if _insert_update(
            connection, incident_id, remote, update.remote_id, update.status, update.body, update.created_at
        )
    ]
    is_title_ours = row["title"] != row["page_title"]
    has_new_title = remote.title != row["page_title"]
    if not news and not has_new_title:
        return False
    notes = [f"{update.status}: {update.body}" for update in news]
    if has_new_title:
        notes.append(f"title: {remote.title}")
    sentence = "somebody wrote on the page: " + "; ".join(notes)
    add_entry(connection, incident_id, EntryKind.REMOTE, sentence, ENGINE, remote.updated_at, now)
    has_draft = connection.execute("SELECT 1 FROM draft WHERE incident_id = ?", (incident_id,)).fetchone() is not None
    is_contested = bool(states) or has_draft or (has_new_title and is_title_ours)
    title = row["title"] if is_title_ours else remote.title
    connection.execute(
        "UPDATE incident SET title = ?, page_title = ?, page_updated_at = ?, conflict = ?, revision = revision + 1 WHERE id = ?",
        (
            title,
            remote.title,
            remote.updated_at,
            sentence[:1000] if is_contested else row["conflict"],
            incident_id,
        ),
    )
    if news and not states:
        is_open = remote.status.is_open
        connection.execute(
            "UPDATE incident SET status = ?, phase = ?, resolved_at = ? WHERE id = ?",
            (
                remote.status,
                Phase.ACTIVE if is_open else Phase.RESOLVED,
                None if is_open else (remote.resolved_at or remote.updated_at),
                incident_id,
            ),
        )
        set_components(connection, incident_id, remote.components)
    return True

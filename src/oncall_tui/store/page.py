"""What the status page says, taken in without overwriting what we have yet to tell it."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import Cause, Phase, Severity
from oncall_tui.domain.outbox import tell_difference
from oncall_tui.domain.pagestate import MAIN_PAGE, PageState
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemoteUpdate
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.codec import decode_capabilities, encode_capabilities, encode_components
from oncall_tui.store.database import Database, placeholders
from oncall_tui.store.deliveries import name_page
from oncall_tui.store.incidents import set_components
from oncall_tui.store.outbox import ENGINE
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

_SETTLED_AFTER_MS = 120_000


def replace_pages(db: Database, pages: Sequence[tuple[str, Capabilities | None]]) -> None:
    """Makes the file hold the pages of the config in its order, each with what it can hold, None where it cannot be used."""
    with db.write("page") as connection:
        connection.execute(f"DELETE FROM page WHERE page NOT IN ({placeholders(pages)})", [page for page, _ in pages])
        connection.executemany(
            "INSERT INTO page(page, position, capabilities) VALUES (?, ?, ?) ON CONFLICT(page) DO UPDATE "
            "SET position = excluded.position, capabilities = excluded.capabilities",
            [
                (page, position, encode_capabilities(held) if held else None)
                for position, (page, held) in enumerate(pages)
            ],
        )


def list_pages(db: Database) -> list[PageState]:
    """Returns how we stand with each page, in the order of the config."""
    return [
        PageState(
            page=row["page"],
            name=row["name"],
            public_url=row["public_url"],
            last_sync_at=row["last_sync_at"],
            last_error=row["last_error"],
            last_error_at=row["last_error_at"],
            clock_skew_ms=row["clock_skew_ms"],
            blocked_until=row["blocked_until"],
            capabilities=decode_capabilities(row["capabilities"]) if row["capabilities"] else None,
        )
        for row in db.rows("SELECT * FROM page ORDER BY position, page")
    ]


def read_page(db: Database, *, page: str = MAIN_PAGE) -> PageState:
    """Returns how we stand with one page."""
    return next((state for state in list_pages(db) if state.page == page), PageState(page))


def note_page_reached(db: Database, now: int, *, page: str = MAIN_PAGE, clock_skew_ms: int | None = None) -> None:
    """Notes that an exchange with the page went well."""
    with db.write("page") as connection:
        connection.execute(
            "INSERT INTO page(page, last_sync_at, clock_skew_ms) VALUES (?, ?, ?) ON CONFLICT(page) DO UPDATE SET "
            "last_sync_at = excluded.last_sync_at, last_error = '', "
            "clock_skew_ms = coalesce(excluded.clock_skew_ms, clock_skew_ms)",
            (page, now, clock_skew_ms),
        )


def note_page_name(db: Database, name: str, public_url: str, *, page: str = MAIN_PAGE) -> None:
    """Notes what the page is called and where customers read it, as it says itself."""
    with db.write("page") as connection:
        connection.execute(
            "INSERT INTO page(page, name, public_url) VALUES (?, ?, ?) ON CONFLICT(page) DO UPDATE SET "
            "name = excluded.name, public_url = excluded.public_url",
            (page, name, public_url),
        )


def note_page_failed(
    db: Database, reason: str, now: int, *, page: str = MAIN_PAGE, blocked_until: int | None = None
) -> None:
    """Notes why the page could not be reached, and until when it asked us to wait."""
    with db.write("page") as connection:
        connection.execute(
            "INSERT INTO page(page, last_error, last_error_at, blocked_until) VALUES (?, ?, ?, ?) ON CONFLICT(page) DO UPDATE "
            "SET last_error = excluded.last_error, last_error_at = excluded.last_error_at, "
            "blocked_until = coalesce(excluded.blocked_until, blocked_until)",
            (page, reason, now, blocked_until),
        )


def spend_request(
    db: Database, now: int, *, limit: int, reserve: int, count: int = 1, page: str = MAIN_PAGE, window_ms: int = 60_000
) -> int:
    """Takes `count` requests, all or none, out of the page's rolling minute, shared by every engine that this file has had.

    Leaves `reserve` of `limit` for others. Returns 0 when the request may go, else milliseconds to wait.
    """
    with db.write() as connection:
        connection.execute(
            "DELETE FROM page_request WHERE requested_at <= ? OR requested_at > ?", (now - window_ms, now)
        )
        times = [
            row[0]
            for row in connection.execute(
                "SELECT requested_at FROM page_request WHERE page = ? ORDER BY requested_at", (page,)
            )
        ]
        allowed = max(count, limit - reserve)
        if (excess := len(times) + count - allowed) > 0:
            return int(max(1, times[excess - 1] + window_ms - now))
        connection.executemany("INSERT INTO page_request(page, requested_at) VALUES (?, ?)", [(page, now)] * count)
        return 0


def apply_components(db: Database, components: Sequence[RemoteComponent], *, page: str = MAIN_PAGE) -> None:
    """Takes in what a page says of its components; only what differs is written.

    A configured one keeps its id while the page lists that. Without one, or after it was made anew on the page, it is
    matched by its name. What no config names follows the page, in its name and in its end.
    """
    with db.write("components") as connection:
        rows = {
            row["name"]: row
            for row in connection.execute(
                "SELECT component.name, is_configured, remote_id, status FROM component LEFT JOIN page_component "
                "ON page_component.name = component.name AND page = ?",
                (page,),
            ).fetchall()
        }
        found = _match_components([row for row in rows.values() if row["is_configured"]], components)
        connection.executemany(
            "DELETE FROM page_component WHERE page = ? AND name = ?",
            [(page, name) for name, row in rows.items() if not row["is_configured"] and name not in found],
        )
        news = {
            name: component
            for name, component in found.items()
            if name not in rows
            or (rows[name]["remote_id"], rows[name]["status"]) != (component.remote_id, component.status)
        }
        connection.executemany(
            "INSERT OR IGNORE INTO component(name, position) VALUES (?, ?)",
            [(name, component.position) for name, component in news.items()],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO page_component(page, name, remote_id, status, position) VALUES (?, ?, ?, ?, ?)",
            [(page, name, item.remote_id, item.status, item.position) for name, item in news.items()],
        )
        connection.execute(
            "DELETE FROM component WHERE NOT is_configured AND name NOT IN (SELECT name FROM page_component)"
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


def apply_incident(db: Database, remote: RemoteIncident, now: int, *, page: str = MAIN_PAGE) -> bool:
    """Takes in one incident of a page; returns whether that was news.

    While one of our own deliveries of it is in flight or uncertain nothing is taken in: what is new on the page may be
    ours, and only the reconciliation can tell. What somebody else wrote becomes an update of the incident and a sentence
    in `conflict`; fields that we changed and have yet to send stay ours.
    """
    with db.write("incidents", "outbox", "timeline") as connection:
        row = _find_listed(connection, page, remote.remote_id)
        if row is None:
            if _is_being_made(connection, page, remote.title):
                return False
            known = connection.execute("SELECT id FROM incident WHERE uid = ?", (remote.uid,)).fetchone()
            if known is None:
                _insert(connection, page, remote, now)
                return True
            if _is_in_flight(connection, page, known["id"]):
                return False
            if not _list_incident(connection, page, known["id"], remote):
                return False
            row = _find_listed(connection, page, remote.remote_id)
            assert row is not None
        return _merge(connection, page, row, remote, now)


def _find_listed(connection: sqlite3.Connection, page: str, remote_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT incident.*, page_incident.title AS page_title, updated_at AS page_updated_at FROM incident "
        "JOIN page_incident ON incident_id = incident.id WHERE page = ? AND remote_id = ?",
        (page, remote_id),
    ).fetchone()
    return found


def _list_incident(connection: sqlite3.Connection, page: str, incident_id: int, remote: RemoteIncident) -> bool:
    """Notes as which of the page's incidents ours stands there; returns False when it is known as another one."""
    return (
        connection.execute(
            "INSERT OR IGNORE INTO page_incident(page, remote_id, incident_id, url, title, updated_at) VALUES (?, ?, ?, ?, ?, 0)",
            (page, remote.remote_id, incident_id, remote.url, remote.title),
        ).rowcount
        == 1
    )


def _is_being_made(connection: sqlite3.Connection, page: str, title: str) -> bool:
    """Tells whether an incident of that title may be ours, on its way: a page may drop the stamp that would tell."""
    rows = connection.execute(
        "SELECT title FROM delivery WHERE page = ? AND kind = 'create' AND state IN ('sending', 'uncertain')", (page,)
    ).fetchall()
    return any(clean_line(row["title"] or "").strip() == title for row in rows)


def _is_in_flight(connection: sqlite3.Connection, page: str, incident_id: int) -> bool:
    return (
        connection.execute(
            "SELECT 1 FROM delivery WHERE page = ? AND incident_id = ? AND state IN ('sending', 'uncertain')",
            (page, incident_id),
        ).fetchone()
        is not None
    )


def note_incident_gone(db: Database, remote_id: str, now: int, *, page: str = MAIN_PAGE) -> bool:
    """Notes that a page no longer has an incident that we hold as open; returns whether that was news."""
    sentence = f"{name_page(page)} no longer has this incident: somebody deleted it there"
    with db.write("incidents", "timeline") as connection:
        row = _find_listed(connection, page, remote_id)
        if row is None or row["conflict"] == sentence:
            return False
        connection.execute(
            "UPDATE incident SET conflict = ?, revision = revision + 1 WHERE id = ?", (sentence, row["id"])
        )
        add_entry(connection, row["id"], EntryKind.REMOTE, sentence, ENGINE, now, now)
        return True


def _insert(connection: sqlite3.Connection, page: str, remote: RemoteIncident, now: int) -> None:
    """One that another host of ours made keeps its uid: both then continue the same incident."""
    is_open = remote.status.is_open
    resolved_at = None if is_open else (remote.resolved_at or remote.updated_at)
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
            remote.created_at,
            remote.created_at,
            resolved_at,
        ),
    )
    incident_id = int(cursor.lastrowid or 0)
    connection.execute(
        "INSERT INTO page_incident(page, remote_id, incident_id, url, title, updated_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (page, remote.remote_id, incident_id, remote.url, remote.title, remote.updated_at, remote.origin),
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
        "SELECT page_update.*, body, is_local FROM page_update JOIN incident_update ON id = update_id "
        "WHERE page = ? AND incident_id = ?",
        (page, incident_id),
    ).fetchall():
        if row["remote_id"] not in shown and now - row["posted_at"] < _SETTLED_AFTER_MS:
            continue
        posted_at = row["posted_at"] + skew_ms if row["is_local"] else None
        difference = tell_difference(row["body"], posted_at, shown.get(row["remote_id"]))
        if difference != row["difference"]:
            is_news = True
            connection.execute(
                "UPDATE page_update SET difference = ? WHERE page = ? AND remote_id = ?",
                (difference, page, row["remote_id"]),
            )
            sentence = f"on {name_page(page)}: {difference or 'an update is again as it was sent'}"
            add_entry(connection, incident_id, EntryKind.REMOTE, sentence, ENGINE, now, now)
    return is_news


def _merge(connection: sqlite3.Connection, page: str, row: sqlite3.Row, remote: RemoteIncident, now: int) -> bool:
    incident_id = row["id"]
    states = {
        item["state"]
        for item in connection.execute(
            "SELECT state FROM delivery WHERE page = ? AND incident_id = ? AND state NOT IN ('delivered', 'dropped')",
            (page, incident_id),
        )
    }
    if states & {"sending", "uncertain"} or remote.updated_at < (row["page_updated_at"] or 0):
        return False
    has_difference = _note_differences(connection, page, incident_id, remote, now)
    news = [update for update in remote.updates if _insert_update(connection, page, incident_id, remote, update)]
    is_title_ours = row["title"] != row["page_title"]
    has_new_title = remote.title != row["page_title"]
    if not news and not has_new_title:
        return has_difference
    notes = [f"{update.status}: {update.body}" for update in news]
    if has_new_title:
        notes.append(f"title: {remote.title}")
    sentence = f"somebody wrote on {name_page(page)}: " + "; ".join(notes)
    add_entry(connection, incident_id, EntryKind.REMOTE, sentence, ENGINE, remote.updated_at, now)
    has_draft = connection.execute("SELECT 1 FROM draft WHERE incident_id = ?", (incident_id,)).fetchone() is not None
    is_contested = bool(states) or has_draft or (has_new_title and is_title_ours)
    title = row["title"] if is_title_ours else remote.title
    connection.execute(
        "UPDATE incident SET title = ?, conflict = ?, revision = revision + 1 WHERE id = ?",
        (title, sentence[:1000] if is_contested else row["conflict"], incident_id),
    )
    connection.execute(
        "UPDATE page_incident SET title = ?, updated_at = ?, origin = ? WHERE page = ? AND remote_id = ?",
        (remote.title, remote.updated_at, remote.origin, page, remote.remote_id),
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

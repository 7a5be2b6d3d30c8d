"""What the status page says, taken in without overwriting what we have yet to tell it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.component_names import match_components
from oncall_tui.domain.pagestate import MAIN_PAGE, PageState
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.codec import decode_capabilities, encode_capabilities
from oncall_tui.store.database import Database, placeholders
from oncall_tui.store.outbox import ENGINE
from oncall_tui.store.page_incident import insert_found, is_known_gone, merge_found, tell_gone
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry


def replace_pages(db: Database, pages: Sequence[tuple[str, Capabilities | None]]) -> None:
    """Makes the file hold the pages of the config in its order, each with what it can hold, None where it cannot be used.

    What a page that is left out said of its components counts no more.
    """
    names, others = [page for page, _ in pages], f"page NOT IN ({placeholders(pages)})"
    with db.write("page", "components") as connection:
        connection.execute(f"DELETE FROM page WHERE {others}", names)
        connection.execute(f"UPDATE page_component SET status = NULL WHERE {others}", names)
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
    matched by its name, unless several have that. What no config names follows the page, in its name and in its end.
    """
    with db.write("components") as connection:
        rows = {
            row["name"]: row
            for row in connection.execute(
                "SELECT component.name, is_configured, remote_id, status FROM component LEFT JOIN page_component "
                "ON page_component.name = component.name AND page = ? ORDER BY component.position, component.name",
                (page,),
            ).fetchall()
        }
        configured = {name: row["remote_id"] for name, row in rows.items() if row["is_configured"]}
        found = match_components(configured, components)
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
                insert_found(connection, page, remote, now)
                return True
            if _is_in_flight(connection, page, known["id"]):
                return False
            if not _list_incident(connection, page, known["id"], remote):
                # Made twice: customers read both, so both are shown here.
                insert_found(connection, page, replace(remote, uid=None), now)
                return True
            row = _find_listed(connection, page, remote.remote_id)
            assert row is not None
        return merge_found(connection, page, row, remote, now)


def _find_listed(connection: sqlite3.Connection, page: str, remote_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT incident.*, page_incident.title AS page_title, updated_at AS page_updated_at, shown_status, "
        "taken_at, is_behind FROM incident "
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


def list_over_since(db: Database, since: int, *, page: str = MAIN_PAGE) -> list[str]:
    """Returns as which of a page's incidents those stand there that are over here, and were not yet at an instant."""
    rows = db.rows(
        "SELECT remote_id FROM incident JOIN page_incident ON incident_id = incident.id "
        "WHERE page = ? AND resolved_at > ? AND discarded_at IS NULL",
        page,
        since,
    )
    return [row["remote_id"] for row in rows]


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
    """Notes that a page no longer has an incident of ours; returns whether that was news."""
    with db.write("incidents", "timeline") as connection:
        row = _find_listed(connection, page, remote_id)
        if row is None or is_known_gone(connection, page, row["id"]):
            return False
        sentence = tell_gone(page)
        connection.execute(
            "UPDATE incident SET conflict = ?, revision = revision + 1 WHERE id = ?", (sentence, row["id"])
        )
        connection.execute(
            "UPDATE page_incident SET shown_status = '' WHERE page = ? AND remote_id = ?", (page, remote_id)
        )
        add_entry(connection, row["id"], EntryKind.REMOTE, sentence, ENGINE, now, now)
        return True

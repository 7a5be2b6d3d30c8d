"""Unsent text: on disk as it is typed, any number an incident and person, taken over when its terminal is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from oncall_tui.domain.duration import DAY
from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Draft, Waiver
from oncall_tui.store.codec import (
    decode_components,
    decode_known,
    decode_variables,
    decode_waivers,
    encode_components,
    encode_known,
    encode_variables,
    encode_waivers,
)
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry, add_overrides


class Known(Struct, frozen=True):
    """What the drafts of an incident begin with; `interval_ms` is a rhythm that customers were told."""

    facts: Facts = Facts()
    interval_ms: int | None = None


_THERE = "deleted_at IS NULL"
_GONE = "This draft has been sent or deleted meanwhile."


def adopt_draft(
    db: Database, incident_id: int, terminal_id: str, actor: str, live_terminals: Collection[str]
) -> Draft | None:
    """Returns this terminal's newest draft of an incident, else one handed to `actor`, else one whose terminal is gone.

    One that waits for a second person is handed to everybody. None when there is none of these; a draft that waits for
    somebody else is left to them.
    """
    with db.write("drafts") as connection:
        rows = connection.execute(
            f"SELECT * FROM draft WHERE incident_id = ? AND {_THERE} ORDER BY updated_at DESC, id DESC", (incident_id,)
        ).fetchall()
        own = [row for row in rows if row["terminal_id"] == terminal_id]
        handed = [row for row in rows if not row["terminal_id"] and (row["owner"] == actor or row["asked_by"])]
        orphans = [row for row in rows if row["terminal_id"] and row["terminal_id"] not in live_terminals]
        for row in own or handed or orphans:
            return _take(connection, row["id"], terminal_id, actor)
    return None


def take_draft(db: Database, draft_id: int, terminal_id: str, actor: str) -> Draft:
    """Makes a draft that of a terminal and a person, whoever had it. Raises NotFoundError or RefusedError."""
    with db.write("drafts") as connection:
        row = _get(connection, draft_id)
        if row["confirmed_at"] is not None and row["terminal_id"] != terminal_id:
            raise RefusedError("being-sent", f"{row['owner']} is sending this draft just now: look again in a moment.")
        return _take(connection, draft_id, terminal_id, actor)


def _take(connection: sqlite3.Connection, draft_id: int, terminal_id: str, actor: str) -> Draft:
    connection.execute(
        "UPDATE draft SET terminal_id = ?, owner = ?, handed_by = CASE WHEN owner = ? THEN handed_by ELSE owner END, "
        "asked_by = CASE WHEN asked_by = ? THEN '' ELSE asked_by END WHERE id = ?",
        (terminal_id, actor, actor, actor, draft_id),
    )
    return _draft(_get(connection, draft_id))


def hand_draft(db: Database, draft_id: int, to: str, actor: str, *, terminal_id: str = "") -> None:
    """Gives a draft to a person, at a terminal or at whichever they open it. Raises NotFoundError or RefusedError."""
    with db.write("drafts") as connection:
        if _get(connection, draft_id)["confirmed_at"] is not None:
            raise RefusedError("being-sent", "This draft is being sent: take that back first.")
        connection.execute(
            "UPDATE draft SET owner = ?, terminal_id = ?, handed_by = ?, asked_by = '' WHERE id = ?",
            (to, terminal_id, actor, draft_id),
        )


def ask_second(db: Database, draft_id: int, actor: str, now: int) -> None:
    """Gives a draft to whoever else may send it; words that are changed then need to be asked about again.

    Raises NotFoundError or RefusedError.
    """
    with db.write("drafts", "timeline") as connection:
        row = _get(connection, draft_id)
        if row["confirmed_at"] is not None:
            raise RefusedError("being-sent", "This draft is being sent: take that back first.")
        connection.execute(
            "UPDATE draft SET asked_by = ?, owner = '', terminal_id = '', handed_by = ? WHERE id = ?",
            (actor, actor, draft_id),
        )
        words = f"asks a second person to send ({row['status']}): {row['body']}"
        add_entry(connection, row["incident_id"], EntryKind.APPROVAL, words, actor, now, now)


def rename_draft(db: Database, draft_id: int, name: str) -> str:
    """Gives a draft a name and returns the one that it had. Raises NotFoundError."""
    with db.write("drafts") as connection:
        before = str(_get(connection, draft_id)["name"])
        connection.execute("UPDATE draft SET name = ? WHERE id = ?", (name, draft_id))
        return before


def delete_draft(db: Database, draft_id: int, now: int) -> None:
    """Puts a draft away until it is restored, for a day at least. Raises NotFoundError or RefusedError."""
    with db.write("drafts") as connection:
        connection.execute("DELETE FROM draft WHERE deleted_at < ?", (now - DAY,))
        if _get(connection, draft_id)["confirmed_at"] is not None:
            raise RefusedError("being-sent", "This draft is being sent: take that back first.")
        connection.execute("UPDATE draft SET deleted_at = ? WHERE id = ?", (now, draft_id))


def restore_draft(db: Database, draft_id: int) -> None:
    """Brings a draft back that was deleted; one that is there stays as it is."""
    with db.write("drafts") as connection:
        connection.execute("UPDATE draft SET deleted_at = NULL WHERE id = ?", (draft_id,))


def create_draft(
    db: Database,
    incident_id: int,
    terminal_id: str,
    *,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    template: str | None,
    actor: str,
    now: int,
    name: str = "",
    facts: Facts | None = None,
    waivers: tuple[Waiver, ...] = (),
    variables: Mapping[str, str | None] | None = None,
    interval_ms: int | None = None,
) -> Draft:
    """Starts a draft of a terminal; without `facts` it begins with those that the incident has."""
    with db.write("drafts") as connection:
        known = facts if facts is not None else _read_known(connection, incident_id).facts
        cursor = connection.execute(
            "INSERT INTO draft(incident_id, terminal_id, created_by, owner, name, status, body, components, next_update_at, "
            "interval_ms, template, variables, facts, waivers, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                incident_id,
                terminal_id,
                actor,
                actor,
                name,
                status,
                body,
                encode_components(components),
                next_update_at,
                interval_ms,
                template,
                encode_variables(variables or {}),
                encode_known(known),
                encode_waivers(waivers),
                now,
                now,
            ),
        )
        return _draft(_get(connection, int(cursor.lastrowid or 0)))


def save_draft(
    db: Database,
    draft_id: int,
    *,
    terminal_id: str,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    next_update_at: int | None,
    template: str | None,
    cursor: int,
    now: int,
    facts: Facts | None = None,
    waivers: tuple[Waiver, ...] = (),
    variables: Mapping[str, str | None] | None = None,
    interval_ms: int | None = None,
) -> bool:
    """Stores what has been typed so far; returns False when the draft is no longer this terminal's or is gone."""
    with db.write("drafts") as connection:
        return (
            connection.execute(
                "UPDATE draft SET asked_by = CASE WHEN status = ? AND body = ? AND components = ? THEN asked_by ELSE '' END, "
                "status = ?, body = ?, components = ?, next_update_at = ?, interval_ms = ?, template = ?, "
                f"variables = ?, facts = ?, waivers = ?, cursor = ?, updated_at = ?, confirmed_at = NULL WHERE id = ? AND terminal_id = ? AND {_THERE}",
                (
                    *(status, body, encode_components(components)) * 2,
                    next_update_at,
                    interval_ms,
                    template,
                    encode_variables(variables or {}),
                    encode_known(facts or Facts()),
                    encode_waivers(waivers),
                    cursor,
                    now,
                    draft_id,
                    terminal_id,
                ),
            ).rowcount
            == 1
        )


def mark_confirmed(db: Database, draft_id: int, confirmed_at: int | None) -> None:
    """Notes that the send window of a draft runs, or (None) that it was taken back."""
    with db.write("drafts") as connection:
        connection.execute("UPDATE draft SET confirmed_at = ? WHERE id = ?", (confirmed_at, draft_id))


def use_draft(connection: sqlite3.Connection, draft_id: int, now: int) -> str:
    """Takes a draft away as its words go out, in the caller's transaction; reasons given for blocks are noted then.

    Returns who asked a second person to send it, empty when nobody did. Raises RefusedError (`already-sent`) when an
    earlier press sent it.
    """
    row = connection.execute("SELECT * FROM draft WHERE id = ?", (draft_id,)).fetchone()
    if row is None:
        raise RefusedError("already-sent", "This draft has been sent or discarded already.")
    connection.execute("DELETE FROM draft WHERE id = ?", (draft_id,))
    if row["interval_ms"] is not None:
        connection.execute(
            "INSERT INTO incident_facts(incident_id, interval_ms) VALUES (?, ?) "
            "ON CONFLICT(incident_id) DO UPDATE SET interval_ms = excluded.interval_ms",
            (row["incident_id"], row["interval_ms"]),
        )
    add_overrides(connection, row["incident_id"], decode_waivers(row["waivers"]), now)
    return str(row["asked_by"])


def list_drafts(db: Database, incident_id: int | None = None) -> list[Draft]:
    """Returns the drafts of one incident, or of all, newest first."""
    where, values = ("AND incident_id = ?", (incident_id,)) if incident_id is not None else ("", ())
    rows = db.rows(f"SELECT * FROM draft WHERE {_THERE} {where} ORDER BY updated_at DESC, id DESC", *values)
    return [_draft(row) for row in rows]


def keep_facts(db: Database, incident_id: int, facts: Facts) -> None:
    """Stores what is known of an incident, for the drafts that are begun from now on."""
    with db.write("drafts") as connection:
        connection.execute(
            "INSERT INTO incident_facts(incident_id, facts) VALUES (?, ?) "
            "ON CONFLICT(incident_id) DO UPDATE SET facts = excluded.facts",
            (incident_id, encode_known(facts)),
        )


def read_known(db: Database, incident_id: int) -> Known:
    """Returns what is known of an incident, nothing of one that nobody wrote anything of."""
    rows = db.rows("SELECT * FROM incident_facts WHERE incident_id = ?", incident_id)
    return _known(rows[0] if rows else None)


def _read_known(connection: sqlite3.Connection, incident_id: int) -> Known:
    row = connection.execute("SELECT * FROM incident_facts WHERE incident_id = ?", (incident_id,)).fetchone()
    return _known(row)


def _known(row: sqlite3.Row | None) -> Known:
    return Known(decode_known(row["facts"]), row["interval_ms"]) if row is not None else Known()


def mark_literal(db: Database, phrase: str, actor: str, now: int) -> None:
    """Remembers a phrase as meant: brackets in it are no gap in any draft."""
    with db.write("drafts") as connection:
        connection.execute("INSERT OR IGNORE INTO literal_phrase VALUES (?, ?, ?)", (phrase, actor, now))


def unmark_literal(db: Database, phrase: str) -> None:
    """Forgets a phrase again."""
    with db.write("drafts") as connection:
        connection.execute("DELETE FROM literal_phrase WHERE phrase = ?", (phrase,))


def list_literals(db: Database) -> list[str]:
    """Returns the phrases that are meant as they stand."""
    return [row["phrase"] for row in db.rows("SELECT phrase FROM literal_phrase ORDER BY phrase")]


def _get(connection: sqlite3.Connection, draft_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM draft WHERE id = ? AND {_THERE}", (draft_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(_GONE)
    return row


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(
        id=row["id"],
        incident_id=row["incident_id"],
        terminal_id=row["terminal_id"],
        created_by=row["created_by"],
        status=IncidentStatus(row["status"]),
        body=row["body"],
        components=decode_components(row["components"]),
        next_update_at=row["next_update_at"],
        template=row["template"],
        cursor=row["cursor"],
        updated_at=row["updated_at"],
        confirmed_at=row["confirmed_at"],
        name=row["name"],
        owner=row["owner"],
        handed_by=row["handed_by"],
        asked_by=row["asked_by"],
        created_at=row["created_at"],
        facts=decode_known(row["facts"]),
        waivers=decode_waivers(row["waivers"]),
        variables=decode_variables(row["variables"]),
        interval_ms=row["interval_ms"],
    )

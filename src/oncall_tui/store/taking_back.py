"""What an incident says here once an update of ours is given up: no more than what its pages show.

Of several pages: an incident is open here as long as one of them shows it open and nothing of ours is on its way there.
Among open states the latest words count, whoever wrote them; a page that was not told of them is named in `conflict`.
"""

from __future__ import annotations

from oncall_tui.domain.incident import IncidentStatus, Phase
from oncall_tui.domain.pagestate import name_page
from oncall_tui.domain.update import DeliveryKind
from oncall_tui.store.sqlite import sqlite3

_OPEN = "state NOT IN ('delivered', 'dropped') AND kind NOT IN ('edit', 'broadcast')"
CONFLICT_MOST = 1_000


def take_back(connection: sqlite3.Connection, dropped: sqlite3.Row, actor: str, now: int, *, is_doubt: bool) -> None:
    """Puts the incident of a delivery that was just dropped back to what its page says, inside the caller's transaction.

    At once to what the page said last; the next look at it puts right what that left out.
    """
    if dropped["kind"] in (DeliveryKind.EDIT, DeliveryKind.BROADCAST):
        return
    page, incident_id = dropped["page"], dropped["incident_id"]
    waiting = connection.execute(
        "SELECT delivery.id, status FROM delivery JOIN incident_update ON incident_update.id = update_id "
        f"WHERE delivery.incident_id = ? AND page = ? AND {_OPEN} ORDER BY delivery.id DESC LIMIT 1",
        (incident_id, page),
    ).fetchone()
    if waiting is not None and waiting["id"] > dropped["id"]:
        return
    said = IncidentStatus(waiting["status"]) if waiting is not None else _read_shown(connection, page, incident_id)
    if said is None:
        return
    told = _read_status(connection, dropped["update_id"])
    row = connection.execute("SELECT * FROM incident WHERE id = ?", (incident_id,)).fetchone()
    still = f"{name_page(page)} says {said}"
    if is_standing_elsewhere(connection, dropped) and (told.is_open or not said.is_open):
        if said is not told:
            _note(connection, row, f"{name_page(page)} was not told {told} (dropped by {actor}): {still}")
        return
    connection.execute("UPDATE page_incident SET is_behind = 1 WHERE page = ? AND incident_id = ?", (page, incident_id))
    if waiting is None:
        _restore_components(connection, page, incident_id)
    if said == row["status"] or (not said.is_open and row["resolved_at"] is not None):
        return
    set_status(connection, incident_id, said, row["resolved_at"] or now)
    if said.is_open:
        _restore_promise(connection, incident_id)
    if said.is_open and not told.is_open:
        how = "given up, and may stand there all the same" if is_doubt else "not sent"
        _note(connection, row, f"{told} was {how} (dropped by {actor}): {still}, so the incident is open here")


def set_status(connection: sqlite3.Connection, incident_id: int, status: IncidentStatus, resolved_at: int) -> None:
    """Moves an incident to what a page says, inside the caller's transaction; `resolved_at` counts for one that is over."""
    is_open = status.is_open
    connection.execute(
        "UPDATE incident SET status = ?, phase = ?, resolved_at = ?, revision = revision + 1 WHERE id = ?",
        (status, Phase.ACTIVE if is_open else Phase.RESOLVED, None if is_open else resolved_at, incident_id),
    )


def name_open_elsewhere(connection: sqlite3.Connection, page: str, incident_id: int) -> tuple[str, str] | None:
    """Returns another page that shows the incident as open, and what it says; None when no page does."""
    row = connection.execute(
        "SELECT page_incident.page, shown_status FROM page_incident JOIN page ON page.page = page_incident.page "
        "WHERE incident_id = ? AND page_incident.page != ? "
        "AND shown_status IN ('investigating', 'identified', 'monitoring') LIMIT 1",
        (incident_id, page),
    ).fetchone()
    return None if row is None else (row["page"], row["shown_status"])


def is_standing_elsewhere(connection: sqlite3.Connection, delivery: sqlite3.Row) -> bool:
    """Tells whether another page has the update of a delivery, or is to get it."""
    return (
        connection.execute(
            "SELECT 1 FROM delivery WHERE update_id = ? AND page != ? AND kind NOT IN ('edit', 'broadcast') "
            "AND state != 'dropped'",
            (delivery["update_id"], delivery["page"]),
        ).fetchone()
        is not None
    )


def _read_shown(connection: sqlite3.Connection, page: str, incident_id: int) -> IncidentStatus | None:
    """Returns what a page said last of an incident, None when it does not show it."""
    listed = connection.execute(
        "SELECT shown_status FROM page_incident WHERE page = ? AND incident_id = ?", (page, incident_id)
    ).fetchone()
    if listed is None:
        return None
    if listed["shown_status"]:
        return IncidentStatus(listed["shown_status"])
    last = connection.execute(
        "SELECT status FROM incident_update JOIN page_update ON update_id = id WHERE page = ? AND incident_id = ? "
        "ORDER BY id DESC LIMIT 1",
        (page, incident_id),
    ).fetchone()
    return None if last is None else IncidentStatus(last["status"])


def _read_status(connection: sqlite3.Connection, update_id: int) -> IncidentStatus:
    row = connection.execute("SELECT status FROM incident_update WHERE id = ?", (update_id,)).fetchone()
    return IncidentStatus(row["status"])


def _restore_components(connection: sqlite3.Connection, page: str, incident_id: int) -> None:
    connection.execute(
        "UPDATE incident_component SET status = shown.status FROM page_component shown "
        "WHERE incident_id = ? AND shown.page = ? AND shown.name = component AND shown.status IS NOT NULL",
        (incident_id, page),
    )


def _restore_promise(connection: sqlite3.Connection, incident_id: int) -> None:
    """What customers were told last of the next update holds again."""
    connection.execute(
        "UPDATE incident SET next_update_at = (SELECT promise_at FROM incident_update JOIN page_update ON update_id = id "
        "WHERE incident_id = ?1 AND is_local ORDER BY id DESC LIMIT 1) WHERE id = ?1",
        (incident_id,),
    )


def _note(connection: sqlite3.Connection, row: sqlite3.Row, sentence: str) -> None:
    kept = f"{sentence}; {row['conflict']}" if row["conflict"] else sentence
    connection.execute(
        "UPDATE incident SET conflict = ?, revision = revision + 1 WHERE id = ?", (kept[:CONFLICT_MOST], row["id"])
    )

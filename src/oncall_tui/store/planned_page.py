"""Planned work as a page shows it, taken in without overwriting what we have yet to tell it."""

from __future__ import annotations

import json

from msgspec.structs import replace

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    Notice,
    NoticeKind,
    Placement,
    PlanFields,
)
from oncall_tui.domain.merging import merge_plan, read_kept, read_plan, tell_plan_difference
from oncall_tui.domain.pagestate import name_page
from oncall_tui.domain.planning import find_probes
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import trust_date
from oncall_tui.store.lease import is_current
from oncall_tui.store.maintenance import TOPIC, get_maintenance, list_watched
from oncall_tui.store.notice_rows import plan_again, tell_timeline, withdraw
from oncall_tui.store.outbox import ENGINE, OPEN
from oncall_tui.store.page_messages import take_messages
from oncall_tui.store.sqlite import sqlite3

_SETTLED_AFTER_MS = 2 * MINUTE
"""What a page has just taken may be missing in what it shows, and a clock of ours may be so much behind its own."""
_DELETED = "it was deleted on the page"


def take_in_maintenance(db: Database, remote: RemoteMaintenance, now: int, *, page: str) -> bool:
    """Takes in one planned work of a page; returns whether that was news.

    While a notice of ours is in flight or in doubt nothing is taken in: what is new on the page may be that. One that
    nobody here made becomes work of ours that is not local, without words of its own: the page moves it, or people do.
    """
    with db.write(TOPIC, "timeline") as connection:
        is_new = _find_placement(connection, page, remote.remote_id) is None
        if is_new and not _place(db, connection, page, remote, now):
            return False
        return merge_placement(db, connection, page, remote, now) or is_new


def merge_placement(
    db: Database, connection: sqlite3.Connection, page: str, remote: RemoteMaintenance, now: int
) -> bool:
    """Takes in work that is known as one of ours, inside the caller's transaction; returns whether that was news."""
    row = _find_placement(connection, page, remote.remote_id)
    if row is None:
        return False
    maintenance_id = row["maintenance_id"]
    states = _list_open_states(connection, page, maintenance_id)
    is_older = remote.updated_at < row["updated_at"]
    if states & {"sending", "uncertain"} or (is_older and _is_lagging(connection, row, now)):
        return False
    current = get_maintenance(db, maintenance_id)
    ours, base = read_plan(current), read_base(row)
    shown = read_kept(remote, base, ours)
    seen_status = shown.status
    if states or _is_clocks_move(current, shown.status, now):
        # What we are about to say of it, or our clock, comes first; it is looked at again afterwards.
        shown, seen_status = replace(shown, status=ours.status), base.status
    merge = merge_plan(base, ours, shown, is_telling=bool(states) or _has_other(connection, row))
    notes = list(merge.news)
    if merge.plan != ours:
        probes = find_probes(current.probes, current.components, merge.plan.components, list_watched(db))
        _adopt_plan(connection, current, merge.plan, probes, now)
    if not states & {"pending", "retry_wait"}:
        messages = take_messages(connection, page, maintenance_id, remote, now)
        notes += messages if row["updated_at"] else ()
    shown = replace(read_kept(remote, base, base), status=shown.status)
    difference = "" if states else tell_plan_difference(merge.plan, shown)
    conflict = merge.conflict or (row["conflict"] if states or difference else "")
    news = [f"changed on {name_page(page)}: {note}" for note in notes]
    if merge.conflict:
        news.append(f"both sides changed it: {merge.conflict}")
        _bump(connection, maintenance_id)
    if difference and difference != row["difference"]:
        news.append(f"on {name_page(page)}: {difference}")
    for sentence in news:
        tell_timeline(connection, maintenance_id, EntryKind.REMOTE, sentence, ENGINE, now)
    fields = (
        *(shown.title, seen_status, shown.starts_at, shown.ends_at, json.dumps(shown.components or base.components)),
        *(remote.origin or row["origin"], difference, conflict, remote.url or row["url"], None),
    )
    columns = "title, status, starts_at, ends_at, components, origin, difference, conflict, url, gone_at"
    updated_at = trust_date(connection, page, remote.updated_at, now)
    has_date = updated_at == remote.updated_at != row["updated_at"] or not row["updated_at"]
    if has_date or fields != tuple(row[column] for column in columns.split(", ")):
        connection.execute(
            f"UPDATE page_maintenance SET ({columns}, updated_at, taken_at) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "WHERE page = ? AND remote_id = ?",
            (*fields, updated_at, now, page, remote.remote_id),
        )
    return bool(news)


def _is_lagging(connection: sqlite3.Connection, row: sqlite3.Row, now: int) -> bool:
    """Tells whether a look with an older time may be older than the one before: reads lag by a minute, no longer.

    After a clock of ours was set back the wait begins anew.
    """
    if row["taken_at"] > now:
        connection.execute(
            "UPDATE page_maintenance SET taken_at = ? WHERE page = ? AND remote_id = ?",
            (now, row["page"], row["remote_id"]),
        )
        return True
    return bool(now - row["taken_at"] < _SETTLED_AFTER_MS)


def place_maintenance(
    connection: sqlite3.Connection,
    page: str,
    remote_id: str,
    current: Maintenance,
    url: str | None,
    now: int,
    shown: PlanFields | None = None,
) -> None:
    """Notes as which of the page's works ours stands there, inside the caller's transaction.

    Later changes there are told by what is `shown` now: what we have confirmed since is not yet known to the page.
    The follower may have met this very work first, as somebody else's: the page holds it once, so do we.
    """
    twin = connection.execute(
        "SELECT maintenance_id AS id FROM page_maintenance WHERE page = ? AND remote_id = ? AND maintenance_id != ?",
        (page, remote_id, current.id),
    ).fetchone()
    if twin is not None:
        connection.execute("DELETE FROM page_maintenance WHERE maintenance_id = ?", (twin["id"],))
        connection.execute(
            "UPDATE page_notice SET maintenance_id = ? WHERE maintenance_id = ?", (current.id, twin["id"])
        )
        _withdraw_all(connection, twin["id"], now)
        connection.execute(
            "UPDATE maintenance SET status = 'completed', cancelled_at = ?, revision = revision + 1 WHERE id = ?",
            (now, twin["id"]),
        )
        sentence = f"the page's work is our M{current.id}: joined with it"
        tell_timeline(connection, twin["id"], EntryKind.REMOTE, sentence, ENGINE, now)
    base = shown or read_plan(current)
    connection.execute(
        "INSERT INTO page_maintenance(page, remote_id, maintenance_id, url, title, status, starts_at, ends_at, components) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(maintenance_id, page) DO NOTHING",
        (
            *(page, remote_id, current.id, url, base.title, base.status, base.starts_at, base.ends_at),
            json.dumps(base.components or current.components),
        ),
    )


def list_placed_ids(db: Database, maintenance_id: int, *, page: str) -> set[str]:
    """Returns which of a page's works are others of ours: those can never be this one, whatever their words are."""
    rows = db.rows(
        "SELECT remote_id FROM page_maintenance JOIN maintenance ON maintenance.id = maintenance_id "
        "WHERE page = ? AND maintenance_id != ? AND is_local",
        page,
        maintenance_id,
    )
    return {row["remote_id"] for row in rows}


def note_maintenance_gone(db: Database, placement: Placement, now: int) -> bool:
    """Notes that a page no longer has planned work; returns whether that was news.

    Work that stands on no other page is off then: somebody took it back where customers read it.
    """
    with db.write(TOPIC, "timeline") as connection:
        row = _find_placement(connection, placement.page, placement.remote_id)
        if row is None or row["gone_at"] is not None:
            return False
        maintenance_id = row["maintenance_id"]
        told_at = connection.execute(
            "SELECT max(delivered_at) FROM notice_delivery WHERE maintenance_id = ? AND page = ?",
            (maintenance_id, placement.page),
        ).fetchone()[0]
        is_fresh = told_at is not None and now - told_at < _SETTLED_AFTER_MS
        if is_fresh or _list_open_states(connection, placement.page, maintenance_id):
            return False
        current = get_maintenance(db, maintenance_id)
        connection.execute(
            "UPDATE page_maintenance SET gone_at = ?, conflict = '', difference = ? WHERE page = ? AND remote_id = ?",
            (now, _DELETED if current.status.is_open else "", placement.page, placement.remote_id),
        )
        if not current.status.is_open:
            return False
        is_off = not _has_other(connection, row)
        if is_off:
            _withdraw_all(connection, maintenance_id, now)
            connection.execute(
                "UPDATE maintenance SET status = 'completed', cancelled_at = ? WHERE id = ?", (now, maintenance_id)
            )
        _bump(connection, maintenance_id)
        sentence = f"deleted on {name_page(placement.page)}{': it is off' if is_off else ''}"
        tell_timeline(connection, maintenance_id, EntryKind.REMOTE, sentence, ENGINE, now)
        return True


def yield_notice(db: Database, delivery_id: int, epoch: int, remote: RemoteMaintenance, reason: str, now: int) -> bool:
    """Gives up what the clock said in favour of the page, on which somebody planned another time; returns whether.

    Only where nobody else was told: not while other notices are on their way, nor of work on several pages. False as
    well for an engine that was overtaken.
    """
    with db.write(TOPIC, "timeline") as connection:
        if not is_current(connection, epoch):
            return False
        row = connection.execute(f"SELECT * FROM notice_delivery WHERE id = ? AND {OPEN}", (delivery_id,)).fetchone()
        placement = None if row is None else _find_placement(connection, row["page"], remote.remote_id)
        if row is None or placement is None or _has_other(connection, placement):
            return False
        if connection.execute(
            f"SELECT 1 FROM notice_delivery WHERE maintenance_id = ? AND id != ? AND {OPEN}",
            (row["maintenance_id"], delivery_id),
        ).fetchone():
            return False
        connection.execute(
            "UPDATE notice_delivery SET state = 'dropped', next_try_at = NULL, reason = ? WHERE id = ?",
            (reason, delivery_id),
        )
        tell_timeline(connection, row["maintenance_id"], EntryKind.UNDONE, reason, ENGINE, now)
        merge_placement(db, connection, row["page"], remote, now)
        return True


def _find_placement(connection: sqlite3.Connection, page: str, remote_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM page_maintenance WHERE page = ? AND remote_id = ?", (page, remote_id)
    ).fetchone()
    return found


def read_base(row: sqlite3.Row) -> PlanFields:
    """Returns what a page showed when it was read last."""
    status = MaintenanceStatus(row["status"])
    return PlanFields(row["title"], status, row["starts_at"], row["ends_at"], tuple(json.loads(row["components"])))


def _place(db: Database, connection: sqlite3.Connection, page: str, remote: RemoteMaintenance, now: int) -> bool:
    """Finds or makes what a page's work is here; returns False when it may be ours and on its way."""
    known = connection.execute("SELECT id FROM maintenance WHERE uid = ?", (remote.uid,)).fetchone()
    if known is not None:
        if _list_open_states(connection, page, known["id"]):
            return False
        current = get_maintenance(db, known["id"])
        place_maintenance(connection, page, remote.remote_id, current, remote.url, now, read_plan(remote))
        return _find_placement(connection, page, remote.remote_id) is not None
    if _is_being_made(connection, page, remote.title):
        return False
    plan = read_plan(remote)
    cursor = connection.execute(
        "INSERT INTO maintenance(uid, title, status, starts_at, ends_at, components, probes, created_at, created_by, "
        "is_local) VALUES (?, ?, ?, ?, ?, ?, '[]', ?, 'page', 0)",
        (
            *(remote.uid or f"{page}:{remote.remote_id}", plan.title, plan.status, plan.starts_at, plan.ends_at),
            *(json.dumps(plan.components), remote.created_at),
        ),
    )
    made = get_maintenance(db, int(cursor.lastrowid or 0))
    place_maintenance(connection, page, remote.remote_id, made, remote.url, now)
    sentence = f"found on {name_page(page)}: {plan.title}"
    tell_timeline(connection, made.id, EntryKind.REMOTE, sentence, ENGINE, now)
    return True


def _is_being_made(connection: sqlite3.Connection, page: str, title: str) -> bool:
    """Tells whether work of that title may be ours, on its way: a page may drop the stamp that would tell."""
    rows = connection.execute(
        "SELECT title FROM notice_delivery JOIN maintenance_notice ON maintenance_notice.id = notice_id "
        "JOIN maintenance ON maintenance.id = notice_delivery.maintenance_id "
        "WHERE page = ? AND kind = 'plan' AND attempts > 0 AND state NOT IN ('delivered', 'dropped')",
        (page,),
    )
    return any(clean_line(row["title"]).strip() == title for row in rows)


def _list_open_states(connection: sqlite3.Connection, page: str, maintenance_id: int) -> set[str]:
    rows = connection.execute(
        f"SELECT state FROM notice_delivery WHERE page = ? AND maintenance_id = ? AND {OPEN}", (page, maintenance_id)
    )
    return {row["state"] for row in rows}


def _has_other(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Tells whether the work stands on another page too, which knows nothing of what was changed on this one."""
    return (
        connection.execute(
            "SELECT 1 FROM page_maintenance WHERE maintenance_id = ? AND page != ? AND gone_at IS NULL",
            (row["maintenance_id"], row["page"]),
        ).fetchone()
        is not None
    )


def _is_clocks_move(current: Maintenance, status: MaintenanceStatus, now: int) -> bool:
    """Tells whether a page is but a moment ahead with what our clock takes too, and tells more of then."""
    move = NoticeKind.START if status.is_active else NoticeKind.FINISH
    return status is not MaintenanceStatus.SCHEDULED and any(
        each.kind is move and each.is_automatic and each.is_waiting and each.due_at <= now + _SETTLED_AFTER_MS
        for each in current.notices
    )


def _adopt_plan(
    connection: sqlite3.Connection, current: Maintenance, plan: PlanFields, probes: tuple[str, ...], now: int
) -> None:
    """Makes the page's plan ours; what the clock would say goes with it, or is taken back where it is no longer true."""
    is_off = current.cancelled_at is not None and not plan.status.is_open
    connection.execute(
        "UPDATE maintenance SET title = ?, status = ?, starts_at = ?, ends_at = ?, components = ?, probes = ?, "
        "cancelled_at = ?, revision = revision + 1 WHERE id = ?",
        (
            *(plan.title, plan.status, plan.starts_at, plan.ends_at, json.dumps(plan.components), json.dumps(probes)),
            *(current.cancelled_at if is_off else None, current.id),
        ),
    )
    if not plan.status.is_open:
        _withdraw_all(connection, current.id, now)
        return
    if plan.starts_at != current.starts_at or plan.status is not MaintenanceStatus.SCHEDULED:
        # Its words may name the start as it was.
        withdraw(connection, current.id, (NoticeKind.REMIND,), now)
    for kind, due_at, is_ahead in (
        (NoticeKind.START, plan.starts_at, plan.status is MaintenanceStatus.SCHEDULED),
        (NoticeKind.FINISH, plan.ends_at, True),
    ):
        said = next((each for each in reversed(current.notices) if each.kind is kind and each.is_automatic), None)
        if not is_ahead:
            withdraw(connection, current.id, (kind,), now)
        elif said is not None and _is_due_anew(said, due_at, now):
            withdraw(connection, current.id, (kind,), now)
            plan_again(connection, said, due_at, now)


def _is_due_anew(said: Notice, due_at: int, now: int) -> bool:
    """Tells whether words of the clock are to be said at another time: never those that a person has withdrawn."""
    if said.is_waiting:
        return said.due_at != due_at
    return said.fired_at is not None and due_at > now


def _withdraw_all(connection: sqlite3.Connection, maintenance_id: int, now: int) -> None:
    withdraw(connection, maintenance_id, tuple(NoticeKind), now)


def _bump(connection: sqlite3.Connection, maintenance_id: int) -> None:
    """Whoever acts on what a screen showed before is told that it changed."""
    connection.execute("UPDATE maintenance SET revision = revision + 1 WHERE id = ?", (maintenance_id,))

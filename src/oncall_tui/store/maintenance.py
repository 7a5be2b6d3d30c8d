"""Planned work: what people confirm, each in one transaction with its deliveries."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import astuple

from oncall_tui.domain.errors import ConflictError, NotFoundError
from oncall_tui.domain.maintenance import (
    STATUS_AFTER,
    Maintenance,
    MaintenanceStatus,
    NewPlan,
    Notice,
    NoticeKind,
    PlanPart,
    WorkFacts,
    is_silencing,
    require_notice,
    require_window,
)
from oncall_tui.domain.planning import find_silenced
from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.store.database import Database, Value, placeholders
from oncall_tui.store.notice_rows import (
    Words,
    add_notice,
    drop_unannounced,
    list_told,
    queue_notice,
    tell_reasons,
    tell_timeline,
    withdraw,
)
from oncall_tui.store.sqlite import sqlite3

TOPIC = "maintenance"
_TOUCHES = {NoticeKind.START: (PlanPart.START,), NoticeKind.EXTEND: (PlanPart.END,)}


def plan_maintenance(
    db: Database,
    plan: NewPlan,
    words: Mapping[NoticeKind, Words],
    *,
    actor: str,
    now: int,
    reasons: Mapping[str, str] | None = None,
) -> Maintenance:
    """Plans work and queues its announcement; the words of all that the clock does later are confirmed here too.

    `words` are those of plan, start and finish, and of remind when the plan has a reminder. `reasons` tell why it is told
    in spite of rules, by the rule. Raises RefusedError (`window`).
    """
    require_window(plan.starts_at, plan.ends_at, now)
    with db.write(TOPIC, "timeline") as connection:
        cursor = connection.execute(
            "INSERT INTO maintenance(uid, title, status, starts_at, ends_at, components, probes, created_at, created_by, "
            "effect, backout, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(plan.uid, plan.title, MaintenanceStatus.SCHEDULED, plan.starts_at, plan.ends_at),
                *(json.dumps(plan.components), json.dumps(plan.probes), now, actor),
                *astuple(plan.facts),
            ),
        )
        maintenance_id = int(cursor.lastrowid or 0)
        announced = add_notice(connection, maintenance_id, NoticeKind.PLAN, words[NoticeKind.PLAN], None, actor, now)
        for kind, due_at in (
            (NoticeKind.REMIND, plan.remind_at),
            (NoticeKind.START, plan.starts_at),
            (NoticeKind.FINISH, plan.ends_at),
        ):
            if due_at is not None:
                add_notice(connection, maintenance_id, kind, words[kind], due_at, actor, now)
        queue_notice(connection, maintenance_id, announced, plan.pages, now)
        tell_timeline(connection, maintenance_id, EntryKind.QUEUED, f"planned: {plan.title}", actor, now)
        tell_reasons(connection, maintenance_id, reasons, actor, now)
        return _read(db, maintenance_id)


def say_notice(
    db: Database,
    maintenance_id: int,
    kind: NoticeKind,
    words: Words,
    *,
    actor: str,
    now: int,
    ends_at: int | None = None,
    finish_uid: str | None = None,
    seen_revision: int | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Maintenance:
    """Takes a notice that a person confirms now, and withdraws those of the clock that it makes needless.

    An extension gives `ends_at` and the `finish_uid` of the end that is planned anew, with the words of the old one. A
    plan that no page has been told of is not cancelled in public: it is not announced. Raises NotFoundError,
    RefusedError, or ConflictError when `seen_revision` is no longer the maintenance's.
    """
    with db.write(TOPIC, "timeline") as connection:
        current = read_seen(db, maintenance_id, seen_revision)
        require_notice(current, kind, now, ends_at)
        touches = _TOUCHES.get(kind, ())
        notice_id = add_notice(connection, maintenance_id, kind, words, None, actor, now, touches)
        needless = {
            NoticeKind.REMIND: (NoticeKind.REMIND,),
            NoticeKind.START: (NoticeKind.REMIND, NoticeKind.START),
            NoticeKind.EXTEND: (NoticeKind.FINISH,),
        }.get(kind, tuple(NoticeKind))
        finish = current.find_automatic(NoticeKind.FINISH)
        withdraw(connection, maintenance_id, needless, now)
        if kind is NoticeKind.EXTEND and ends_at is not None and finish is not None and finish_uid is not None:
            again = Words(finish_uid, finish.body, finish.notify)
            add_notice(connection, maintenance_id, NoticeKind.FINISH, again, ends_at, actor, now)
        if kind is NoticeKind.CANCEL:
            drop_unannounced(connection, maintenance_id, actor)
        connection.execute(
            "UPDATE maintenance SET status = ?, starts_at = min(starts_at, ?), ends_at = ?, cancelled_at = ?, "
            "revision = revision + 1 WHERE id = ?",
            (
                STATUS_AFTER.get(kind, current.status),
                now if kind is NoticeKind.START else current.starts_at,
                current.ends_at if ends_at is None else ends_at,
                now if kind is NoticeKind.CANCEL else None,
                maintenance_id,
            ),
        )
        # Whoever speaks now has seen what the pages say.
        connection.execute("UPDATE page_maintenance SET conflict = '' WHERE maintenance_id = ?", (maintenance_id,))
        queue_notice(connection, maintenance_id, notice_id, list_told(connection, maintenance_id), now)
        tell_timeline(connection, maintenance_id, EntryKind.QUEUED, f"{kind} confirmed: {words.body}", actor, now)
        tell_reasons(connection, maintenance_id, reasons, actor, now)
        return _read(db, maintenance_id)


def list_maintenances(db: Database, *, is_open_only: bool = False, limit: int = 200) -> list[Maintenance]:
    """Returns planned work, open ones first in the order of their start, then what is over, newest first."""
    found = _list(db, "status != 'completed' ORDER BY starts_at, id LIMIT ?", limit)
    if not is_open_only:
        found += _list(db, "status = 'completed' ORDER BY starts_at DESC, id DESC LIMIT ?", limit)
    return found


def list_active(db: Database, now: int) -> list[Maintenance]:
    """Returns the work whose window is now: what `find_silence` asks, and what a board shows."""
    found = _list(db, "status != 'completed' AND starts_at <= ? ORDER BY starts_at, id", now)
    return [each for each in found if is_silencing(each, now)]


def list_between(db: Database, since: int, until: int) -> list[Maintenance]:
    """Returns the work whose window touches [since, until), whatever became of it, in the order of its start."""
    return _list(db, "starts_at < ? AND ends_at > ? ORDER BY starts_at, id", until, since)


def get_maintenance(db: Database, maintenance_id: int) -> Maintenance:
    """Returns one maintenance. Raises NotFoundError."""
    return _read(db, maintenance_id)


def read_seen(db: Database, maintenance_id: int, seen_revision: int | None) -> Maintenance:
    """Returns one maintenance as a person saw it. Raises NotFoundError, or ConflictError where it has changed since."""
    current = _read(db, maintenance_id)
    if seen_revision is not None and seen_revision != current.revision:
        raise ConflictError(f"M{maintenance_id} was changed by somebody else after you looked.")
    return current


def has_waiting_notice(db: Database) -> bool:
    """Tells whether a notice is still on its way to a page, other than what waits for a person."""
    return bool(
        db.rows(
            "SELECT 1 FROM notice_delivery WHERE state NOT IN ('delivered', 'dropped') AND state != 'failed' "
            "AND asked_at IS NULL LIMIT 1"
        )
    )


def list_maintenance_entries(db: Database, maintenance_id: int, limit: int = 500) -> list[TimelineEntry]:
    """Returns what happened with planned work, in the order of writing, the latest of it."""
    rows = db.rows("SELECT * FROM timeline WHERE maintenance_id = ? ORDER BY id DESC LIMIT ?", maintenance_id, limit)
    return [
        TimelineEntry(
            id=row["id"],
            incident_id=None,
            kind=EntryKind(row["kind"]),
            text=row["text"],
            actor=row["actor"],
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
        )
        for row in reversed(rows)
    ]


def list_watched(db: Database) -> dict[str, str | None]:
    """Returns the component of each probe, None for one that stands for none."""
    rows = db.rows("SELECT name, json_extract(spec, '$.component') AS component FROM probe ORDER BY position")
    return {row["name"]: row["component"] for row in rows}


def _read(db: Database, maintenance_id: int) -> Maintenance:
    found = _list(db, "id = ?", maintenance_id)
    if not found:
        raise NotFoundError(f"There is no maintenance M{maintenance_id}: `oncall-tui maintenance list` shows them.")
    return found[0]


def _list(db: Database, where: str, *values: Value) -> list[Maintenance]:
    rows = db.rows(f"SELECT * FROM maintenance WHERE {where}", *values)
    notices: dict[int, list[Notice]] = {}
    if rows:
        ids = tuple(row["id"] for row in rows)
        for row in db.rows(
            f"SELECT * FROM maintenance_notice WHERE maintenance_id IN ({placeholders(ids)}) ORDER BY id", *ids
        ):
            notices.setdefault(row["maintenance_id"], []).append(_notice(row))
    watched = {} if all(row["is_local"] for row in rows) else list_watched(db)
    return [
        Maintenance(
            id=row["id"],
            uid=row["uid"],
            title=row["title"],
            status=MaintenanceStatus(row["status"]),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            components=touched,
            probes=tuple(json.loads(row["probes"])) if row["is_local"] else tuple(find_silenced(touched, watched)),
            created_at=row["created_at"],
            created_by=row["created_by"],
            cancelled_at=row["cancelled_at"],
            revision=row["revision"],
            notices=tuple(notices.get(row["id"], ())),
            is_local=bool(row["is_local"]),
            facts=WorkFacts(row["effect"], row["backout"], row["owner"]),
        )
        for row in rows
        for touched in (tuple(json.loads(row["components"])),)
    ]


def _notice(row: sqlite3.Row) -> Notice:
    return Notice(
        uid=row["uid"],
        kind=NoticeKind(row["kind"]),
        body=row["body"],
        notify=bool(row["notify"]),
        due_at=row["due_at"],
        is_automatic=bool(row["is_automatic"]),
        confirmed_by=row["confirmed_by"],
        created_at=row["created_at"],
        id=row["id"],
        fired_at=row["fired_at"],
        withdrawn_at=row["withdrawn_at"],
    )

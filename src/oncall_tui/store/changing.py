"""A change of planned work that a person confirms: the plan, its notice, and what the clock says, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import astuple

from oncall_tui.domain.changing import (
    Telling,
    find_telling,
    list_anew,
    list_new_facts,
    require_change,
    require_facts,
    tell_change,
)
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanFields, WorkFacts
from oncall_tui.domain.planning import find_probes
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import TOPIC, get_maintenance, list_watched, read_seen
from oncall_tui.store.notice_rows import (
    Words,
    add_notice,
    list_told,
    plan_again,
    queue_notice,
    tell_reasons,
    tell_timeline,
    withdraw,
)
from oncall_tui.store.notices import list_notice_deliveries, list_placements
from oncall_tui.store.page import list_pages
from oncall_tui.store.sqlite import sqlite3


def read_telling(db: Database, maintenance: Maintenance, plan: PlanFields, facts: WorkFacts | None = None) -> Telling:
    """Returns what the change of a maintenance to a plan has to tell."""
    fixed = [each.page for each in list_pages(db) if each.capabilities and each.capabilities.keeps_window]
    deliveries = list_notice_deliveries(db, maintenance.id)
    return find_telling(maintenance, plan, list_placements(db, maintenance.id), deliveries, fixed, facts)


def keep_facts(
    db: Database,
    maintenance_id: int,
    facts: WorkFacts,
    *,
    actor: str,
    now: int,
    seen_revision: int | None = None,
) -> Maintenance:
    """Keeps what people know of planned work; no page is told of it, and what the clock says stays.

    Raises NotFoundError, RefusedError, or ConflictError when `seen_revision` is no longer the maintenance's.
    """
    with db.write(TOPIC, "timeline") as connection:
        current = read_seen(db, maintenance_id, seen_revision)
        require_facts(current, facts, now)
        if not list_new_facts(current, facts):
            raise RefusedError("nothing-changes", f"M{maintenance_id} is so already.")
        connection.execute("UPDATE maintenance SET revision = revision + 1 WHERE id = ?", (maintenance_id,))
        _put_facts(connection, current, facts, actor, now)
        return get_maintenance(db, maintenance_id)


def change_maintenance(
    db: Database,
    maintenance_id: int,
    plan: PlanFields,
    words: Mapping[NoticeKind, Words],
    *,
    actor: str,
    now: int,
    facts: WorkFacts | None = None,
    seen_revision: int | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Maintenance:
    """Makes planned work what `plan` says and queues the notice of it; a plan that is ours already goes to who is behind.

    `words` are those of the change, and of what the clock says later where that reads otherwise from now on; the status
    in `plan` counts for nothing. Another effect in `facts` is told with it. Raises NotFoundError, RefusedError, or ConflictError when `seen_revision` is no longer
    the maintenance's.
    """
    with db.write(TOPIC, "timeline") as connection:
        current = read_seen(db, maintenance_id, seen_revision)
        facts = facts or current.facts
        telling = read_telling(db, current, plan, facts)
        touched = telling.touched
        require_change(current, plan, touched, now)
        require_facts(current, facts, now)
        told = telling.list_targets(list_told(connection, maintenance_id))
        if not telling.parts:
            raise RefusedError("nothing-changes", f"M{maintenance_id} is so already, and its pages show it so.")
        said = words[NoticeKind.CHANGE]
        notice_id = add_notice(connection, maintenance_id, NoticeKind.CHANGE, said, None, actor, now, telling.parts)
        _say_anew(connection, current, plan, words, actor, now)
        probes = find_probes(current.probes, current.components, plan.components, list_watched(db))
        connection.execute(
            "UPDATE maintenance SET title = ?, starts_at = ?, ends_at = ?, components = ?, probes = ?, "
            "revision = revision + 1 WHERE id = ?",
            (
                *(plan.title, plan.starts_at, plan.ends_at, json.dumps(plan.components), json.dumps(probes)),
                maintenance_id,
            ),
        )
        _put_facts(connection, current, facts, actor, now)
        # Whoever speaks now has seen what the pages say.
        connection.execute("UPDATE page_maintenance SET conflict = '' WHERE maintenance_id = ?", (maintenance_id,))
        queue_notice(connection, maintenance_id, notice_id, told, now)
        news = f"changed {tell_change(plan, touched, facts)}" if touched else f"carried to {', '.join(told)}"
        tell_timeline(connection, maintenance_id, EntryKind.QUEUED, f"{news}: {said.body}", actor, now)
        tell_reasons(connection, maintenance_id, reasons, actor, now)
        return get_maintenance(db, maintenance_id)


def _put_facts(connection: sqlite3.Connection, current: Maintenance, facts: WorkFacts, actor: str, now: int) -> None:
    """Puts down what people know from now on, with a line in the timeline for each thing that is new."""
    connection.execute(
        "UPDATE maintenance SET effect = ?, backout = ?, owner = ? WHERE id = ?", (*astuple(facts), current.id)
    )
    for name, before, after in list_new_facts(current, facts):
        told = f"changed the {name}: {after or 'none'} (it was: {before or 'none'})"
        tell_timeline(connection, current.id, EntryKind.NOTE, told, actor, now)


def _say_anew(
    connection: sqlite3.Connection,
    current: Maintenance,
    plan: PlanFields,
    words: Mapping[NoticeKind, Words],
    actor: str,
    now: int,
) -> None:
    """Plans anew what the clock says at another time or in other words; all else stays as it was confirmed."""
    for kind, due_at in list_anew(current, plan, now).items():
        said = current.find_automatic(kind)
        new = words.get(kind)
        if said is None:
            continue
        is_reworded = new is not None and new.body != said.body
        if said.is_waiting and due_at == said.due_at and not is_reworded:
            continue
        withdraw(connection, current.id, (kind,), now)
        if due_at is None:
            tell_timeline(
                connection, current.id, EntryKind.NOTE, f"{kind} is not said: its time has passed", actor, now
            )
        elif new is not None and is_reworded:
            again = Words(new.uid, new.body, said.notify)
            add_notice(connection, current.id, kind, again, due_at, actor, now)
        else:
            plan_again(connection, said, due_at, now)

"""The rows of notices of planned work, written inside the transaction of whoever confirms or takes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from oncall_tui.domain.maintenance import Notice, NoticeKind, PlanPart
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import placeholders
from oncall_tui.store.sqlite import sqlite3


class Words(Struct, frozen=True):
    """What a person confirms for one notice; `uid` is its opaque name on the page."""

    uid: str
    body: str
    notify: bool


def plan_again(connection: sqlite3.Connection, said: Notice, due_at: int, now: int) -> None:
    """Plans words of the clock for another time, inside the caller's transaction; who confirmed them stays."""
    connection.execute(
        "INSERT INTO maintenance_notice(uid, maintenance_id, kind, body, notify, due_at, is_automatic, confirmed_by, "
        "created_at) SELECT lower(hex(randomblob(16))), maintenance_id, kind, body, notify, ?, 1, confirmed_by, ? "
        "FROM maintenance_notice WHERE id = ?",
        (due_at, now, said.id),
    )


def add_notice(
    connection: sqlite3.Connection,
    maintenance_id: int,
    kind: NoticeKind,
    words: Words,
    due_at: int | None,
    actor: str,
    now: int,
    touches: Collection[PlanPart] = (),
) -> int:
    """Adds a notice: one with `due_at` waits for the clock, one without is taken now."""
    is_automatic = due_at is not None
    cursor = connection.execute(
        "INSERT INTO maintenance_notice(uid, maintenance_id, kind, body, notify, due_at, is_automatic, confirmed_by, "
        "created_at, fired_at, touches) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(words.uid, maintenance_id, kind, words.body, words.notify, now if due_at is None else due_at),
            *(is_automatic, actor, now, None if is_automatic else now, json.dumps(sorted(touches))),
        ),
    )
    return int(cursor.lastrowid or 0)


def queue_notice(
    connection: sqlite3.Connection, maintenance_id: int, notice_id: int, pages: Sequence[str], now: int
) -> None:
    connection.executemany(
        "INSERT INTO notice_delivery(notice_id, maintenance_id, page, state, created_at) VALUES (?, ?, ?, 'pending', ?)",
        [(notice_id, maintenance_id, page, now) for page in pages],
    )


def list_told(connection: sqlite3.Connection, maintenance_id: int) -> list[str]:
    """Returns the pages that have the plan or will get it."""
    rows = connection.execute(
        "SELECT page FROM notice_delivery JOIN maintenance_notice ON maintenance_notice.id = notice_id "
        "WHERE notice_delivery.maintenance_id = ?1 AND kind = 'plan' AND state != 'dropped' AND page NOT IN (SELECT page "
        "FROM page_maintenance WHERE maintenance_id = ?1 AND gone_at IS NOT NULL) UNION SELECT page "
        "FROM page_maintenance WHERE maintenance_id = ?1 AND gone_at IS NULL ORDER BY page",
        (maintenance_id,),
    )
    return [row["page"] for row in rows]


def withdraw(connection: sqlite3.Connection, maintenance_id: int, kinds: Sequence[NoticeKind], now: int) -> None:
    """Takes back what waits for the clock, inside the caller's transaction."""
    connection.execute(
        "UPDATE maintenance_notice SET withdrawn_at = ? WHERE maintenance_id = ? AND is_automatic AND fired_at IS NULL "
        f"AND withdrawn_at IS NULL AND kind IN ({placeholders(kinds)})",
        (now, maintenance_id, *kinds),
    )


def tell_reasons(
    connection: sqlite3.Connection, maintenance_id: int, reasons: Mapping[str, str] | None, actor: str, now: int
) -> None:
    for rule, reason in (reasons or {}).items():
        told = f"told in spite of {rule}: {reason}"
        tell_timeline(connection, maintenance_id, EntryKind.OVERRIDE, told, actor, now)


def tell_timeline(
    connection: sqlite3.Connection, maintenance_id: int, kind: EntryKind, text: str, actor: str, now: int
) -> None:
    """Appends a fact about planned work inside the caller's transaction."""
    connection.execute(
        "INSERT INTO timeline(maintenance_id, kind, text, actor, occurred_at, recorded_at) VALUES (?, ?, ?, ?, ?, ?)",
        (maintenance_id, kind, clean_block(text, 4000), actor, now, now),
    )


def drop_unannounced(connection: sqlite3.Connection, maintenance_id: int, actor: str) -> None:
    connection.execute(
        "UPDATE notice_delivery SET state = 'dropped', reason = ? WHERE maintenance_id = ? AND state = 'pending' "
        "AND attempts = 0 AND page IN (SELECT page FROM notice_delivery JOIN maintenance_notice ON "
        "maintenance_notice.id = notice_id WHERE notice_delivery.maintenance_id = ? AND kind = 'plan' "
        "AND state = 'pending' AND attempts = 0)",
        (f"cancelled by {actor} before it was announced", maintenance_id, maintenance_id),
    )

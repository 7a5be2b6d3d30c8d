"""What hooks were told, and the calls that are to be made: a change and its call are one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from oncall_tui.domain.duration import DAY, MINUTE
from oncall_tui.domain.hook import CallState, HookCall, HookEvent, HookStanding, Rate, Told
from oncall_tui.domain.hook_rules import HookFacts
from oncall_tui.domain.incident import Reach
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.verdict import BLIND_LIMIT, FRESH_RUNS
from oncall_tui.store.changes import list_changes
from oncall_tui.store.codec import decode_recent
from oncall_tui.store.database import Database, placeholders
from oncall_tui.store.incidents import list_incidents
from oncall_tui.store.lease import is_current
from oncall_tui.store.maintenance import list_maintenances
from oncall_tui.store.probes import list_probes
from oncall_tui.store.silences import list_silences
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.upkeeps import list_upkeeps

LATE_AFTER_MS = 15 * MINUTE
"""A trouble that could not be called for so long is not called as it was: what is so by then is told anew."""
_KEPT_MS = 7 * DAY
# What waits for longer than anything does was put off by a clock that has been set back since.
_WAIT_MOST_MS = 10 * MINUTE
_RUNS = max(FRESH_RUNS, BLIND_LIMIT)


class NewCall(Struct, frozen=True):
    """A call to be made, and the subjects that it tells of."""

    uid: str
    event: HookEvent
    subjects: tuple[str, ...]
    document: str


def replace_hooks(db: Database, names: Sequence[str], now: int) -> None:
    """Makes the file hold the hooks of the config; what was told to one that is gone is forgotten."""
    gone = f"NOT IN ({placeholders(names)})"
    with db.write("hooks") as connection:
        connection.execute(f"DELETE FROM hook WHERE name {gone}", names)
        connection.execute(f"DELETE FROM hook_told WHERE hook {gone}", names)
        connection.execute(
            f"DELETE FROM hook_call WHERE hook {gone} OR (ended_at IS NOT NULL AND created_at < ?)",
            (*names, now - _KEPT_MS),
        )
        connection.executemany(
            "INSERT INTO hook(name, position) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET position = excluded.position",
            [(name, position) for position, name in enumerate(names)],
        )


def read_probes_again(db: Database, known: tuple[int, tuple[Probe, ...]]) -> tuple[int, tuple[Probe, ...]]:
    """Returns the probes with their revision; those that are `known` when nothing has changed."""
    row = db.row("SELECT counter FROM revision WHERE topic = 'probes'")
    revision = row["counter"] if row else 0
    return known if revision == known[0] else (revision, tuple(list_probes(db)))


def read_hook_facts(db: Database, probes: tuple[Probe, ...], now: int) -> HookFacts:
    """Returns the file as hooks look at it: of states those that are not plainly up, were told, or have others below."""
    wanted = {name for probe in probes for name in probe.depends_on}
    with db.snapshot():
        wanted |= {row["subject"] for row in db.rows("SELECT DISTINCT subject FROM hook_told")}
        return HookFacts(
            probes=probes,
            states={state.probe: state for state in _list_states(db, wanted)},
            silences={silence.probe: silence for silence in list_silences(db)},
            changes=tuple(list_changes(db)),
            maintenances=tuple(list_maintenances(db, is_open_only=True)),
            upkeeps=tuple(list_upkeeps(db, now)),
            incidents=tuple(each for each in list_incidents(db, is_open_only=True) if each.reach is not Reach.DRILL),
        )


def _list_states(db: Database, others: Collection[str]) -> list[ProbeState]:
    """Returns the states of the probes that are not plainly up, and of some others, with what the rules look at alone.

    The latest few runs tell whether a state may be believed; to take all of them apart would cost ten times as much.
    """
    rows = db.rows(
        "SELECT probe, status, since_at, streak, streak_at, flapping_at, last_verdict, last_result_at, last_reason, recent "
        "FROM probe_state WHERE status IN ('down', 'slow') OR flapping_at IS NOT NULL "
        "OR probe IN (SELECT value FROM json_each(?))",
        json.dumps(sorted(others)),
    )
    return [
        ProbeState(
            probe=row["probe"],
            status=ProbeStatus(row["status"]),
            since_at=row["since_at"],
            streak=row["streak"],
            streak_at=row["streak_at"],
            flapping_at=row["flapping_at"],
            last_verdict=Verdict(row["last_verdict"]) if row["last_verdict"] else None,
            last_result_at=row["last_result_at"],
            last_reason=row["last_reason"],
            recent=decode_recent(row["recent"], _RUNS),
        )
        for row in rows
    ]


def list_told(db: Database) -> dict[str, dict[str, Told]]:
    """Returns by hook, and by subject, what it was told and has not been told to be over."""
    told: dict[str, dict[str, Told]] = {}
    for row in db.rows("SELECT * FROM hook_told"):
        each = Told(row["subject"], HookEvent(row["event"]), row["since_at"])
        told.setdefault(row["hook"], {})[each.subject] = each
    return told


def list_new_hooks(db: Database) -> list[str]:
    """Returns the hooks that have not seen the board yet: what is so then is no news to them."""
    return [row["name"] for row in db.rows("SELECT name FROM hook WHERE begun_at IS NULL ORDER BY position")]


def begin_hook(db: Database, hook: str, epoch: int, told: Iterable[Told], now: int) -> None:
    """Notes what is so as a hook begins."""
    with db.write("hooks") as connection:
        if is_current(connection, epoch):
            connection.execute("UPDATE hook SET begun_at = ? WHERE name = ?", (now, hook))
            _tell(connection, hook, told)


def count_calls_left(db: Database, hook: str, rate: Rate, now: int) -> int:
    """Returns how many calls a hook has left in the window that ends now."""
    row = db.row(
        "SELECT count(*) AS made FROM hook_call WHERE hook = ? AND created_at > ? AND created_at <= ?",
        *(hook, now - rate.window_ms, now),
    )
    return max(0, rate.count - (row["made"] if row else 0))


def note_held(db: Database, hook: str, epoch: int, count: int) -> None:
    """Counts changes that the rate holds back."""
    with db.write("hooks") as connection:
        if is_current(connection, epoch):
            connection.execute("UPDATE hook SET held = held + ? WHERE name = ?", (count, hook))


def read_held(db: Database, hook: str) -> int:
    row = db.row("SELECT held FROM hook WHERE name = ?", hook)
    return int(row["held"]) if row else 0


def save_changes(
    db: Database,
    hook: str,
    epoch: int,
    *,
    told: Iterable[Told],
    over: Iterable[str],
    calls: Sequence[NewCall],
    held: int,
    now: int,
) -> bool:
    """Notes what a hook is told and what is over for it, together with the calls; False when another engine is at work.

    `held` counts changes are told in these calls, and are held back no more.
    """
    with db.write("hooks") as connection:
        if not is_current(connection, epoch):
            return False
        connection.executemany(
            "DELETE FROM hook_told WHERE hook = ? AND subject = ?", [(hook, subject) for subject in over]
        )
        _tell(connection, hook, told)
        connection.executemany(
            "INSERT INTO hook_call(uid, hook, event, subjects, document, state, created_at, next_try_at) "
            "VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
            [(call.uid, hook, call.event, json.dumps(call.subjects), call.document, now, now) for call in calls],
        )
        connection.execute("UPDATE hook SET held = max(0, held - ?) WHERE name = ?", (held, hook))
        return True


def _tell(connection: sqlite3.Connection, hook: str, told: Iterable[Told]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO hook_told(hook, subject, event, since_at) VALUES (?, ?, ?, ?)",
        [(hook, each.subject, each.event, each.since_at) for each in told],
    )


def adopt_calls(db: Database, hook: str, epoch: int, tries: int, now: int) -> None:
    """Takes over what a caller that is gone was in the middle of: it is called again, within `tries`.

    A hook has one caller: it was an engine's that ended, or this one's own, that failed and begins again.
    """
    with db.write("hooks") as connection:
        if is_current(connection, epoch):
            connection.execute(
                "UPDATE hook_call SET state = 'failed', ended_at = ?, reason = 'cut off in the middle of it' "
                "WHERE hook = ? AND state = 'calling' AND attempts >= ?",
                (now, hook, tries),
            )
            connection.execute(
                "UPDATE hook_call SET state = 'waiting', next_try_at = ? WHERE hook = ? AND state = 'calling'",
                (now, hook),
            )
            _expire(connection, hook, now)


def claim_call(db: Database, hook: str, epoch: int, now: int) -> HookCall | None:
    """Takes the oldest call of a hook, in order; None when it is not due, or another engine is at work."""
    with db.write("hooks") as connection:
        if not is_current(connection, epoch):
            return None
        _expire(connection, hook, now)
        row = connection.execute(
            "SELECT * FROM hook_call WHERE hook = ? AND state IN ('waiting', 'calling') ORDER BY id LIMIT 1", (hook,)
        ).fetchone()
        if row is None or row["state"] != CallState.WAITING or now < (row["next_try_at"] or 0) <= now + _WAIT_MOST_MS:
            return None
        connection.execute(
            "UPDATE hook_call SET state = 'calling', attempts = attempts + 1, epoch = ? WHERE id = ?",
            (epoch, row["id"]),
        )
        return HookCall(
            row["id"],
            row["uid"],
            hook,
            HookEvent(row["event"]),
            row["document"],
            row["attempts"] + 1,
            row["created_at"],
        )


def _expire(connection: sqlite3.Connection, hook: str, now: int) -> None:
    """A trouble is forgotten with its call, so that it is told anew where it lasts; an end is true however late."""
    rows = connection.execute(
        "SELECT id, event, subjects FROM hook_call WHERE hook = ? AND state = 'waiting' AND created_at < ? "
        "AND event != 'up'",
        (hook, now - LATE_AFTER_MS),
    ).fetchall()
    for row in rows:
        connection.execute("UPDATE hook_call SET state = 'expired', ended_at = ? WHERE id = ?", (now, row["id"]))
        connection.executemany(
            "DELETE FROM hook_told WHERE hook = ? AND subject = ? AND event = ?",
            [(hook, subject, row["event"]) for subject in json.loads(row["subjects"])],
        )


def settle_call(
    db: Database,
    call: HookCall,
    epoch: int,
    state: CallState,
    now: int,
    *,
    reason: str = "",
    try_at: int | None = None,
    is_owed: bool = False,
) -> None:
    """Notes what became of a call; `try_at` is when one that goes on waiting is tried again.

    What `is_owed` after a failure counts as not told: while it is so, it is called anew, as the rate allows.
    """
    with db.write("hooks") as connection:
        ended_at = None if state is CallState.WAITING else now
        settled = connection.execute(
            "UPDATE hook_call SET state = ?, reason = ?, next_try_at = ?, ended_at = ? "
            "WHERE id = ? AND state = 'calling' AND epoch = ?",
            (state, reason, try_at, ended_at, call.id, epoch),
        ).rowcount
        if settled and state is CallState.DONE:
            connection.execute(
                "UPDATE hook SET ok_at = ?, fault = '', fault_at = NULL WHERE name = ?", (now, call.hook)
            )
        elif settled and state is CallState.FAILED:
            connection.execute("UPDATE hook SET fault = ?, fault_at = ? WHERE name = ?", (reason, now, call.hook))
            if is_owed:
                _take_back(connection, call)


def _take_back(connection: sqlite3.Connection, call: HookCall) -> None:
    """Forgets that a hook was told what it did not take; a trouble whose end it did not take goes on for it."""
    row = connection.execute("SELECT subjects FROM hook_call WHERE id = ?", (call.id,)).fetchone()
    for subject in json.loads(row["subjects"]):
        if call.event is HookEvent.UP:
            connection.execute(
                "INSERT OR IGNORE INTO hook_told(hook, subject, event, since_at) VALUES (?, ?, 'down', ?)",
                (call.hook, subject, call.created_at),
            )
        else:
            connection.execute(
                "DELETE FROM hook_told WHERE hook = ? AND subject = ? AND event = ?", (call.hook, subject, call.event)
            )


def find_next_try(db: Database, hook: str) -> int | None:
    """Returns when the oldest call of a hook is due, None when none waits."""
    row = db.row("SELECT next_try_at FROM hook_call WHERE hook = ? AND state = 'waiting' ORDER BY id LIMIT 1", hook)
    return None if row is None else int(row["next_try_at"] or 0)


def list_hooks(db: Database) -> list[HookStanding]:
    """Returns how the hooks of the config stand, in its order."""
    return [
        HookStanding(row["name"], row["ok_at"], row["fault"], row["fault_at"], row["waiting"], row["held"])
        for row in db.rows(
            "SELECT *, (SELECT count(*) FROM hook_call WHERE hook = name AND state IN ('waiting', 'calling')) AS waiting "
            "FROM hook ORDER BY position, name"
        )
    ]


def tell_faults(db: Database) -> str:
    """Returns which hooks failed the last time that they were called, and why; empty when none did."""
    rows = db.rows("SELECT name, fault FROM hook WHERE fault != '' ORDER BY position")
    return "; ".join(f"hook {row['name']} failed: {row['fault']}" for row in rows)


def has_waiting_calls(db: Database) -> bool:
    """Tells whether a hook has yet to be called."""
    return db.row("SELECT 1 FROM hook_call WHERE state IN ('waiting', 'calling') LIMIT 1") is not None

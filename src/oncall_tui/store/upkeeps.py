"""Work on probes that customers are not told of, in the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.maintenance import write_instant
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.stretches import NEVER
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.upkeep import Upkeep, require_span
from oncall_tui.domain.uptime import Quiet, gather_quiet
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import tell_of_probe

TOPIC = "upkeep"
_NOTE_LIMIT = 200
_NAMES = msgspec.json.Decoder(frozenset[str])
_LEFT = msgspec.json.Decoder(dict[str, int])
_WINDOWS = msgspec.json.Decoder(list[tuple[int, int]])


def begin_upkeep(
    db: Database, probes: Collection[str], note: str, starts_at: int, ends_at: int, actor: str, now: int
) -> Upkeep:
    """Puts probes under maintenance for a stretch of time, all in one transaction; no page is told.

    Raises NotFoundError for a probe that is not configured, RefusedError (`window`, `no-probe`) or StoreError.
    """
    require_span(starts_at, ends_at, now)
    if not probes:
        raise RefusedError("no-probe", "There is no probe to put under maintenance.")
    note = clean_line(note.strip(), _NOTE_LIMIT)
    with db.write(TOPIC, "timeline") as connection:
        known = {row["name"] for row in connection.execute("SELECT name FROM probe")}
        for name in sorted(set(probes) - known):
            raise NotFoundError(f"There is no probe {clean_line(name, 100)}: `oncall-tui status` shows them.")
        cursor = connection.execute(
            "INSERT INTO upkeep(probes, starts_at, ends_at, note, actor, made_at) VALUES (?, ?, ?, ?, ?, ?)",
            (encode_names(probes), starts_at, ends_at, note, actor, now),
        )
        when = (
            f"until {write_instant(ends_at)}"
            if starts_at <= now
            else (f"from {write_instant(starts_at)} to {write_instant(ends_at)}")
        )
        words = f"under maintenance {when}, customers are not told" + (f": {note}" if note else "")
        _tell(connection, probes, words, actor, now)
        return Upkeep(int(cursor.lastrowid or 0), frozenset(probes), starts_at, ends_at, note, actor, now)


def end_upkeep(db: Database, probes: Collection[str], actor: str, now: int) -> list[str]:
    """Takes probes out of such work, and returns those that were in some.

    A window is left for this time alone; what a person planned for later is left too. Raises StoreError.
    """
    wanted = set(probes)
    with db.write(TOPIC, "timeline") as connection:
        freed: set[str] = set()
        for each in _read(connection.execute("SELECT * FROM upkeep WHERE ends_at > ?", (now,)).fetchall()):
            held = {name for name in wanted & each.probes if (span := each.find_span(name)) and now < span[1]}
            if not held or (each.window is not None and each.starts_at > now):
                continue
            freed |= held
            left = {**each.left, **dict.fromkeys(held, now)}
            is_over = all(name in left for name in each.probes)
            connection.execute(
                "UPDATE upkeep SET left = ?, ended_at = ? WHERE id = ?",
                (msgspec.json.encode(left).decode(), now if is_over else each.ended_at, each.id),
            )
        _tell(connection, freed, "is no longer under maintenance", actor, now)
        return sorted(freed)


def list_upkeeps(db: Database, since: int, until: int | None = None, probe: str | None = None) -> list[Upkeep]:
    """Returns the work, of one probe or of all, whose time touches [since, until), in the order of its start.

    It is returned whatever became of it.
    """
    only = "" if probe is None else "AND instr(probes, ?) "
    named = () if probe is None else (msgspec.json.encode(probe).decode(),)
    sql = f"SELECT * FROM upkeep WHERE ends_at > ? AND starts_at < ? {only}ORDER BY starts_at, id"
    works = _read(db.rows(sql, since, NEVER if until is None else until, *named))
    return works if probe is None else [each for each in works if probe in each.probes]


def read_quiet(db: Database, since: int, until: int) -> Quiet:
    """Returns when such work in [since, until) kept probes quiet: windows of each probe make tens of thousands of rows."""
    rows = db.rows(
        "SELECT probes, left, json_group_array(json_array(starts_at, over_at)) FROM (SELECT probes, left, starts_at, "
        "min(ends_at, coalesce(ended_at, ends_at)) AS over_at FROM upkeep WHERE ends_at > ? AND starts_at < ?) "
        "WHERE starts_at < over_at GROUP BY probes, left",
        *(since, until),
    )
    return gather_quiet(
        (_NAMES.decode(probes), _LEFT.decode(left), _WINDOWS.decode(windows)) for probes, left, windows in rows
    )


def _read(rows: Sequence[sqlite3.Row]) -> list[Upkeep]:
    # The times of a recurring window name the same probes: one set of them serves all.
    named = {text: _NAMES.decode(text) for text in {row["probes"] for row in rows}}
    return [
        Upkeep(
            id=row["id"],
            probes=named[row["probes"]],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            note=row["note"],
            actor=row["actor"],
            made_at=row["made_at"],
            window=row["window"],
            ended_at=row["ended_at"],
            left=_LEFT.decode(row["left"]),
        )
        for row in rows
    ]


def encode_names(probes: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(set(probes))).decode()


def _tell(connection: sqlite3.Connection, probes: Collection[str], words: str, actor: str, now: int) -> None:
    for name in sorted(probes):
        tell_of_probe(connection, name, EntryKind.SILENCE, f"{name} {words}", actor, now, now)

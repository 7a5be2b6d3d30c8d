"""The past of probes in the file: spans of what they were, and roll-ups of their runs."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.history import (
    KEEP_MS,
    KEEP_RAW_MS,
    Span,
    Uptime,
    close_span,
    find_planned,
    lay_span,
    lay_spans,
    tell_parts,
)
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, SpanKind, Verdict
from oncall_tui.domain.rollup import SERIES, Figures, Minute, Rollup, Run, floor_to, roll_up
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.stretches import Window, join_windows
from oncall_tui.domain.uptime import Record, Trouble, tell_records
from oncall_tui.store.codec import decode_probe
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import list_between
from oncall_tui.store.results import NUMBER, PHASES, drop_number, make_phases
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.upkeeps import list_upkeeps, read_quiet

_FIGURES = struct.Struct(f"<{2 * len(SERIES)}f")
_STEPS = 11
"""Latencies of a minute are kept in steps of an eleventh of a doubling, so that one is 6.5% at most from the next."""
_MINUTES = HOUR // MINUTE
_CODES = (None, *SpanKind)
_WINDOWS = msgspec.json.Decoder(list[tuple[int, int]])
_SCAN_ROWS = 20_000
_VERDICTS = {str(verdict): verdict for verdict in Verdict}
_KINDS = {str(kind): kind for kind in SpanKind}


def add_spans(connection: sqlite3.Connection, spans: Iterable[Span]) -> None:
    """Adds spans inside a transaction; of what the file told of their time or of later only downtime holds."""
    for span in spans:
        rows = connection.execute(
            "SELECT began_at, ended_at, kind FROM span WHERE probe = ? AND ended_at > ?", (span.probe, span.began_at)
        ).fetchall()
        later = [Span(span.probe, began_at, ended_at, _KINDS[kind]) for began_at, ended_at, kind in rows]
        if later:
            connection.execute("DELETE FROM span WHERE probe = ? AND ended_at > ?", (span.probe, span.began_at))
        for each in lay_span(later, span):
            # Time that nothing tells of is told to be unknown: readers of all probes look at what is not up alone.
            connection.execute(
                "INSERT INTO span(probe, began_at, ended_at, kind) SELECT probe, max(ended_at), ?, 'unknown' FROM span "
                "WHERE probe = ? GROUP BY probe HAVING max(ended_at) < ?",
                (each.began_at, each.probe, each.began_at),
            )
            connection.execute(
                "INSERT INTO span(probe, began_at, ended_at, kind) VALUES (?, ?, ?, ?)",
                (each.probe, each.began_at, each.ended_at, each.kind),
            )


def close_spans(connection: sqlite3.Connection) -> None:
    """Closes the open spans of probes that are configured no more, with their latest results."""
    rows = connection.execute(
        "SELECT probe, span_at, last_result_at, span FROM probe_state WHERE probe NOT IN (SELECT name FROM probe) "
        "AND span IS NOT NULL AND last_result_at > span_at"
    ).fetchall()
    spans = [Span(row["probe"], row["span_at"], row["last_result_at"], SpanKind(row["span"])) for row in rows]
    add_spans(connection, spans)


def list_spans(
    db: Database, probes: Sequence[Probe], since: int, until: int, probe: str | None = None
) -> dict[str, list[Span]]:
    """Returns by probe what `probes`, or one of them, were in [since, until), oldest first.

    A span that began before `since` is whole, so that its beginning can be told.
    """
    states = db.rows("SELECT probe, status, span, span_at, last_result_at FROM probe_state WHERE span IS NOT NULL")
    only = () if probe is None else (probe,)
    rows = db.rows(
        "SELECT span.probe, began_at, ended_at, kind FROM probe CROSS JOIN span "
        "WHERE span.probe = name AND ended_at > ? AND began_at < ?" + (" AND name = ?" if only else ""),
        since,
        until,
        *only,
    )
    found: dict[str, list[Span]] = {each.name: [] for each in probes if probe in (None, each.name)}
    for name, began_at, ended_at, kind in rows:
        found[name].append(Span(name, began_at, ended_at, _KINDS[kind]))
    intervals = {each.name: each.every_ms for each in probes}
    for name, status, span, span_at, last_result_at in states:
        if name in found:
            state = ProbeState(
                name, ProbeStatus(status), last_result_at=last_result_at, span=SpanKind(span), span_at=span_at
            )
            laid = lay_spans(found[name], close_span(state, intervals[name], until))
            found[name] = [each for each in laid if each.ended_at > since]
    return found


def list_troubles(db: Database, probes: Sequence[Probe], since: int, until: int) -> dict[str, Trouble]:
    """Returns of each probe since when it is watched, of the time after `since`, and when it was not up."""
    held: dict[tuple[str, str], list[Window]] = {}
    for name, kind, windows in db.rows(
        "SELECT span.probe, kind, json_group_array(json_array(began_at, ended_at)) FROM probe CROSS JOIN span "
        "WHERE span.probe = name AND ended_at > ? AND began_at < ? AND kind != 'up' GROUP BY 1, 2",
        since,
        until,
    ):
        held[name, kind] = sorted(_WINDOWS.decode(windows))
    edges = db.rows(
        "SELECT name, (SELECT began_at FROM span WHERE span.probe = name AND ended_at > ? ORDER BY ended_at LIMIT 1), "
        "(SELECT max(ended_at) FROM span WHERE span.probe = name), span, span_at, last_result_at "
        "FROM probe LEFT JOIN probe_state ON probe = name",
        since,
    )
    intervals = {probe.name: probe.every_ms for probe in probes}
    found: dict[str, Trouble] = {}
    for name, first_at, last_at, span, span_at, last_result_at in edges:
        kinds = {kind: held.get((name, kind), []) for kind in ("down", "slow", "unknown")}
        told_from = until
        if span is not None:
            state = ProbeState(name, last_result_at=last_result_at, span=SpanKind(span), span_at=span_at)
            told = close_span(state, intervals[name], until)
            told_from = min((each.began_at for each in told), default=until)
            if last_at is not None and last_at > span_at:
                known = [Span(name, *window, SpanKind(kind)) for kind, windows in kinds.items() for window in windows]
                told = lay_spans(sorted(known, key=lambda each: each.began_at), told)
                kinds = {kind: [] for kind in kinds}
                last_at = span_at
                first_at = first_at if first_at < span_at else None
            for each in told:
                if each.kind is not SpanKind.UP:
                    kinds[each.kind].append((each.began_at, each.ended_at))
        if last_at is not None and last_at < told_from:
            kinds["unknown"] = join_windows([*kinds["unknown"], (last_at, told_from)])
        if first_at is None and told_from < until:
            first_at = told_from
        found[name] = Trouble(first_at, **kinds)
    return found


def read_records(db: Database, lengths: Sequence[int], now: int) -> list[Record]:
    """Returns how well each component and each probe of the config did over `lengths` of milliseconds up to `now`."""
    since = now - max(lengths)
    with db.snapshot():
        probes = [decode_probe(row["spec"]) for row in db.rows("SELECT spec FROM probe ORDER BY position")]
        troubles = list_troubles(db, probes, since, now)
        maintenances, quiet = list_between(db, since, now), read_quiet(db, since, now)
    return tell_records(probes, troubles, maintenances, quiet, lengths, now)


class Past(NamedTuple):
    """A probe by hour or by day, oldest first: (beginning, time) of each, and the roll-ups of those with runs."""

    parts: tuple[tuple[int, Uptime], ...]
    rollups: tuple[Rollup, ...]


class Scan(NamedTuple):
    """The hours that results added to: (probe, hour) to the lowest number of a result; `last_id` was looked at."""

    last_id: int
    is_more: bool
    hours: dict[tuple[str, int], int]


def read_rolled(db: Database) -> int:
    """Returns the number of the result up to which all is rolled up."""
    return int(db.rows("SELECT result_id FROM rolled")[0][0])


def mark_rolled(db: Database, result_id: int) -> None:
    with db.write() as connection:
        connection.execute("UPDATE rolled SET result_id = ?", (result_id,))


def scan_results(db: Database, after_id: int) -> Scan:
    """Returns the hours that a batch of results belongs to; numbers that begin anew are looked at from the first."""
    newest = db.rows("SELECT max(id) FROM result")[0][0] or 0
    after_id = 0 if newest < after_id else after_id
    last_id = min(newest, after_id + _SCAN_ROWS)
    rows = db.rows(
        "SELECT name, hour, first_id FROM (SELECT probe, started_at / ? AS hour, min(id) AS first_id FROM result "
        "WHERE id > ? AND id <= ? GROUP BY 1, 2) JOIN probe_number ON number = probe",
        *(HOUR, after_id, last_id),
    )
    return Scan(last_id, last_id < newest, {(probe, hour * HOUR): first_id for probe, hour, first_id in rows})


def save_rollup(db: Database, probe: str, length_ms: int, began_at: int) -> None:
    """Rolls up the results of an hour or a day; never over one that was made of more of them.

    The roll-ups and spans of the probe that are too old go in the same transaction as those of a day are made.
    """
    rolled = _roll_runs(db, probe, length_ms, began_at)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO rollup(probe, length_ms, began_at, up, slow, down, unknown, figures, minutes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET up = excluded.up, slow = excluded.slow, "
            "down = excluded.down, unknown = excluded.unknown, figures = excluded.figures, minutes = excluded.minutes "
            "WHERE excluded.up + excluded.slow + excluded.down + excluded.unknown >= up + slow + down + unknown",
            (
                *(probe, length_ms, began_at, rolled.up, rolled.slow, rolled.down, rolled.unknown),
                _pack_figures(rolled.figures),
                _pack_minutes(rolled.minutes),
            ),
        )
        if length_ms == DAY:
            _drop_past(connection, probe, began_at - KEEP_MS)


def _drop_past(connection: sqlite3.Connection, probe: str, before_at: int) -> None:
    connection.execute("DELETE FROM span WHERE probe = ? AND ended_at < ?", (probe, before_at))
    for length in (HOUR, DAY):
        connection.execute(
            "DELETE FROM rollup WHERE probe = ? AND length_ms = ? AND began_at < ?", (probe, length, before_at)
        )


def list_removed(db: Database) -> list[str]:
    """Returns the probes of which something is kept and which are configured no more."""
    found: set[str] = set()
    for table in ("span", "rollup"):
        # From name to name in the index: DISTINCT would read a row for each hour of each.
        rows = db.rows(
            f"WITH RECURSIVE known(name) AS (SELECT min(probe) FROM {table} UNION ALL "
            f"SELECT (SELECT min(probe) FROM {table} WHERE probe > name) FROM known WHERE name IS NOT NULL) "
            "SELECT name FROM known WHERE name IS NOT NULL AND name NOT IN (SELECT name FROM probe)"
        )
        found.update(row["name"] for row in rows)
    return sorted(found)


def drop_past(db: Database, probe: str, before_at: int) -> None:
    """Drops what is kept of a probe from before an instant: of those that run no more no day is rolled up."""
    with db.write() as connection:
        _drop_past(connection, probe, before_at)
        drop_number(connection, probe)


def list_due_days(db: Database, since: int, until: int) -> list[tuple[str, int]]:
    """Returns the (probe, day) that began in [since, until) of which hours are rolled up, and the day is not or less."""
    rows = db.rows(
        "SELECT hour.probe, hour.began_at / ? * ? AS day, sum(hour.up + hour.slow + hour.down + hour.unknown) AS runs "
        "FROM probe JOIN rollup hour ON hour.probe = name AND hour.length_ms = ? AND hour.began_at >= ? "
        "AND hour.began_at < ? GROUP BY 1, 2 HAVING runs > coalesce((SELECT up + slow + down + unknown FROM rollup day "
        "WHERE day.probe = hour.probe AND day.length_ms = ? AND day.began_at = hour.began_at / ? * ?), 0)",
        *(DAY, DAY, HOUR, since, until, DAY, DAY, DAY),
    )
    return [(probe, day) for probe, day, _ in rows]


def list_rollups(db: Database, probe: str, length_ms: int, since: int, until: int) -> list[Rollup]:
    """Returns the hours or days of a probe that began in [since, until), oldest first."""
    rows = db.rows(
        "SELECT * FROM rollup WHERE probe = ? AND length_ms = ? AND began_at >= ? AND began_at < ? ORDER BY began_at",
        *(probe, length_ms, since, until),
    )
    return [
        Rollup(
            *(row["probe"], row["length_ms"], row["began_at"], row["up"], row["slow"], row["down"], row["unknown"]),
            figures=_unpack_figures(row["figures"]),
            minutes=_unpack_minutes(row["minutes"]),
        )
        for row in rows
    ]


def read_past(db: Database, probe: str, length_ms: int, since: int, now: int) -> Past:
    """Returns a probe by hours or days from `since` until now, the present one as far as it has gone.

    One that is gone is told of as long as its past is kept. Raises NotFoundError for one that never was.
    """
    probes = [decode_probe(row["spec"]) for row in db.rows("SELECT spec FROM probe WHERE name = ?", probe)]
    first_at = floor_to(since, length_ms)
    spans = list_spans(db, probes, first_at, now, probe)[probe] if probes else _list_gone(db, probe, first_at, now)
    planned = find_planned(list_between(db, first_at, now), list_upkeeps(db, first_at, now, probe), probe)
    parts = tell_parts(spans, planned, length_ms, first_at, now)
    rollups = list_rollups(db, probe, length_ms, first_at, floor_to(now, length_ms))
    # What is over and not rolled up yet, since it takes a minute or the engine is away, is there as results.
    rolled_to = rollups[-1].began_at + length_ms if rollups else first_at
    rest = range(max(rolled_to, floor_to(now - KEEP_RAW_MS, length_ms)), now + 1, length_ms)
    rollups += [each for each in (_roll_runs(db, probe, length_ms, at) for at in rest) if each.runs]
    return Past(tuple(parts), tuple(rollups))


def _list_gone(db: Database, probe: str, since: int, until: int) -> list[Span]:
    known = "SELECT 1 FROM span WHERE probe = ? UNION ALL SELECT 1 FROM rollup WHERE probe = ?"
    if db.row(f"{known} UNION ALL SELECT 1 FROM result WHERE probe = {NUMBER} LIMIT 1", probe, probe, probe) is None:
        raise NotFoundError(f"There is no probe {clean_line(probe, 100)}: `oncall-tui status` shows them.")
    rows = db.rows(
        "SELECT began_at, ended_at, kind FROM span WHERE probe = ? AND ended_at > ? AND began_at < ? ORDER BY ended_at",
        *(probe, since, until),
    )
    return [Span(probe, began_at, ended_at, _KINDS[kind]) for began_at, ended_at, kind in rows]


def compare_yesterday(db: Database, probe: str, now: int) -> tuple[Rollup, Rollup]:
    """Returns the sixty minutes up to `now` and the same ones of the day before, from the results themselves."""
    began_at = now - HOUR + 1
    return _roll_runs(db, probe, HOUR, began_at), _roll_runs(db, probe, HOUR, began_at - DAY)


def _roll_runs(db: Database, probe: str, length_ms: int, began_at: int) -> Rollup:
    rows = db.rows(
        f"SELECT started_at, verdict, duration_ms, {PHASES} FROM result "
        f"WHERE probe = {NUMBER} AND started_at >= ? AND started_at < ?",
        *(probe, began_at, began_at + length_ms),
    )
    kind = db.row("SELECT json_extract(spec, '$.kind') FROM probe WHERE name = ?", probe)
    is_value = kind is not None and kind[0] == ProbeKind.QUERY
    return roll_up(probe, length_ms, began_at, [_read_run(row) for row in rows], is_value=is_value)


def _read_run(row: sqlite3.Row) -> Run:
    at, verdict, duration_ms, *spent_us = row
    return Run(at, _VERDICTS[verdict], duration_ms, make_phases(spent_us))


def _pack_figures(figures: Iterable[Figures]) -> bytes:
    return _FIGURES.pack(*(math.nan if value is None else value for figure in figures for value in figure))


def _unpack_figures(packed: bytes) -> tuple[Figures, ...]:
    values = [None if math.isnan(value) else round(value, 3) for value in _FIGURES.unpack(packed)]
    return tuple(Figures(*values[at : at + 2]) for at in range(0, len(values), 2))


def _pack_minutes(minutes: Sequence[Minute]) -> bytes:
    kinds = bytes(_CODES.index(minute.worst) for minute in minutes)
    middles = [_pack_latency(minute.p50_ms) for minute in minutes]
    spreads = [_pack_latency(minute.p95_ms) - middle for minute, middle in zip(minutes, middles, strict=True)]
    return zlib.compress(kinds + bytes(middles) + bytes(spreads)) if minutes else b""


def _unpack_minutes(packed: bytes) -> tuple[Minute, ...]:
    if not packed:
        return ()
    held = zlib.decompress(packed)
    kinds, middles, spreads = held[:_MINUTES], held[_MINUTES : 2 * _MINUTES], held[2 * _MINUTES :]
    return tuple(
        Minute(_CODES[kind], _unpack_latency(middle), _unpack_latency(middle + spread))
        for kind, middle, spread in zip(kinds, middles, spreads, strict=True)
    )


def _pack_latency(ms: float | None) -> int:
    return 0 if ms is None else 1 + min(254, round(_STEPS * math.log2(1 + 10 * max(0.0, ms))))


def _unpack_latency(code: int) -> float | None:
    return None if code == 0 else round((2 ** ((code - 1) / _STEPS) - 1) / 10, 2)

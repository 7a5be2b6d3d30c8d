"""The runs of probes, as long as each is kept by itself.

There are so many that each byte of one counts: a probe is a number here, and of a run that was up only its times are
kept. What it saw is what the state tells, until something changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.probe import Phases, Result, Verdict
from oncall_tui.store.codec import decode_facts, encode_facts
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3

NUMBER = "(SELECT number FROM probe_number WHERE name = ?)"
"""The number of a probe, in SQL."""
PHASES = "resolve_us, connect_us, tls_us, first_byte_us, transfer_us"
_COLUMNS = f"started_at, verdict, duration_ms, reason, facts, evidence, {PHASES}"
_PRUNE_BATCH = 5_000
_NO_LIMIT = 2**62


def add_results(connection: sqlite3.Connection, results: Sequence[Result]) -> None:
    """Adds runs inside a transaction."""
    names = {result.probe for result in results}
    connection.executemany("INSERT OR IGNORE INTO probe_number(name) VALUES (?)", [(name,) for name in sorted(names)])
    numbers = {name: connection.execute(f"SELECT {NUMBER}", (name,)).fetchone()[0] for name in names}
    connection.executemany(
        f"INSERT INTO result(probe, started_at, verdict, duration_ms, {PHASES}, reason, facts, evidence) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                numbers[result.probe],
                result.started_at,
                result.verdict,
                result.figure_ms,
                *_count_us(result.phases),
                result.reason or None,
                None if result.verdict is Verdict.UP else encode_facts(result.facts),
                encode_facts(result.evidence) if result.evidence else None,
            )
            for result in results
        ],
    )


def _count_us(phases: Phases) -> tuple[int | None, ...]:
    spent = (phases.resolve_ms, phases.connect_ms, phases.tls_ms, phases.first_byte_ms, phases.transfer_ms)
    return tuple(None if each is None else round(each * 1000) for each in spent)


def make_phases(spent_us: Sequence[int | None]) -> Phases:
    """Returns what the columns of PHASES say."""
    return Phases(*(None if each is None else each / 1000 for each in spent_us))


def list_failures(db: Database, probe: str, limit: int | None = 8, since: int = 0) -> list[Result]:
    """Returns the latest runs of a probe that were not up, newest first, all of them where `limit` is None."""
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM result WHERE probe = {NUMBER} AND verdict != 'up' AND started_at >= ? "
        "ORDER BY started_at DESC, id DESC LIMIT ?",
        *(probe, since, -1 if limit is None else limit),
    )
    return [_read(probe, row) for row in rows]


def _read(probe: str, row: sqlite3.Row) -> Result:
    at, verdict, duration_ms, reason, facts, evidence, *spent_us = row
    return Result(
        *(probe, at, Verdict(verdict), duration_ms, reason or "", make_phases(spent_us)),
        facts=decode_facts(facts or "[]"),
        evidence=decode_facts(evidence or "[]"),
    )


def find_mean_latency(db: Database, probe: str, since: int, until: int) -> float | None:
    """Returns the mean milliseconds of the runs begun in [since, until) that had an answer, None when none had."""
    row = db.row(
        f"SELECT avg(duration_ms) AS mean FROM result WHERE probe = {NUMBER} AND started_at >= ? AND started_at < ? "
        "AND verdict IN ('up', 'degraded')",
        *(probe, since, until),
    )
    return None if row is None else row["mean"]


def prune_results(db: Database, before_at: int, up_to_id: int | None = None) -> int:
    """Drops a batch of results that started before an instant; returns how many, to be called again until 0.

    Those with a number above `up_to_id` are kept, None keeps none.
    """
    with db.write() as connection:
        return connection.execute(
            "DELETE FROM result WHERE id IN (SELECT id FROM probe_number CROSS JOIN result "
            "WHERE probe = number AND started_at < ? AND id <= ? LIMIT ?)",
            (before_at, _NO_LIMIT if up_to_id is None else up_to_id, _PRUNE_BATCH),
        ).rowcount


def drop_number(connection: sqlite3.Connection, probe: str) -> None:
    """Forgets the number of a probe that has no runs, inside a transaction."""
    connection.execute(
        "DELETE FROM probe_number WHERE name = ? AND NOT EXISTS (SELECT 1 FROM result WHERE probe = number)", (probe,)
    )

"""The runs of probes, as long as each is kept by itself.

There are so many that each byte of one counts: a probe is a number here, and of a run that was up only its times are
kept. What it saw is what the state tells, until something changes. What failures brought back stands in a table of its
own, once for all of them that are told by it (`domain.keeping`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncall_tui.domain.keeping import ALLOWANCE, REFER_MS, REGAIN_MS
from oncall_tui.domain.probe import Phases, Result, Verdict
from oncall_tui.store.codec import decode_facts, encode_facts
from oncall_tui.store.database import Database
from oncall_tui.store.sqlite import sqlite3

NUMBER = "(SELECT number FROM probe_number WHERE name = ?)"
"""The number of a probe, in SQL."""
PHASES = "resolve_us, connect_us, tls_us, first_byte_us, transfer_us"
RUNS = (
    "SELECT result.evidence, seen_at, facts, answer, coalesce(result.reason, evidence.reason, '') AS reason, "
    f"started_at, verdict, duration_ms, {PHASES} FROM result LEFT JOIN evidence ON evidence.id = result.evidence"
)
"""Runs as `read_runs` takes them, in SQL."""
_PRUNE_BATCH = 5_000
_KEPT_READ = ALLOWANCE + REFER_MS // REGAIN_MS
"""More of one probe are kept in an hour only by a clock that was set."""
_NO_LIMIT = 2**62

_Facts = tuple[tuple[str, str], ...]


def add_results(connection: sqlite3.Connection, results: Sequence[Result]) -> None:
    """Adds runs inside a transaction."""
    names = {result.probe for result in results}
    connection.executemany("INSERT OR IGNORE INTO probe_number(name) VALUES (?)", [(name,) for name in sorted(names)])
    numbers = {name: connection.execute(f"SELECT {NUMBER}", (name,)).fetchone()[0] for name in names}
    connection.executemany(
        f"INSERT INTO result(probe, started_at, verdict, duration_ms, {PHASES}, reason, evidence) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                numbers[result.probe],
                result.started_at,
                result.verdict,
                result.figure_ms,
                *_count_us(result.phases),
                *(
                    (result.reason or None, None)
                    if result.verdict is Verdict.UP
                    else _place_evidence(connection, numbers[result.probe], result)
                ),
            )
            for result in results
        ],
    )


def _count_us(phases: Phases) -> tuple[int | None, ...]:
    spent = (phases.resolve_ms, phases.connect_ms, phases.tls_ms, phases.first_byte_ms, phases.transfer_ms)
    return tuple(None if each is None else round(each * 1000) for each in spent)


def _place_evidence(connection: sqlite3.Connection, number: int, result: Result) -> tuple[str | None, int | None]:
    """Returns what a failure's row says of its reason and evidence, whose own is put into the file before it.

    One that names a run of which nothing was kept is left without, as when the oldest of what waited had to go.
    """
    if result.evidence_at is None:
        if not (result.facts or result.evidence):
            return result.reason or None, None
        return None, _keep(connection, number, result)
    kept = connection.execute(
        "SELECT id, reason FROM evidence WHERE probe = ? AND seen_at = ? ORDER BY id DESC LIMIT 1",
        (number, result.evidence_at),
    ).fetchone()
    if kept is None:
        return result.reason or None, None
    return None if kept["reason"] == result.reason else result.reason, kept["id"]


def _keep(connection: sqlite3.Connection, number: int, result: Result) -> int:
    cursor = connection.execute(
        "INSERT INTO evidence(probe, seen_at, reason, facts, answer) VALUES (?, ?, ?, ?, ?)",
        (number, result.started_at, result.reason, encode_facts(result.facts), encode_facts(result.evidence)),
    )
    return int(cursor.lastrowid or 0)


def add_evidence(connection: sqlite3.Connection, results: Iterable[Result]) -> None:
    """Keeps, inside a transaction, the evidence of failures that were saved without their own."""
    for result in results:
        row = connection.execute(
            f"SELECT id, probe FROM result WHERE probe = {NUMBER} AND started_at = ? AND verdict != 'up' "
            "ORDER BY id DESC LIMIT 1",
            (result.probe, result.started_at),
        ).fetchone()
        if row is not None:
            kept_id = _keep(connection, row["probe"], result)
            connection.execute("UPDATE result SET reason = NULL, evidence = ? WHERE id = ?", (kept_id, row["id"]))


def make_phases(spent_us: Sequence[int | None]) -> Phases:
    """Returns what the columns of PHASES say."""
    return Phases(*(None if each is None else each / 1000 for each in spent_us))


def list_failures(db: Database, probe: str, limit: int | None = 8, since: int = 0) -> list[Result]:
    """Returns the latest runs of a probe that were not up, newest first, all of them where `limit` is None."""
    rows = db.rows(
        f"{RUNS} WHERE result.probe = {NUMBER} AND verdict != 'up' AND started_at >= ? "
        "ORDER BY started_at DESC, result.id DESC LIMIT ?",
        *(probe, since, -1 if limit is None else limit),
    )
    return read_runs(probe, rows)


def read_runs(probe: str, rows: Iterable[sqlite3.Row]) -> list[Result]:
    """Returns the runs that rows of RUNS tell; those that are told by one kept run share its evidence."""
    shared: dict[int, tuple[_Facts, _Facts]] = {}
    found: list[Result] = []
    for kept_id, seen_at, facts, answer, reason, at, verdict, duration_ms, *spent_us in rows:
        if seen_at is not None and kept_id not in shared:
            shared[kept_id] = decode_facts(facts), decode_facts(answer)
        seen, came_back = shared.get(kept_id, ((), ()))
        found.append(
            Result(
                *(probe, at, Verdict(verdict), duration_ms, reason, make_phases(spent_us), seen, came_back),
                evidence_at=None if seen_at == at else seen_at,
            )
        )
    return found


def list_kept(db: Database, probes: Iterable[str], since: int) -> dict[str, list[Result]]:
    """Returns by probe the failures since an instant whose evidence is kept, oldest first, if there are any."""
    found: dict[str, list[Result]] = {}
    for probe in probes:
        rows = db.rows(
            f"SELECT seen_at, reason, facts, answer FROM evidence WHERE probe = {NUMBER} AND seen_at >= ? "
            "ORDER BY seen_at DESC LIMIT ?",
            *(probe, since, _KEPT_READ),
        )
        if not rows:
            continue
        found[probe] = [
            Result(
                *(probe, row["seen_at"], Verdict.DOWN, 0.0, row["reason"]),
                facts=decode_facts(row["facts"]),
                evidence=decode_facts(row["answer"]),
            )
            for row in reversed(rows)
        ]
    return found


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

    Those with a number above `up_to_id` are kept, None keeps none. Evidence goes once no result can be told by it.
    """
    with db.write() as connection:
        dropped = connection.execute(
            "DELETE FROM result WHERE id IN (SELECT id FROM probe_number CROSS JOIN result "
            "WHERE probe = number AND started_at < ? AND id <= ? LIMIT ?)",
            (before_at, _NO_LIMIT if up_to_id is None else up_to_id, _PRUNE_BATCH),
        ).rowcount
        dropped += connection.execute(
            "DELETE FROM evidence WHERE id IN (SELECT id FROM probe_number CROSS JOIN evidence WHERE probe = number "
            "AND seen_at < coalesce((SELECT min(started_at) - ? FROM result WHERE probe = number), ?) LIMIT ?)",
            (REFER_MS, before_at, _PRUNE_BATCH),
        ).rowcount
        return int(dropped)


def drop_number(connection: sqlite3.Connection, probe: str) -> None:
    """Forgets the number of a probe that has no runs, inside a transaction."""
    row = connection.execute(
        "SELECT number FROM probe_number WHERE name = ? AND NOT EXISTS (SELECT 1 FROM result WHERE probe = number)",
        (probe,),
    ).fetchone()
    if row is not None:
        connection.execute("DELETE FROM evidence WHERE probe = ?", (row["number"],))
        connection.execute("DELETE FROM probe_number WHERE number = ?", (row["number"],))

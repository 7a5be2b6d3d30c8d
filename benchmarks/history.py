"""What ten million results cost those who read beside them, and how the file grows: `python -m benchmarks.history`.

The time of the process is counted, so that neighbours on the machine do not count.
The first argument sets the number of results, for a short try.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.board_world import EVERY_MS, fill, list_world_probes, make_result
from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.history import PERIODS, Span
from oncall_tui.domain.probe import Result, SpanKind
from oncall_tui.domain.rollup import floor_to
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.history import list_rollups, read_records, save_rollup
from oncall_tui.store.probes import list_states, record_results
from oncall_tui.store.results import list_failures
from oncall_tui.store.upkeeps import encode_names

RESULTS = 10_000_000
PROBES = 500
DISTURBANCES = 10
"""Times in 90 days that each probe was down for some minutes."""
BOARD_BOUND_MS = 5.0
UPTIME_BOUND_MS = 50.0
OWN_WINDOWS_BOUND_MS = 100.0
_CHANGED = 13
"""States that a terminal finds changed in a quarter of a second: 500 probes, one run in ten seconds each."""
_RUNS = 30
_CHUNK = 20_000


def _make_results(count: int, now: int, rng: random.Random) -> Iterator[Result]:
    probes = list_world_probes(PROBES)
    began_at = now - count // PROBES * EVERY_MS
    for number in range(count):
        at = began_at + number // PROBES * EVERY_MS + number % PROBES * 20
        yield make_result(probes[number % PROBES], at, rng)


def _make_spans(now: int, rng: random.Random) -> Iterator[Span]:
    for probe in list_world_probes(PROBES):
        at = now - 90 * DAY
        for began_at in sorted(rng.randrange(now - 89 * DAY, now - DAY) for _ in range(DISTURBANCES)):
            if began_at > at:
                ended_at = began_at + rng.randrange(60_000, 600_000)
                yield Span(probe.name, at, began_at, SpanKind.UP)
                yield Span(probe.name, began_at, ended_at, SpanKind.DOWN)
                at = ended_at


def _plan_nights(db: Database, now: int) -> None:
    """Puts all probes under maintenance for two hours of each night, and every third for one more, as windows do."""
    names = [probe.name for probe in list_world_probes(PROBES)]
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO upkeep(window, probes, starts_at, ends_at, note, actor, made_at) "
            "VALUES (?, ?, ?, ?, '', '', ?)",
            [
                (window, encode_names(covered), starts_at, starts_at + hours * HOUR, now)
                for window, covered, hours in (("all", names, 2), ("some", names[::3], 3))
                for starts_at in range(now - 90 * DAY, now, DAY)
            ],
        )


def _plan_each(db: Database, now: int) -> None:
    """Puts each probe under maintenance for an hour of each night of its own."""
    names = [probe.name for probe in list_world_probes(PROBES)]
    with db.write() as connection:
        connection.execute("DELETE FROM upkeep")
        connection.executemany(
            "INSERT INTO upkeep(window, probes, starts_at, ends_at, note, actor, made_at) "
            "VALUES (?, ?, ?, ?, '', '', ?)",
            [
                (name, encode_names([name]), starts_at + number * MINUTE, starts_at + number * MINUTE + HOUR, now)
                for starts_at in range(now - 90 * DAY, now, DAY)
                for number, name in enumerate(names)
            ],
        )


def _measure(run: Callable[[], object]) -> tuple[float, float]:
    """Returns the median and the worst of some runs in ms."""
    times = []
    for _ in range(_RUNS):
        began = time.process_time()
        run()
        times.append((time.process_time() - began) * 1000)
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[-1]


def _tell(told: str, run: Callable[[], object], bound: float | None) -> bool:
    """Prints a line of the table and returns whether its bound holds."""
    middle, worst = _measure(run)
    is_ok = bound is None or middle <= bound
    limit, held = ("", "") if bound is None else (f"{bound:.0f} ms", "yes" if is_ok else "NO")
    print(f"{told:<40}{middle:>7.2f} ms{worst:>7.2f} ms{limit:>10}  {held}")
    return is_ok


def _size(db: Database) -> int:
    return int(db.rows("PRAGMA page_count")[0][0]) * int(db.rows("PRAGMA page_size")[0][0])


def _build(db: Database, count: int, now: int, rng: random.Random) -> float:
    """Fills the file and returns the bytes of one result, its indexes included."""
    before = _size(db)
    rows = _make_results(count, now, rng)
    written = 0
    while written < count:
        chunk = list(islice(rows, _CHUNK))
        record_results(db, chunk, [], [], now)
        written += len(chunk)
    return (_size(db) - before) / count


def main(count: int = RESULTS) -> bool:
    """Prints the table and returns whether the bounds hold."""
    rng, now = random.Random(1), now_ms()
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "oncall.db", is_durable=False) as db:
        states = list(fill(db, PROBES, now, rng).values())
        per_result = _build(db, count, now, rng)
        record_results(db, [], [], [], now, _make_spans(now, rng))
        record_results(db, [], states, [], now)
        name = states[0].probe
        before, began = _size(db), time.perf_counter()
        for state in states:
            for hour in range(1, 5):
                save_rollup(db, state.probe, HOUR, floor_to(now, HOUR) - hour * HOUR)
        per_hour_ms = (time.perf_counter() - began) * 1000 / (4 * PROBES)
        per_hour = (_size(db) - before) / (4 * PROBES)
        record_results(db, [], states[: len(states) - _CHANGED], [], now)
        after = list_states(db)[1]
        record_results(db, [], states[-_CHANGED:], [], now)
        lengths = tuple(PERIODS.values())
        rows = (
            ("board: states that changed", lambda: list_states(db, after), BOARD_BOUND_MS),
            ("board: errors of the selected probe", lambda: list_failures(db, name, 6), BOARD_BOUND_MS),
            ("uptime of all over 90 days", lambda: read_records(db, lengths[-1:], now), UPTIME_BOUND_MS),
            ("uptime over all four periods", lambda: read_records(db, lengths, now), None),
            ("all states, as at the start", lambda: list_states(db), None),
            ("a day of hours of one probe", lambda: list_rollups(db, name, HOUR, now - DAY, now), None),
        )
        print(f"{count:,} results of {PROBES} probes, {_size(db) / 1e9:.2f} GB, {_RUNS} runs")
        print(f"{'name':<40}{'p50':>10}{'max':>10}{'bound':>10}  ok")
        held = [_tell(*row) for row in rows]
        _plan_nights(db, now)
        told = "uptime, work planned for each night"
        held.append(_tell(told, lambda: read_records(db, lengths[-1:], now), UPTIME_BOUND_MS))
        _plan_each(db, now)
        told = "uptime, a window of its own for each"
        held.append(_tell(told, lambda: read_records(db, lengths[-1:], now), OWN_WINDOWS_BOUND_MS))
        print(f"rolling up one hour of one probe         {per_hour_ms:.2f} ms")
        day = DAY // EVERY_MS
        print(
            f"growth per probe and day at {EVERY_MS // 1000} s: {per_result * day / 1e6:.2f} MB of results, kept 2 days"
        )
        print(f"  ({per_result:.0f} bytes each), and {24 * per_hour / 1e3:.1f} kB of roll-ups, kept 400 days")
        return all(held)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else RESULTS) else 1)

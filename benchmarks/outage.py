"""What an outage writes into the file, hour by hour, whatever its targets answer: `python -m benchmarks.outage`.

The file is the bound of a laptop's disk: on the worst day the tool must go on. A run that is up stands beside it.
"""

from __future__ import annotations

import random
import string
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from benchmarks.board_world import EVERY_MS, list_world_probes, make_result
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.keeping import Ledger
from oncall_tui.domain.probe import Probe, Result, Verdict
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.probes import record_results

PROBES = 100
TOLD_OF = 500
"""Probes that the hour is told of."""
_NOW = 1_790_000_000_000
_CHAIN = "subject CN=api.example.com\nissuer CN=R11\nvalid 2026-10-01 to 2026-12-30\nsha256 " + "a3" * 32
_PAGE = "<html><title>503 Service Temporarily Unavailable</title><p>Please try later.</p>" + "<!-- padding -->" * 30

Make = Callable[[Probe, int, random.Random], Result]


def _fail(probe: Probe, at: int, rng: random.Random, body: str, reason: str = "HTTP 503 Service Unavailable") -> Result:
    kept = (
        ("date:", str(at)),
        ("server:", "nginx"),
        ("content-type:", "text/html; charset=utf-8"),
        ("x-request-id:", rng.randbytes(16).hex()),
        ("body", body),
        ("certificate 1 of 2", _CHAIN),
        ("certificate 2 of 2", _CHAIN),
    )
    return replace(make_result(probe, at, rng), verdict=Verdict.DOWN, reason=reason, evidence=kept)


def _make_up(probe: Probe, at: int, rng: random.Random) -> Result:
    return replace(make_result(probe, at, rng), verdict=Verdict.UP, reason="", evidence=())


def _make_same(probe: Probe, at: int, rng: random.Random) -> Result:
    return _fail(probe, at, rng, _PAGE)


def _make_numbered(probe: Probe, at: int, rng: random.Random) -> Result:
    return _fail(probe, at, rng, f"{_PAGE}<p>Request {rng.randbytes(16).hex()} at {at}</p>")


def _make_in_turns(probe: Probe, at: int, rng: random.Random) -> Result:
    reason = ("HTTP 503 Service Unavailable", "HTTP 502 Bad Gateway", "timed out in connect after 5.0 s")
    return _fail(probe, at, rng, _PAGE, reason[at // EVERY_MS % 3])


def _make_hostile(probe: Probe, at: int, rng: random.Random) -> Result:
    words = "".join(rng.choices(string.ascii_lowercase + " ", k=1_150))
    return _fail(probe, at, rng, words[:1_000], f"HTTP 500 {words[1_000:]}")


def _make_flapping(probe: Probe, at: int, rng: random.Random) -> Result:
    return _make_up(probe, at, rng) if at // EVERY_MS % 2 else _make_numbered(probe, at, rng)


def _size(db: Database) -> int:
    return int(db.rows("PRAGMA page_count")[0][0]) * int(db.rows("PRAGMA page_size")[0][0])


def _measure(make: Make) -> float:
    """Returns the bytes of a run, its share of all that is kept and of indexes included, over an hour of all probes."""
    rng, probes = random.Random(1), list_world_probes(PROBES)
    ledgers = {probe.name: Ledger() for probe in probes}
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "oncall.db", is_durable=False) as db:
        before, count = _size(db), HOUR // EVERY_MS
        for number in range(count):
            at = _NOW + number * EVERY_MS
            told = [ledgers[probe.name].take(make(probe, at, rng)) for probe in probes]
            lasts = [last for _, last in told if last is not None]
            record_results(db, [saved for saved, _ in told], [], [], at, lasts=lasts)
        return (_size(db) - before) / (count * PROBES)


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    rows: tuple[tuple[str, Make, float], ...] = (
        ("up", _make_up, 100),
        ("down, the same answer", _make_same, 200),
        ("down, an id and a time in each answer", _make_numbered, 200),
        ("down, three causes in turns", _make_in_turns, 250),
        ("down, each answer and reason another", _make_hostile, 450),
        ("up and down in turns", _make_flapping, 250),
    )
    print(f"an hour at {EVERY_MS // 1000} s, {PROBES} probes")
    print(f"{'what the targets answer':<40}{'a run':>8}{f'{TOLD_OF} probes':>15}{'bound':>8}  ok")
    held = []
    for told, make, bound in rows:
        size = _measure(make)
        held.append(size <= bound)
        hour = f"{size * TOLD_OF * HOUR / EVERY_MS / 1e6:.0f} MB/h"
        print(f"{told:<40}{size:>6.0f} B{hour:>15}{bound:>6.0f} B  {'yes' if held[-1] else 'NO'}")
    return all(held)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""What failures brought back, from the recorder to a real file: late, over locks, and killed in the middle."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.saved import list_results

from oncall_tui.domain.keeping import ALLOWANCE, REGAIN_MS, SAMPLE_MS
from oncall_tui.domain.probe import Probe, ProbeKind, Result, Verdict
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.probes import replace_probes
from oncall_tui.store.results import list_failures

PROBES = [Probe(f"p{number}", ProbeKind.HTTP, "http://127.0.0.1:1", every_ms=10_000) for number in range(5)]
NOW = 1_790_000_000_000
PACE = 10_000

_ENDLESS = """
import asyncio, sys
from itertools import count
from pathlib import Path
from tests.engine.test_recorder_evidence import NOW, PACE, PROBES, make_failure, make_good, make_store
from oncall_tui.engine.recorder import Recorder

async def main():
    store = await make_store(Path(sys.argv[1]))
    first = int(sys.argv[2])
    recorder = Recorder(store, PROBES, wall_ms=lambda: NOW + first * PACE)
    await recorder.restore()
    for number in count(first):
        for probe in PROBES:
            recorder.record(make_good(number, probe.name) if number % 40 == 39 else make_failure(number, probe.name))
        await recorder.flush()
        print(number, flush=True)

asyncio.run(main())
"""


def make_failure(number: int, name: str = "p0") -> Result:
    evidence = (("Date:", str(number)), ("body", "try later, " * 80))
    return Result(name, NOW + number * PACE, Verdict.DOWN, 5.0, "HTTP 503", evidence=evidence)


def make_good(number: int, name: str = "p0") -> Result:
    return Result(name, NOW + number * PACE, Verdict.UP, 5.0)


async def make_store(path: Path) -> StoreThread:
    thread = StoreThread(path, is_durable=False)
    await thread.start()
    await thread.call(replace_probes, PROBES, [])
    return thread


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreThread]:
    thread = await make_store(tmp_path / "oncall.db")
    yield thread
    await thread.close()


def _hurry(db: Database) -> None:
    db.rows("PRAGMA busy_timeout = 50")


def list_own(db: Database) -> list[int]:
    """Returns the numbers of the failures that kept what came back, and holds each other to be told by one of them."""
    failures = list_failures(db, "p0", limit=None)
    own = {each.started_at for each in failures if each.evidence_at is None and each.evidence}
    assert all(each.evidence_at in own for each in failures if each.started_at not in own)
    return sorted((at - NOW) // PACE for at in own)


async def test_the_last_failure_is_kept_though_it_was_saved_before(store: StoreThread) -> None:
    recorder = Recorder(store, PROBES)
    for number in range(9):
        recorder.record(make_failure(number))
        await recorder.flush()
    assert await store.call(list_own) == [0, 1, 2]
    recorder.record(make_good(9))
    await recorder.flush()
    assert await store.call(list_own) == [0, 1, 2, 8]
    assert len(await store.call(list_results, "p0")) == 10


async def test_what_is_kept_late_waits_for_a_locked_file(store: StoreThread, tmp_path: Path) -> None:
    recorder = Recorder(store, PROBES)
    await store.call(_hurry)
    with open_database(tmp_path / "oncall.db") as other:
        with other.write():
            for number in range(2_500):
                recorder.record(make_failure(number))
            recorder.record(make_good(2_500))
            await recorder.flush()
            assert "locked" in recorder.error
        await recorder.flush()
        assert list_own(other)[-1] == 2_499


async def test_where_the_oldest_had_to_go_nothing_is_told_by_it(store: StoreThread, tmp_path: Path) -> None:
    recorder = Recorder(store, PROBES, buffer_limit=10)
    await store.call(_hurry)
    with open_database(tmp_path / "oncall.db") as other:
        with other.write():
            for number in range(14):
                recorder.record(make_failure(number))
                await recorder.flush()
        await recorder.flush()
        failures = list_failures(other, "p0", limit=None)
        own = {each.started_at for each in failures if each.evidence_at is None and each.evidence}
        assert len(failures) == 10
        assert all(each.reason == "HTTP 503" for each in failures)
        assert failures[0].evidence
        assert all(each.evidence_at in {None, *own} for each in failures)


async def test_a_new_recorder_tells_failures_by_what_the_old_one_kept(store: StoreThread) -> None:
    first = Recorder(store, PROBES)
    for number in range(20):
        first.record(make_failure(number))
    await first.flush()
    second = Recorder(store, PROBES, wall_ms=lambda: NOW + 20 * PACE)
    await second.restore()
    for number in range(20, 25):
        second.record(make_failure(number))
    await second.flush()
    assert await store.call(list_own) == [0, 1, 2]


def test_an_engine_that_is_killed_leaves_every_failure_told(tmp_path: Path) -> None:
    path, first = tmp_path / "oncall.db", 0
    for _ in range(3):
        engine = subprocess.Popen(
            [sys.executable, "-c", _ENDLESS, str(path), str(first)], stdout=subprocess.PIPE, text=True
        )
        assert engine.stdout is not None
        lines = [int(engine.stdout.readline()) for _ in range(90)]
        time.sleep(0.003)
        engine.kill()
        lines += [int(line) for line in engine.stdout.read().splitlines() if line.strip()]
        engine.wait()
        engine.stdout.close()
        first = lines[-1] + 1
        with open_database(path) as db:
            assert db.rows("PRAGMA integrity_check")[0][0] == "ok"
            first = max(first, (list_results(db, "p0")[0].started_at - NOW) // PACE + 1)
            own = list_own(db)
            assert own[0] == 0
            assert len(own) <= 2 * ALLOWANCE + first * PACE / REGAIN_MS
            steps = [late - early for early, late in pairwise(own)]
            assert max(steps) <= 2 * SAMPLE_MS // PACE

"""The engine as a process: one a database, gone when it is not needed, and never stopped by a file that is stuck."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.engine.agents import (
    end,
    has_beaten,
    make_config,
    open_target,
    start_agent,
    wait_until,
    write_config,
)
from tests.pace import PATIENCE_S, free_s
from tests.saved import list_results

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.engine import Terminal
from oncall_tui.domain.errors import StoreError, TooNewError
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.engine import service
from oncall_tui.engine.service import Ending, Mode, run_engine
from oncall_tui.engine.spawn import find_lock_holder, log_path, read_host, spawn_engine, stop_engine
from oncall_tui.engine.vantage import Vantage
from oncall_tui.store.database import SCHEMA_VERSION, Database, open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.lease import beat_terminal, read_lease, take_lease
from oncall_tui.store.lock import engine_lock, is_engine_running
from oncall_tui.store.outbox import confirm_update, drop_delivery
from oncall_tui.store.probes import list_states


@pytest.fixture
def target() -> Iterator[int]:
    with open_target() as port:
        yield port


def test_it_probes_obeys_term_and_says_so(tmp_path: Path, target: int) -> None:
    process = start_agent(tmp_path, write_config(tmp_path, target), "--stay")
    with open_database(tmp_path / "oncall.db") as db:
        wait_until(lambda: len(list_results(db, "api")) >= 2)
        lease = read_lease(db)
        assert lease is not None
        assert (lease.pid, lease.mode, (lease.host, lease.boot_id)) == (process.pid, "stay", read_host())
        assert find_lock_holder(tmp_path / "oncall.db") == process.pid
        told_at = free_s()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert free_s() - told_at < 2
        ended = read_lease(db)
        assert ended is not None
        assert ended.stopped_at is not None
        assert not is_engine_running(tmp_path / "oncall.db")
    end(process)
    assert "told to stop" in log_path(tmp_path / "oncall.db").read_text()


async def test_a_start_that_fails_looks_like_none_that_works(tmp_path: Path, target: int) -> None:
    path, config = tmp_path / "oncall.db", make_config(tmp_path, target)
    with open_database(path) as db:
        with db.write() as connection:
            connection.execute("ALTER TABLE hook RENAME TO hidden")
        for _ in range(2):
            with pytest.raises(StoreError, match="no such table"):
                await run_engine(path, config, mode=Mode.STAY)
            lease = read_lease(db)
            assert lease is not None
            assert not lease.is_working(now_ms())
            assert "no such table" in lease.start_fault
        with db.write() as connection:
            connection.execute("ALTER TABLE hidden RENAME TO hook")
        stop = asyncio.Event()
        engine = asyncio.create_task(run_engine(path, config, mode=Mode.STAY, stop=stop))
        while (lease := read_lease(db)) is None or lease.heartbeat_at == lease.started_at or lease.stopped_at:
            await asyncio.sleep(0.05)
        lease = read_lease(db)
        assert lease is not None
        assert (lease.start_fault, lease.note) == ("", "")
        stop.set()
        await engine


async def test_the_lease_says_that_nothing_tells_whether_this_host_is_cut_off(
    tmp_path: Path, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "no [vantage] target answers: probes outside do"
    monkeypatch.setattr(Vantage, "fault", property(lambda _: said))
    stop = asyncio.Event()
    engine = asyncio.create_task(
        run_engine(tmp_path / "oncall.db", make_config(tmp_path, target), mode=Mode.STAY, stop=stop)
    )
    with open_database(tmp_path / "oncall.db") as db:
        while (lease := read_lease(db)) is None or lease.heartbeat_at == lease.started_at:
            await asyncio.sleep(0.05)
        assert lease.note == said
    stop.set()
    await engine


def test_six_starts_at_once_leave_one_engine(tmp_path: Path, target: int) -> None:
    config = write_config(tmp_path, target)
    with open_database(tmp_path / "oncall.db") as db:
        processes = [start_agent(tmp_path, config, "--linger", "--after", "60s") for _ in range(6)]
        losers = []
        wait_until(lambda: has_beaten(db))
        wait_until(lambda: sum(process.poll() is not None for process in processes) == len(processes) - 1)
        losers = [process for process in processes if process.poll() is not None]
        assert {process.returncode for process in losers} == {0}
        lease = read_lease(db)
        assert lease is not None
        assert lease.epoch == 1
    for process in processes:
        end(process)


def test_it_lingers_for_a_terminal_and_leaves_after_the_last(tmp_path: Path, target: int) -> None:
    config = write_config(tmp_path, target)
    with open_database(tmp_path / "oncall.db") as db:
        host, _ = read_host()
        terminal = Terminal("t", os.getpid(), host, "me", 1, 1, False)
        process = start_agent(tmp_path, config, "--linger", "--after", "3s")
        beat = 1
        while (lease := read_lease(db)) is None or lease.heartbeat_at - lease.started_at < 4_500:
            beat += 1
            beat_terminal(db, Terminal("t", terminal.pid, host, "me", 1, beat, False))
            assert process.poll() is None
            time.sleep(0.1)
        assert process.wait(PATIENCE_S) == 0
    end(process)
    assert "no terminal is left" in log_path(tmp_path / "oncall.db").read_text()


def confirm_words(db: Database) -> None:
    incident = declare_incident(
        db, uid="i", title="T", components={}, probes=(), severity=Severity.SEV2, started_at=1, actor="ana", now=1
    )
    confirm_update(
        db,
        incident.id,
        uid="u",
        status=IncidentStatus.INVESTIGATING,
        body="Sign-in fails.",
        components={},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=1,
    )


async def test_it_stays_without_a_terminal_while_words_are_on_their_way(tmp_path: Path, target: int) -> None:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        confirm_words(db)
        running = asyncio.create_task(run_engine(path, make_config(tmp_path, target), mode=Mode.LINGER, linger_ms=300))
        await asyncio.sleep(2.5)
        assert not running.done()
        drop_delivery(db, 1, "ana", 2)
        assert await asyncio.wait_for(running, PATIENCE_S) is Ending.UNWATCHED


async def test_a_locked_file_does_not_make_it_leave_an_open_terminal(tmp_path: Path, target: int) -> None:
    path = tmp_path / "oncall.db"
    host, _ = read_host()
    with open_database(path) as db:
        beat_terminal(db, Terminal("t", os.getpid(), host, "ana", now_ms(), now_ms(), is_read_only=False))
        running = asyncio.create_task(
            run_engine(path, make_config(tmp_path, target), mode=Mode.LINGER, linger_ms=1_500)
        )
        await asyncio.sleep(0.7)
        with db.write():
            await asyncio.sleep(4)
            assert not running.done()
        assert await asyncio.wait_for(running, PATIENCE_S) is Ending.UNWATCHED


async def test_a_second_engine_leaves_at_once(tmp_path: Path, target: int) -> None:
    with engine_lock(tmp_path / "oncall.db") as lock:
        assert lock.acquire()
        ending = await run_engine(tmp_path / "oncall.db", make_config(tmp_path, target), mode=Mode.LINGER)
    assert ending is Ending.TAKEN


async def run_until(path: Path, config: Config, spoil: Callable[[Database], object]) -> Ending:
    running = asyncio.create_task(run_engine(path, config, mode=Mode.STAY))
    with open_database(path) as db:
        async with asyncio.timeout(PATIENCE_S):
            while not has_beaten(db):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)
            spoil(db)
            return await running


async def test_the_watch_of_the_file_outlives_a_sleep_that_fails(
    tmp_path: Path, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults, slept = [OSError(errno.EINVAL, "Invalid argument") for _ in range(2)], threading.Event()

    def sleep(seconds: float) -> None:
        if faults:
            raise faults.pop()
        slept.set()
        time.sleep(seconds)

    monkeypatch.setattr(service, "time", SimpleNamespace(sleep=sleep))
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_engine(tmp_path / "oncall.db", make_config(tmp_path, target), mode=Mode.STAY, stop=stop)
    )
    async with asyncio.timeout(PATIENCE_S):
        while not slept.is_set():
            await asyncio.sleep(0.02)
    stop.set()
    assert await running is Ending.STOPPED


async def test_it_leaves_when_a_later_engine_has_the_lease(tmp_path: Path, target: int) -> None:
    path = tmp_path / "oncall.db"

    def overtake(db: Database) -> None:
        take_lease(db, pid=1, host="h", boot_id="b", version="9", mode="stay", now=1)

    assert await run_until(path, make_config(tmp_path, target), overtake) is Ending.OVERTAKEN
    with open_database(path) as db:
        lease = read_lease(db)
        assert lease is not None
        assert (lease.epoch, lease.stopped_at) == (2, None)


async def test_it_leaves_a_file_that_a_newer_version_changed(tmp_path: Path, target: int) -> None:
    path = tmp_path / "oncall.db"

    def upgrade(db: Database) -> None:
        db.rows(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    assert await run_until(path, make_config(tmp_path, target), upgrade) is Ending.OUTDATED
    with pytest.raises(TooNewError):
        await run_engine(path, make_config(tmp_path, target), mode=Mode.STAY)


def test_a_locked_file_stops_no_probe_and_turns_none_red(tmp_path: Path, target: int) -> None:
    process = start_agent(tmp_path, write_config(tmp_path, target), "--stay")
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        wait_until(lambda: len(list_results(db, "api")) >= 2)
        with db.write():
            began_at, began = int(time.time() * 1000), free_s()
            time.sleep(5)
            ended_at, free = int(time.time() * 1000), free_s() - began
        wait_until(lambda: list_results(db, "api")[0].started_at > ended_at)
        meanwhile = [result for result in list_results(db, "api") if began_at < result.started_at < ended_at]
        assert len(meanwhile) >= max(2.0, 1.6 * free)
        (state,), _ = list_states(db)
        assert state.status == "up"
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    end(process)
    assert "not saving" in log_path(path).read_text()


def test_a_spawned_engine_is_detached_and_alone(tmp_path: Path, target: int) -> None:
    config = write_config(tmp_path, target)
    path = tmp_path / "state" / "new" / "oncall.db"
    assert stop_engine(path, None) is None
    pid = spawn_engine(path, config)
    assert pid is not None
    with open_database(path) as db:
        wait_until(lambda: has_beaten(db))
        assert spawn_engine(path, config) is None
        assert os.getsid(pid) == pid
        assert Path(f"/proc/{pid}/fd/0").readlink() == Path(os.devnull)
        assert Path(f"/proc/{pid}/fd/2").readlink() == log_path(path)
        assert stop_engine(path, read_lease(db)) == pid
    os.waitpid(pid, 0)
    assert log_path(path).stat().st_mode & 0o077 == 0

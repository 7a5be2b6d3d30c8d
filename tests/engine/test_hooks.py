"""The calls of hooks: once each, through receivers that fail, programs that hang, locks and kills."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from tests.engine.receivers import answer, open_receiver
from tests.engine.test_hook_noticing import NOW, Board, make_probes
from tests.hook_calls import list_calls
from tests.pace import PATIENCE_S, Deadline, free_s

from oncall_tui.clock import now_ms
from oncall_tui.config.model import HookConfig
from oncall_tui.domain.hook import CallState, HookEvent, Told
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.storm import GATHER_MS
from oncall_tui.engine.hooks import COMMAND_TRIES, run_caller, run_noticing
from oncall_tui.engine.page_work import Work
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.hooks import (
    NewCall,
    adopt_calls,
    has_waiting_calls,
    list_told,
    replace_hooks,
    save_changes,
    tell_faults,
)
from oncall_tui.store.lease import take_lease


async def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    deadline = Deadline(seconds)
    while not condition():
        assert not deadline.is_over(), "waited in vain"
        await asyncio.sleep(0.01)


class Calling:
    """Callers of hooks on a file of their own."""

    def __init__(self, path: Path, store: StoreThread, *hooks: HookConfig) -> None:
        self.db = open_database(path)
        replace_hooks(self.db, [hook.name for hook in hooks], now_ms())
        self.epoch = take_lease(self.db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
        self.stop = asyncio.Event()
        self.works = {
            hook.name: Work(store=store, epoch=self.epoch, clock=now_ms, rng=Random(1), stop=self.stop)
            for hook in hooks
        }
        self.tasks = [
            asyncio.create_task(run_caller(self.works[hook.name], hook, again_after_ms=(20, 20, 20))) for hook in hooks
        ]

    def add(self, hook: str, uid: str, event: HookEvent = HookEvent.DOWN) -> None:
        call = NewCall(uid, event, ("web",), json.dumps({"id": uid}))
        told = [Told("web", HookEvent.DOWN, NOW)]
        assert save_changes(self.db, hook, self.epoch, told=told, over=[], calls=[call], held=0, now=now_ms())
        self.works[hook].wake.set()

    def states(self, hook: str) -> list[CallState]:
        return [each.state for each in list_calls(self.db, hook)]

    async def end(self) -> None:
        self.stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self.tasks)
        self.db.close()


async def test_a_url_that_fails_is_tried_again_with_the_same_id_and_then_told(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    no, well = answer("503 No"), answer("204 Fine")
    async with open_receiver(no, b"HTTP/1.1 2", well, no, no, no, no, well) as receiver:
        calling = Calling(tmp_path / "oncall.db", store, HookConfig("phone", url=receiver.url))
        calling.add("phone", "first")
        calling.add("phone", "second", HookEvent.UP)
        await wait_until(lambda: calling.states("phone") == [CallState.DONE, CallState.FAILED])
        ids = [got.headers["idempotency-key"] for got in receiver.got]
        assert ids == ["first"] * 3 + ["second"] * 4
        assert tell_faults(calling.db) == "hook phone failed: 127.0.0.1 answered HTTP 503"
        # Nobody has heard of the end: it is told anew when the trouble is seen to be over.
        assert list_told(calling.db)["phone"]["web"].event is HookEvent.DOWN
        calling.add("phone", "third")
        await wait_until(lambda: calling.states("phone")[-1] is CallState.DONE)
        assert tell_faults(calling.db) == ""
        await calling.end()
    await store.close()


async def test_a_trouble_that_no_url_took_is_called_anew_while_it_lasts(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    no, well = answer("503 No"), answer("204 Fine")
    async with open_receiver(no, no, no, no, well) as receiver:
        hook = HookConfig("phone", url=receiver.url)
        stop, wake = asyncio.Event(), asyncio.Event()
        with open_database(tmp_path / "oncall.db") as db:
            board = Board(db, make_probes(1), hook)
            work = Work(store=store, epoch=board.epoch, clock=lambda: board.now, rng=Random(1), wake=wake, stop=stop)
            tasks = [
                asyncio.create_task(
                    run_noticing(
                        *(store, [hook]),
                        epoch=board.epoch,
                        clock=lambda: board.now,
                        rng=Random(1),
                        stop=stop,
                        wakes={"phone": wake},
                        every_s=0.02,
                    )
                ),
                asyncio.create_task(run_caller(work, hook, again_after_ms=(0, 0, 0))),
            ]
            board.set(ProbeStatus.DOWN, "p000")
            await asyncio.sleep(0.1)
            board.now += GATHER_MS
            await wait_until(lambda: [each.state for each in list_calls(db, "phone")] == [CallState.FAILED])
            await asyncio.sleep(0.1)
            board.now += GATHER_MS
            await wait_until(lambda: [each.state for each in list_calls(db, "phone")][1:] == [CallState.DONE])
            assert list_told(db)["phone"]["p000"].event is HookEvent.DOWN
            stop.set()
            await asyncio.gather(*tasks)
        ids = [got.headers["idempotency-key"] for got in receiver.got]
        assert (len(set(ids[:4])), len(set(ids))) == (1, 2)
    await store.close()


async def test_what_a_caller_failed_in_the_middle_of_is_called_again_by_the_next(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    mark = tmp_path / "mark"
    script = f"cat > /dev/null; echo x >> {mark}; [ $(wc -l < {mark}) -gt 1 ] || sleep 60"
    hook = HookConfig("phone", command=("/bin/sh", "-c", script))
    calling = Calling(tmp_path / "oncall.db", store, hook)
    calling.add("phone", "a")
    calling.add("phone", "b")
    await wait_until(mark.exists)
    calling.tasks[0].cancel()
    await asyncio.wait(calling.tasks)
    assert calling.states("phone") == [CallState.CALLING, CallState.WAITING]
    calling.tasks = [asyncio.create_task(run_caller(calling.works["phone"], hook))]
    await wait_until(lambda: calling.states("phone") == [CallState.DONE, CallState.DONE])
    assert len(mark.read_text().splitlines()) == 3
    await calling.end()
    await store.close()


async def test_one_that_hangs_holds_up_no_other_and_no_stop(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    mark = tmp_path / "mark"
    hanging = HookConfig("hanging", command=("/bin/sh", "-c", f"echo $$ > {mark}; trap '' TERM; sleep 60 & wait; wait"))
    quick = HookConfig("quick", command=("/bin/true",))
    calling = Calling(tmp_path / "oncall.db", store, hanging, quick)
    calling.add("hanging", "a")
    await wait_until(mark.exists)
    for number in range(3):
        calling.add("quick", str(number))
    await wait_until(lambda: calling.states("quick") == [CallState.DONE] * 3)
    began = free_s()
    calling.stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*calling.tasks)
    assert free_s() - began < 1
    await wait_until(lambda: not Path(f"/proc/{mark.read_text().strip()}").exists())
    assert calling.states("hanging") == [CallState.CALLING]
    assert has_waiting_calls(calling.db)
    calling.db.close()
    await store.close()


async def test_a_locked_file_delays_a_call_and_neither_loses_nor_doubles_it(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    await store.call(lambda db: db.rows("PRAGMA busy_timeout = 50"))
    mark = tmp_path / "mark"
    hook = HookConfig("phone", command=("/bin/sh", "-c", f"cat >> {mark}; echo >> {mark}"))
    stop, wake = asyncio.Event(), asyncio.Event()
    with open_database(tmp_path / "oncall.db") as db:
        board = Board(db, make_probes(1), hook)
        work = Work(store=store, epoch=board.epoch, clock=lambda: board.now, rng=Random(1), wake=wake, stop=stop)
        noticing = run_noticing(
            *(store, [hook]),
            epoch=board.epoch,
            clock=lambda: board.now,
            rng=Random(1),
            stop=stop,
            wakes={"phone": wake},
            every_s=0.02,
        )
        tasks = [asyncio.create_task(noticing), asyncio.create_task(run_caller(work, hook))]
        board.set(ProbeStatus.DOWN, "p000")
        await asyncio.sleep(0.1)
        db.rows("BEGIN EXCLUSIVE")
        board.now += GATHER_MS
        await asyncio.sleep(0.4)
        assert not mark.exists()
        db.rows("COMMIT")
        await wait_until(lambda: [each.state for each in list_calls(db, "phone")] == [CallState.DONE])
        await asyncio.sleep(0.1)
        stop.set()
        await asyncio.gather(*tasks)
    assert len(mark.read_text().splitlines()) == 1
    await store.close()


def start_engine(folder: Path) -> subprocess.Popen[bytes]:
    place = ("--db", str(folder / "oncall.db"), "--config", str(folder / "oncall.toml"))
    return subprocess.Popen([sys.executable, "-P", "-m", "oncall_tui", "agent", "--stay", *place])


async def test_a_call_that_an_engine_died_in_is_made_again_once_and_none_that_was_made_is(tmp_path: Path) -> None:
    mark, script = tmp_path / "mark", tmp_path / "ring.sh"
    script.write_text(f"#!/bin/sh\ncat >> {mark}\necho >> {mark}\ngrep -q slow {mark} && sleep 60\nexit 0\n")
    script.chmod(0o755)
    (tmp_path / "oncall.toml").write_text(f'[[hook]]\nname = "phone"\ncommand = ["{script}"]\ntimeout = "5m"\n')
    with open_database(tmp_path / "oncall.db") as db:
        replace_hooks(db, ["phone"], now_ms())
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
        for uid in ("quick", "slow"):
            new = NewCall(uid, HookEvent.UP, ("web",), json.dumps({"id": uid}))
            save_changes(db, "phone", epoch, told=[], over=[], calls=[new], held=0, now=now_ms())
        for ids in (["quick", "slow"], ["quick", "slow", "slow"]):
            engine = start_engine(tmp_path)
            try:
                await wait_until(partial(has_rung, mark, len(ids)))
            finally:
                engine.kill()
                engine.wait()
            assert [json.loads(line)["id"] for line in mark.read_text().splitlines()] == ids
        for pid in list_sleepers(script):
            os.kill(pid, signal.SIGKILL)
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
        adopt_calls(db, "phone", epoch, COMMAND_TRIES, now_ms())
        assert [each.state for each in list_calls(db, "phone")] == [CallState.DONE, CallState.FAILED]


def has_rung(mark: Path, times: int) -> bool:
    return mark.exists() and len(mark.read_text().splitlines()) == times


def list_sleepers(script: Path) -> list[int]:
    """A kill of the engine leaves the programs that it runs; returns those of a test."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(script).encode() in words:
            found.append(int(path.parent.name))
    return found

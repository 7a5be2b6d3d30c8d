"""The engine: one process a database, which probes, records, publishes and reads back until it is not needed.

The lock alone decides who runs. The lease shows who does, and is renewed by the loop that does the work, so that a hung
engine looks hung.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import threading
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from oncall_tui import __version__
from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, PageConfig
from oncall_tui.domain.engine import TERMINAL_SILENT_AFTER_MS
from oncall_tui.domain.errors import StoreError, UsageError
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages import Page
from oncall_tui.engine.probes.wire import split_target
from oncall_tui.engine.publishing import LOCK_WAIT_S, open_page, take_config
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.sources.desk import Desk
from oncall_tui.engine.spawn import read_host
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import Vantage
from oncall_tui.engine.works import Run, Works
from oncall_tui.store.database import SCHEMA_VERSION, Database
from oncall_tui.store.hooks import has_waiting_calls, replace_hooks, tell_faults
from oncall_tui.store.lease import beat_lease, end_lease, fail_lease, is_running, list_terminals, take_lease
from oncall_tui.store.lock import engine_lock
from oncall_tui.store.maintenance import has_waiting_notice
from oncall_tui.store.outbox import has_waiting
from oncall_tui.store.page import note_page_failed
from oncall_tui.store.postmortem import has_waiting_publications
from oncall_tui.store.watcher import Watcher

BEAT_EVERY_S = 1.0
WATCH_EVERY_S = 0.01
STOP_GRACE_S = 1.2
"""The publisher lets a request under way have one second of it."""
CLOSE_WITHIN_S = 0.2
QUEUE_LINGER_S = 600.0
"""So long after the last terminal a lingering engine goes on trying to publish what was confirmed."""
_RESTART_AFTER_S = 2.0
_FAULT_LIMIT = 200

_log = logging.getLogger(__name__)


class Mode(StrEnum):
    """`linger` leaves after the last terminal, `stay` only when it is told to."""

    LINGER = "linger"
    STAY = "stay"


class Ending(StrEnum):
    """Why an engine left."""

    TAKEN = "another engine holds the lock"
    STOPPED = "told to stop"
    UNWATCHED = "no terminal is left"
    OVERTAKEN = "a later engine took over"
    OUTDATED = "a newer version changed the file"


class _Pulse(Struct, frozen=True):
    is_current: bool
    schema: int
    last_terminal_at: int
    has_queue: bool


async def run_engine(
    db_path: Path,
    config: Config,
    *,
    mode: Mode,
    linger_ms: int = TERMINAL_SILENT_AFTER_MS,
    stop: asyncio.Event | None = None,
) -> Ending:
    """Runs the engine of a database until it should leave, and says why it left.

    It stops within two seconds of SIGTERM, SIGINT or SIGHUP (or of `stop`), and while it begins once the file lets it
    write. A delivery in flight is then left marked as being sent, for the next engine to look up. Raises StoreError
    when the file cannot be opened.
    """
    stop = stop or asyncio.Event()
    # Before the lock, which makes us findable: whoever finds an engine may end it, and it is to end in order.
    _obey_signals(stop)
    results, queue = StoreThread(db_path, is_durable=False), StoreThread(db_path)
    await results.start()
    await results.call(_wait_briefly)
    await queue.start()
    try:
        with engine_lock(db_path) as lock:
            if not lock.acquire(LOCK_WAIT_S):
                return Ending.TAKEN
            engine = _Engine(db_path, config, mode, linger_ms, stop, results, queue)
            ending = await engine.run()
            _log.info("engine left: %s", ending)
            return ending
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await results.close()
                await queue.close()


class _Engine:
    def __init__(
        self,
        db_path: Path,
        config: Config,
        mode: Mode,
        linger_ms: int,
        stop: asyncio.Event,
        results: StoreThread,
        queue: StoreThread,
    ) -> None:
        self._path = db_path
        self._config = config
        self._mode = mode
        self._linger_s = linger_ms / 1000
        self._stop = stop
        self._ending = Ending.STOPPED
        self._results = results
        self._queue = queue
        self._recorder = Recorder(results, config.probes)
        self._desk = Desk(results, self._recorder, config.probes, clock=now_ms)
        vantage = Vantage([split_target(target) for target in config.vantage])
        self._works = Works(config, results, queue, self._stop, vantage, self._recorder, self._desk)

    async def run(self) -> Ending:
        host, boot_id = read_host()
        epoch = await self._queue.call(
            take_lease, pid=os.getpid(), host=host, boot_id=boot_id, version=__version__, mode=self._mode, now=now_ms()
        )
        try:
            pages = await self._begin()
        except Exception as error:
            # Whoever starts the next one in ten seconds would take the lease for a sign of life.
            with suppress(StoreError):
                await self._queue.call(fail_lease, epoch, now_ms(), clean_line(str(error), _FAULT_LIMIT))
            raise
        _log.info(
            "engine %d started: process %d, %s, %d probes", epoch, os.getpid(), self._mode, len(self._config.probes)
        )
        watch = threading.Thread(target=self._watch, args=(asyncio.get_running_loop(),), name="watcher", daemon=True)
        watch.start()
        works: dict[str, Run] = {"heartbeat": lambda: self._beat(epoch), **self._works.list_all(epoch, pages)}
        tasks = [asyncio.create_task(self._supervise(name, work), name=name) for name, work in works.items()]
        await self._stop.wait()
        ends_at = asyncio.get_running_loop().time() + STOP_GRACE_S + 2 * CLOSE_WITHIN_S
        _, late = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_WITHIN_S)
        await self._end_lease(epoch, ends_at)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                for _, page in pages:
                    await page.close()
        return self._ending

    async def _begin(self) -> list[tuple[PageConfig, Page]]:
        """Takes the config, and goes on from what the file holds; returns the pages. Raises StoreError."""
        pages = await self._open_pages()
        await take_config(self._queue, self._config, pages)
        await self._queue.call(replace_hooks, [hook.name for hook in self._config.hooks], now_ms())
        await self._desk.restore()
        await self._recorder.restore()
        return pages

    async def _open_pages(self) -> list[tuple[PageConfig, Page]]:
        """Returns the pages to publish to; one that cannot be used is told on the screens, and the rest goes on."""
        pages = []
        for config in self._config.pages:
            try:
                pages.append((config, open_page(config)))
            except UsageError as error:
                _log.error("no page %s: %s", config.name, error)
                await self._queue.call(note_page_failed, str(error), now_ms(), page=config.name)
        return pages

    async def _supervise(self, name: str, work: Run) -> None:
        """Keeps one kind of work going: a fault of ours in one must not end the others."""
        while not self._stop.is_set():
            try:
                await work()
            except Exception:  # noqa: BLE001 - the supervisor: logs, and begins again
                _log.exception("%s failed by an error of ours; beginning again", name)
            await self._pause(_RESTART_AFTER_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def _beat(self, epoch: int) -> None:
        loop = asyncio.get_running_loop()
        last_terminal_at, heard_at, queue_at, trouble = 0, loop.time(), -math.inf, ""
        while not self._stop.is_set():
            note = f"not saving: {self._recorder.error}" if self._recorder.error else self._works.vantage.fault
            try:
                pulse = await self._results.call(_take_pulse, epoch, now_ms(), self._works.has_way_out(), note)
            except StoreError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    _log.warning("no heartbeat: %s", trouble)
                # Terminals cannot be heard through a file that takes no writes: the process of one is a sign of life.
                if await self._results.call(_has_live_terminal):
                    heard_at = loop.time()
            else:
                trouble = ""
                if pulse.has_queue and loop.time() - heard_at < QUEUE_LINGER_S:
                    queue_at = loop.time()
                if pulse.last_terminal_at != last_terminal_at:
                    last_terminal_at, heard_at = pulse.last_terminal_at, loop.time()
                if not pulse.is_current:
                    self._leave(Ending.OVERTAKEN)
                elif pulse.schema > SCHEMA_VERSION:
                    self._leave(Ending.OUTDATED)
            if self._mode is Mode.LINGER and loop.time() - max(heard_at, queue_at) > self._linger_s:
                self._leave(Ending.UNWATCHED)
            await self._pause(BEAT_EVERY_S)

    def _leave(self, ending: Ending) -> None:
        self._ending = ending
        self._stop.set()

    async def _end_lease(self, epoch: int, ends_at: float) -> None:
        """Writes the stop, with all the time that the works have left: without it this looks like a crash."""
        try:
            async with asyncio.timeout_at(ends_at):
                await self._results.call(end_lease, epoch, now_ms())
        except (StoreError, TimeoutError) as error:
            _log.warning("the lease could not be ended: %s", error)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Pokes the publisher within 10 ms of a confirmed update; runs in a thread, since a file may block."""
        while not self._stop.is_set():
            try:
                watcher = Watcher(self._path)
                try:
                    while not self._stop.is_set():
                        if not watcher.changed_topics().isdisjoint(("outbox", "maintenance", "postmortem", "silences")):
                            loop.call_soon_threadsafe(self._works.wake)
                        time.sleep(WATCH_EVERY_S)
                finally:
                    watcher.close()
            except (StoreError, OSError) as error:
                _log.warning("the file is not watched: %s", error)
                # A sleep fails where a clock is played with, and this thread must not end by that.
                with suppress(OSError):
                    time.sleep(_RESTART_AFTER_S)
            except RuntimeError:
                return  # the loop has closed


def _obey_signals(stop: asyncio.Event) -> None:
    """Lets SIGTERM, SIGINT and SIGHUP set `stop`; what nohup has told us to ignore stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)


def _wait_briefly(db: Database) -> None:
    """Results wait in memory, so that a locked file is noticed, and a stop obeyed, within a second or two."""
    db.rows("PRAGMA busy_timeout = 1000")


def _take_pulse(db: Database, epoch: int, now: int, has_way_out: bool, note: str) -> _Pulse:
    is_current = beat_lease(db, epoch, now, is_online=has_way_out, note=note or tell_faults(db))
    row = db.row("PRAGMA user_version")
    heartbeats = [terminal.heartbeat_at for terminal in list_terminals(db)]
    has_queue = has_waiting(db) or has_waiting_notice(db) or has_waiting_publications(db) or has_waiting_calls(db)
    return _Pulse(is_current, int(row[0]) if row else 0, max(heartbeats, default=0), has_queue)


def _has_live_terminal(db: Database) -> bool:
    host, _ = read_host()
    return any(terminal.host == host and is_running(terminal.pid) for terminal in list_terminals(db))

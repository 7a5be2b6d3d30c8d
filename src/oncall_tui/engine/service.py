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
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui import __version__
from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, PageConfig
from oncall_tui.domain.beat import Beat
from oncall_tui.domain.engine import TERMINAL_SILENT_AFTER_MS
from oncall_tui.domain.errors import StoreError, UsageError
from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.shortform import Form
from oncall_tui.engine.broadcaster import run_broadcaster
from oncall_tui.engine.figures import run_figures
from oncall_tui.engine.follower import run_follower
from oncall_tui.engine.hooks import list_hook_works
from oncall_tui.engine.links import run_links
from oncall_tui.engine.maintainer import run_clock, run_maintainer
from oncall_tui.engine.page_work import PageWork, Work
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.extras import MetricPage
from oncall_tui.engine.postmortems import run_postmortems
from oncall_tui.engine.probes import open_tools
from oncall_tui.engine.probes.wire import split_target
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.publishing import (
    LOCK_WAIT_S,
    find_public_url,
    make_chance,
    open_channel,
    open_page,
    take_config,
)
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.roller import run_roller
from oncall_tui.engine.scheduler import run_schedule
from oncall_tui.engine.sources.desk import Desk
from oncall_tui.engine.spawn import read_host
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import Vantage, is_online
from oncall_tui.store.beats import read_beat
from oncall_tui.store.database import SCHEMA_VERSION, Database
from oncall_tui.store.hooks import has_waiting_calls, replace_hooks, tell_faults
from oncall_tui.store.lease import beat_lease, end_lease, list_terminals, take_lease
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

    It stops within two seconds of SIGTERM, SIGINT or SIGHUP (or of `stop`). A delivery in flight is then left marked as
    being sent, for the next engine to look up. Raises StoreError when the file cannot be opened.
    """
    results, queue = StoreThread(db_path, is_durable=False), StoreThread(db_path)
    await results.start()
    await results.call(_wait_briefly)
    await queue.start()
    try:
        with engine_lock(db_path) as lock:
            if not lock.acquire(LOCK_WAIT_S):
                return Ending.TAKEN
            engine = _Engine(db_path, config, mode, linger_ms, stop or asyncio.Event(), results, queue)
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
        self._vantage = Vantage([split_target(target) for target in config.vantage])
        self._recorder = Recorder(results, config.probes)
        self._desk = Desk(results, self._recorder, config.probes, clock=now_ms)
        self._wakes: list[asyncio.Event] = []

    async def run(self) -> Ending:
        (host, boot_id), windows = read_host(), self._config.windows
        epoch = await self._queue.call(
            take_lease, pid=os.getpid(), host=host, boot_id=boot_id, version=__version__, mode=self._mode, now=now_ms()
        )
        pages = await self._open_pages()
        await take_config(self._queue, self._config, pages)
        await self._queue.call(replace_hooks, [hook.name for hook in self._config.hooks], now_ms())
        await self._desk.restore()
        await self._recorder.restore()
        _log.info(
            "engine %d started: process %d, %s, %d probes", epoch, os.getpid(), self._mode, len(self._config.probes)
        )
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                # What nohup has told us to ignore stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    loop.add_signal_handler(number, self._stop.set)
        watch = threading.Thread(target=self._watch, args=(loop,), name="watcher", daemon=True)
        watch.start()
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "probes": self._probe,
            "recorder": lambda: self._recorder.run(self._stop),
            "history": partial(run_roller, self._results, clock=now_ms, stop=self._stop),
            "heartbeat": lambda: self._beat(epoch),
            "sources": partial(self._desk.run, self._stop),
            "planned work": partial(run_clock, self._queue, windows, epoch=epoch, clock=now_ms, stop=self._stop),
        }
        if self._desk.has_alerts:
            works["silences at sources"] = partial(
                self._desk.keep_silences, self._vantage, self._make_wake(), self._stop
            )
        if self._config.tuning.levels.get("LK003", Level.WARN) is not None:
            works["links"] = partial(
                run_links, self._results, clock=now_ms, stop=self._stop, has_way_out=self._has_way_out
            )
        for config, page in pages:
            works |= self._list_page_works(config, page, epoch)
        if pages and pages[0][1].capabilities.has_metrics and any(probe.metric for probe in self._config.probes):
            works["figures"] = partial(
                run_figures,
                self._queue,
                cast("MetricPage", pages[0][1]),
                self._config.probes,
                config=pages[0][0],
                clock=now_ms,
                stop=self._stop,
            )
        for broadcast in self._config.broadcasts:
            wake = self._make_wake()
            work = Work(store=self._queue, epoch=epoch, clock=now_ms, rng=make_chance(), wake=wake, stop=self._stop)
            works[f"broadcast to {broadcast.name}"] = partial(
                run_broadcaster,
                work,
                open_channel(broadcast),
                name=broadcast.name,
                form=Form(broadcast.form),
                public_url=find_public_url(self._config),
            )
        works |= list_hook_works(
            self._config.hooks, self._queue, epoch=epoch, clock=now_ms, make_rng=make_chance, stop=self._stop
        )
        tasks = [asyncio.create_task(self._supervise(name, work), name=name) for name, work in works.items()]
        await self._stop.wait()
        _, late = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_WITHIN_S)
        await self._end_lease(epoch)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                for _, page in pages:
                    await page.close()
        return self._ending

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

    def _list_page_works(self, config: PageConfig, page: Page, epoch: int) -> dict[str, Callable[[], Awaitable[None]]]:
        def begin() -> PageWork:
            return PageWork(
                store=self._queue,
                page=page,
                epoch=epoch,
                config=config,
                clock=now_ms,
                rng=make_chance(),
                wake=self._make_wake(),
                stop=self._stop,
            )

        delivered = asyncio.Event()
        look = partial(run_reader, self._queue, page, config=config, clock=now_ms, delivered=delivered, stop=self._stop)
        return {
            f"publisher of {config.name}": partial(run_publisher, begin(), delivered),
            f"postmortems of {config.name}": partial(run_postmortems, begin()),
            f"reader of {config.name}": look,
            f"planned work of {config.name}": partial(run_maintainer, begin()),
            f"follower of {config.name}": partial(run_follower, begin()),
        }

    def _make_wake(self) -> asyncio.Event:
        wake = asyncio.Event()
        self._wakes.append(wake)
        return wake

    def _wake_publishers(self) -> None:
        for wake in self._wakes:
            wake.set()

    async def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
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

    async def _probe(self) -> None:
        tools = replace(
            await open_tools(vantage=self._vantage), read_beat=self._read_beat, take_sightings=self._desk.take
        )
        await run_schedule(
            self._config.probes,
            lambda probe: self._desk.run_probe(probe, tools),
            self._recorder.record,
            stop=self._stop,
            rng=make_chance(),
        )

    async def _read_beat(self, probe: str) -> Beat | None:
        return await self._results.call(read_beat, probe)

    def _has_way_out(self) -> bool:
        return is_online() and not self._vantage.is_known_cut_off

    async def _beat(self, epoch: int) -> None:
        loop = asyncio.get_running_loop()
        last_terminal_at, heard_at, queue_at, trouble = 0, loop.time(), -math.inf, ""
        while not self._stop.is_set():
            note = f"not saving: {self._recorder.error}" if self._recorder.error else ""
            try:
                pulse = await self._results.call(_take_pulse, epoch, now_ms(), self._has_way_out(), note)
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

    async def _end_lease(self, epoch: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
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
                            loop.call_soon_threadsafe(self._wake_publishers)
                        time.sleep(WATCH_EVERY_S)
                finally:
                    watcher.close()
            except StoreError as error:
                _log.warning("the file is not watched: %s", error)
                time.sleep(_RESTART_AFTER_S)
            except RuntimeError:
                return  # the loop has closed


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
    return any(terminal.host == host and _is_alive(terminal.pid) for terminal in list_terminals(db))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

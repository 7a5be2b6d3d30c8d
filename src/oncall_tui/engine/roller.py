"""Rolls up results by hour and day, and drops what is too old: in small transactions, with pauses for what probes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.history import KEEP_MS, KEEP_RAW_MS
from oncall_tui.domain.rollup import floor_to, list_due
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.history import (
    drop_past,
    list_due_days,
    list_removed,
    mark_rolled,
    read_rolled,
    save_rollup,
    scan_results,
)
from oncall_tui.store.results import prune_results

EVERY_S = 30.0
STEP_PAUSE_S = 0.02
PRUNE_PAUSE_S = 0.1
_DAYS_BACK = 3

_log = logging.getLogger(__name__)


class Roller:
    """Remembers which hours have got results since they were rolled up.

    An hour is rolled up from its results whenever some were added, so that a restart, a sleep or a clock that was set
    leaves no hole and counts nothing twice. What is not rolled up yet is not dropped.
    """

    def __init__(self, store: StoreThread, *, clock: Callable[[], int], stop: asyncio.Event) -> None:
        self._store = store
        self._clock = clock
        self._stop = stop
        self._hours: dict[tuple[str, int], int] = {}
        self._seen_id: int | None = None
        self._marked_id = 0
        self._days_at = -1
        self._oldest_at = clock()

    async def roll(self) -> None:
        """Does all that is due, or as much of it as can be done before the stop. Raises StoreError."""
        if self._seen_id is None:
            self._seen_id = self._marked_id = await self._store.call(read_rolled)
        is_more = True
        while is_more and not self._stop.is_set():
            scan = await self._store.call(scan_results, self._seen_id)
            for key, first_id in scan.hours.items():
                self._hours[key] = min(first_id, self._hours.get(key, first_id))
            self._seen_id, is_more = scan.last_id, scan.is_more
            await self._pause(STEP_PAUSE_S)
        for probe, hour in list_due(list(self._hours), self._clock()):
            if self._stop.is_set():
                return
            await self._store.call(save_rollup, probe, HOUR, hour)
            del self._hours[probe, hour]
            self._days_at = -1
            self._oldest_at = min(self._oldest_at, hour)
            await self._pause(STEP_PAUSE_S)
        await self._roll_days()
        marked_id = min([self._seen_id, *(first_id - 1 for first_id in self._hours.values())])
        if marked_id != self._marked_id:
            await self._store.call(mark_rolled, marked_id)
            self._marked_id = marked_id
        before_at = self._clock() - KEEP_RAW_MS
        dropped = 1
        while dropped and not self._stop.is_set():
            dropped = await self._store.call(prune_results, before_at, marked_id)
            await self._pause(PRUNE_PAUSE_S)

    async def _roll_days(self) -> None:
        """Rolls up the days that are over, when hours were rolled up since or another day has begun."""
        today = floor_to(self._clock(), DAY)
        if self._days_at == today:
            return
        since = min(floor_to(self._oldest_at, DAY), today - _DAYS_BACK * DAY)
        for probe, day in await self._store.call(list_due_days, since, today):
            if self._stop.is_set():
                return
            await self._store.call(save_rollup, probe, DAY, day)
            await self._pause(STEP_PAUSE_S)
        for probe in await self._store.call(list_removed):
            if self._stop.is_set():
                return
            await self._store.call(drop_past, probe, today - KEEP_MS)
            await self._pause(STEP_PAUSE_S)
        self._days_at = self._oldest_at = today

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def run(self) -> None:
        """Rolls every half minute until the stop; a file that cannot be written is tried again then."""
        trouble = ""
        while not self._stop.is_set():
            try:
                await self.roll()
                trouble = ""
            except StoreError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    _log.warning("history waits: %s", trouble)
            await self._pause(EVERY_S)


async def run_roller(store: StoreThread, *, clock: Callable[[], int], stop: asyncio.Event) -> None:
    """Keeps the history of a database until the stop."""
    await Roller(store, clock=clock, stop=stop).run()

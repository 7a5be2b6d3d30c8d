"""What work of the engine goes by, on a page or a channel: one shape, one loop and one way to rest for all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.outbox import Pace, find_backoff_ms
from oncall_tui.engine.absences import read_uptime
from oncall_tui.engine.fenced import STORE_PAUSE_S, FencedStore
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import ChangedMeanwhileError, PageError, TokenRefusedError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.page import note_page_failed

LOOK_MOST_S = 5.0

logger = logging.getLogger(__name__)


async def rest(wake: asyncio.Event, stop: asyncio.Event, pause_s: float) -> None:
    """Waits for so long, or until either is set."""
    waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


@dataclass(frozen=True, kw_only=True, eq=False)
class Work:
    """The file, the engine's epoch in it, time and chance.

    `uptime` tells seconds that no setting of the clock moves. `wake` is set by whoever sees the file change: each work
    needs one of its own. `stop` ends it.
    """

    store: StoreThread
    epoch: int
    clock: Callable[[], int]
    rng: Random
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    pace: Pace = field(default_factory=Pace)
    uptime: Callable[[], float] = read_uptime
    _failures: dict[Hashable, int] = field(default_factory=dict, init=False)

    @cached_property
    def fenced(self) -> FencedStore:
        return FencedStore(self.store, self.epoch, self.stop)

    @property
    def is_over(self) -> bool:
        return self.stop.is_set() or self.fenced.is_overtaken

    async def keep_doing(
        self,
        do_due: Callable[[], Awaitable[float | None]],
        name: str,
        *,
        is_ending_when_idle: bool = False,
        most_s: float = LOOK_MOST_S,
    ) -> None:
        """Does what is due, again and again, until `stop` is set or a later engine has taken over.

        `do_due` returns in how many seconds more will be due, None when nothing waits for a time.
        `name` is for the log.
        """
        while not self.is_over:
            self.wake.clear()
            try:
                pause_s = await do_due()
            except StoreError as error:
                logger.warning("%s: waiting for the database: %s", name, error)
                pause_s = STORE_PAUSE_S
            if is_ending_when_idle and pause_s is None and not self.wake.is_set():
                return
            await rest(self.wake, self.stop, most_s if pause_s is None else min(pause_s, most_s))

    def count_failure(self, key: Hashable, error: PageError) -> int:
        """Counts a failed try; returns how many milliseconds to wait before the next."""
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        return max(find_backoff_ms(failures, self.rng, self.pace), error.wait_ms or 0)

    def forget_failures(self, key: Hashable) -> None:
        self._failures.pop(key, None)


@dataclass(frozen=True, kw_only=True, eq=False)
class PageWork(Work):
    """Work on one page, within its rate limit."""

    page: Page
    config: PageConfig

    @cached_property
    def budget(self) -> Budget:
        return Budget(self.store, self.config, self.clock, self.page)

    async def note_failure(self, key: Hashable, error: PageError) -> int:
        """Counts a failed try, as `count_failure` does, and holds everything back when the page asked for it.

        Where the token is refused, all wait for one that is not: no try of its own has failed. Where somebody else
        wrote first, nothing is wrong with the page.
        """
        if isinstance(error, ChangedMeanwhileError):
            return self.count_failure(key, error)
        is_held = isinstance(error, TokenRefusedError)
        wait_ms, now = self.pace.first_ms if is_held else self.count_failure(key, error), self.clock()
        blocked_until = None if error.wait_ms is None else now + wait_ms
        name = self.config.name
        await self.fenced.write(note_page_failed, str(error), now, page=name, blocked_until=blocked_until)
        return wait_ms

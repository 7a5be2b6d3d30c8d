"""Takes planned work through its time: the clock takes what is due, and each page is told once and in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.maintenance import NoticeDelivery
from oncall_tui.domain.outbox import RETRY_AFTER_MOST_MS
from oncall_tui.domain.update import DeliveryState
from oncall_tui.domain.windows import Window
from oncall_tui.engine.fenced import STORE_PAUSE_S
from oncall_tui.engine.notice_courier import NoticeCourier
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.notice_steps import adopt_orphan_notices, shorten_notice_waits
from oncall_tui.store.notices import list_due_notices, next_notice_at
from oncall_tui.store.planned_clock import fire_due, note_overruns
from oncall_tui.store.windows import take_windows

LOOK_EVERY_S = 1.0
"""Clocks are set and machines sleep: no wait of the clock is longer."""
TAKE_WINDOWS_EVERY_MS = MINUTE
_FAREWELL_S = 1.0
_FAULT_PAUSE_S = 5.0

logger = logging.getLogger(__name__)


async def run_clock(
    store: StoreThread,
    windows: Sequence[Window] = (),
    *,
    epoch: int,
    clock: Callable[[], int],
    stop: asyncio.Event,
) -> None:
    """Takes what falls due until `stop` is set; looks often, since a sleep is noticed by looking alone."""
    trouble, taken_at = "", 0
    while not stop.is_set():
        try:
            await store.call(fire_due, epoch, clock())
            await store.call(note_overruns, epoch, clock())
            now = clock()
            if abs(now - taken_at) >= TAKE_WINDOWS_EVERY_MS:
                await store.call(take_windows, windows, epoch, now)
                taken_at = now
            trouble = ""
        except StoreError as error:
            if str(error) != trouble:
                trouble = str(error)
                logger.warning("planned work cannot be moved just now: %s", trouble)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await stop.wait()


async def run_maintainer(work: PageWork, *, is_ending_when_idle: bool = False) -> None:
    """Tells a page of planned work until the work is stopped, a later engine has taken over, or nothing is left to do.

    A page that has no planned work is told nothing, and that is noted.
    """
    await _Maintainer(work).run(is_ending_when_idle)


class _Maintainer:
    """The notices of one page, one after the other: there are few, and the order is what customers read."""

    def __init__(self, work: PageWork) -> None:
        self._work = work
        self._courier = NoticeCourier(work)

    async def run(self, is_ending_when_idle: bool) -> None:
        work, now = self._work, self._work.clock()
        quiet_until = now + work.config.quiet_period_ms
        await work.fenced.write(adopt_orphan_notices, work.epoch, quiet_until, now, page=work.config.name)
        name = f"planned work of {work.config.name}"
        await work.keep_doing(self._tend_due, name, is_ending_when_idle=is_ending_when_idle, most_s=LOOK_EVERY_S)

    async def _tend_due(self) -> float | None:
        """Tends what is due; returns seconds until more is, None when nothing waits for a time."""
        work, now = self._work, self._work.clock()
        name = work.config.name
        held, due = [], []
        for delivery in await work.store.call(list_due_notices, now, page=name):
            is_doubt = delivery.state is DeliveryState.UNCERTAIN
            left_s = self._courier.doubts.find_left_s(delivery.id) if is_doubt else 0.0
            (held.append(left_s) if left_s > 0 else due.append(delivery))
        for delivery in due:
            if work.is_over:
                break
            await self._tend_until_stop(delivery)
        if due:
            return 0.0
        if held:
            return min(held)
        next_at = await work.store.call(next_notice_at, page=name)
        if next_at is None:
            return None
        most_ms = max(RETRY_AFTER_MOST_MS, work.config.quiet_period_ms) + work.pace.most_ms
        if next_at > now + most_ms:
            await work.store.call(shorten_notice_waits, now, most_ms, page=name)
        return max(next_at - now, 20) / 1000

    async def _tend_until_stop(self, delivery: NoticeDelivery) -> None:
        """A request under way has a second to be answered; what has not begun can wait for the next engine."""
        task = asyncio.ensure_future(self._tend(delivery))
        stopping = asyncio.ensure_future(self._work.stop.wait())
        try:
            await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and self._courier.is_sending:
                await asyncio.wait((task,), timeout=_FAREWELL_S)
        finally:
            for each in (task, stopping):
                each.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    async def _tend(self, delivery: NoticeDelivery) -> None:
        try:
            await self._courier.carry(delivery)
        except StoreError as error:
            logger.warning("a notice waits for the database: %s", error)
            await asyncio.sleep(STORE_PAUSE_S)
        except Exception as error:  # noqa: BLE001 - the supervisor: one broken delivery must not stop the others
            # Not the error's own words: they may hold what was sent, the token with it.
            logger.error("notice %d met a fault of our own: %s", delivery.id, type(error).__name__)  # noqa: TRY400
            if self._courier.is_sending:
                await self._courier.doubt_own_fault(delivery)
            else:
                await asyncio.sleep(_FAULT_PAUSE_S)

"""Takes confirmed updates to the page: once each, in order within an incident, and never twice on a doubt."""

from __future__ import annotations

import asyncio
import logging

from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.outbox import RETRY_AFTER_MOST_MS
from oncall_tui.domain.update import Delivery, DeliveryState
from oncall_tui.engine.courier import Courier
from oncall_tui.engine.fenced import STORE_PAUSE_S
from oncall_tui.engine.page_work import LOOK_MOST_S, PageWork
from oncall_tui.store.deliveries import adopt_orphans, shorten_waits
from oncall_tui.store.outbox import list_due, next_due_at

_IN_FLIGHT_MOST = 4
_FRESH_MOST = 2  # in flight beyond those, so that a long queue does not take all places
_FAULT_PAUSE_S = 5.0
_FAREWELL_S = 1.0

logger = logging.getLogger(__name__)


async def run_publisher(work: PageWork, delivered: asyncio.Event | None = None) -> None:
    """Publishes until the work is stopped, or until a later engine has taken over.

    `delivered` is set here after each delivery. At the end a request under way has a second to finish; what is cut off
    is looked up by the next engine.
    """
    await Publisher(work, delivered or asyncio.Event()).run()


async def drain(work: PageWork, deadline_s: float) -> None:
    """Publishes until nothing is due or waits, or until the deadline; what needs a person is left as it is."""
    timer = asyncio.get_running_loop().call_later(deadline_s, work.stop.set)
    try:
        await Publisher(work, asyncio.Event()).run(is_ending_when_idle=True)
    finally:
        timer.cancel()


class Publisher:
    """The loop and its deliveries under way, at most one an incident."""

    def __init__(self, work: PageWork, delivered: asyncio.Event) -> None:
        self._work = work
        self._courier = Courier(work, delivered)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._held: dict[int, float] = {}

    async def run(self, is_ending_when_idle: bool = False) -> None:
        work, now = self._work, self._work.clock()
        quiet_until = now + work.config.quiet_period_ms
        try:
            await work.fenced.write(adopt_orphans, work.epoch, quiet_until, now, page=work.config.name)
            await work.keep_doing(self._start_due, "outbox", is_ending_when_idle=is_ending_when_idle)
        finally:
            await self._end_tasks()

    async def _start_due(self) -> float | None:
        """Starts what is due and has room; returns seconds until more is, None when nothing waits for a time."""
        work, now, loop = self._work, self._work.clock(), asyncio.get_running_loop()
        name = work.config.name
        self._courier.watch()
        pauses = []
        for delivery in await work.store.call(list_due, now, page=name):
            incident_id = delivery.incident_id
            held_s = max(self._held.get(incident_id, 0.0) - loop.time(), self._find_doubt_left_s(delivery))
            if held_s > 0:
                pauses.append(held_s)
            elif incident_id not in self._tasks and len(self._tasks) < _IN_FLIGHT_MOST + (
                0 if self._courier.is_backlog(delivery) else _FRESH_MOST
            ):
                self._held.pop(incident_id, None)
                self._tasks[incident_id] = loop.create_task(self._tend(delivery))
        due_at = await work.store.call(next_due_at, page=name)
        if due_at is not None:
            most_ms = max(RETRY_AFTER_MOST_MS, work.config.quiet_period_ms) + work.pace.most_ms
            if due_at > now + most_ms:
                await work.store.call(shorten_waits, now, most_ms, page=name)
                pauses.append(0.0)
            elif due_at > now:
                pauses.append((due_at - now) / 1000)
        return min(pauses, default=LOOK_MOST_S if self._tasks else None)

    def _find_doubt_left_s(self, delivery: Delivery) -> float:
        is_doubt = delivery.state is DeliveryState.UNCERTAIN
        return self._courier.settling.doubts.find_left_s(delivery.id) if is_doubt else 0.0

    async def _end_tasks(self) -> None:
        """Gives a request under way a second to be answered; what has not begun can wait for the next engine."""
        tasks = dict(self._tasks)
        if sending := [task for incident_id, task in tasks.items() if incident_id in self._courier.settling.sending]:
            await asyncio.wait(sending, timeout=_FAREWELL_S)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _tend(self, delivery: Delivery) -> None:
        pause_s = 0.0
        try:
            await self._courier.carry(delivery)
        except StoreError as error:
            logger.warning("delivery %d waits for the database: %s", delivery.id, error)
            pause_s = STORE_PAUSE_S
        except Exception as error:  # noqa: BLE001 - the supervisor: one broken delivery must not stop the others
            # Not the error's own words: they may hold what was sent, the token with it.
            logger.error("delivery %d met a fault of our own: %s", delivery.id, type(error).__name__)  # noqa: TRY400
            pause_s = await self._admit_fault(delivery)
        finally:
            self._tasks.pop(delivery.incident_id, None)
            self._courier.settling.sending.discard(delivery.incident_id)
            if pause_s:
                self._held[delivery.incident_id] = asyncio.get_running_loop().time() + pause_s
            self._work.wake.set()

    async def _admit_fault(self, delivery: Delivery) -> float:
        """Returns seconds to hold the incident back."""
        if delivery.incident_id not in self._courier.settling.sending:
            return _FAULT_PAUSE_S
        try:
            await self._courier.doubt_own_fault(delivery)
        except StoreError as error:
            logger.warning("delivery %d waits for the database: %s", delivery.id, error)
        return 0.0

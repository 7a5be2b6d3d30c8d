"""Takes confirmed updates to the page: once each, in order within an incident, and never twice on a doubt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.outbox import (
    RETRY_AFTER_MOST_MS,
    Applied,
    Pace,
    find_backoff_ms,
    is_reopening,
    last_closing,
    list_evidence,
)
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.composing import UnknownComponentError, compose_message
from oncall_tui.engine.fenced import STORE_PAUSE_S, FencedStore
from oncall_tui.engine.pages import Message, Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError
from oncall_tui.engine.searching import Search
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.deliveries import (
    adopt_orphans,
    claim_delivery,
    has_earlier_attempts,
    settle_absent,
    settle_asking,
    settle_delivered,
    settle_failed,
    settle_retry,
    settle_uncertain,
    shorten_waits,
    was_known,
)
from oncall_tui.store.outbox import list_due, next_due_at
from oncall_tui.store.page import apply_incident, note_page_failed, note_page_reached

_IN_FLIGHT_MOST = 4
_FRESH_MOST = 2  # in flight beyond those, so that a long queue does not take all places
_FRESH_MS = 300_000
_LOOK_MOST_S = 5.0
_FAULT_PAUSE_S = 5.0
_FAREWELL_S = 1.0
_ASKED_AGAIN_MS = 60_000
_NOT_SHOWN = "the page does not show this incident: it was deleted there, or reads lag behind"
_GONE = (
    "the page no longer has this incident: somebody deleted it there. Drop this delivery, and declare anew if need be"
)

logger = logging.getLogger(__name__)


async def run_publisher(
    store: StoreThread,
    page: Page,
    *,
    epoch: int,
    config: PageConfig,
    clock: Callable[[], int],
    rng: Random,
    wake: asyncio.Event,
    stop: asyncio.Event,
    delivered: asyncio.Event | None = None,
    pace: Pace | None = None,
) -> None:
    """Publishes until `stop` is set, or until a later engine has taken over.

    `wake` is set by whoever sees the outbox change; `delivered` is set here after each delivery. At the end a request
    under way has a second to finish; what is cut off is looked up by the next engine.
    """
    await Publisher(store, page, epoch, config, clock, rng, wake, stop, delivered, pace).run()


async def drain(
    store: StoreThread,
    page: Page,
    *,
    epoch: int,
    config: PageConfig,
    clock: Callable[[], int],
    rng: Random,
    deadline_s: float,
    pace: Pace | None = None,
) -> None:
    """Publishes until nothing is due or waits, or until the deadline; what needs a person is left as it is."""
    stop = asyncio.Event()
    timer = asyncio.get_running_loop().call_later(deadline_s, stop.set)
    publisher = Publisher(store, page, epoch, config, clock, rng, asyncio.Event(), stop, None, pace)
    try:
        await publisher.run(is_ending_when_idle=True)
    finally:
        timer.cancel()


class Publisher:
    """The loop and its deliveries under way, at most one an incident."""

    def __init__(
        self,
        store: StoreThread,
        page: Page,
        epoch: int,
        config: PageConfig,
        clock: Callable[[], int],
        rng: Random,
        wake: asyncio.Event,
        stop: asyncio.Event,
        delivered: asyncio.Event | None,
        pace: Pace | None,
    ) -> None:
        self._store = store
        self._page = page
        self._epoch = epoch
        self._config = config
        self._clock = clock
        self._rng = rng
        self._wake = wake
        self._stop = stop
        self._delivered = delivered
        self._pace = pace or Pace()
        self._fenced = FencedStore(store, epoch, stop)
        self._budget = Budget(store, config, clock)
        self._search = Search(store, page, config, self._budget, clock)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sending: set[int] = set()
        self._failures: dict[int, int] = {}
        self._held: dict[int, float] = {}
        self._doubted: dict[int, float] = {}

    async def run(self, is_ending_when_idle: bool = False) -> None:
        try:
            now = self._clock()
            await self._fenced.write(
                adopt_orphans, self._epoch, now + self._config.quiet_period_ms, now, page=self._config.name
            )
            while not (self._stop.is_set() or self._fenced.is_overtaken):
                self._wake.clear()
                try:
                    pause_s = await self._start_due()
                except StoreError as error:
                    logger.warning("outbox not read: %s", error)
                    pause_s = STORE_PAUSE_S
                if is_ending_when_idle and pause_s is None and not self._tasks:
                    return
                await self._rest(_LOOK_MOST_S if pause_s is None else min(pause_s, _LOOK_MOST_S))
        finally:
            await self._end_tasks()

    async def _start_due(self) -> float | None:
        """Starts what is due and has room; returns seconds until more is, None when nothing waits for a time."""
        now, loop = self._clock(), asyncio.get_running_loop()
        pauses = []
        for delivery in await self._store.call(list_due, now, page=self._config.name):
            incident_id = delivery.incident_id
            held_s = max(self._held.get(incident_id, 0.0), self._find_doubt_end(delivery)) - loop.time()
            if held_s > 0:
                pauses.append(held_s)
            elif incident_id not in self._tasks and len(self._tasks) < _IN_FLIGHT_MOST + (
                0 if self._is_backlog(delivery) else _FRESH_MOST
            ):
                self._held.pop(incident_id, None)
                self._tasks[incident_id] = loop.create_task(self._tend(delivery))
        due_at = await self._store.call(next_due_at, page=self._config.name)
        if due_at is not None:
            most_ms = max(RETRY_AFTER_MOST_MS, self._config.quiet_period_ms) + self._pace.most_ms
            if due_at > now + most_ms:
                await self._store.call(shorten_waits, now, most_ms, page=self._config.name)
                pauses.append(0.0)
            elif due_at > now:
                pauses.append((due_at - now) / 1000)
        return min(pauses, default=None)

    def _find_doubt_end(self, delivery: Delivery) -> float:
        """By the loop's time: a clock that is set on must not cut a quiet period short."""
        is_doubt = delivery.state is DeliveryState.UNCERTAIN
        return self._doubted.get(delivery.id, 0.0) if is_doubt else 0.0

    async def _rest(self, pause_s: float) -> None:
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _end_tasks(self) -> None:
        """Gives a request under way a second to be answered; what has not begun can wait for the next engine."""
        tasks = dict(self._tasks)
        if sending := [task for incident_id, task in tasks.items() if incident_id in self._sending]:
            await asyncio.wait(sending, timeout=_FAREWELL_S)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _tend(self, delivery: Delivery) -> None:
        pause_s = 0.0
        try:
            if delivery.state is DeliveryState.UNCERTAIN:
                await self._reconcile(delivery)
            else:
                await self._publish(delivery)
        except StoreError as error:
            logger.warning("delivery %d waits for the database: %s", delivery.id, error)
            pause_s = STORE_PAUSE_S
        except Exception as error:  # noqa: BLE001 - the supervisor: one broken delivery must not stop the others
            # Not the error's own words: they may hold what was sent, the token with it.
            logger.error("delivery %d met a fault of our own: %s", delivery.id, type(error).__name__)  # noqa: TRY400
            pause_s = await self._admit_fault(delivery)
        finally:
            self._tasks.pop(delivery.incident_id, None)
            self._sending.discard(delivery.incident_id)
            if pause_s:
                self._held[delivery.incident_id] = asyncio.get_running_loop().time() + pause_s
            self._wake.set()

    async def _admit_fault(self, delivery: Delivery) -> float:
        """After the claim, a fault of our own leaves a doubt like one of the page; returns seconds to hold back."""
        if delivery.incident_id not in self._sending:
            return _FAULT_PAUSE_S
        try:
            await self._doubt(delivery, "a fault of our own while sending", self._config.quiet_period_ms)
        except StoreError as error:
            logger.warning("delivery %d waits for the database: %s", delivery.id, error)
        return 0.0

    async def _publish(self, delivery: Delivery) -> None:
        try:
            await self._page.make_ready()
            # Both requests are paid before the first, so that nothing waits between the baseline and the write.
            is_known = delivery.remote_incident_id is not None
            await self._budget.spend(1 + is_known, is_backlog=self._is_backlog(delivery))
            baseline = await self._search.read_ours(
                delivery, is_looking=await self._may_be_there(delivery), is_paid=is_known
            )
            if baseline is None and delivery.remote_incident_id is not None:
                if self._search.is_gone(delivery):
                    await self._fail(delivery, _GONE)
                else:
                    await self._retry(delivery, NotAppliedError(_NOT_SHOWN))
                return
            if baseline is not None and not await self._is_free(delivery, baseline):
                return
            message = await compose_message(
                self._store, self._page, self._budget.spend, delivery, baseline, self._clock()
            )
        except (RefusedByPageError, UnknownComponentError) as error:
            await self._fail(delivery, str(error))
            return
        except PageError as error:
            await self._retry(delivery, error)
            return
        now = self._clock()
        seen = () if baseline is None else tuple(update.remote_id for update in baseline.updates)
        kind = DeliveryKind.CREATE if baseline is None else DeliveryKind.UPDATE
        if not await self._store.call(claim_delivery, delivery.id, self._epoch, kind, seen, now):
            await self._fenced.look_for_successor()
            return
        self._sending.add(delivery.incident_id)
        claimed = replace(delivery, attempts=delivery.attempts + 1, baseline=seen, sending_at=now, kind=kind)
        await self._send(claimed, baseline, message)

    async def _may_be_there(self, delivery: Delivery) -> bool:
        """An incident to be made may stand on the page by an earlier attempt that was given up or applied late."""
        return delivery.attempts > 0 or await self._store.call(has_earlier_attempts, delivery.id)

    def _is_backlog(self, delivery: Delivery) -> bool:
        return self._clock() - delivery.created_at > _FRESH_MS

    async def _is_free(self, delivery: Delivery, baseline: RemoteIncident) -> bool:
        """Tells whether the delivery should be sent onto what the page shows; settles it when not."""
        if applied := self._search.find_applied(delivery, baseline):
            await self._deliver(delivery, applied, is_looked_up=True)
            return False
        await self._store.call(apply_incident, baseline, self._clock(), page=delivery.page)
        if is_reopening(delivery, baseline) and not delivery.is_forced:
            closing = last_closing(baseline)
            page = delivery.page
            if closing is None or not await self._store.call(was_known, delivery.uid, closing.remote_id, page=page):
                words = f": {closing.body}" if closing is not None else ""
                await self._fail(
                    delivery,
                    f"conflict: somebody resolved this on the page after you confirmed{words[:200]}. "
                    "Retry to open it again all the same, or drop this delivery",
                )
                return False
        return True

    async def _send(self, delivery: Delivery, baseline: RemoteIncident | None, message: Message) -> None:
        try:
            if baseline is None:
                answer = await self._page.create_incident(message)
            else:
                answer = await self._page.update_incident(baseline, message)
        except NotAppliedError as error:
            await self._retry(delivery, error)
            return
        except RefusedByPageError as error:
            await self._fail(delivery, str(error))
            return
        except AmbiguousError as error:
            await self._doubt(delivery, str(error), self._config.quiet_period_ms)
            return
        applied = self._search.find_applied(delivery, answer)
        if applied is None and baseline is None:
            applied = Applied(answer, answer.updates[-1] if answer.updates else None)
        if applied is None:
            reason = "the page answered, but without the update"
            await self._doubt(delivery, reason, self._config.quiet_period_ms)
            return
        await self._deliver(delivery, applied, is_looked_up=False)

    async def _reconcile(self, delivery: Delivery) -> None:
        """Looks at the page after the quiet period: the update stands there, or it may be sent again."""
        try:
            await self._page.make_ready()
            remote = await self._search.read_ours(delivery, is_looking=True)
        except PageError as error:
            wait_ms = await self._note_failure(delivery, error)
            await self._doubt(delivery, f"not looked up yet: {error}", wait_ms)
            return
        applied = self._search.find_applied(delivery, remote) if remote is not None else None
        if applied is not None:
            await self._deliver(delivery, applied, is_looked_up=True)
        elif remote is None and delivery.remote_incident_id is not None:
            if self._search.is_gone(delivery):
                await self._fail(delivery, _GONE)
            else:
                await self._doubt(delivery, _NOT_SHOWN, self._config.quiet_period_ms)
        elif (left_ms := self._search.find_lag_left_ms(delivery)) > 0:
            await self._doubt(delivery, "not on the page yet: reads may lag behind", left_ms)
        elif self._may_resend(delivery):
            await self._fenced.settle(settle_absent, delivery.id, now=self._clock())
        else:
            now = self._clock()
            await self._fenced.settle(
                settle_asking,
                delivery.id,
                next_try_at=now + _ASKED_AGAIN_MS,
                evidence=list_evidence(delivery, remote, self._config.quiet_period_ms),
                now=now,
            )

    def _may_resend(self, delivery: Delivery) -> bool:
        """What subscribers might get twice is sent again by a person alone, unless the page would not double it."""
        is_repeatable = delivery.kind is DeliveryKind.CREATE and self._page.capabilities.repeats_create
        return is_repeatable or not delivery.notify or self._config.resends_unasked

    async def _deliver(self, delivery: Delivery, applied: Applied, *, is_looked_up: bool) -> None:
        now, remote, update = self._clock(), applied.incident, applied.update
        delivered_at = now
        if is_looked_up and update is not None:
            at = update.created_at - (self._page.clock_skew_ms or 0)
            delivered_at = min(max(at, delivery.sending_at or at), now)
        await self._fenced.settle(
            settle_delivered,
            delivery.id,
            remote_incident_id=remote.remote_id,
            remote_update_id=update.remote_id if update is not None else None,
            remote_url=remote.url,
            page_title=remote.title,
            page_updated_at=remote.updated_at,
            delivered_at=delivered_at,
            now=now,
        )
        self._failures.pop(delivery.id, None)
        if self._delivered is not None:
            self._delivered.set()
        await self._store.call(apply_incident, remote, now, page=delivery.page)
        await self._store.call(note_page_reached, now, page=delivery.page, clock_skew_ms=self._page.clock_skew_ms)

    async def _retry(self, delivery: Delivery, error: PageError) -> None:
        wait_ms = await self._note_failure(delivery, error)
        now = self._clock()
        await self._fenced.settle(settle_retry, delivery.id, next_try_at=now + wait_ms, reason=str(error), now=now)

    async def _fail(self, delivery: Delivery, reason: str) -> None:
        await self._fenced.settle(settle_failed, delivery.id, reason=reason, now=self._clock())

    async def _doubt(self, delivery: Delivery, reason: str, wait_ms: int) -> None:
        now = self._clock()
        self._doubted[delivery.id] = asyncio.get_running_loop().time() + wait_ms / 1000
        await self._fenced.settle(settle_uncertain, delivery.id, next_try_at=now + wait_ms, reason=reason, now=now)

    async def _note_failure(self, delivery: Delivery, error: PageError) -> int:
        """Counts a failed try; returns how long to wait, and holds everything back when the page asked for it."""
        self._failures[delivery.id] = failures = self._failures.get(delivery.id, 0) + 1
        wait_ms = max(find_backoff_ms(failures, self._rng, self._pace), error.wait_ms or 0)
        now = self._clock()
        blocked_until = None if error.wait_ms is None else now + wait_ms
        await self._fenced.write(note_page_failed, str(error), now, page=delivery.page, blocked_until=blocked_until)
        return wait_ms

"""Takes planned work through its time: the clock takes what is due, and each page is told once and in order.

A page that moves planned work by its own clock is watched, not told; only when it stays behind are our words sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from random import Random

from msgspec.structs import replace

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.maintenance import (
    STATUS_AFTER,
    Maintenance,
    NoticeDelivery,
    NoticeKind,
    is_overtaken,
    word_late,
)
from oncall_tui.domain.notices import (
    Standing,
    find_notice_applied,
    find_standing,
    list_made_about,
    tell_window,
)
from oncall_tui.domain.outbox import RETRY_AFTER_MOST_MS, Pace, find_backoff_ms
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.composing import UnknownComponentError
from oncall_tui.engine.fenced import STORE_PAUSE_S, FencedStore
from oncall_tui.engine.noticing import PlannedPage, compose_notice
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.incidents import list_component_ids
from oncall_tui.store.maintenance import fire_due, get_maintenance
from oncall_tui.store.notices import (
    adopt_orphan_notices,
    claim_notice,
    has_earlier_plan,
    list_due_notices,
    next_notice_at,
    settle_notice,
    settle_notice_delivered,
    shorten_notice_waits,
)
from oncall_tui.store.page import note_page_failed, note_page_reached

LOOK_EVERY_S = 1.0
"""Clocks are set and machines sleep: no wait of the clock is longer."""
_FAREWELL_S = 1.0
_FAULT_PAUSE_S = 5.0
_WATCH_AGAIN_MS = 2_000
_ASKED_AGAIN_MS = 60_000
_LOOK_BACK_MS = 3_600_000
_GONE = "the page no longer has this maintenance: somebody deleted it there. Drop this delivery"
_OVERTAKEN = "not sent: what was confirmed later says more"
_KEPT_LOCAL = "kept here: this kind of page has no planned work"

logger = logging.getLogger(__name__)


async def run_clock(store: StoreThread, *, epoch: int, clock: Callable[[], int], stop: asyncio.Event) -> None:
    """Takes what falls due until `stop` is set; looks often, since a sleep is noticed by looking alone."""
    trouble = ""
    while not stop.is_set():
        try:
            await store.call(fire_due, epoch, clock())
            trouble = ""
        except StoreError as error:
            if str(error) != trouble:
                trouble = str(error)
                logger.warning("planned work cannot be moved just now: %s", trouble)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await stop.wait()


class Maintainer:
    """The notices of one page, one after the other."""

    def __init__(
        self,
        store: StoreThread,
        page: PlannedPage,
        *,
        epoch: int,
        config: PageConfig,
        clock: Callable[[], int],
        rng: Random,
        wake: asyncio.Event,
        stop: asyncio.Event,
        pace: Pace | None = None,
        watch_again_ms: int = _WATCH_AGAIN_MS,
    ) -> None:
        self._store = store
        self._page = page
        self._epoch = epoch
        self._config = config
        self._clock = clock
        self._rng = rng
        self._wake = wake
        self._stop = stop
        self._pace = pace or Pace()
        self._watch_again_ms = watch_again_ms
        self._fenced = FencedStore(store, epoch, stop)
        self._budget = Budget(store, config, clock)
        self._failures: dict[int, int] = {}
        self._is_sending = False

    async def run(self, is_ending_when_idle: bool = False) -> None:
        """Tells the page until `stop` is set or a later engine has taken over, or until nothing is due or waits."""
        now, quiet_ms = self._clock(), self._config.quiet_period_ms
        await self._fenced.write(adopt_orphan_notices, self._epoch, now + quiet_ms, now, page=self._config.name)
        while not (self._stop.is_set() or self._fenced.is_overtaken):
            self._wake.clear()
            try:
                is_acting, pause_s = await self._tend_due()
            except StoreError as error:
                logger.warning("planned work not read: %s", error)
                is_acting, pause_s = False, STORE_PAUSE_S
            if is_acting:
                continue
            if is_ending_when_idle and pause_s is None:
                return
            await self._rest(LOOK_EVERY_S if pause_s is None else min(pause_s, LOOK_EVERY_S))

    async def _tend_due(self) -> tuple[bool, float | None]:
        """Tends what is due; returns whether anything was, and seconds until more is, None when nothing waits."""
        now, name = self._clock(), self._config.name
        due = await self._store.call(list_due_notices, now, page=name)
        for delivery in due:
            if self._stop.is_set() or self._fenced.is_overtaken:
                break
            await self._tend_until_stop(delivery)
        next_at = await self._store.call(next_notice_at, page=name)
        if next_at is None:
            return bool(due), None
        most_ms = max(RETRY_AFTER_MOST_MS, self._config.quiet_period_ms) + self._pace.most_ms
        if next_at > now + most_ms:
            await self._store.call(shorten_notice_waits, now, most_ms, page=name)
        return bool(due), max(next_at - now, 20) / 1000

    async def _rest(self, pause_s: float) -> None:
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _tend_until_stop(self, delivery: NoticeDelivery) -> None:
        """A request under way has a second to be answered; what has not begun can wait for the next engine."""
        task = asyncio.ensure_future(self._tend(delivery))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and self._is_sending:
                await asyncio.wait((task,), timeout=_FAREWELL_S)
        finally:
            for each in (task, stopping):
                each.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    async def _tend(self, delivery: NoticeDelivery) -> None:
        self._is_sending = False
        try:
            maintenance = await self._store.call(get_maintenance, delivery.maintenance_id)
            is_waiting_for_person = delivery.state is DeliveryState.FAILED or delivery.asked_at is not None
            if not self._page.capabilities.has_maintenance:
                await self._settle(delivery, DeliveryState.DROPPED, _KEPT_LOCAL)
            elif is_waiting_for_person and is_overtaken(delivery.kind, delivery.later):
                await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
            elif delivery.state is DeliveryState.UNCERTAIN:
                await self._reconcile(delivery, maintenance)
            else:
                await self._publish(delivery, maintenance)
        except StoreError as error:
            logger.warning("a notice waits for the database: %s", error)
            await asyncio.sleep(STORE_PAUSE_S)
        except Exception as error:  # noqa: BLE001 - the supervisor: one broken delivery must not stop the others
            # Not the error's own words: they may hold what was sent, the token with it.
            logger.error("notice %d met a fault of our own: %s", delivery.id, type(error).__name__)  # noqa: TRY400
            if self._is_sending:
                await self._doubt(delivery, "a fault of our own while sending", self._config.quiet_period_ms)
            else:
                await asyncio.sleep(_FAULT_PAUSE_S)

    async def _publish(self, delivery: NoticeDelivery, maintenance: Maintenance) -> None:
        try:
            await self._page.make_ready()
            # Both requests are paid before the first, so that nothing waits between the baseline and the write.
            await self._budget.spend()
            has_earlier = await self._store.call(has_earlier_plan, maintenance.id, page=delivery.page)
            remote = await self._read_ours(delivery, maintenance, is_looking=has_earlier)
            if not await self._is_free(delivery, remote):
                return
            now = self._clock()
            sent = replace(delivery, body=word_late(delivery.confirmed_body, delivery.due_at, now))
            message = await compose_notice(self._store, self._page, self._budget.spend, sent, maintenance, remote, now)
        except (RefusedByPageError, UnknownComponentError) as error:
            await self._settle(delivery, DeliveryState.FAILED, str(error))
            return
        except PageError as error:
            await self._retry(delivery, error)
            return
        seen = () if remote is None else tuple(update.remote_id for update in remote.updates)
        now = self._clock()
        if not await self._store.call(claim_notice, delivery.id, self._epoch, sent.body, seen, now):
            await self._fenced.look_for_successor()
            return
        self._is_sending = True
        claimed = replace(sent, attempts=delivery.attempts + 1, baseline=seen, sending_at=now)
        await self._send(claimed, remote, message)

    async def _read_ours(
        self, delivery: NoticeDelivery, maintenance: Maintenance, *, is_looking: bool
    ) -> RemoteMaintenance | None:
        """Returns the work as the page has it now, None when it has none of ours. Raises PageError."""
        ids = await self._store.call(list_component_ids, page=delivery.page)
        self._page.component_names = {remote_id: name for name, remote_id in ids.items()}
        if delivery.remote_id is not None:
            await self._budget.spend()
            return await self._page.get_maintenance(delivery.remote_id)
        if not is_looking:
            return None
        skew_ms = self._page.clock_skew_ms or 0
        since = min(maintenance.created_at, maintenance.created_at + skew_ms) - _LOOK_BACK_MS
        recent = await self._page.list_maintenances(self._budget.spend, since)
        if ours := next((each for each in recent if each.uid == maintenance.uid), None):
            return ours
        skew_ms = self._page.clock_skew_ms or 0
        window_ms = self._config.request_timeout_ms + self._config.quiet_period_ms
        sending_at = delivery.sending_at or delivery.created_at
        for each in list_made_about(recent, maintenance.title, sending_at, skew_ms, window_ms):
            # A list may leave out the stamp that the work itself shows.
            await self._budget.spend()
            alone = await self._page.get_maintenance(each.remote_id)
            if alone and (alone.uid == maintenance.uid or (not alone.uid and _find_applied(delivery, alone))):
                return alone
        return None

    async def _is_free(self, delivery: NoticeDelivery, remote: RemoteMaintenance | None) -> bool:
        """Tells whether the notice should be sent onto what the page shows; settles it when not."""
        if remote is None:
            if delivery.kind is NoticeKind.PLAN:
                return True
            if delivery.remote_id is not None:
                await self._settle(delivery, DeliveryState.FAILED, _GONE)
            else:
                await self._settle(delivery, DeliveryState.DROPPED, "not sent: the plan is not on this page")
            return False
        if (applied := _find_applied(delivery, remote)) or delivery.kind is NoticeKind.PLAN:
            await self._deliver(delivery, remote, applied[0] if applied else None, "found on the page")
            return False
        skew_ms = self._page.clock_skew_ms or 0
        match find_standing(delivery, remote, skew_ms, self._clock()):
            case Standing.MOVED:
                update = remote.updates[-1] if remote.updates else None
                await self._deliver(delivery, remote, update, "the page moved it by itself")
                return False
            case Standing.AWAITED:
                at = self._clock() + self._watch_again_ms
                await self._settle(delivery, DeliveryState.RETRY_WAIT, "the page should move it by itself", at)
                return False
            case Standing.PUT_OFF if not is_overtaken(delivery.kind, delivery.later):
                reason = f"conflict: somebody put this off on the page ({tell_window(remote)}). "
                await self._settle(delivery, DeliveryState.FAILED, f"{reason}Retry to say it all the same, or drop it")
                return False
            case Standing.OVER if not is_overtaken(delivery.kind, delivery.later):
                reason = "conflict: the page shows this maintenance as over. Retry to say it all the same, or drop it"
                await self._settle(delivery, DeliveryState.FAILED, reason)
                return False
            case _:
                pass
        if is_overtaken(delivery.kind, delivery.later):
            await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
            return False
        return True

    async def _send(
        self, delivery: NoticeDelivery, baseline: RemoteMaintenance | None, message: MaintenanceMessage
    ) -> None:
        try:
            if baseline is None:
                answer = await self._page.create_maintenance(message)
            else:
                answer = await self._page.update_maintenance(baseline, message)
        except NotAppliedError as error:
            await self._retry(delivery, error)
            return
        except RefusedByPageError as error:
            await self._settle(delivery, DeliveryState.FAILED, str(error))
            return
        except AmbiguousError as error:
            await self._doubt(delivery, str(error), self._config.quiet_period_ms)
            return
        applied = _find_applied(delivery, answer)
        if applied is None and baseline is None:
            applied = (answer.updates[-1] if answer.updates else None,)
        if applied is None:
            await self._doubt(delivery, "the page answered, but without the notice", self._config.quiet_period_ms)
            return
        await self._deliver(delivery, answer, applied[0], "")

    async def _reconcile(self, delivery: NoticeDelivery, maintenance: Maintenance) -> None:
        """Looks at the page after the quiet period: the notice stands there, or a rule or a person says what now."""
        try:
            await self._page.make_ready()
            remote = await self._read_ours(delivery, maintenance, is_looking=True)
        except PageError as error:
            await self._doubt(delivery, f"not looked up yet: {error}", await self._note_failure(delivery, error))
            return
        applied = _find_applied(delivery, remote) if remote is not None else None
        if remote is not None and (applied or delivery.kind is NoticeKind.PLAN):
            await self._deliver(delivery, remote, applied[0] if applied else None, "found on the page")
        elif remote is None and delivery.remote_id is not None:
            await self._settle(delivery, DeliveryState.FAILED, _GONE)
        elif is_overtaken(delivery.kind, delivery.later):
            await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
        elif self._config.resends_unasked or not delivery.notify:
            await self._settle(delivery, DeliveryState.PENDING, "not on the page: sending again")
        else:
            reason = "not found on the page: is it there, send it again, or drop it?"
            at = self._clock() + _ASKED_AGAIN_MS
            await self._settle(delivery, DeliveryState.UNCERTAIN, reason, at, is_asking=True)

    async def _deliver(
        self,
        delivery: NoticeDelivery,
        remote: RemoteMaintenance,
        update: RemoteMaintenanceUpdate | None,
        reason: str,
    ) -> None:
        now = self._clock()
        delivered_at = now
        if reason and update is not None:
            delivered_at = min(update.created_at - (self._page.clock_skew_ms or 0), now)
        await self._fenced.settle(
            settle_notice_delivered,
            delivery.id,
            remote_maintenance_id=remote.remote_id,
            remote_update_id=update.remote_id if update is not None else None,
            url=remote.url,
            body=update.body if update is not None else delivery.body,
            reason=reason,
            delivered_at=delivered_at,
            now=now,
        )
        self._failures.pop(delivery.id, None)
        await self._store.call(note_page_reached, now, page=delivery.page, clock_skew_ms=self._page.clock_skew_ms)

    async def _retry(self, delivery: NoticeDelivery, error: PageError) -> None:
        wait_ms = await self._note_failure(delivery, error)
        await self._settle(delivery, DeliveryState.RETRY_WAIT, str(error), self._clock() + wait_ms)

    async def _doubt(self, delivery: NoticeDelivery, reason: str, wait_ms: int) -> None:
        await self._settle(delivery, DeliveryState.UNCERTAIN, reason, self._clock() + wait_ms)

    async def _settle(
        self,
        delivery: NoticeDelivery,
        state: DeliveryState,
        reason: str,
        next_try_at: int | None = None,
        *,
        is_asking: bool = False,
    ) -> None:
        await self._fenced.settle(
            settle_notice,
            delivery.id,
            state,
            reason=reason,
            now=self._clock(),
            next_try_at=next_try_at,
            is_asking=is_asking,
        )

    async def _note_failure(self, delivery: NoticeDelivery, error: PageError) -> int:
        """Counts a failed try; returns how long to wait, and holds everything back when the page asked for it."""
        self._failures[delivery.id] = failures = self._failures.get(delivery.id, 0) + 1
        wait_ms = max(find_backoff_ms(failures, self._rng, self._pace), error.wait_ms or 0)
        now = self._clock()
        blocked_until = None if error.wait_ms is None else now + wait_ms
        await self._fenced.write(note_page_failed, str(error), now, page=delivery.page, blocked_until=blocked_until)
        return wait_ms


def _find_applied(delivery: NoticeDelivery, remote: RemoteMaintenance) -> tuple[RemoteMaintenanceUpdate | None] | None:
    return find_notice_applied(delivery, STATUS_AFTER.get(delivery.kind), remote)

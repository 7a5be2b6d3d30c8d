"""Takes updates to the channels beside the pages: once customers can read them on a page, never twice on a doubt.

A channel keeps nothing that could be read back, so a doubt is put to a person at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random

from oncall_tui.domain.errors import RefusedError, StoreError, UsageError
from oncall_tui.domain.outbox import Pace, find_backoff_ms
from oncall_tui.domain.shortform import Form
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.broadcast import Broadcast, Channel
from oncall_tui.engine.fenced import STORE_PAUSE_S, FencedStore
from oncall_tui.engine.pages.errors import NotAppliedError, PageError, RefusedByPageError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.deliveries import (
    adopt_orphans,
    claim_delivery,
    settle_asking,
    settle_broadcast,
    settle_failed,
    settle_retry,
)
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import list_due_broadcasts, next_due_at
from oncall_tui.store.page import list_pages

_LOOK_MOST_S = 5.0
_DOUBT = "it may or may not have arrived: has it, send it again, or drop it?"

logger = logging.getLogger(__name__)


async def run_broadcaster(
    store: StoreThread,
    channel: Channel,
    *,
    name: str,
    form: Form,
    public_url: str,
    epoch: int,
    clock: Callable[[], int],
    rng: Random,
    wake: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Broadcasts until `stop` is set, or until a later engine has taken over.

    `public_url` is where customers read on when no page tells an address of its own for the incident.
    """
    await _Broadcaster(store, channel, name, form, public_url, epoch, clock, rng, wake, stop).run()


async def drain_broadcasts(
    store: StoreThread,
    channel: Channel,
    *,
    name: str,
    form: Form,
    public_url: str,
    epoch: int,
    clock: Callable[[], int],
    rng: Random,
) -> None:
    """Sends the broadcasts that may go now, each once; the rest is left to the next round."""
    idle = asyncio.Event()
    await _Broadcaster(store, channel, name, form, public_url, epoch, clock, rng, idle, idle).tend_due()


class _Broadcaster:
    def __init__(
        self,
        store: StoreThread,
        channel: Channel,
        name: str,
        form: Form,
        public_url: str,
        epoch: int,
        clock: Callable[[], int],
        rng: Random,
        wake: asyncio.Event,
        stop: asyncio.Event,
    ) -> None:
        self._store = store
        self._channel = channel
        self._name = name
        self._form = form
        self._public_url = public_url
        self._epoch = epoch
        self._clock = clock
        self._rng = rng
        self._wake = wake
        self._stop = stop
        self._fenced = FencedStore(store, epoch, stop)
        self._failures: dict[int, int] = {}

    async def run(self) -> None:
        now = self._clock()
        await self._fenced.write(adopt_orphans, self._epoch, now, now, page=self._name)
        while not (self._stop.is_set() or self._fenced.is_overtaken):
            self._wake.clear()
            try:
                await self.tend_due()
                pause_s = await self._find_pause()
            except StoreError as error:
                logger.warning("broadcasts wait for the database: %s", error)
                pause_s = STORE_PAUSE_S
            await self._rest(pause_s)

    async def tend_due(self) -> None:
        """Sends what is due, one after the other."""
        for delivery in await self._store.call(list_due_broadcasts, self._clock(), name=self._name):
            await self._tend(delivery)

    async def _find_pause(self) -> float:
        due_at = await self._store.call(next_due_at, page=self._name)
        if due_at is None:
            return _LOOK_MOST_S
        return min(max((due_at - self._clock()) / 1000, STORE_PAUSE_S), _LOOK_MOST_S)

    async def _rest(self, pause_s: float) -> None:
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _tend(self, delivery: Delivery) -> None:
        if delivery.state is DeliveryState.UNCERTAIN:
            await self._ask(delivery, delivery.reason)
            return
        try:
            await self._channel.make_ready()
            broadcast = await self._compose(delivery)
        except (UsageError, RefusedError) as error:
            await self._fenced.settle(settle_failed, delivery.id, reason=str(error), now=self._clock())
            return
        except NotAppliedError as error:
            await self._retry(delivery, error)
            return
        now = self._clock()
        if not await self._store.call(claim_delivery, delivery.id, self._epoch, DeliveryKind.BROADCAST, (), now):
            await self._fenced.look_for_successor()
            return
        await self._send(delivery, broadcast)

    async def _send(self, delivery: Delivery, broadcast: Broadcast) -> None:
        try:
            await self._channel.send(broadcast)
        except NotAppliedError as error:
            await self._retry(delivery, error)
        except (RefusedByPageError, RefusedError, UsageError) as error:
            await self._fenced.settle(settle_failed, delivery.id, reason=str(error), now=self._clock())
        except PageError as error:
            await self._ask(delivery, str(error))
        else:
            self._failures.pop(delivery.id, None)
            await self._fenced.settle(settle_broadcast, delivery.id, now=self._clock())

    async def _compose(self, delivery: Delivery) -> Broadcast:
        incident = await self._store.call(get_incident, delivery.incident_id)
        pages = await self._store.call(list_pages)
        known = (incident.url, self._public_url, *(page.public_url for page in pages))
        url = next((address for address in known if address), "")
        return Broadcast(delivery.uid, incident.title, delivery.status, delivery.body, url, self._form)

    async def _retry(self, delivery: Delivery, error: PageError) -> None:
        self._failures[delivery.id] = failures = self._failures.get(delivery.id, 0) + 1
        wait_ms = max(find_backoff_ms(failures, self._rng, Pace()), error.wait_ms or 0)
        now = self._clock()
        await self._fenced.settle(settle_retry, delivery.id, next_try_at=now + wait_ms, reason=str(error), now=now)

    async def _ask(self, delivery: Delivery, why: str) -> None:
        reason = f"{why}: {_DOUBT}" if why else _DOUBT
        await self._fenced.settle(
            settle_asking, delivery.id, next_try_at=None, evidence=(), now=self._clock(), reason=reason
        )

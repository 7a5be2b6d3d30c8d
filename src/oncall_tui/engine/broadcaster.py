"""Takes updates to the channels beside the pages: once customers can read them on a page, never twice on a doubt.

A channel keeps nothing that could be read back, so a doubt is put to a person at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from oncall_tui.domain.errors import RefusedError, UsageError
from oncall_tui.domain.shortform import Form
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.broadcast import Broadcast, Channel
from oncall_tui.engine.fenced import STORE_PAUSE_S
from oncall_tui.engine.page_work import Work
from oncall_tui.engine.pages.errors import NotAppliedError, PageError, RefusedByPageError
from oncall_tui.store.broadcasts import find_links, judge_waiting_broadcasts, list_due_broadcasts
from oncall_tui.store.deliveries import (
    adopt_orphans,
    claim_delivery,
    settle_asking,
    settle_broadcast,
    settle_failed,
    settle_retry,
)
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import next_due_at
from oncall_tui.store.page import list_pages

_DOUBT = "it may or may not have arrived: has it, send it again, or drop it?"


async def run_broadcaster(work: Work, channel: Channel, *, name: str, form: Form, addresses: Mapping[str, str]) -> None:
    """Broadcasts until the work is stopped, or until a later engine has taken over.

    `addresses` tell where customers read each page, as far as that is known, for one that tells no address of its own
    for the incident.
    """
    await _Broadcaster(work, channel, name, form, addresses).run()


async def drain_broadcasts(
    work: Work, channel: Channel, *, name: str, form: Form, addresses: Mapping[str, str]
) -> None:
    """Sends the broadcasts that may go now, each once; the rest is left to the next round."""
    await _Broadcaster(work, channel, name, form, addresses).tend_due()


class _Broadcaster:
    def __init__(self, work: Work, channel: Channel, name: str, form: Form, addresses: Mapping[str, str]) -> None:
        self._work = work
        self._channel = channel
        self._name = name
        self._form = form
        self._addresses = addresses
        self._clock = work.clock
        self._fenced = work.fenced

    async def run(self) -> None:
        now = self._clock()
        await self._fenced.write(adopt_orphans, self._work.epoch, now, now, page=self._name)
        await self._work.keep_doing(self._tend_and_look_on, f"broadcasts to {self._name}")

    async def _tend_and_look_on(self) -> float | None:
        await self.tend_due()
        due_at = await self._work.store.call(next_due_at, page=self._name)
        return None if due_at is None else max((due_at - self._clock()) / 1000, STORE_PAUSE_S)

    async def tend_due(self) -> None:
        """Sends what is due, one after the other."""
        await self._fenced.write(judge_waiting_broadcasts, self._work.epoch, self._clock(), name=self._name)
        for delivery in await self._work.store.call(list_due_broadcasts, self._clock(), name=self._name):
            await self._tend(delivery)

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
        if not await self._work.store.call(
            claim_delivery, delivery.id, self._work.epoch, DeliveryKind.BROADCAST, (), now
        ):
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
            self._work.forget_failures(delivery.id)
            await self._fenced.settle(settle_broadcast, delivery.id, now=self._clock())

    async def _compose(self, delivery: Delivery) -> Broadcast:
        incident = await self._work.store.call(get_incident, delivery.incident_id)
        url = await self._find_url(delivery)
        return Broadcast(delivery.uid, incident.title, delivery.status, delivery.body, url, self._form)

    async def _find_url(self, delivery: Delivery) -> str:
        """Returns an address where customers can read the update; what a person sends all the same may have none."""
        pages = await self._work.store.call(list_pages)
        homes = {page.page: page.public_url for page in pages} | {
            page: address for page, address in self._addresses.items() if address
        }
        links = await self._work.store.call(find_links, delivery.id)
        known = [address or homes.get(page, "") for page, address in links]
        return next((address for address in (*known, *homes.values()) if address), "")

    async def _retry(self, delivery: Delivery, error: PageError) -> None:
        wait_ms = self._work.count_failure(delivery.id, error)
        now = self._clock()
        await self._fenced.settle(settle_retry, delivery.id, next_try_at=now + wait_ms, reason=str(error), now=now)

    async def _ask(self, delivery: Delivery, why: str) -> None:
        reason = f"{why}: {_DOUBT}" if why else _DOUBT
        await self._fenced.settle(
            settle_asking, delivery.id, next_try_at=None, evidence=(), now=self._clock(), reason=reason
        )

"""One delivery at a time between the outbox and the page: sent once, proved, and looked for after a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

from msgspec.structs import replace

from oncall_tui.domain.outbox import Applied, is_reopening, last_closing, list_evidence
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.answering import find_unanswered
from oncall_tui.engine.composing import UnknownComponentError, compose_backfill, compose_message
from oncall_tui.engine.correcting import Corrector
from oncall_tui.engine.looks import update_incident
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages import Message
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError
from oncall_tui.engine.pages.extras import BackfillMessage, BackfillPage
from oncall_tui.engine.searching import Search
from oncall_tui.engine.settling import Settling
from oncall_tui.store.deliveries import (
    claim_delivery,
    has_earlier_attempts,
    settle_absent,
    settle_asking,
    settle_delivered,
    settle_retry,
    was_known,
)
from oncall_tui.store.outbox import list_given_up
from oncall_tui.store.page import apply_incident, note_page_reached

_FRESH_MS = 300_000
_ASKED_AGAIN_MS = 60_000
_NOT_SHOWN = "the page does not show this incident: it was deleted there, or reads lag behind"
_NOT_FOUND = "not found on the page: is it there, send it again, or drop it?"
_UNCLEAR = "the page shows what may be it, perhaps changed by somebody: is it there, send it again, or drop it?"
_MAY_STAND = (
    "the page shows an incident that may be this one, made by an attempt that was given up: is it there, send it as "
    "another one, or drop it?"
)
_GONE = (
    "the page no longer has this incident: somebody deleted it there. Drop this delivery, and declare anew if need be"
)


class Courier:
    """Carries deliveries to one page; `settling` tells how far the attempts are."""

    def __init__(self, work: PageWork, delivered: asyncio.Event) -> None:
        self.settling = Settling(work)
        self._work = work
        self._page = work.page
        self._clock = work.clock
        self._fenced = work.fenced
        self._search = Search(work)
        self._delivered = delivered
        self._corrector = Corrector(work, self._search, self.settling, delivered)

    def watch(self) -> None:
        """Keeps an eye on the page's clock; to be called every few seconds."""
        self._search.time.watch()

    async def carry(self, delivery: Delivery) -> None:
        """Brings one delivery as far as it gets now. Raises StoreError."""
        if delivery.kind is DeliveryKind.EDIT:
            await self._corrector.carry(delivery)
        elif delivery.state is DeliveryState.UNCERTAIN:
            await self._reconcile(delivery)
        else:
            await self._publish(delivery)

    async def doubt_own_fault(self, delivery: Delivery) -> None:
        """After the claim, a fault of our own leaves a doubt like one of the page. Raises StoreError."""
        await self.settling.doubt(delivery, "a fault of our own while sending")

    def is_backlog(self, delivery: Delivery) -> bool:
        """What has waited long leaves room for what customers ask about now."""
        return self._clock() - delivery.created_at > _FRESH_MS

    async def _publish(self, delivery: Delivery) -> None:
        try:
            await self._page.make_ready()
            is_past = delivery.kind is DeliveryKind.BACKFILL
            is_known = delivery.remote_incident_id is not None
            if not is_known:
                await self._search.learn_time()
            # All requests are paid before the first, so that nothing waits between the baseline and the write.
            count = 1 + is_known * (1 + self._page.capabilities.replaces_lists)
            await self._work.budget.spend(count, is_backlog=self.is_backlog(delivery))
            is_looking = await self._may_be_there(delivery)
            sighting = await self._search.read_ours(delivery, is_looking=is_looking, is_paid=is_known)
            baseline = sighting.ours
            if baseline is None and is_looking:
                earlier = await self._work.store.call(list_given_up, delivery.id)
                baseline = self._search.find_given_up(earlier, sighting.unclear)
                if baseline is None and not is_known and await self._is_too_soon(delivery, earlier):
                    return
            if baseline is None and delivery.remote_incident_id is not None:
                if self._search.is_gone(delivery):
                    await self.settling.fail(delivery, _GONE)
                else:
                    await self.settling.retry(delivery, NotAppliedError(_NOT_SHOWN))
                return
            if baseline is None and sighting.unclear and not self._may_make_another(delivery):
                await self._ask(delivery, sighting.unclear, reason=_MAY_STAND, is_conflict=True, is_unsent=True)
                return
            if baseline is not None and not await self._is_free(delivery, baseline):
                return
            message = await compose_message(self._work, delivery, baseline)
            past = await compose_backfill(self._work, delivery) if is_past and baseline is None else None
        except (RefusedByPageError, UnknownComponentError) as error:
            await self.settling.fail(delivery, str(error))
            return
        except PageError as error:
            await self.settling.retry(delivery, error)
            return
        now, page_at = self._clock(), self._search.time.read()
        seen = () if baseline is None else tuple(update.remote_id for update in baseline.updates)
        made = DeliveryKind.BACKFILL if is_past else DeliveryKind.CREATE
        kind = made if baseline is None else DeliveryKind.UPDATE
        store, epoch = self._work.store, self._work.epoch
        if not await store.call(claim_delivery, delivery.id, epoch, kind, seen, now, page_at):
            await self._fenced.look_for_successor()
            return
        self.settling.sending.add(delivery.incident_id)
        attempts = delivery.attempts + 1
        claimed = replace(delivery, attempts=attempts, baseline=seen, sending_at=now, page_at=page_at, kind=kind)
        await self._send(claimed, baseline, message, past)

    async def _may_be_there(self, delivery: Delivery) -> bool:
        """An incident to be made may stand on the page by an earlier attempt that was given up or applied late."""
        return delivery.attempts > 0 or await self._work.store.call(has_earlier_attempts, delivery.id)

    async def _is_too_soon(self, delivery: Delivery, earlier: Iterable[Delivery]) -> bool:
        """Puts off making an incident while one made by an attempt that was given up may not be shown yet."""
        left_ms = max((self._search.find_lag_left_ms(each) for each in earlier), default=0)
        if left_ms <= 0 or delivery.is_forced:
            return False
        now = self._clock()
        reason = "an attempt that was given up may have made this incident: looking for it first"
        await self._fenced.settle(settle_retry, delivery.id, next_try_at=now + left_ms, reason=reason, now=now)
        return True

    def _may_make_another(self, delivery: Delivery) -> bool:
        """A person said so, or the page makes one of two."""
        return delivery.is_forced or self._page.capabilities.repeats_create

    async def _is_free(self, delivery: Delivery, baseline: RemoteIncident) -> bool:
        """Tells whether the delivery should be sent onto what the page shows; settles it when not."""
        if applied := self._search.find_applied(delivery, baseline):
            await self._deliver(delivery, applied, is_looked_up=True)
            return False
        await self._work.store.call(apply_incident, baseline, self._clock(), page=delivery.page)
        if is_reopening(delivery, baseline) and not delivery.is_forced:
            closing = last_closing(baseline)
            page = delivery.page
            if closing is None or not await self._work.store.call(
                was_known, delivery.uid, closing.remote_id, page=page
            ):
                words = f": {closing.body}" if closing is not None else ""
                await self.settling.fail(
                    delivery,
                    f"conflict: somebody resolved this on the page after you confirmed{words[:200]}. "
                    "Retry to open it again all the same, or drop this delivery",
                    is_conflict=True,
                )
                return False
        if (theirs := await find_unanswered(self._work, delivery, baseline)) is not None:
            await self.settling.fail(
                delivery,
                f"conflict: somebody wrote on the page after you confirmed: {theirs.status}: "
                f"{theirs.body[:200].rstrip('.')}. "
                "Retry to send yours all the same, or drop this delivery and answer to that",
                is_conflict=True,
            )
            return False
        return True

    async def _send(
        self, delivery: Delivery, baseline: RemoteIncident | None, message: Message, past: BackfillMessage | None
    ) -> None:
        try:
            if past is not None:
                answer = await cast("BackfillPage", self._page).backfill_incident(past)
            elif baseline is None:
                answer = await self._page.create_incident(message)
            else:
                answer = await update_incident(self._page, baseline, message)
        except NotAppliedError as error:
            await self.settling.retry(delivery, error)
            return
        except RefusedByPageError as error:
            await self.settling.fail(delivery, str(error))
            return
        except AmbiguousError as error:
            await self.settling.doubt(delivery, str(error))
            return
        applied = self._search.find_applied(delivery, answer)
        if applied is None and baseline is None:
            applied = Applied(answer, answer.updates[-1] if answer.updates else None)
        if applied is None:
            await self.settling.doubt(delivery, "the page answered, but without the update")
            return
        await self._deliver(delivery, applied, is_looked_up=False)

    async def _reconcile(self, delivery: Delivery) -> None:
        """Looks at the page after the quiet period: the update stands there, or it may be sent again."""
        try:
            await self._page.make_ready()
            sighting = await self._search.read_ours(delivery, is_looking=True)
        except PageError as error:
            await self.settling.doubt_look(delivery, error)
            return
        remote, unclear = sighting.ours, sighting.unclear
        applied = self._search.find_applied(delivery, remote) if remote is not None else None
        if applied is not None:
            await self._deliver(delivery, applied, is_looked_up=True)
        elif remote is None and delivery.remote_incident_id is not None:
            if self._search.is_gone(delivery):
                await self.settling.fail(delivery, _GONE)
            else:
                await self.settling.doubt(delivery, _NOT_SHOWN)
        elif (left_ms := self._search.find_lag_left_ms(delivery)) > 0:
            await self.settling.doubt(delivery, "not on the page yet: reads may lag behind", left_ms)
        elif self._may_resend(delivery, is_unclear=bool(unclear)):
            await self._fenced.settle(settle_absent, delivery.id, now=self._clock())
        else:
            await self._ask(
                delivery,
                unclear or ((remote,) if remote is not None else ()),
                reason=_UNCLEAR if unclear else _NOT_FOUND,
                is_conflict=remote is None and bool(unclear),
            )

    def _may_resend(self, delivery: Delivery, *, is_unclear: bool) -> bool:
        """What subscribers might get twice, or what may stand there changed, is sent again by a person alone.

        Unless the page would not double it.
        """
        if delivery.kind is DeliveryKind.CREATE and self._page.capabilities.repeats_create:
            return True
        return not is_unclear and (not delivery.notify or self._work.config.resends_unasked)

    async def _ask(
        self,
        delivery: Delivery,
        where: Iterable[RemoteIncident],
        *,
        reason: str,
        is_conflict: bool,
        is_unsent: bool = False,
    ) -> None:
        now, quiet_ms = self._clock(), self._work.config.quiet_period_ms
        await self._fenced.settle(
            settle_asking,
            delivery.id,
            next_try_at=now + _ASKED_AGAIN_MS,
            evidence=tuple(item for remote in where for item in list_evidence(delivery, remote, quiet_ms)),
            now=now,
            reason=reason,
            is_conflict=is_conflict,
            is_unsent=is_unsent,
        )

    async def _deliver(self, delivery: Delivery, applied: Applied, *, is_looked_up: bool) -> None:
        now, remote, update = self._clock(), applied.incident, applied.update
        delivered_at = now
        if is_looked_up and update is not None:
            at = update.created_at - (self._page.clock_skew_ms or 0)
            delivered_at = min(max(at, delivery.sending_at or at), now)
        posted_at = None
        if delivery.kind is DeliveryKind.BACKFILL and update is not None:
            posted_at = update.created_at - (self._page.clock_skew_ms or 0)
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
            posted_at=posted_at,
        )
        self._work.forget_failures(delivery.id)
        self._delivered.set()
        await self._work.store.call(apply_incident, remote, now, page=delivery.page)
        await self._work.store.call(note_page_reached, now, page=delivery.page, clock_skew_ms=self._page.clock_skew_ms)

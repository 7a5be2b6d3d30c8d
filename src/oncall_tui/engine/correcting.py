"""Puts other words into an update that stands on a page: read first, written whole, and repeated until they stand."""

from __future__ import annotations

import asyncio
from typing import cast

from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteUpdate
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.absences import Absences
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import (
    AmbiguousError,
    ChangedMeanwhileError,
    NotAppliedError,
    PageError,
    RefusedByPageError,
)
from oncall_tui.engine.pages.extras import EditablePage
from oncall_tui.engine.searching import Search
from oncall_tui.engine.settling import Settling
from oncall_tui.store.corrections import list_earlier_words, settle_edited
from oncall_tui.store.deliveries import claim_delivery, settle_absent
from oncall_tui.store.page import note_page_reached

_NOT_SHOWN = "the page does not show this update: it was removed there, or reads lag behind"
_REMOVED = "the page no longer has this update: somebody removed it there. Drop this correction"
_CANNOT = "this kind of page cannot edit an update: drop this correction, and say what is right in a new update"


class Corrector:
    """Carries corrections to one page. Each write is absolute, so a doubt is settled by looking and writing again."""

    def __init__(self, work: PageWork, search: Search, settling: Settling, delivered: asyncio.Event) -> None:
        self._work = work
        self._page = work.page
        self._editor = cast("EditablePage", work.page)
        self._search = search
        self._settling = settling
        self._delivered = delivered
        self._absences = Absences(work.config.quiet_period_ms, work.uptime)

    async def carry(self, delivery: Delivery) -> None:
        """Brings one correction as far as it gets now. Raises StoreError."""
        if not self._page.capabilities.can_edit_update:
            await self._settling.fail(delivery, _CANNOT)
            return
        is_doubt = delivery.state is DeliveryState.UNCERTAIN
        try:
            await self._page.make_ready()
            await self._work.budget.spend(1 if is_doubt else 3)
            shown = await self._look(delivery)
        except RefusedByPageError as error:
            await self._settling.fail(delivery, str(error))
            return
        except PageError as error:
            await (self._settling.doubt_look if is_doubt else self._settling.retry)(delivery, error)
            return
        if shown is None:
            if self._absences.note_missing(delivery.id):
                await self._settling.fail(delivery, _REMOVED)
            elif is_doubt:
                await self._settling.doubt(delivery, _NOT_SHOWN)
            else:
                await self._settling.retry(delivery, NotAppliedError(_NOT_SHOWN))
            return
        self._absences.note_shown((delivery.id,))
        if shown.body == normalise_body(delivery.body):
            await self._deliver(delivery)
        elif not delivery.is_forced and shown.body not in await self._work.store.call(list_earlier_words, delivery.id):
            await self._settling.fail(
                delivery,
                f"conflict: somebody changed this update on the page, customers read: {shown.body[:400]}. "
                "Retry to put your words there all the same, or drop this correction",
                is_conflict=True,
            )
        elif is_doubt:
            await self._work.fenced.settle(settle_absent, delivery.id, now=self._work.clock())
        else:
            await self._send(delivery, shown)

    async def _look(self, delivery: Delivery) -> RemoteUpdate | None:
        remote = (await self._search.read_ours(delivery, is_looking=False, is_paid=True)).ours
        updates = () if remote is None else remote.updates
        return next((update for update in updates if update.remote_id == delivery.remote_update_id), None)

    async def _send(self, delivery: Delivery, shown: RemoteUpdate) -> None:
        assert delivery.remote_incident_id is not None
        store, now, page_at = self._work.store, self._work.clock(), self._search.time.read()
        if not await store.call(claim_delivery, delivery.id, self._work.epoch, DeliveryKind.EDIT, (), now, page_at):
            await self._work.fenced.look_for_successor()
            return
        self._settling.sending.add(delivery.incident_id)
        try:
            await self._require_same(delivery, shown)
            held = await self._editor.edit_update(delivery.remote_incident_id, shown.remote_id, delivery.body)
        except NotAppliedError as error:
            await self._settling.retry(delivery, error)
        except RefusedByPageError as error:
            await self._settling.fail(delivery, str(error))
        except AmbiguousError as error:
            await self._settling.doubt(delivery, str(error))
        else:
            if held == normalise_body(delivery.body):
                await self._deliver(delivery)
            else:
                await self._settling.doubt(delivery, "the page answered, but with other words")

    async def _require_same(self, delivery: Delivery, shown: RemoteUpdate) -> None:
        """Looks once more right before the write, which has no lock. Raises NotAppliedError."""
        try:
            again = await self._look(delivery)
        except AmbiguousError as error:
            raise NotAppliedError(str(error), error.wait_ms) from None
        if again is None or again.body != shown.body:
            raise ChangedMeanwhileError("somebody changed this update just now: it is looked at again first")

    async def _deliver(self, delivery: Delivery) -> None:
        now = self._work.clock()
        await self._work.fenced.settle(settle_edited, delivery.id, body=delivery.body, now=now)
        self._work.forget_failures(delivery.id)
        self._delivered.set()
        skew_ms = self._page.clock_skew_ms
        await self._work.store.call(note_page_reached, now, page=delivery.page, clock_skew_ms=skew_ms)

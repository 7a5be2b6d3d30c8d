"""One notice at a time between the file and the page: sent once, proved, and looked for after a doubt.

A page that moves planned work by its own clock is watched, not told; only when it stays behind are our words sent.
"""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace

from oncall_tui.domain.maintenance import (
    STATUS_AFTER,
    Maintenance,
    MaintenanceStatus,
    NoticeDelivery,
    NoticeEvidence,
    NoticeKind,
    word_late,
)
from oncall_tui.domain.notices import (
    Standing,
    find_move,
    find_notice_applied,
    find_standing,
    is_made_alike,
    list_made_about,
    list_notice_evidence,
    may_hold_notice,
    tell_window,
)
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.absences import Absences
from oncall_tui.engine.composing import UnknownComponentError
from oncall_tui.engine.looks import count_requests, update_work
from oncall_tui.engine.noticing import PlannedPage, compose_notice
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.settling import Doubts
from oncall_tui.store.incidents import list_component_ids
from oncall_tui.store.maintenance import get_maintenance
from oncall_tui.store.notice_steps import claim_notice, settle_notice, settle_notice_delivered
from oncall_tui.store.notices import has_earlier_plan, list_placements
from oncall_tui.store.page import note_page_reached
from oncall_tui.store.planned_page import list_placed_ids, take_in_maintenance, yield_notice

_WATCH_AGAIN_MS = 2_000
_ASKED_AGAIN_MS = 60_000
_LOOK_BACK_MS = 3_600_000
_NOT_SHOWN = "the page does not show this maintenance: it was deleted there, or reads lag behind"
_GONE = "the page no longer has this maintenance: somebody deleted it there. Drop this delivery"
_OVERTAKEN = "not sent: what was confirmed later says more"
_KEPT_LOCAL = "kept here: this kind of page has no planned work"
_DECIDE = "Send it all the same (retry), or drop it"


class NoticeCourier:
    """Carries notices to one page; `doubts` tells which not to look for yet.

    `is_sending` while a request that changes the page may be under way.
    """

    def __init__(self, work: PageWork) -> None:
        self.is_sending = False
        self.doubts = Doubts(work)
        self._absences = Absences(work.config.quiet_period_ms, work.uptime)
        self._work = work
        self._store = work.store
        self._page = cast("PlannedPage", work.page)
        self._clock = work.clock
        self._fenced = work.fenced

    async def carry(self, delivery: NoticeDelivery) -> None:
        """Brings one notice as far as it gets now. Raises StoreError."""
        self.is_sending = False
        is_waiting_for_person = delivery.state is DeliveryState.FAILED or delivery.asked_at is not None
        if not self._page.capabilities.has_maintenance:
            await self._settle(delivery, DeliveryState.DROPPED, _KEPT_LOCAL)
        elif is_waiting_for_person and delivery.is_overtaken:
            await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
        elif delivery.state is DeliveryState.UNCERTAIN:
            await self._reconcile(delivery)
        else:
            await self._publish(delivery)

    async def doubt_own_fault(self, delivery: NoticeDelivery) -> None:
        """After the claim, a fault of our own leaves a doubt like one of the page. Raises StoreError."""
        await self._doubt(delivery, "a fault of our own while sending", self._work.config.quiet_period_ms)

    async def _publish(self, delivery: NoticeDelivery) -> None:
        try:
            await self._page.make_ready()
            # All requests are paid before the first, so that nothing waits between the baseline and the write.
            await self._work.budget.spend(count_requests(self._page, is_update=delivery.remote_id is not None))
            has_earlier = await self._store.call(has_earlier_plan, delivery.maintenance_id, page=delivery.page)
            remote, _ = await self._read_ours(delivery, is_looking=has_earlier)
            if not await self._is_free(delivery, remote):
                return
            now = self._clock()
            sent = replace(delivery, body=await self._word(delivery, remote, now))
            message = await compose_notice(self._work, sent, remote)
        except (RefusedByPageError, UnknownComponentError) as error:
            await self._settle(delivery, DeliveryState.FAILED, str(error))
            return
        except PageError as error:
            await self._retry(delivery, error)
            return
        seen = () if remote is None else tuple(update.remote_id for update in remote.updates)
        now = self._clock()
        if not await self._store.call(claim_notice, delivery.id, self._work.epoch, sent.body, seen, now):
            await self._fenced.look_for_successor()
            return
        self.is_sending = True
        self.doubts.note_sent(delivery.id)
        claimed = replace(sent, attempts=delivery.attempts + 1, baseline=seen, sending_at=now)
        await self._send(claimed, remote, message)

    async def _word(self, delivery: NoticeDelivery, remote: RemoteMaintenance | None, now: int) -> str:
        """Returns the confirmed words as they are true now, on what customers read so far."""
        window = None
        is_end = delivery.kind is NoticeKind.FINISH and delivery.is_automatic
        if is_end and remote is not None and remote.status is MaintenanceStatus.SCHEDULED:
            maintenance = await self._store.call(get_maintenance, delivery.maintenance_id)
            window = (maintenance.starts_at, maintenance.ends_at)
        return word_late(delivery.confirmed_body, delivery.due_at, now, window)

    async def _read_ours(
        self, delivery: NoticeDelivery, *, is_looking: bool
    ) -> tuple[RemoteMaintenance | None, list[NoticeEvidence]]:
        """Returns the work as the page has it now, None when it has none of ours, and what else might be the notice.

        Raises PageError.
        """
        ids = await self._store.call(list_component_ids, page=delivery.page)
        self._page.component_names = {remote_id: name for name, remote_id in ids.items()}
        if delivery.remote_id is not None:
            await self._work.budget.spend()
            remote = await self._page.get_maintenance(delivery.remote_id)
            if remote is not None:
                self._absences.note_shown((delivery.remote_id,))
            return remote, list_notice_evidence(delivery, remote)
        if not is_looking:
            return None, []
        maintenance: Maintenance = await self._store.call(get_maintenance, delivery.maintenance_id)
        skew_ms = self._page.clock_skew_ms or 0
        since = min(maintenance.created_at, maintenance.created_at + skew_ms) - _LOOK_BACK_MS
        recent = await self._page.list_maintenances(self._work.budget.spend, since)
        if ours := next((each for each in recent if each.uid == maintenance.uid), None):
            return ours, []
        skew_ms = self._page.clock_skew_ms or 0
        window_ms = self._work.config.request_timeout_ms + self._work.config.quiet_period_ms
        sending_at = delivery.sending_at or delivery.created_at
        placed = await self._store.call(list_placed_ids, maintenance.id, page=delivery.page)
        evidence = []
        for each in list_made_about(recent, sending_at, skew_ms, window_ms):
            if each.remote_id in placed:
                continue
            # A list may leave out the stamp that the work itself shows.
            await self._work.budget.spend()
            alone = await self._page.get_maintenance(each.remote_id)
            if alone is None or alone.uid not in (None, "", maintenance.uid):
                continue
            if alone.uid or (is_made_alike(maintenance, alone) and self._find_applied(delivery, alone)):
                return alone, []
            evidence += list_notice_evidence(delivery, alone)
        return None, evidence

    async def _is_free(self, delivery: NoticeDelivery, remote: RemoteMaintenance | None) -> bool:
        """Tells whether the notice should be sent onto what the page shows; settles it when not."""
        if remote is None:
            if delivery.kind is NoticeKind.PLAN:
                return True
            if delivery.remote_id is None:
                await self._settle(delivery, DeliveryState.DROPPED, "not sent: the plan is not on this page")
            elif self._absences.note_missing(delivery.remote_id):
                await self._settle(delivery, DeliveryState.FAILED, _GONE)
            else:
                await self._retry(delivery, NotAppliedError(_NOT_SHOWN))
            return False
        if (applied := self._find_applied(delivery, remote)) or delivery.kind is NoticeKind.PLAN:
            await self._deliver(delivery, remote, applied[0] if applied else None, "found on the page")
            return False
        await self._store.call(take_in_maintenance, remote, self._clock(), page=delivery.page)
        if await self._is_left_to_page(delivery, remote):
            return False
        if delivery.is_overtaken:
            await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
            return False
        if conflict := await self._find_conflict(delivery):
            await self._fail_conflict(delivery, conflict)
            return False
        return True

    async def _is_left_to_page(self, delivery: NoticeDelivery, remote: RemoteMaintenance) -> bool:
        """Tells whether the page's own state stands against the notice, or for it; settles it then."""
        shown = remote
        if remote.keeps_window:
            # What was said since stands in no window of the page; what others changed there was just taken in.
            ours: Maintenance = await self._store.call(get_maintenance, delivery.maintenance_id)
            shown = replace(remote, starts_at=ours.starts_at, ends_at=ours.ends_at)
        match find_standing(delivery, shown, self._page.clock_skew_ms or 0, self._clock()):
            case Standing.MOVED:
                await self._deliver(delivery, remote, find_move(delivery.kind, remote), "the page moved it by itself")
                return True
            case Standing.AWAITED:
                at = self._clock() + _WATCH_AGAIN_MS
                await self._settle(delivery, DeliveryState.RETRY_WAIT, "the page should move it by itself", at)
                return True
            case Standing.PUT_OFF if not delivery.is_overtaken:
                reason = f"somebody put this off on the page ({tell_window(remote)})"
                epoch, now = self._work.epoch, self._clock()
                if not await self._fenced.write(yield_notice, delivery.id, epoch, remote, reason, now):
                    await self._fail_conflict(delivery, reason)
                return True
            case Standing.OVER | Standing.BEGUN as standing if not delivery.is_overtaken:
                what = "over" if standing is Standing.OVER else "begun already"
                await self._fail_conflict(delivery, f"the page shows this maintenance as {what}")
                return True
        return False

    async def _find_conflict(self, delivery: NoticeDelivery) -> str:
        """Returns what both sides changed, where the notice would overwrite it without a person's word."""
        if not delivery.touches:
            return ""
        placements = await self._store.call(list_placements, delivery.maintenance_id)
        return next((each.conflict for each in placements if each.page == delivery.page), "")

    async def _send(
        self, delivery: NoticeDelivery, baseline: RemoteMaintenance | None, message: MaintenanceMessage
    ) -> None:
        quiet_ms = self._work.config.quiet_period_ms
        try:
            if baseline is None:
                answer = await self._page.create_maintenance(message)
            else:
                answer = await update_work(self._page, baseline, message)
        except NotAppliedError as error:
            await self._retry(delivery, error)
            return
        except RefusedByPageError as error:
            await self._settle(delivery, DeliveryState.FAILED, str(error))
            return
        except AmbiguousError as error:
            await self._doubt(delivery, str(error), quiet_ms)
            return
        applied = self._find_applied(delivery, answer)
        if applied is None and baseline is None:
            applied = (answer.updates[-1] if answer.updates else None,)
        if applied is None:
            await self._doubt(delivery, "the page answered, but does not show the notice", quiet_ms)
            return
        await self._deliver(delivery, answer, applied[0], "")

    async def _reconcile(self, delivery: NoticeDelivery) -> None:
        """Looks at the page after the quiet period: the notice stands there, or a rule or a person says what now."""
        try:
            await self._page.make_ready()
            remote, evidence = await self._read_ours(delivery, is_looking=True)
        except PageError as error:
            wait_ms = await self._work.note_failure(delivery.id, error)
            await self._doubt(delivery, f"not looked up yet: {error}", wait_ms)
            return
        applied = self._find_applied(delivery, remote) if remote is not None else None
        if remote is not None and (applied or delivery.kind is NoticeKind.PLAN):
            await self._deliver(delivery, remote, applied[0] if applied else None, "found on the page")
        elif remote is None and delivery.remote_id is not None:
            if self._absences.note_missing(delivery.remote_id):
                await self._settle(delivery, DeliveryState.FAILED, _GONE)
            else:
                await self._doubt(delivery, _NOT_SHOWN, self._work.config.quiet_period_ms)
        elif delivery.is_overtaken:
            await self._settle(delivery, DeliveryState.DROPPED, _OVERTAKEN)
        elif (left_ms := self.doubts.find_lag_left_ms(delivery.id, delivery.sending_at)) > 0:
            await self._doubt(delivery, "not on the page yet: reads may lag behind", left_ms)
        elif await self._may_resend(delivery, remote, evidence):
            await self._settle(delivery, DeliveryState.PENDING, "not on the page: sending again")
        else:
            now = self._clock()
            await self._fenced.settle(
                settle_notice,
                delivery.id,
                DeliveryState.UNCERTAIN,
                reason="not found on the page: is it there, send it again, or drop it?",
                now=now,
                next_try_at=now + _ASKED_AGAIN_MS,
                is_asking=True,
                evidence=evidence,
            )

    async def _may_resend(
        self, delivery: NoticeDelivery, remote: RemoteMaintenance | None, evidence: list[NoticeEvidence]
    ) -> bool:
        """What subscribers might get twice, or what may stand there already, is sent again by a person alone.

        Unless the page would not double it.
        """
        if delivery.kind is NoticeKind.PLAN and self._page.capabilities.repeats_create:
            return True
        maintenance: Maintenance = await self._store.call(get_maintenance, delivery.maintenance_id)
        status, is_stamped = self._find_status(delivery), remote is not None and remote.has_all_ops
        may_hold = may_hold_notice(delivery, maintenance.title, evidence, status=status, is_stamped=is_stamped)
        return not may_hold and (self._work.config.resends_unasked or not delivery.notify)

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
            remote=remote,
        )
        self._work.forget_failures(delivery.id)
        await self._store.call(note_page_reached, now, page=delivery.page, clock_skew_ms=self._page.clock_skew_ms)

    def _find_applied(
        self, delivery: NoticeDelivery, remote: RemoteMaintenance
    ) -> tuple[RemoteMaintenanceUpdate | None] | None:
        return find_notice_applied(delivery, self._find_status(delivery), remote)

    def _find_status(self, delivery: NoticeDelivery) -> MaintenanceStatus | None:
        """Returns the state that a message on the page shows for a notice, None where it shows none."""
        return None if self._page.capabilities.moves_silently else STATUS_AFTER.get(delivery.kind)

    async def _retry(self, delivery: NoticeDelivery, error: PageError) -> None:
        wait_ms = await self._work.note_failure(delivery.id, error)
        await self._settle(delivery, DeliveryState.RETRY_WAIT, str(error), self._clock() + wait_ms)

    async def _doubt(self, delivery: NoticeDelivery, reason: str, wait_ms: int) -> None:
        self.doubts.begin(delivery.id, wait_ms)
        await self._settle(delivery, DeliveryState.UNCERTAIN, reason, self._clock() + wait_ms)

    async def _fail_conflict(self, delivery: NoticeDelivery, what: str) -> None:
        """Asks a person whether to go over what somebody else did on the page."""
        await self._fenced.settle(
            settle_notice,
            delivery.id,
            DeliveryState.FAILED,
            reason=f"conflict: {what}. {_DECIDE}",
            now=self._clock(),
            is_conflict=True,
        )

    async def _settle(
        self, delivery: NoticeDelivery, state: DeliveryState, reason: str, next_try_at: int | None = None
    ) -> None:
        now = self._clock()
        await self._fenced.settle(settle_notice, delivery.id, state, reason=reason, now=now, next_try_at=next_try_at)

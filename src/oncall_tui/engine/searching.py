"""Looks on a page for what is ours, and for the proof that it has an update."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.outbox import (
    Applied,
    find_applied,
    find_lag_left_ms,
    find_ours,
    is_alike,
    list_candidates,
    may_hold,
)
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.domain.update import Delivery, DeliveryKind
from oncall_tui.engine.absences import Absences
from oncall_tui.engine.page_time import TOLERANCE_MS, PageTime
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.extras import LookupPage
from oncall_tui.store.deliveries import list_other_listings
from oncall_tui.store.incidents import get_incident, list_component_ids, read_origin

_LOOK_BACK_MS = 3_600_000


class Sighting(Struct, frozen=True):
    """What a look at the page found: the incident itself, and what may be ours though nothing proves it."""

    ours: RemoteIncident | None = None
    unclear: tuple[RemoteIncident, ...] = ()


class Search:
    """The eyes of one publisher; each request is paid out of its budget."""

    def __init__(self, work: PageWork) -> None:
        self._work = work
        self._page = work.page
        self._config = work.config
        self._clock = work.clock
        self.time = PageTime(work.page, work.clock)
        self._learning = asyncio.Lock()
        self._absences = Absences(work.config.quiet_period_ms, work.uptime)
        self._origin: str | None = None

    async def learn_time(self) -> None:
        """Asks the page for its time, unless that is known: what it makes next is found by it. Raises PageError."""
        async with self._learning:
            if not self.time.is_sure:
                await self._page.list_components(self._work.budget.spend)
                self.time.take()

    async def read_ours(self, delivery: Delivery, *, is_looking: bool, is_paid: bool = False) -> Sighting:
        """Looks for the delivery's incident as the page has it now.

        One that is known by its id costs one request, unless that `is_paid`; any other is searched for when
        `is_looking`. Raises PageError or StoreError.
        """
        ids = await self._work.store.call(list_component_ids, page=delivery.page)
        self._page.component_names = {remote_id: name for name, remote_id in ids.items()}
        if delivery.remote_incident_id is not None:
            if not is_paid:
                await self._work.budget.spend()
            found = await self._page.get_incident(delivery.remote_incident_id)
            self.time.take()
            if found is None:
                return Sighting()
            self._absences.note_shown((delivery.incident_id,))
            found = await self._take_stamps(found)
            return Sighting(found, (found,) if may_hold(self._as_shown(delivery), found) else ())
        return await self._find_ours(delivery) if is_looking else Sighting()

    async def _take_stamps(self, remote: RemoteIncident) -> RemoteIncident:
        """Another host that wrote last may have written over our stamp, without having seen it."""
        if self._origin is None:
            self._origin = await self._work.store.call(read_origin)
        return remote if remote.origin == self._origin else replace(remote, has_all_ops=False)

    async def _find_ours(self, delivery: Delivery) -> Sighting:
        if self._page.capabilities.has_lookup:
            await self._work.budget.spend()
            if (ours := await cast("LookupPage", self._page).find_incident(delivery.incident_uid)) is not None:
                return Sighting(ours)
        skew_ms = self._page.clock_skew_ms or 0
        # The clock may have been set back since: then it was made no earlier than the clock says now.
        begin = min(delivery.created_at, self._clock())
        if delivery.kind is DeliveryKind.BACKFILL:  # pages may say that it was made when it began
            begin = min(begin, (await self._work.store.call(get_incident, delivery.incident_id)).started_at)
        since = min(begin, begin + skew_ms, delivery.page_at or begin) - _LOOK_BACK_MS
        recent = await self._page.list_recent(since, self._work.budget.spend)
        self.time.take()
        skew_ms = self._page.clock_skew_ms or 0  # a new engine knows it by the first answer only
        window_ms = self._config.request_timeout_ms + self._config.quiet_period_ms
        delivery = self._as_shown(delivery)
        stamped = [remote for remote in recent if remote.uid is not None]
        if (ours := find_ours(delivery, stamped, skew_ms, window_ms)) is not None:
            return Sighting(ours)
        if delivery.page_at is None:
            delivery = replace(delivery, sending_at=min(delivery.sending_at or begin, self._clock()))
        others = await self._work.store.call(list_other_listings, delivery.incident_id, page=delivery.page)
        unclear = [remote for remote in recent if remote.remote_id not in others]
        timely = {remote.remote_id for remote in list_candidates(delivery, unclear, skew_ms, window_ms)}
        shown = []
        for remote in unclear:
            if remote.remote_id in timely or is_alike(delivery, remote):
                await self._work.budget.spend()
                if (alone := await self._page.get_incident(remote.remote_id)) is not None:
                    shown.append(alone)
        if (ours := find_ours(delivery, shown, skew_ms, window_ms)) is not None:
            return Sighting(ours)
        # Where stamps are kept, one without is ours only if somebody took ours away: then its words tell.
        has_stamps = any(remote.uid is not None for remote in (*recent, *shown))
        return Sighting(
            None,
            tuple(
                remote
                for remote in shown
                if is_alike(delivery, remote) or (remote.uid is None and remote.remote_id in timely and not has_stamps)
            ),
        )

    def find_given_up(self, earlier: Iterable[Delivery], unclear: Iterable[RemoteIncident]) -> RemoteIncident | None:
        """Returns the incident that an earlier delivery made before it was given up, None when none is proven."""
        skew_ms = self._page.clock_skew_ms or 0
        window_ms = self._config.request_timeout_ms + self._config.quiet_period_ms
        found = (find_ours(self._as_shown(each), unclear, skew_ms, window_ms) for each in earlier)
        return next((ours for ours in found if ours is not None), None)

    def find_applied(self, delivery: Delivery, remote: RemoteIncident) -> Applied | None:
        """Proves a delivery by what this kind of page can show of it."""
        return find_applied(self._as_shown(delivery), remote)

    def _as_shown(self, delivery: Delivery) -> Delivery:
        return replace(delivery, status=self._page.capabilities.show_status(delivery.status))

    def is_gone(self, delivery: Delivery) -> bool:
        """An incident that reads do not show was deleted, or was made just now and reads lag behind."""
        return self._absences.note_missing(delivery.incident_id)

    def find_lag_left_ms(self, delivery: Delivery) -> int:
        """Returns how long to look on before the absence of a delivery is believed."""
        passed_ms = self._clock() - (delivery.sending_at or 0)
        if delivery.page_at is not None and (page_now := self.time.read()) is not None:
            by_page_ms = page_now - delivery.page_at
            # Ours is the finer one, unless it was set since.
            passed_ms = passed_ms if abs(by_page_ms - passed_ms) < TOLERANCE_MS else by_page_ms
        return find_lag_left_ms(passed_ms, self._config.quiet_period_ms)

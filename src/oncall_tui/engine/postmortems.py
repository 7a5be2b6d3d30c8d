"""Takes reviews to a page and back, as people asked: absolute writes, repeated until they stand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import cast

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.outbox import Pace, find_backoff_ms
from oncall_tui.domain.postmortem import Publication, PublicationState, is_of_others, is_shown
from oncall_tui.engine.fenced import STORE_PAUSE_S, FencedStore
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import AmbiguousError, PageError, RefusedByPageError
from oncall_tui.engine.pages.extras import PostmortemPage
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.page import note_page_failed, note_page_reached
from oncall_tui.store.postmortem import (
    adopt_publications,
    claim_publication,
    list_due_publications,
    next_publication_at,
    settle_done,
    settle_given_up,
    settle_later,
)

_LOOK_MOST_S = 5.0
_NO_PLACE = "the page has no place for postmortems: give customers a file, made with `oncall-tui postmortem ID export`"
_NOT_THERE = "the page does not have this incident, so nothing can stand beside it"
_MAYBE_TOLD = (
    "the page does not show the text, but may have told its subscribers: look at it there, then publish again, "
    "with --notify or without"
)
_OF_OTHERS = "somebody wrote another text on the page: look at it there, then publish again with --force to replace it"

logger = logging.getLogger(__name__)


async def run_postmortems(
    store: StoreThread,
    page: Page,
    *,
    epoch: int,
    config: PageConfig,
    clock: Callable[[], int],
    rng: Random,
    wake: asyncio.Event,
    stop: asyncio.Event,
    pace: Pace | None = None,
) -> None:
    """Publishes and takes back on one page until `stop` is set, or until a later engine has taken over.

    `wake` is set by whoever sees the file change. What is cut off at the end rests for the page's quiet period before
    the next engine repeats it: a page may apply a request late, and a notice must not go out twice.
    """
    await _Postmortems(store, page, epoch, config, clock, rng, wake, stop, pace or Pace()).run()


async def drain_postmortems(
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
    """Does what is due, or will be before the deadline; what needs a person is left as it is."""
    work = _Postmortems(store, page, epoch, config, clock, rng, asyncio.Event(), asyncio.Event(), pace or Pace())
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            await work.run(is_ending_when_idle=True)


class _Postmortems:
    """One page's reviews, one after the other: there are few, and none is urgent."""

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
        pace: Pace,
    ) -> None:
        self._store = store
        self._page = page
        self._reviews = cast("PostmortemPage", page)
        self._epoch = epoch
        self._config = config
        self._clock = clock
        self._rng = rng
        self._wake = wake
        self._stop = stop
        self._pace = pace
        self._fenced = FencedStore(store, epoch, stop)
        self._budget = Budget(store, config, clock)
        self._failures: dict[tuple[int, int], int] = {}

    async def run(self, is_ending_when_idle: bool = False) -> None:
        quiet_until = self._clock() + self._config.quiet_period_ms
        await self._fenced.write(adopt_publications, self._epoch, quiet_until, page=self._config.name)
        while not (self._stop.is_set() or self._fenced.is_overtaken):
            self._wake.clear()
            try:
                pause_s = await self._do_due()
            except StoreError as error:
                logger.warning("postmortems wait for the database: %s", error)
                pause_s = STORE_PAUSE_S
            if is_ending_when_idle and pause_s is None:
                return
            await self._rest(_LOOK_MOST_S if pause_s is None else min(pause_s, _LOOK_MOST_S))

    async def _do_due(self) -> float | None:
        """Does what is due now; returns seconds until more is, None when nothing waits for a time."""
        name, now = self._config.name, self._clock()
        for publication in await self._store.call(list_due_publications, now, page=name):
            if self._stop.is_set() or self._fenced.is_overtaken:
                return None
            await self._tend(publication)
        # By the clock of the look above: what has become due since is not to be missed.
        due_at = await self._store.call(next_publication_at, now, page=name)
        return None if due_at is None else max(0, due_at - self._clock()) / 1000

    async def _rest(self, pause_s: float) -> None:
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _tend(self, publication: Publication) -> None:
        is_publishing = publication.state is PublicationState.PUBLISHING
        if not self._page.capabilities.has_postmortem:
            await self._give_up(publication, PublicationState.SKIPPED, _NO_PLACE)
            return
        if publication.remote_incident_id is None:
            if is_publishing:
                await self._give_up(publication, PublicationState.FAILED, _NOT_THERE)
            else:
                await self._settle_done(publication, None)
            return
        try:
            if is_publishing:
                await self._publish(publication, publication.remote_incident_id)
            else:
                await self._revert(publication, publication.remote_incident_id)
        except RefusedByPageError as error:
            await self._give_up(publication, PublicationState.FAILED, str(error))
        except PageError as error:
            await self._try_later(publication, error)

    async def _publish(self, publication: Publication, remote_id: str) -> None:
        await self._page.make_ready()
        await self._budget.spend()
        shown = await self._reviews.get_postmortem(remote_id)
        if is_of_others(shown, publication) and not publication.is_forced:
            await self._give_up(publication, PublicationState.FAILED, _OF_OTHERS)
            return
        if not is_shown(shown, publication.body):
            if publication.noticed_at is not None and not self._config.resends_unasked:
                await self._give_up(publication, PublicationState.FAILED, _MAYBE_TOLD)
                return
            if not await self._claim(publication):
                return
            await self._budget.spend()
            await self._reviews.write_postmortem_draft(remote_id, publication.body)
            if not await self._claim(publication, has_notice=publication.notify):
                return
            shown = await self._reviews.publish_postmortem(remote_id, self._budget.spend, notify=publication.notify)
            if not is_shown(shown, publication.body):
                raise AmbiguousError("the page answered, but does not show the text")
        assert shown is not None
        await self._settle_done(publication, shown.published_at)

    async def _revert(self, publication: Publication, remote_id: str) -> None:
        await self._page.make_ready()
        await self._budget.spend()
        shown = await self._reviews.get_postmortem(remote_id)
        if shown is not None and shown.published_at is not None:
            if not await self._claim(publication):
                return
            await self._budget.spend()
            shown = await self._reviews.revert_postmortem(remote_id)
            if shown.published_at is not None:
                raise AmbiguousError("the page answered, but still shows the text")
        await self._settle_done(publication, None)

    async def _claim(self, publication: Publication, *, has_notice: bool = False) -> bool:
        if await self._store.call(
            claim_publication,
            publication.id,
            self._epoch,
            wish=publication.wish,
            now=self._clock(),
            has_notice=has_notice,
        ):
            return True
        await self._fenced.look_for_successor()
        return False

    async def _settle_done(self, publication: Publication, page_published_at: int | None) -> None:
        now = self._clock()
        published_at = None if page_published_at is None else page_published_at - (self._page.clock_skew_ms or 0)
        await self._fenced.settle(
            settle_done,
            publication.id,
            wish=publication.wish,
            published_at=None if published_at is None else min(published_at, now),
            now=now,
        )
        self._failures.pop((publication.id, publication.wish), None)
        if publication.remote_incident_id is not None:
            skew_ms = self._page.clock_skew_ms
            await self._store.call(note_page_reached, now, page=publication.page, clock_skew_ms=skew_ms)

    async def _give_up(self, publication: Publication, state: PublicationState, reason: str) -> None:
        await self._fenced.settle(
            settle_given_up, publication.id, wish=publication.wish, state=state, reason=reason, now=self._clock()
        )

    async def _try_later(self, publication: Publication, error: PageError) -> None:
        key = (publication.id, publication.wish)
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        wait_ms = max(find_backoff_ms(failures, self._rng, self._pace), error.wait_ms or 0)
        now = self._clock()
        quiet_until = now + self._config.quiet_period_ms if isinstance(error, AmbiguousError) else None
        blocked_until = None if error.wait_ms is None else now + wait_ms
        await self._fenced.write(note_page_failed, str(error), now, page=publication.page, blocked_until=blocked_until)
        await self._fenced.settle(
            settle_later,
            publication.id,
            wish=publication.wish,
            next_try_at=now + wait_ms,
            quiet_until=quiet_until,
            reason=str(error),
        )

"""Takes reviews to a page and back, as people asked: absolute writes, repeated until they stand."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import cast

from oncall_tui.domain.postmortem import Publication, PublicationState, is_of_others, is_shown
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import AmbiguousError, PageError, RefusedByPageError
from oncall_tui.engine.pages.extras import PostmortemPage
from oncall_tui.store.page import note_page_reached
from oncall_tui.store.postmortem import (
    adopt_publications,
    claim_publication,
    list_due_publications,
    next_publication_at,
    settle_done,
    settle_given_up,
    settle_later,
)

_NO_PLACE = "the page has no place for postmortems: give customers a file, made with `oncall-tui postmortem ID export`"
_NOT_THERE = "the page does not have this incident, so nothing can stand beside it"
_MAYBE_TOLD = (
    "the page does not show the text, but may have told its subscribers: look at it there, then publish again, "
    "with --notify or without"
)
_OF_OTHERS = "somebody wrote another text on the page: look at it there, then publish again with --force to replace it"


async def run_postmortems(work: PageWork) -> None:
    """Publishes and takes back on one page until the work is stopped, or until a later engine has taken over.

    What is cut off at the end rests for the page's quiet period before the next engine repeats it: a page may apply a
    request late, and a notice must not go out twice.
    """
    await _Postmortems(work).run()


async def drain_postmortems(work: PageWork, deadline_s: float) -> None:
    """Does what is due, or will be before the deadline; what needs a person is left as it is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            await _Postmortems(work).run(is_ending_when_idle=True)


class _Postmortems:
    """One page's reviews, one after the other: there are few, and none is urgent."""

    def __init__(self, work: PageWork) -> None:
        self._work = work
        self._page = work.page
        self._reviews = cast("PostmortemPage", work.page)
        self._clock = work.clock
        self._fenced = work.fenced

    async def run(self, is_ending_when_idle: bool = False) -> None:
        quiet_until = self._clock() + self._work.config.quiet_period_ms
        name = self._work.config.name
        await self._fenced.write(adopt_publications, self._work.epoch, quiet_until, page=name)
        await self._work.keep_doing(self._do_due, "postmortems", is_ending_when_idle=is_ending_when_idle)

    async def _do_due(self) -> float | None:
        """Does what is due now; returns seconds until more is, None when nothing waits for a time."""
        name, now = self._work.config.name, self._clock()
        for publication in await self._work.store.call(list_due_publications, now, page=name):
            if self._work.is_over:
                return None
            await self._tend(publication)
        # By the clock of the look above: what has become due since is not to be missed.
        due_at = await self._work.store.call(next_publication_at, now, page=name)
        return None if due_at is None else max(0, due_at - self._clock()) / 1000

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
        await self._work.budget.spend()
        shown = await self._reviews.get_postmortem(remote_id)
        if is_of_others(shown, publication) and not publication.is_forced:
            await self._give_up(publication, PublicationState.FAILED, _OF_OTHERS)
            return
        if not is_shown(shown, publication.body):
            if publication.noticed_at is not None and not self._work.config.resends_unasked:
                await self._give_up(publication, PublicationState.FAILED, _MAYBE_TOLD)
                return
            if not await self._claim(publication):
                return
            await self._work.budget.spend()
            await self._reviews.write_postmortem_draft(remote_id, publication.body)
            if not await self._claim(publication, has_notice=publication.notify):
                return
            shown = await self._reviews.publish_postmortem(
                remote_id, self._work.budget.spend, notify=publication.notify
            )
            if not is_shown(shown, publication.body):
                raise AmbiguousError("the page answered, but does not show the text")
        assert shown is not None
        await self._settle_done(publication, shown.published_at)

    async def _revert(self, publication: Publication, remote_id: str) -> None:
        await self._page.make_ready()
        await self._work.budget.spend()
        shown = await self._reviews.get_postmortem(remote_id)
        if shown is not None and shown.published_at is not None:
            if not await self._claim(publication):
                return
            await self._work.budget.spend()
            shown = await self._reviews.revert_postmortem(remote_id)
            if shown.published_at is not None:
                raise AmbiguousError("the page answered, but still shows the text")
        await self._settle_done(publication, None)

    async def _claim(self, publication: Publication, *, has_notice: bool = False) -> bool:
        if await self._work.store.call(
            claim_publication,
            publication.id,
            self._work.epoch,
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
        self._work.forget_failures((publication.id, publication.wish))
        if publication.remote_incident_id is not None:
            skew_ms = self._page.clock_skew_ms
            await self._work.store.call(note_page_reached, now, page=publication.page, clock_skew_ms=skew_ms)

    async def _give_up(self, publication: Publication, state: PublicationState, reason: str) -> None:
        await self._fenced.settle(
            settle_given_up, publication.id, wish=publication.wish, state=state, reason=reason, now=self._clock()
        )

    async def _try_later(self, publication: Publication, error: PageError) -> None:
        wait_ms = await self._work.note_failure((publication.id, publication.wish), error)
        now = self._clock()
        quiet_until = now + self._work.config.quiet_period_ms if isinstance(error, AmbiguousError) else None
        await self._fenced.settle(
            settle_later,
            publication.id,
            wish=publication.wish,
            next_try_at=now + wait_ms,
            quiet_until=quiet_until,
            reason=str(error),
        )

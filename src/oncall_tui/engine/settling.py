"""How an attempt ends that did not bring a delivery to its page: tried again, given to a person, or looked into."""

from __future__ import annotations

import asyncio

from oncall_tui.domain.update import Delivery
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.store.deliveries import settle_failed, settle_retry, settle_uncertain


class Settling:
    """The ends of the attempts on one page.

    `sending` holds the incidents with a request under way; `doubted_until` the uncertain deliveries, each with the end
    of its quiet period by the loop's time: a clock that is set on must not cut it short.
    """

    def __init__(self, work: PageWork) -> None:
        self.sending: set[int] = set()
        self.doubted_until: dict[int, float] = {}
        self._work = work

    async def retry(self, delivery: Delivery, error: PageError) -> None:
        """What was certainly not applied is tried again."""
        wait_ms = await self._work.note_failure(delivery.id, error)
        now = self._work.clock()
        await self._work.fenced.settle(settle_retry, delivery.id, next_try_at=now + wait_ms, reason=str(error), now=now)

    async def fail(self, delivery: Delivery, reason: str, *, is_conflict: bool = False) -> None:
        """A person has to decide: in an `is_conflict`, whether to go over what somebody else did on the page."""
        now = self._work.clock()
        await self._work.fenced.settle(settle_failed, delivery.id, reason=reason, now=now, is_conflict=is_conflict)

    async def doubt(self, delivery: Delivery, reason: str, wait_ms: int | None = None) -> None:
        """What may or may not have been applied is looked for after a wait, a quiet period unless told otherwise."""
        wait_ms = self._work.config.quiet_period_ms if wait_ms is None else wait_ms
        now = self._work.clock()
        self.doubted_until[delivery.id] = asyncio.get_running_loop().time() + wait_ms / 1000
        await self._work.fenced.settle(settle_uncertain, delivery.id, next_try_at=now + wait_ms, reason=reason, now=now)

    async def doubt_look(self, delivery: Delivery, error: PageError) -> None:
        """A page that cannot be read leaves the doubt as it was."""
        wait_ms = await self._work.note_failure(delivery.id, error)
        await self.doubt(delivery, f"not looked up yet: {error}", wait_ms)

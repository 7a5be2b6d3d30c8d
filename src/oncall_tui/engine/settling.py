"""How an attempt ends that did not bring a delivery to its page: tried again, given to a person, or looked into."""

from __future__ import annotations

from oncall_tui.domain.outbox import find_lag_left_ms
from oncall_tui.domain.update import Delivery
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.store.deliveries import settle_failed, settle_retry, settle_uncertain


class Doubts:
    """What this engine has left in doubt on one page, by uptime: a clock that is set on must not cut a wait short."""

    def __init__(self, work: PageWork) -> None:
        self._work = work
        self._sent_s: dict[int, float] = {}
        self._until_s: dict[int, float] = {}

    def note_sent(self, delivery_id: int) -> None:
        self._sent_s[delivery_id] = self._work.uptime()

    def begin(self, delivery_id: int, wait_ms: int) -> None:
        """Leaves a delivery in doubt for so long."""
        self._until_s[delivery_id] = self._work.uptime() + wait_ms / 1000

    def find_left_s(self, delivery_id: int) -> float:
        """Returns how long not to look for a delivery in doubt, 0 or less when it may be looked for."""
        return self._until_s.get(delivery_id, 0.0) - self._work.uptime()

    def find_lag_left_ms(self, delivery_id: int, sending_at: int | None) -> int:
        """Returns how long to look on before the absence of a delivery is believed.

        What an earlier engine sent goes by the clock.
        """
        sent_s = self._sent_s.get(delivery_id)
        passed_ms = (
            self._work.clock() - (sending_at or 0) if sent_s is None else int((self._work.uptime() - sent_s) * 1000)
        )
        return find_lag_left_ms(passed_ms, self._work.config.quiet_period_ms)


class Settling:
    """The ends of the attempts on one page; `sending` holds the incidents with a request under way."""

    def __init__(self, work: PageWork) -> None:
        self.sending: set[int] = set()
        self.doubts = Doubts(work)
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
        self.doubts.begin(delivery.id, wait_ms)
        await self._work.fenced.settle(settle_uncertain, delivery.id, next_try_at=now + wait_ms, reason=reason, now=now)

    async def doubt_look(self, delivery: Delivery, error: PageError) -> None:
        """A page that cannot be read leaves the doubt as it was."""
        wait_ms = await self._work.note_failure(delivery.id, error)
        await self.doubt(delivery, f"not looked up yet: {error}", wait_ms)

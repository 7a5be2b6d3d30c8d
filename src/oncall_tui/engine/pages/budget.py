"""The page's rate limit, shared through the file by the publisher, the reader and every engine after this one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.outbox import RETRY_AFTER_MOST_MS
from oncall_tui.engine.pages import Page
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.page import read_page, spend_request

# The limit holds for requests as the page receives them; a second more than its minute allows for the way there.
_WINDOW_MS = 61_000
_NAP_MS = 5_000
_REST_NAP_S = 1.0


class Budget:
    """Gives out requests: writes may use all of the rolling minute, reads of the reader only half.

    None go while the `page` takes no token of ours. `is_given_up` tells that whoever asked last did not wait for the
    request: that it was not made is no fault of the page.
    """

    def __init__(
        self, store: StoreThread, config: PageConfig, clock: Callable[[], int], page: Page | None = None
    ) -> None:
        self.is_given_up = False
        self._store = store
        self._page = config.name
        self._limit = config.requests_per_minute
        self._clock = clock
        self._find_rest_s = None if page is None else page.find_rest_s

    async def spend(self, count: int = 1, *, is_backlog: bool = False) -> None:
        """Waits until so many requests for a delivery may go, all at once. Raises StoreError.

        What has waited long leaves an eighth of the minute to what customers ask about now.
        """
        await self._spend(self._limit // 8 if is_backlog else 0, count, is_write=True)

    async def spend_on_reading(self) -> None:
        """Waits until one request may go that leaves half of the minute to deliveries. Raises StoreError."""
        await self._spend(self._limit // 2, 1, is_write=False)

    async def _spend(self, reserve: int, count: int, *, is_write: bool) -> None:
        self.is_given_up = True
        while True:
            rest_s = 0.0 if self._find_rest_s is None else await self._find_rest_s(is_write=is_write)
            if rest_s <= 0:
                break
            # In short naps, since another may find that the page takes a token again.
            await asyncio.sleep(min(rest_s, _REST_NAP_S))
        while True:
            wait_ms = await self._store.call(_take, self._page, self._clock(), self._limit, reserve, count)
            if not wait_ms:
                break
            # In short naps, since the clock may be set meanwhile.
            await asyncio.sleep(min(wait_ms, _NAP_MS) / 1000)
        self.is_given_up = False


def _take(db: Database, page: str, now: int, limit: int, reserve: int, count: int) -> int:
    blocked_until = read_page(db, page=page).blocked_until
    if blocked_until is not None and now < blocked_until <= now + RETRY_AFTER_MOST_MS:
        return blocked_until - now
    return spend_request(db, now, limit=limit, reserve=reserve, count=count, page=page, window_ms=_WINDOW_MS)

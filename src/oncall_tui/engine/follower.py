"""Looks after planned work that a page holds: whether customers see each notice, and what others change there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.notices import tell_plan_difference
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.engine.noticing import PlannedPage
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.maintenance import get_maintenance
from oncall_tui.store.notices import (
    list_followed,
    list_unseen_notices,
    mark_notices_seen,
    note_difference,
)

FOLLOW_EVERY_S = 60.0
_SEEN_EVERY_S = 2.0
_FRESH_MS = 60_000
_RECENT_MS = 86_400_000
_ENDED_MS = 3_600_000

logger = logging.getLogger(__name__)


async def run_follower(
    store: StoreThread,
    page: PlannedPage,
    *,
    config: PageConfig,
    clock: Callable[[], int],
    stop: asyncio.Event,
    every_s: float = FOLLOW_EVERY_S,
) -> None:
    """Looks once a minute at the work that a page holds, and more often for what it has just taken, until `stop`.

    Of a page that holds none of ours it asks nothing.
    """
    budget = Budget(store, config, clock)
    follow_at = 0.0
    while not stop.is_set():
        try:
            is_full_look = asyncio.get_running_loop().time() >= follow_at
            await look_for_notices(store, page, config, clock, is_fresh_only=not is_full_look)
            if is_full_look:
                follow_at = asyncio.get_running_loop().time() + every_s
                await follow_once(store, page, config.name, budget, clock)
        except (PageError, StoreError) as error:
            logger.info("planned work was not looked at: %s", error)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_SEEN_EVERY_S, every_s)):
                await stop.wait()


async def follow_once(
    store: StoreThread, page: PlannedPage, name: str, budget: Budget, clock: Callable[[], int]
) -> None:
    """Notes how the page shows our work otherwise than we told it. Raises PageError or StoreError."""
    for placement in await store.call(list_followed, clock() - _ENDED_MS, page=name):
        await budget.spend_on_reading()
        remote = await page.get_maintenance(placement.remote_id)
        maintenance = await store.call(get_maintenance, placement.maintenance_id)
        difference = tell_plan_difference(maintenance, remote)
        # What was confirmed while the page was asked has yet to be told to it.
        if placement in await store.call(list_followed, clock() - _ENDED_MS, page=name):
            await store.call(note_difference, placement, difference, clock())


async def look_for_notices(
    store: StoreThread, page: PlannedPage, config: PageConfig, clock: Callable[[], int], *, is_fresh_only: bool
) -> None:
    """Marks what customers can read by now, of the last minute's or the last day's. Raises PageError or StoreError."""
    if config.public_url is None:
        return
    since_at = clock() - (_FRESH_MS if is_fresh_only else _RECENT_MS)
    awaited = await store.call(list_unseen_notices, since_at, page=config.name)
    if not awaited:
        return
    shown = await page.read_public_maintenances({each.remote_id: each.body for each in awaited})
    seen = [each.remote_id for each in awaited if shown.get(each.remote_id) == normalise_body(each.body)]
    if seen:
        await store.call(mark_notices_seen, seen, clock(), page=config.name)

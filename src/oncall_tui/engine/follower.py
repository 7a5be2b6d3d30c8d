"""Looks after planned work on a page: what others make and change there, and whether customers see each notice."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import cast

from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.merging import is_worth_following
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.noticing import PlannedPage
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.store.incidents import list_component_ids
from oncall_tui.store.notice_steps import mark_notices_seen
from oncall_tui.store.notices import list_followed, list_unseen_notices
from oncall_tui.store.planned_page import note_maintenance_gone, take_in_maintenance
from oncall_tui.store.public_words import find_doubts

FOLLOW_EVERY_S = 65.0
"""So long after what the reader has read last, which is asked for here only when it reads nothing."""
_WHOLE_EVERY_S = 3_600.0
_SEEN_EVERY_S = 2.0
_FRESH_MS = 60_000
_RECENT_MS = 86_400_000
_ENDED_MS = 3_600_000

logger = logging.getLogger(__name__)


async def run_follower(work: PageWork, *, every_s: float = FOLLOW_EVERY_S) -> None:
    """Looks once a minute at the planned work of a page, and more often for what it has just taken, until stopped.

    Of a page that has no planned work it asks nothing.
    """
    if not work.page.capabilities.has_maintenance:
        await work.stop.wait()
        return
    loop = asyncio.get_running_loop()
    page = cast("PlannedPage", work.page)
    follow_at = whole_at = 0.0
    readings = page.latest_readings
    while not work.stop.is_set():
        try:
            is_known = page.latest_readings != readings
            is_due, is_whole = is_known or loop.time() >= follow_at, loop.time() >= whole_at
            await look_for_notices(work, is_fresh_only=not is_due)
            if is_due:
                follow_at, readings = loop.time() + every_s, page.latest_readings
                await follow_once(work, is_whole=is_whole, is_known=is_known)
                readings = page.latest_readings
                whole_at = loop.time() + _WHOLE_EVERY_S if is_whole else whole_at
        except (PageError, StoreError) as error:
            logger.info("planned work was not looked at: %s", error)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_SEEN_EVERY_S, every_s)):
                await work.stop.wait()


async def follow_once(work: PageWork, *, is_whole: bool, is_known: bool = False) -> None:
    """Takes in what a page shows of planned work. Raises PageError or StoreError.

    One request where nothing is missing in what was made last, none where the reader has just read that (`is_known`);
    with `is_whole` also those for what was made long ago.
    """
    page, name = cast("PlannedPage", work.page), work.config.name
    if not page.capabilities.has_maintenance:
        return
    ids = await work.store.call(list_component_ids, page=name)
    page.component_names = {remote_id: component for component, remote_id in ids.items()}
    permit = work.budget.spend_on_reading
    latest = page.recall_latest_maintenances() if is_known else await page.list_latest_maintenances(permit)
    found = {each.remote_id: each for each in latest}
    if is_whole:
        found |= {each.remote_id: each for each in await page.list_maintenances(permit)}
    for remote in found.values():
        if is_worth_following(remote, work.clock() + (page.clock_skew_ms or 0)):
            await _take_in(work, remote)
    for placement in await work.store.call(list_followed, work.clock() - _ENDED_MS, page=name):
        if placement.remote_id not in found:
            await permit()
            alone = await page.get_maintenance(placement.remote_id)
            if alone is None:
                await work.store.call(note_maintenance_gone, placement, work.clock())
            else:
                await _take_in(work, alone)


async def _take_in(work: PageWork, remote: RemoteMaintenance) -> None:
    await work.store.call(take_in_maintenance, remote, work.clock(), page=work.config.name)


async def look_for_notices(work: PageWork, *, is_fresh_only: bool) -> None:
    """Marks what customers can read by now, of the last minute's or the last day's. Raises PageError or StoreError."""
    page, name = cast("PlannedPage", work.page), work.config.name
    if work.config.public_url is None or not page.capabilities.has_maintenance:
        return
    since_at = work.clock() - (_FRESH_MS if is_fresh_only else _RECENT_MS)
    awaited = await work.store.call(list_unseen_notices, since_at, page=name)
    if awaited and not page.capabilities.has_public_list:
        doubts = await work.store.call(find_doubts, awaited, work.clock(), page=name)
        awaited = [each for each in awaited if not doubts[each.remote_id]]
    if not awaited:
        return
    shown = await page.read_public_maintenances({each.remote_id: each.body for each in awaited})
    seen = [each.remote_id for each in awaited if shown.get(each.remote_id) == normalise_body(each.body)]
    if seen:
        await work.store.call(mark_notices_seen, seen, work.clock(), page=name)

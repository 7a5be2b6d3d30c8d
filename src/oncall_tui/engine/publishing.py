"""The page by its config, and one round of publishing without an engine, for `oncall-tui sync`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

from oncall_tui import __version__
from oncall_tui.clock import now_ms
from oncall_tui.config.model import BroadcastConfig, Config, PageConfig
from oncall_tui.config.token import Secret, read_token
from oncall_tui.domain.shortform import Form
from oncall_tui.engine.broadcast import Channel
from oncall_tui.engine.broadcaster import drain_broadcasts
from oncall_tui.engine.follower import follow_once, look_for_notices
from oncall_tui.engine.maintainer import run_maintainer
from oncall_tui.engine.page_work import PageWork, Work
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.postmortems import drain_postmortems
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.reader import look_once, read_page_once
from oncall_tui.engine.spawn import read_host
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.lease import end_lease, take_lease
from oncall_tui.store.lock import engine_lock
from oncall_tui.store.page import note_page_failed, replace_pages
from oncall_tui.store.planned_clock import fire_due
from oncall_tui.store.probes import replace_probes

LOCK_WAIT_S = 0.3
"""Others try the lock for an instant to see whether it is free; a start must not lose to a look."""


def open_page(config: PageConfig) -> Page:
    """Returns the adapter of a page; its token is read when it is needed. Raises UsageError for an unsafe address."""
    return _find_adapter(config.adapter)(config, partial(read_token, config.token, os.environ), now_ms)


def _find_adapter(name: str) -> Callable[[PageConfig, Callable[[], Secret], Callable[[], int]], Page]:
    """Loads one kind of page alone: most engines speak with one."""
    match name:
        case "incident.io":
            from oncall_tui.engine.pages.incidentio import IncidentIo

            return IncidentIo
        case "cachet":
            from oncall_tui.engine.pages.cachet import Cachet

            return Cachet
        case "instatus":
            from oncall_tui.engine.pages.instatus import Instatus

            return Instatus
        case "betterstack":
            from oncall_tui.engine.pages.betterstack import BetterStack

            return BetterStack
        case "openstatus":
            from oncall_tui.engine.pages.openstatus import OpenStatus

            return OpenStatus
    return Statuspage


async def _read_back(store: StoreThread, page: Page, config: PageConfig) -> None:
    budget = Budget(store, config, now_ms, page)
    is_more_awaited = await _look(store, page, config)
    if not await _may_read(page):
        return
    try:
        async with asyncio.timeout(config.request_timeout_ms / 1000):
            await read_page_once(store, page, config.name, budget, now_ms)
    except (PageError, TimeoutError) as error:
        if str(error) or not budget.is_given_up:
            why = str(error) or "the page could not be read in time"
            await store.call(note_page_failed, why, now_ms(), page=config.name)
    if is_more_awaited:
        await _look(store, page, config)


async def _may_read(page: Page) -> bool:
    """Tells whether the page takes our token, as far as is known: a round does not wait for another one."""
    return not page.refusal or await page.find_rest_s(is_write=False) <= 0


async def _look(store: StoreThread, page: Page, config: PageConfig) -> bool:
    """Returns whether customers may get to see more."""
    if config.public_url is None:
        return False
    try:
        return await look_once(store, page, config.name, now_ms)
    except PageError as error:
        await store.call(note_page_failed, str(error), now_ms(), page=config.name)
        return True


async def publish_once(db_path: Path, config: Config, deadline_s: float) -> bool:
    """Publishes what is queued and reads each page once, as the engine would; returns False when an engine runs.

    Raises StoreError, or UsageError for a page that cannot be used.
    """
    store = StoreThread(db_path)
    await store.start()
    pages = [(page_config, open_page(page_config)) for page_config in config.pages]
    try:
        with engine_lock(db_path) as lock:
            if not lock.acquire(LOCK_WAIT_S):
                return False
            host, boot_id = read_host()
            epoch = await store.call(
                take_lease, pid=os.getpid(), host=host, boot_id=boot_id, version=__version__, mode="sync", now=now_ms()
            )
            try:
                await take_config(store, config, pages)
                async with asyncio.TaskGroup() as group:
                    for page_config, page in pages:
                        group.create_task(_publish_once(store, page_config, page, epoch, deadline_s))
                for broadcast in config.broadcasts:
                    await drain_broadcasts(
                        Work(store=store, epoch=epoch, clock=now_ms, rng=make_chance()),
                        open_channel(broadcast),
                        name=broadcast.name,
                        form=Form(broadcast.form),
                        addresses=find_addresses(config),
                    )
            finally:
                await store.call(end_lease, epoch, now_ms())
            return True
    finally:
        for _, page in pages:
            await page.close()
        await store.close()


async def take_config(store: StoreThread, config: Config, pages: Sequence[tuple[PageConfig, Page]]) -> None:
    """Makes the file hold what the config says of probes, components and pages."""
    components = [(component.name, component.remote_id) for component in config.components]
    await store.call(replace_probes, config.probes, components, page=config.page_names[0])
    known = {page_config.name: page.capabilities for page_config, page in pages}
    await store.call(replace_pages, [(name, known.get(name)) for name in config.page_names if config.pages])


def make_chance() -> Random:
    """Returns what spreads retries and starts; it keeps no secret."""
    return Random()  # noqa: S311


def find_addresses(config: Config) -> dict[str, str]:
    """Returns where customers read each page, empty where the config does not tell."""
    return {page.name: page.public_url or "" for page in config.pages}


async def _drain_notices(work: PageWork, deadline_s: float) -> None:
    await work.store.call(fire_due, work.epoch, now_ms())
    timer = asyncio.get_running_loop().call_later(deadline_s, work.stop.set)
    try:
        await run_maintainer(work, is_ending_when_idle=True)
        if not await _may_read(work.page):
            return
        async with asyncio.timeout(work.config.request_timeout_ms / 1000):
            await follow_once(work, is_whole=True)
            await look_for_notices(work, is_fresh_only=True)
    except TimeoutError:
        return
    except PageError as error:
        await work.store.call(note_page_failed, str(error), now_ms(), page=work.config.name)
    finally:
        timer.cancel()


async def _publish_once(store: StoreThread, config: PageConfig, page: Page, epoch: int, deadline_s: float) -> None:
    def begin() -> PageWork:
        return PageWork(store=store, page=page, epoch=epoch, config=config, clock=now_ms, rng=make_chance())

    await drain(begin(), deadline_s)
    # After the updates: a page takes the review of an incident that it holds as resolved.
    await drain_postmortems(begin(), deadline_s)
    await _drain_notices(begin(), deadline_s)
    await _read_back(store, page, config)


def open_channel(config: BroadcastConfig) -> Channel:
    """Returns the channel of a broadcast; its address is read, and its library loaded, when it is needed."""
    from oncall_tui.engine.broadcast.apprise_channel import AppriseChannel

    return AppriseChannel(config.name, partial(read_token, config.url, os.environ, "broadcast.url"), limit=config.limit)

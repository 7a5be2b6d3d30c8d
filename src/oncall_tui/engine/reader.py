"""Takes in what the page says: components, incidents that others write, and whether customers can see our updates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from enum import Enum, auto
from itertools import chain, repeat

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.update import Awaited
from oncall_tui.engine.absences import Absences
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.deliveries import mark_seen
from oncall_tui.store.incidents import list_component_ids, list_incidents
from oncall_tui.store.outbox import list_unseen
from oncall_tui.store.page import (
    apply_components,
    apply_incident,
    list_over_since,
    note_incident_gone,
    note_page_failed,
    note_page_name,
    note_page_reached,
)
from oncall_tui.store.public_words import set_aside_unprovable, set_aside_unshown

BUSY_EVERY_S = 30.0
IDLE_EVERY_S = 60.0
_LATEST_EVERY_S = 300.0
_RECENT_MS = 86_400_000
_SEEN_AFTER_S = (0.2, 0.3, 0.5, 1.0, 2.0, 2.0, 2.0, 4.0, 8.0, 16.0, 30.0)
_SEEN_EVERY_S = 60.0

logger = logging.getLogger(__name__)


async def run_reader(
    store: StoreThread,
    page: Page,
    *,
    config: PageConfig,
    clock: Callable[[], int],
    delivered: asyncio.Event,
    stop: asyncio.Event,
    busy_every_s: float = BUSY_EVERY_S,
    idle_every_s: float = IDLE_EVERY_S,
) -> None:
    """Reads the page at once, after each delivery (`delivered` is cleared here), and at an interval, until `stop`.

    What customers see costs nothing of the rate limit, and is looked at apart: reading may have to wait for its share.
    A page that cannot be read is noted in the file and asked again; nothing that fails here ends the reader.
    """
    async with asyncio.TaskGroup() as group:
        news, arrival = asyncio.Event(), asyncio.Event()
        tasks = [
            group.create_task(_pass_on(delivered, (news, arrival))),
            group.create_task(_keep_reading(store, page, config, clock, news, busy_every_s, idle_every_s)),
        ]
        if config.public_url is not None:
            tasks.append(group.create_task(_keep_looking(store, page, config.name, clock, arrival)))
        else:
            tasks.append(group.create_task(_keep_setting_aside(store, config.name, arrival)))
        await stop.wait()
        for task in tasks:
            task.cancel()


class Scope(Enum):
    """What a look at the page takes in, besides its components and what is open with us.

    What is open there can matter within a minute; the rest of the last day is what was opened and resolved between two
    looks. The latter alone is for a page on which nothing is open, to keep to two requests.
    """

    OPEN = auto()
    LATEST = auto()
    WHOLE = auto()


async def read_page_once(
    store: StoreThread,
    page: Page,
    name: str,
    budget: Budget,
    clock: Callable[[], int],
    *,
    scope: Scope = Scope.WHOLE,
    absences: Absences | None = None,
) -> bool:
    """Takes in the page as it is now; returns whether an incident is open. Raises PageError or StoreError.

    Without the `absences` of earlier reads none of ours is called gone.
    """
    permit = budget.spend_on_reading
    await store.call(apply_components, await page.list_components(permit, is_routine=True), page=name)
    ids = await store.call(list_component_ids, page=name)
    page.component_names = {remote_id: component for component, remote_id in ids.items()}
    unresolved = [] if scope is Scope.LATEST else await page.list_unresolved(permit)
    since = clock() + (page.clock_skew_ms or 0) - _RECENT_MS
    recent = [] if scope is Scope.OPEN else await page.list_recent(since, permit)
    # An incident in both lists is taken as the later one has it.
    remotes = {remote.remote_id: remote for remote in [*unresolved, *recent]}
    for remote in remotes.values():
        await store.call(apply_incident, remote, clock(), page=name)
    ours = await store.call(list_incidents, is_open_only=True)
    watched = [incident.listings[name].remote_id for incident in ours if name in incident.listings]
    if scope is not Scope.OPEN:
        # Lists go by the beginning: one that lasted for a day is in none of them once it is over.
        watched += await store.call(list_over_since, clock() - _RECENT_MS, page=name)
    for remote_id in watched:
        if remote_id not in remotes:
            await permit()
            found = await page.get_incident(remote_id)
            if found is not None:
                remotes[found.remote_id] = found
                await store.call(apply_incident, found, clock(), page=name)
            elif absences is not None and absences.note_missing(remote_id):
                await store.call(note_incident_gone, remote_id, clock(), page=name)
    if absences is not None:
        absences.note_shown(remotes)
    await store.call(note_page_reached, clock(), page=name, clock_skew_ms=page.clock_skew_ms)
    if page.refusal:
        # It may be read with any token, and written to with none of ours.
        await store.call(note_page_failed, page.refusal, clock(), page=name)
    return bool(ours)


async def read_name_once(store: StoreThread, page: Page, name: str, budget: Budget) -> None:
    """Takes in what the page is called, for the screens. Raises PageError or StoreError."""
    await budget.spend_on_reading()
    found = await page.read_page()
    if found is not None:
        await store.call(note_page_name, found.name, found.public_url, page=name)


async def look_once(store: StoreThread, page: Page, name: str, clock: Callable[[], int]) -> bool:
    """Marks what customers can read by now; returns whether more is awaited. Raises PageError or StoreError."""
    awaited = await _list_awaited(store, name, clock())
    if awaited and not page.capabilities.has_public_list:
        awaited = await store.call(set_aside_unprovable, awaited, clock(), page=name)
    if not awaited:
        return False
    shown = await page.read_public({update.remote_id: update.body for update in awaited})
    seen = {
        update.remote_id: update.body
        for update in awaited
        if shown.get(update.remote_id) == normalise_body(update.body)
    }
    if seen:
        await store.call(mark_seen, seen, clock(), page=name)
    return len(seen) < len(awaited)


async def _list_awaited(store: StoreThread, name: str, now: int) -> list[Awaited]:
    """The public list holds the latest incidents only, so what was not seen within a day is looked for no more."""
    return [update for update in await store.call(list_unseen, page=name) if update.accepted_at > now - _RECENT_MS]


async def _pass_on(event: asyncio.Event, others: Sequence[asyncio.Event]) -> None:
    """Sets the others at the beginning and whenever the event is set, which is cleared."""
    while True:
        for other in others:
            other.set()
        await event.wait()
        event.clear()


async def _keep_reading(
    store: StoreThread,
    page: Page,
    config: PageConfig,
    clock: Callable[[], int],
    news: asyncio.Event,
    busy_every_s: float,
    idle_every_s: float,
) -> None:
    name, budget, absences = config.name, Budget(store, config, clock, page), Absences(config.quiet_period_ms)
    is_busy, is_named = True, False
    latest_at = -_LATEST_EVERY_S
    loop = asyncio.get_running_loop()
    while True:
        news.clear()
        try:
            begun_at = loop.time()
            is_late = begun_at >= latest_at + _LATEST_EVERY_S
            scope = (Scope.WHOLE if is_busy else Scope.LATEST) if is_late else Scope.OPEN
            is_busy = await read_page_once(store, page, name, budget, clock, scope=scope, absences=absences)
            if is_late:
                latest_at = begun_at
            if not is_named:
                await read_name_once(store, page, name, budget)
                is_named = True
        except PageError as error:
            await _note_failure(store, name, error, clock())
        except StoreError as error:
            logger.warning("the page was read, but not stored: %s", error)
        await _wait(news, busy_every_s if is_busy else idle_every_s)


async def _note_failure(store: StoreThread, name: str, error: PageError, now: int) -> None:
    blocked_until = None if error.wait_ms is None else now + max(error.wait_ms, 1_000)
    try:
        await store.call(note_page_failed, str(error), now, page=name, blocked_until=blocked_until)
    except StoreError as fault:
        logger.warning("the page was not reached (%s), and that was not stored: %s", error, fault)


async def _keep_looking(
    store: StoreThread, page: Page, name: str, clock: Callable[[], int], arrival: asyncio.Event
) -> None:
    while True:
        await arrival.wait()
        arrival.clear()
        for pause_s in chain(_SEEN_AFTER_S, repeat(_SEEN_EVERY_S)):
            await _wait(arrival, pause_s)
            try:
                if not await look_once(store, page, name, clock):
                    break
            except (PageError, StoreError) as error:
                logger.info("the public page was not looked at: %s", error)
                if isinstance(error, PageError) and error.wait_ms:
                    await asyncio.sleep(error.wait_ms / 1000)
            if arrival.is_set():
                break


async def _keep_setting_aside(store: StoreThread, name: str, arrival: asyncio.Event) -> None:
    while True:
        await arrival.wait()
        arrival.clear()
        try:
            await store.call(set_aside_unshown, page=name)
        except StoreError as error:
            logger.info("what cannot be looked up was not noted: %s", error)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return

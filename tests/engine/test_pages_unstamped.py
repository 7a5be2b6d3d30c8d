from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.engine.fakes import betterstack, instatus, openstatus
from tests.engine.fakes.faultwire import FaultWire
from tests.engine.fakes.proving import NO_TLS, Permits, allow, is_inert, make_config, make_message, read_token
from tests.engine.faultkinds import Fault
from tests.engine.publishing import QUIET_MS, begin_epoch, confirm, declare, make_work, until

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.betterstack import BetterStack
from oncall_tui.engine.pages.errors import AmbiguousError, PageError
from oncall_tui.engine.pages.instatus import Instatus
from oncall_tui.engine.pages.lists import PARTS_MOST, read_list
from oncall_tui.engine.pages.openstatus import OpenStatus
from oncall_tui.engine.pages.unstamped import write_sent_at
from oncall_tui.engine.pages.values import Item
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.updates import list_updates

FAULTS = (
    Fault.NONE,
    Fault.DROP_BEFORE,
    Fault.DROP_AFTER,
    Fault.E500_BEFORE,
    Fault.E500_AFTER,
    Fault.HALF_JSON,
    Fault.HTML_AFTER,
    Fault.WRONG_SHAPE_AFTER,
    Fault.T429,
)
READ_FAULTS = (Fault.NONE, Fault.NONE, Fault.E500_BEFORE, Fault.T429)


def make_page(kind: str) -> FaultWire:
    if kind == "instatus":
        return instatus.FakeInstatus(zone_hours=2)
    return betterstack.FakeBetterStack() if kind == "betterstack" else openstatus.FakeOpenStatus()


def add_component(page: FaultWire, name: str) -> None:
    if isinstance(page, betterstack.FakeBetterStack):
        page.add_component(name)
    else:
        assert isinstance(page, instatus.FakeInstatus | openstatus.FakeOpenStatus)
        page.add_component(name)


def configure(page: FaultWire) -> PageConfig:
    if isinstance(page, betterstack.FakeBetterStack):
        return make_config(f"{page.origin}/api/v2", betterstack.PAGE_ID, page.origin)
    key = instatus.PAGE_ID if isinstance(page, instatus.FakeInstatus) else openstatus.PAGE_ID
    return make_config(page.origin, key, page.origin)


def connect(page: FaultWire, config: PageConfig) -> Page:
    if isinstance(page, betterstack.FakeBetterStack):
        return BetterStack(config, read_token, now_ms, NO_TLS)
    if isinstance(page, instatus.FakeInstatus):
        return Instatus(config, read_token, now_ms, NO_TLS)
    return OpenStatus(config, read_token, now_ms, NO_TLS)


@pytest.mark.parametrize("kind", ["instatus", "betterstack", "openstatus"])
async def test_each_update_is_published_once_and_in_order(kind: str, tmp_path: Path) -> None:
    rng = Random(kind)
    path = tmp_path / "oncall.db"
    page = make_page(kind)
    add_component(page, "API")
    with open_database(path) as db:
        async with page:
            page.faults = deque(rng.choice(FAULTS) for _ in range(12))
            page.read_faults = deque(rng.choice(READ_FAULTS) for _ in range(8))
            config = configure(page)
            config = PageConfig(
                api_url=config.api_url,
                page_id=config.page_id,
                token=config.token,
                requests_per_minute=100_000,
                request_timeout_ms=QUIET_MS - 40,
                quiet_period_ms=QUIET_MS,
            )
            client = connect(page, config)
            store = StoreThread(path)
            await store.start()
            down = {"API": ComponentStatus.MAJOR_OUTAGE}
            incident = declare(db, components=down)
            bodies = [f"{word}." for word in ("Looking", "Found", "Watching", "Over")]
            stages = (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING)
            for body, status in zip(bodies, (*stages, IncidentStatus.RESOLVED), strict=True):
                confirm(db, incident.id, body, status, down if status.is_open else {})
            wake, stop = asyncio.Event(), asyncio.Event()
            task = asyncio.create_task(
                run_publisher(make_work(store, client, config, begin_epoch(db), rng=rng, wake=wake, stop=stop))
            )
            try:
                done = {DeliveryState.DELIVERED}
                await until(lambda: {item.delivery for item in list_updates(db, incident.id)} == done)
            finally:
                stop.set()
                await task
                await client.close()
                await store.close()
            assert [write["message"] for write in page.writes] == bodies
            assert all(write.get("notify", write.get("notify_subscribers")) is False for write in page.writes)


JUNK: tuple[object, ...] = (None, True, -1, 1.5, "", "x", "\x1b[2J", [], {}, [None], {"id": {}}, [["a"]], 10**30)


def spoil(rng: Random, value: object) -> object:
    """Returns a document with junk in one place."""
    document = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item)))
        places += [(item, key) for key in keys]
        todo += [item[key] for key in keys if isinstance(item[key], dict | list)]
    if not places:
        return rng.choice(JUNK)
    holder, key = rng.choice(places)
    holder[key] = rng.choice(JUNK)
    return document


@pytest.mark.parametrize("kind", ["instatus", "betterstack", "openstatus"])
async def test_junk_anywhere_in_an_answer_is_a_doubt_at_most(kind: str) -> None:
    rng = Random(kind)
    page = make_page(kind)
    add_component(page, "API")
    async with page:
        client = connect(page, configure(page))
        (component,) = await client.list_components(allow)
        down = {component.remote_id: ComponentStatus.MAJOR_OUTAGE}
        baseline = await client.create_incident(make_message(components=down))
        await client.update_incident(baseline, make_message(title=None, components=down))
        page.spoil = partial(spoil, rng)
        answered = 0
        doubts: list[str] = []
        for _ in range(20):
            for ask in (
                partial(client.list_components, allow),
                partial(client.list_unresolved, allow),
                partial(client.list_recent, 0, allow),
                partial(client.get_incident, baseline.remote_id),
                partial(client.update_incident, baseline, make_message(title=None, components=down)),
                client.read_page,
            ):
                try:
                    assert is_inert(await ask())
                    answered += 1
                except AmbiguousError as error:
                    doubts.append(str(error))
        assert answered > 30
        assert "".join(doubts).isprintable()
        await client.close()


@pytest.mark.parametrize("kind", ["instatus", "betterstack", "openstatus"])
async def test_a_call_without_a_permit_is_one_request_and_one_try(kind: str) -> None:
    page = make_page(kind)
    add_component(page, "API")
    async with page:
        client = connect(page, configure(page))
        permits = Permits()
        (component,) = await client.list_components(permits)
        message = make_message(components={component.remote_id: ComponentStatus.MAJOR_OUTAGE})
        baseline = await client.create_incident(message)
        await client.list_unresolved(permits)
        await client.list_recent(0, permits)
        assert len(page.requests) == permits.count + 1
        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            client.read_page,
            partial(client.get_incident, baseline.remote_id),
            partial(client.create_incident, message),
            partial(client.update_incident, baseline, message),
        )
        for number, call in enumerate(calls, len(page.requests) + 1):
            await call()
            assert len(page.requests) == number
        for fault in FAULTS[1:]:
            page.faults.append(fault)
            with pytest.raises(PageError):
                await client.create_incident(message)
        assert page.count(writes=True) == 3 + len(FAULTS) - 1
        await client.close()


async def read(parts: list[list[Item]], since: int | None) -> tuple[int, int]:
    """Returns how many items were read, and in how many parts."""
    permits = Permits()

    async def ask(number: int) -> tuple[list[Item], bool]:
        return parts[number % len(parts)], True

    def find_made_at(item: Item) -> int | None:
        at = item.get("at")
        return at if isinstance(at, int) else None

    return len(await read_list(ask, permits, find_made_at, since)), permits.count


async def test_a_list_ends_at_what_is_old_only_where_it_runs_down() -> None:
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7))
    oldest_first: list[list[Item]] = [[{"id": at, "at": at} for at in pair] for pair in pairs]
    newest_first: list[list[Item]] = [part[::-1] for part in oldest_first[::-1]]
    assert await read(newest_first, 6) == (4, 2)
    assert await read(newest_first, None) == (8, 5)
    assert await read(oldest_first, 6) == (8, 5)
    assert await read([[{"id": 1, "at": 1}, {"id": 2}], [{"id": 3, "at": 0}, {"id": 4, "at": 0}]], 8) == (4, 3)


async def test_a_list_without_an_end_is_left() -> None:
    parts: list[list[Item]] = [[{"id": number}] for number in range(PARTS_MOST + 5)]
    assert await read(parts, None) == (PARTS_MOST, PARTS_MOST)


@pytest.mark.parametrize(
    ("skew_ms", "time"),
    [
        (None, "2023-11-14T22:13:20.123Z"),
        (-1_999, "2023-11-14T22:13:20.123Z"),
        (60_000, "2023-11-14T22:14:20.123Z"),
        (-3_600_000, "2023-11-14T21:13:20.123Z"),
    ],
)
def test_times_are_those_of_the_page(skew_ms: int | None, time: str) -> None:
    assert write_sent_at(make_message(sent_at=1_700_000_000_123), skew_ms) == time

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.faultkinds import Fault
from tests.engine.faultpage import PAGE_ID, TOKEN, FaultPage
from tests.engine.publishing import NO_TLS, begin_epoch, confirm, declare, make_config, make_work, publishing, until

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.pagestate import TOKEN_REFUSED
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import get_incident, list_components, list_incidents
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import read_page, spend_request
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates


@asynccontextmanager
async def reading(
    path: Path, page: FaultPage, config: PageConfig | None = None, every_s: float = 0.05
) -> AsyncIterator[asyncio.Event]:
    """Reads the page often; gives the event that a delivery sets."""
    config = config or make_config(page)
    store = StoreThread(path)
    await store.start()
    client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
    delivered, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        run_reader(
            store,
            client,
            config=config,
            clock=now_ms,
            delivered=delivered,
            stop=stop,
            busy_every_s=every_s,
            idle_every_s=every_s,
        )
    )
    try:
        yield delivered
    finally:
        stop.set()
        await task
        await client.close()
        await store.close()


async def test_what_others_made_comes_here(path: Path, db: Database) -> None:
    async with FaultPage(clock_ahead_s=90.0) as page:
        api = page.add_component("API")
        page.components[api]["status"] = "partial_outage"
        page.add_component("Group", group=True)
        remote_id = page.open("From the web", "investigating", "Looking.", component_ids=[api])
        page.open("Old and over", "resolved", "Over.")
        page.incidents[page.open("Upkeep", "investigating", "x")].update(status="scheduled", impact="maintenance")
        async with reading(path, page):
            await until(lambda: read_page(db).last_sync_at is not None)
            (component,) = list_components(db)
            assert (component.name, component.page_status) == ("API", ComponentStatus.PARTIAL_OUTAGE)
            assert sorted(incident.title for incident in list_incidents(db)) == ["From the web", "Old and over"]
            page.edit(remote_id, "identified", "A colleague knows more.")
            (incident,) = list_incidents(db, is_open_only=True)
            await until(lambda: len(list_updates(db, incident.id)) == 2)
            assert get_incident(db, incident.id).status is IncidentStatus.IDENTIFIED
        skew_ms = read_page(db).clock_skew_ms
        assert skew_ms is not None
        assert 88_000 < skew_ms < 92_000


async def test_the_page_tells_its_name_and_where_customers_read_it(path: Path, db: Database) -> None:
    async with FaultPage() as page, reading(path, page):
        await until(lambda: read_page(db).name)
        assert (read_page(db).name, read_page(db).public_url) == ("Acme", "https://acme.statuspage.io")
        await asyncio.sleep(0.2)
        assert sum(target == f"/v1/pages/{PAGE_ID}" for _, _, target in page.requests) == 1


async def test_what_was_resolved_or_deleted_elsewhere_is_told(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        first, second = declare(db, 1), declare(db, 2)
        confirm(db, first.id, "one")
        confirm(db, second.id, "two")
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        remote_ids = {write.body: write.incident_id for write in page.writes}
        async with reading(path, page):
            page.edit(remote_ids["one"], "resolved", "All good.")
            page.incidents[remote_ids["one"]]["created"] -= 200_000
            page.incidents[remote_ids["one"]]["created_at"] = "2026-01-01T00:00:00Z"
            del page.incidents[remote_ids["two"]]
            await until(lambda: not get_incident(db, first.id).status.is_open)
            await until(lambda: "deleted" in get_incident(db, second.id).conflict)
            await asyncio.sleep(0.2)
        gone = [entry for entry in list_entries(db, second.id) if "deleted" in entry.text]
        assert len(gone) == 1


async def test_our_own_updates_are_never_taken_for_somebody_elses(path: Path, db: Database) -> None:
    async with FaultPage(slow_s=0.1) as page, reading(path, page, every_s=0.002):
        incident = declare(db)
        for number in range(8):
            confirm(db, incident.id, f"update {number}")
        page.faults.extend([Fault.SLOW_AFTER, Fault.NONE, Fault.DROP_AFTER, Fault.NONE, Fault.E500_AFTER])
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        await asyncio.sleep(0.1)
        updates = list_updates(db, incident.id)
        assert [update.body for update in updates] == [f"update {number}" for number in range(8)]
        assert all(update.is_local for update in updates)
        assert [entry.text for entry in list_entries(db, incident.id) if entry.kind == "remote"] == []
        assert len(list_incidents(db)) == 1


@pytest.mark.parametrize(
    "fault", [Fault.E401, Fault.E500_BEFORE, Fault.HTML_BEFORE, Fault.DROP_BEFORE, Fault.HALF_JSON]
)
async def test_a_page_that_cannot_be_read_is_shown_and_asked_again(fault: Fault, path: Path, db: Database) -> None:
    async with FaultPage() as page:
        page.add_component("API")
        page.read_faults.append(fault)
        async with reading(path, page, every_s=0.3):
            await until(lambda: read_page(db).last_error)
            await until(lambda: read_page(db).last_sync_at)
        assert read_page(db).last_error == ""


async def test_a_page_that_may_be_read_and_not_written_to_says_so(path: Path, db: Database) -> None:
    stop, delivered = asyncio.Event(), asyncio.Event()
    store = StoreThread(path)
    await store.start()
    async with FaultPage() as page:
        page.faults.extend([Fault.E401] * 3)
        config = make_config(page)
        client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
        confirm(db, declare(db).id, "first")
        work = make_work(store, client, config, begin_epoch(db), stop=stop)
        reader = run_reader(
            store, client, config=config, clock=now_ms, delivered=delivered, stop=stop, busy_every_s=0.05
        )
        tasks = [asyncio.create_task(run_publisher(work, delivered)), asyncio.create_task(reader)]
        await until(lambda: TOKEN_REFUSED in read_page(db).last_error)
        reads = page.count("GET")
        await until(lambda: page.count("GET") > reads + 4)
        assert TOKEN_REFUSED in read_page(db).last_error
        await until(lambda: not list_deliveries(db))
        await until(lambda: not read_page(db).last_error)
        stop.set()
        await asyncio.gather(*tasks)
        assert page.bodies() == ["first"]
        await client.close()
    await store.close()


async def test_reading_stops_for_as_long_as_the_page_asks(path: Path, db: Database) -> None:
    async with FaultPage(retry_after="1") as page:
        page.read_faults.append(Fault.T429)
        async with reading(path, page, every_s=0.01):
            await until(lambda: read_page(db).last_sync_at)
        first, second = [at for at, _, _ in page.requests[:2]]
        assert second - first >= 0.95


async def test_reading_leaves_half_of_the_minute_to_deliveries(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        async with reading(path, page, make_config(page, rate=10), every_s=0.01):
            await until(lambda: len(page.requests) >= 5)
            await asyncio.sleep(0.2)
        assert len(page.requests) == 5
        confirm(db, declare(db).id, "first")
        async with publishing(path, db, page, make_config(page, rate=10)):
            await until(lambda: not list_deliveries(db))


async def test_a_quiet_page_costs_two_requests_a_round(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        page.add_component("API")
        async with reading(path, page, every_s=0.05):
            await until(lambda: len(page.requests) >= 24)
        rounds = [target for _, _, target in page.requests[4:24]]
        assert [target.partition("?")[0].rpartition("/")[2] for target in rounds] == ["components", "incidents"] * 10


async def test_an_update_is_seen_when_the_public_page_shows_it(path: Path, db: Database) -> None:
    async with FaultPage(public_delay_s=0.4) as page, reading(path, page, every_s=5.0) as delivered:
        incident = declare(db)
        confirm(db, incident.id, "first \r\nline")
        async with publishing(path, db, page, delivered=delivered):
            await until(lambda: not list_deliveries(db))
            (update,) = list_updates(db, incident.id)
            assert update.seen_at is None
            await until(lambda: list_updates(db, incident.id)[0].seen_at is not None)
            (update,) = list_updates(db, incident.id)
            assert (update.seen_at or 0) >= (update.delivered_at or 0) + 300
        assert list_entries(db, incident.id)[0].kind == "seen"
        asked = sum(1 for _, _, path_asked in page.requests if path_asked.startswith("/api/v2"))
        assert 2 <= asked <= 4
        await asyncio.sleep(0.6)
        assert asked == sum(1 for _, _, path_asked in page.requests if path_asked.startswith("/api/v2"))


@pytest.mark.parametrize("is_asked_for_a_pause", [False, True])
async def test_what_customers_see_waits_for_no_share_of_the_rate_limit(
    is_asked_for_a_pause: bool, path: Path, db: Database
) -> None:
    async with FaultPage(retry_after="1") as page:
        config = make_config(page, rate=60)
        for _ in range(31):
            spend_request(db, now_ms() - 40_000, limit=60, reserve=0, page=config.name)
        async with reading(path, page, config) as delivered:
            # Longer than until the look with which the reader begins.
            await asyncio.sleep(0.4)
            incident = declare(db)
            confirm(db, incident.id, "We are looking into errors.")
            async with publishing(path, db, page, config, delivered):
                await until(lambda: not list_deliveries(db))
                if is_asked_for_a_pause:
                    page.read_faults.append(Fault.T429)
                await until(lambda: list_updates(db, incident.id)[0].seen_at is not None, 2.0)
        looks = [at for at, _, asked in page.requests if asked.startswith("/api/")]
        assert [second - first >= 0.95 for first, second in pairwise(looks)] == [True] * is_asked_for_a_pause
        assert read_page(db).name == ""


async def test_without_a_public_address_nothing_is_called_seen(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        config = replace(make_config(page), public_url=None)
        async with reading(path, page, config) as delivered:
            incident = declare(db)
            confirm(db, incident.id, "first")
            async with publishing(path, db, page, config, delivered):
                await until(lambda: not list_deliveries(db))
            await asyncio.sleep(0.5)
        assert list_updates(db, incident.id)[0].seen_at is None
        assert not [1 for _, _, asked in page.requests if asked.startswith("/api")]

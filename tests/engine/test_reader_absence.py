"""What a read does not show may lag behind, or be gone: told apart by time, at the periods that are shipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import NO_TLS, confirm, declare, make_config, publishing, until
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import Incident
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import edit_incident, get_incident
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.timeline import list_entries

GONE, BACK = "the page no longer has this incident", "the page shows this incident again"
LAG_S = 50.0


@asynccontextmanager
async def reading(path: Path, config: PageConfig, loop: WarpLoop) -> AsyncIterator[None]:
    store, stop = StoreThread(path), asyncio.Event()
    await store.start()
    client = Statuspage(config, lambda: Secret(TOKEN), loop.wall_ms, NO_TLS)
    task = asyncio.create_task(
        run_reader(store, client, config=config, clock=loop.wall_ms, delivered=asyncio.Event(), stop=stop)
    )
    try:
        yield
    finally:
        stop.set()
        await task
        await client.close()
        await store.close()


async def publish(db: Database, path: Path, config: PageConfig, page: FaultPage, loop: WarpLoop) -> Incident:
    incident = declare(db, now=loop.wall_ms())
    confirm(db, incident.id, "one", now=loop.wall_ms())
    async with publishing(path, db, page, config, clock=loop.wall_ms):
        await until(lambda: not list_deliveries(db), 300.0, 0.5)
    return incident


def list_told(db: Database, incident: Incident) -> list[str]:
    """Returns from old to new what was told of its absence."""
    entries = [entry.text for entry in reversed(list_entries(db, incident.id)) if entry.kind == "remote"]
    return [GONE if text.startswith(GONE) else text for text in entries]


def test_what_lagging_reads_do_not_show_is_not_called_gone(tmp_path: Path) -> None:
    async def run(loop: WarpLoop) -> None:
        path = tmp_path / "oncall.db"
        with open_database(path) as db:
            async with FaultPage(clock=loop.true_s, read_lag_s=LAG_S) as page:
                config = make_config(page, quiet_ms=30_000, timeout_ms=10_000)
                incident = await publish(db, path, config, page, loop)
                async with reading(path, config, loop):
                    await asyncio.sleep(20.0)
                    assert page.count("GET") >= 3
                    await asyncio.sleep(200.0)
                assert list_told(db, incident) == []
                assert get_incident(db, incident.id).conflict == ""

    run_warped(run)


def test_what_is_gone_is_told_once_and_taken_back_when_it_is_there(tmp_path: Path) -> None:
    async def run(loop: WarpLoop) -> None:
        path = tmp_path / "oncall.db"
        with open_database(path) as db:
            async with FaultPage(clock=loop.true_s) as page:
                config = make_config(page, quiet_ms=30_000, timeout_ms=10_000)
                incident = await publish(db, path, config, page, loop)
                async with reading(path, config, loop):
                    (taken,) = page.incidents.items()
                    page.incidents.clear()
                    await asyncio.sleep(59.0)
                    assert list_told(db, incident) == []
                    await asyncio.sleep(60.0)
                    assert list_told(db, incident) == [GONE]
                    told = get_incident(db, incident.id)
                    assert told.conflict.startswith(GONE)
                    edit_incident(db, replace(told, conflict=""), "ana", loop.wall_ms())
                    await asyncio.sleep(120.0)
                    assert list_told(db, incident) == [GONE]
                    assert get_incident(db, incident.id).conflict == ""
                    page.incidents.update([taken])
                    await asyncio.sleep(60.0)
                    assert list_told(db, incident) == [GONE, BACK]
                    page.incidents.clear()
                    await asyncio.sleep(120.0)
                    assert list_told(db, incident) == [GONE, BACK, GONE]
                    page.incidents.update([taken])
                    await asyncio.sleep(60.0)
                    assert list_told(db, incident) == [GONE, BACK, GONE, BACK]
                    assert get_incident(db, incident.id).conflict == ""

    run_warped(run)

"""What reading costs: a page on which nothing is open is asked twice a minute at most."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.fakes.kinds import KINDS, Kind
from tests.engine.publishing import make_work
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.engine.follower import run_follower
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import list_incidents

IDLE_MINUTES, BUSY_MINUTES = 10, 5
HISTORY = 260
OPEN = 2


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_page_is_asked_twice_a_minute_at_most_until_something_is_open(kind: Kind, tmp_path: Path) -> None:
    async def run(loop: WarpLoop) -> tuple[list[int], list[int]]:
        path, stop = tmp_path / "oncall.db", asyncio.Event()
        with open_database(path) as db:
            async with kind.serving(wall_ms=loop.wall_ms, clock=loop.true_s) as (page, client):
                page.add_component("API")
                for number in range(HISTORY):
                    page.clock_ahead_s = (number - HISTORY) * 43_200
                    page.declare(f"Old {number}", IncidentStatus.RESOLVED, "Over.")
                page.clock_ahead_s = 0
                store = StoreThread(path)
                await store.start()
                config = replace(kind.make_config(page), public_url=None)
                reading = run_reader(
                    store, client, config=config, clock=loop.wall_ms, delivered=asyncio.Event(), stop=stop
                )
                reader = asyncio.create_task(reading)
                work = make_work(store, client, config, 1, clock=loop.wall_ms, stop=stop)
                follower = asyncio.create_task(run_follower(work))

                async def count(minutes: int) -> list[int]:
                    counts = []
                    for _ in range(minutes):
                        before = len(page.requests)
                        await asyncio.sleep(60.0)
                        counts.append(len(page.requests) - before)
                    return counts

                await asyncio.sleep(59.0)
                idle = await count(IDLE_MINUTES)
                for number in range(OPEN):
                    page.declare(f"New {number}", IncidentStatus.INVESTIGATING, "Looking.")
                busy = await count(1)
                assert len(list_incidents(db, is_open_only=True)) == OPEN
                busy += await count(BUSY_MINUTES)
                stop.set()
                await asyncio.gather(reader, follower)
                await store.close()
                return idle, busy

    idle, busy = run_warped(run)
    assert max(idle) <= 2
    assert max(busy) <= 5 + (3 * OPEN if kind.reads_each else 0)
    assert sum(busy) <= (BUSY_MINUTES + 1) * (4 + (2 * OPEN if kind.reads_each else 0)) + 6

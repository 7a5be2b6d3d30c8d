"""An engine that publishes and does nothing else, as a process of its own that a test may kill at any instant."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.engine.faultpage import PAGE_ID, TOKEN
from tests.engine.publishing import NO_TLS, make_work

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.lease import take_lease
from oncall_tui.store.lock import engine_lock


async def run_engine(path: Path, api_url: str, quiet_ms: int, timeout_ms: int) -> None:
    config = PageConfig(
        api_url=api_url,
        page_id=PAGE_ID,
        token=TokenSource(env="UNUSED"),
        requests_per_minute=100_000,
        request_timeout_ms=timeout_ms,
        quiet_period_ms=quiet_ms,
    )
    store = StoreThread(path)
    await store.start()
    epoch = await store.call(take_lease, pid=os.getpid(), host="h", boot_id="b", version="0", mode="stay", now=now_ms())
    wake = asyncio.Event()

    async def poke() -> None:
        while True:
            wake.set()
            await asyncio.sleep(0.02)

    poking = asyncio.create_task(poke())
    page = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
    await run_publisher(make_work(store, page, config, epoch, wake=wake))
    poking.cancel()


if __name__ == "__main__":
    database = Path(sys.argv[1])
    lock = engine_lock(database)
    assert lock.acquire(10.0)
    asyncio.run(run_engine(database, sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

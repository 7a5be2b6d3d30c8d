"""An engine that does nothing but planned work, for a page without a clock of its own; made to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from msgspec.structs import replace
from tests.engine.publishing import NO_TLS, make_work
from tests.statuspage.conftest import PAGE_ID, TOKEN
from tests.store.planned import begin_epoch

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.outbox import Pace
from oncall_tui.engine.maintainer import run_clock, run_maintainer
from oncall_tui.engine.pages.statuspage import CAPABILITIES, Statuspage
from oncall_tui.engine.store_thread import StoreThread


async def main(path: Path, page_url: str) -> None:
    store, stop = StoreThread(path), asyncio.Event()
    await store.start()
    epoch = await store.call(begin_epoch)
    config = PageConfig(
        api_url=f"{page_url}/v1",
        page_id=PAGE_ID,
        token=TokenSource(env="UNUSED"),
        request_timeout_ms=400,
        quiet_period_ms=500,
        requests_per_minute=100_000,
    )
    client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
    client.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    work = make_work(store, client, config, epoch, stop=stop, pace=Pace(10, 50))
    async with asyncio.TaskGroup() as group:
        group.create_task(run_clock(store, epoch=epoch, clock=now_ms, stop=stop))
        group.create_task(run_maintainer(work))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

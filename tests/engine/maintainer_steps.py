"""An engine in a process of its own that ends by KILL before or after a step of telling a page of planned work."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace
from tests.engine.publishing import NO_TLS, make_work
from tests.statuspage.conftest import PAGE_ID, TOKEN
from tests.store.planned import begin_epoch

from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.maintainer import run_maintainer
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.statuspage import CAPABILITIES, Statuspage
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.planned_clock import fire_due

P = ParamSpec("P")
R = TypeVar("R")
POINTS = [("fire_due", "after"), ("write", "before"), ("write", "after"), ("settle_notice_delivered", "after")]


def _die_at(step: str, side: str, point: tuple[str, str] | None) -> None:
    if (step, side) == point:
        os.kill(os.getpid(), signal.SIGKILL)


class _Store(StoreThread):
    def __init__(self, path: Path, point: tuple[str, str] | None) -> None:
        super().__init__(path)
        self._point = point

    async def call(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        _die_at(function.__name__, "before", self._point)
        result = await super().call(function, *args, **kwargs)
        _die_at(function.__name__, "after", self._point)
        return result


class _Client(Statuspage):
    def __init__(self, point: tuple[str, str] | None, *args: Any) -> None:
        super().__init__(*args)
        self._point = point

    @property
    def clock_skew_ms(self) -> int | None:
        return 0

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        _die_at("write", "before", self._point)
        answer = await super().update_maintenance(baseline, message)
        _die_at("write", "after", self._point)
        return answer


def run_steps(path: Path, page_url: str, now: int, point: tuple[str, str] | None) -> None:
    """Takes and tells what is due at `now` on a page without a clock of its own; dies at `point`, if any."""
    asyncio.run(_run(path, page_url, now, point))


async def _run(path: Path, page_url: str, now: int, point: tuple[str, str] | None) -> None:
    store = _Store(path, point)
    await store.start()
    epoch = await store.call(begin_epoch)
    config = PageConfig(
        api_url=f"{page_url}/v1",
        page_id=PAGE_ID,
        token=TokenSource(env="UNUSED"),
        request_timeout_ms=5_000,
        quiet_period_ms=6_000,
        requests_per_minute=100_000,
    )
    client = _Client(point, config, lambda: Secret(TOKEN), lambda: now, NO_TLS)
    client.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    await store.call(fire_due, epoch, now)
    await run_maintainer(make_work(store, client, config, epoch, clock=lambda: now), is_ending_when_idle=True)
    await client.close()
    await store.close()

"""One file, one page and somebody who confirms, on a clock that leaps, with the periods that are shipped."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.engine.faultpage import FaultPage
from tests.engine.publishing import NO_TLS, Engine, confirm, declare, make_config, publishing, until
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.outbox import Pace
from oncall_tui.domain.update import Delivery, IncidentUpdate
from oncall_tui.store.database import open_database
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates

QUIET_S = 30
LAG_S = 60
PATIENCE_S = 1200.0


async def wait_for(condition: Callable[[], bool]) -> None:
    await until(condition, PATIENCE_S, 2.0)


class Desk:
    """One file, one page, and somebody who confirms, at the pace and with the periods that are shipped."""

    def __init__(self, folder: Path, page: FaultPage, loop: WarpLoop) -> None:
        self.path = folder / "oncall.db"
        self.db = open_database(self.path, is_durable=False)
        self.page = page
        self.loop = loop
        self.opened = 0
        page.clock = loop.true_s

    def config(self, rate: int = 60) -> PageConfig:
        return make_config(self.page, quiet_ms=QUIET_S * 1000, timeout_ms=10_000, rate=rate)

    def open(self, *bodies: str) -> int:
        self.opened += 1
        incident = declare(self.db, self.opened, now=self.loop.wall_ms())
        for body in bodies:
            self.say(incident.id, body)
        return incident.id

    def say(self, incident_id: int, body: str, status: IncidentStatus = IncidentStatus.INVESTIGATING) -> IncidentUpdate:
        count = len(list_updates(self.db, incident_id)) + 100 * incident_id
        return confirm(self.db, incident_id, body, status, uid=f"op-{count}", now=self.loop.wall_ms())

    @asynccontextmanager
    async def engine(self, config: PageConfig | None = None, tls: ssl.SSLContext = NO_TLS) -> AsyncIterator[Engine]:
        async with publishing(
            self.path, self.db, self.page, config or self.config(), clock=self.loop.wall_ms, tls=tls, pace=Pace()
        ) as engine:
            yield engine

    async def drain(self) -> None:
        async with self.engine():
            await wait_for(lambda: not list_deliveries(self.db))

    def only(self) -> Delivery:
        (delivery,) = list_deliveries(self.db)
        return delivery


def run_desk(folder: Path, page: FaultPage, scenario: Callable[[Desk], Awaitable[None]]) -> None:
    async def main(loop: WarpLoop) -> None:
        async with page:
            desk = Desk(folder, page, loop)
            try:
                await scenario(desk)
            finally:
                desk.db.close()

    run_warped(main)

"""Planned work on the embedded page: real sockets, real files, and a clock that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.engine.publishing import NO_TLS, make_work
from tests.pace import PATIENCE_S
from tests.statuspage.clockpage import ClockPage
from tests.statuspage.conftest import PAGE_ID, TOKEN
from tests.store.planned import begin_epoch

from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.maintenance import NoticeDelivery, NoticeKind
from oncall_tui.domain.outbox import Pace
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.follower import follow_once, run_follower
from oncall_tui.engine.maintainer import run_maintainer
from oncall_tui.engine.notice_courier import NoticeCourier
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.statuspage import CAPABILITIES, Statuspage
from oncall_tui.engine.pages.statuspage_shapes import read_maintenance
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.notices import list_due_notices, list_notice_deliveries
from oncall_tui.store.planned_clock import fire_due

D = DeliveryState
QUIET_MS = 8_000


class World:
    """A page, a file and a clock that both go by; lines to the page break before or after its next writes.

    Our clock runs `clock_ahead_ms` before the page's. Reads show what was made `lag_ms` ago.
    """

    def __init__(self, page: ClockPage, path: Path, db: Database) -> None:
        self.page = page
        self.path = path
        self.db = db
        self.epoch = begin_epoch(db)
        self.capabilities = CAPABILITIES
        self.lost_before = 0
        self.lost_after = 0
        self.clock_ahead_ms = 0
        self.lag_ms = 0
        self.writes: list[MaintenanceMessage] = []

    def read_clock(self) -> int:
        return self.page.now + self.clock_ahead_ms

    def read_uptime(self) -> float:
        return self.page.now / 1000

    def go_to(self, now: int) -> None:
        self.page.go_to(now)
        fire_due(self.db, self.epoch, now)

    def states(self) -> list[tuple[NoticeKind, DeliveryState]]:
        return [(each.kind, each.state) for each in list_notice_deliveries(self.db, 1)]

    def last(self) -> NoticeDelivery:
        return list_notice_deliveries(self.db, 1)[-1]

    def shown(self) -> dict[str, Any]:
        (only,) = [each for each in self.page.api.get("/incidents").json() if each["impact"] == "maintenance"]
        assert isinstance(only, dict)
        return only

    def bodies(self) -> list[str]:
        return [each["body"] for each in reversed(self.shown()["incident_updates"])]

    def component_states(self) -> dict[str, str]:
        return {each["name"]: each["status"] for each in self.page.api.get("/components").json()}

    def config(self) -> PageConfig:
        return PageConfig(
            api_url=f"{self.page.url}/v1",
            public_url=self.page.url,
            page_id=PAGE_ID,
            token=TokenSource(env="UNUSED"),
            request_timeout_ms=5_000,
            quiet_period_ms=QUIET_MS,
            requests_per_minute=100_000,
        )

    async def look(self) -> None:
        """Looks once at what the page shows of planned work, as the follower does each minute."""
        store = StoreThread(self.path)
        await store.start()
        client = _Client(self, self.config(), lambda: Secret(TOKEN), lambda: self.page.now, NO_TLS)
        try:
            work = make_work(store, client, self.config(), self.epoch, clock=lambda: self.page.now)
            await follow_once(work, is_whole=False)
        finally:
            await client.close()
            await store.close()

    async def follow(self, is_done: Callable[[], bool]) -> None:
        """Runs the follower until something is true."""
        store, stop = StoreThread(self.path), asyncio.Event()
        await store.start()
        client = _Client(self, self.config(), lambda: Secret(TOKEN), lambda: self.page.now, NO_TLS)
        work = make_work(store, client, self.config(), self.epoch, clock=lambda: self.page.now, stop=stop)
        task = asyncio.create_task(run_follower(work, every_s=0.02))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not is_done():
                    await asyncio.sleep(0.02)
        finally:
            stop.set()
            await task
            await client.close()
            await store.close()

    @asynccontextmanager
    async def driving(self) -> AsyncIterator[Driver]:
        """Gives what does single steps of an engine."""
        self.epoch = begin_epoch(self.db)
        store = StoreThread(self.path)
        await store.start()
        client = _Client(self, self.config(), lambda: Secret(TOKEN), lambda: self.page.now, NO_TLS)
        client.capabilities = self.capabilities
        try:
            yield Driver(
                self,
                make_work(store, client, self.config(), self.epoch, clock=self.read_clock, uptime=self.read_uptime),
            )
        finally:
            await client.close()
            await store.close()

    @asynccontextmanager
    async def maintaining(self) -> AsyncIterator[None]:
        """Runs the maintainer of an engine of its own, until what is under way is settled."""
        self.epoch = begin_epoch(self.db)
        config = self.config()
        store, stop = StoreThread(self.path), asyncio.Event()
        await store.start()
        client = _Client(self, config, lambda: Secret(TOKEN), lambda: self.page.now, NO_TLS)
        client.capabilities = self.capabilities
        work = make_work(
            *(store, client, replace(config, request_timeout_ms=60_000), self.epoch),
            clock=self.read_clock,
            uptime=self.read_uptime,
            stop=stop,
            pace=Pace(first_ms=1, most_ms=1),
        )
        task = asyncio.create_task(run_maintainer(work))
        try:
            yield
        finally:
            stop.set()
            await task
            await client.close()
            await store.close()

    async def settle(self, condition: Callable[[], bool] | None = None, patience_s: float = PATIENCE_S) -> None:
        """Runs until all is delivered, or until something else is true."""
        done = condition or (lambda: all(state is D.DELIVERED for _, state in self.states()))
        async with self.maintaining(), asyncio.timeout(patience_s):
            while not done():
                await asyncio.sleep(0.02)


class Driver:
    """Single steps of one engine."""

    def __init__(self, world: World, work: PageWork) -> None:
        self._world = world
        self._work = work
        self._courier = NoticeCourier(work)

    async def tend(self) -> None:
        """Carries all that is due now as far as it gets."""
        while due := list_due_notices(self._world.db, self._world.page.now, page=self._work.config.name):
            for each in due:
                await self._courier.carry(each)

    async def look(self) -> None:
        await follow_once(self._work, is_whole=False)

    def read(self, shown: dict[str, Any]) -> RemoteMaintenance:
        """Returns work as the adapter reads it."""
        remote = read_maintenance(shown, self._work.page.component_names)
        assert remote is not None
        return remote


class _Client(Statuspage):
    """The real adapter on a line that can be cut."""

    def __init__(self, world: World, *args: Any) -> None:
        super().__init__(*args)
        self._world = world
        self._made_at: dict[str, int] = {}

    @property
    def clock_skew_ms(self) -> int | None:
        """The page goes by the test's clock, the Date of its answers does not."""
        return 0

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        self._break_before(message)
        made = await super().create_maintenance(message)
        self._made_at[made.remote_id] = self._world.page.now
        return self._break_after(made)

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        return None if self._is_hidden(remote_id) else await super().get_maintenance(remote_id)

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        shown = await super().list_maintenances(permit, since)
        return [each for each in shown if not self._is_hidden(each.remote_id)]

    def _is_hidden(self, remote_id: str) -> bool:
        return self._world.page.now < self._made_at.get(remote_id, 0) + self._world.lag_ms

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        self._break_before(message)
        return self._break_after(await super().update_maintenance(baseline, message))

    def _break_before(self, message: MaintenanceMessage) -> None:
        if self._world.lost_before:
            self._world.lost_before -= 1
            raise AmbiguousError("the line broke before")
        self._world.writes.append(message)

    def _break_after(self, answer: RemoteMaintenance) -> RemoteMaintenance:
        if self._world.lost_after:
            self._world.lost_after -= 1
            raise AmbiguousError("the line broke after")
        return answer

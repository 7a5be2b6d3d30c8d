"""An engine that carries planned work to a fake page of any kind, step by step, on one clock for both."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.engine.fakes.kinds import Kind
from tests.engine.fakes.proving import allow, read_token
from tests.engine.publishing import make_work
from tests.store.planned import END, NOON, PAGE, START, begin_epoch, plan, say

from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, NewPlan, NoticeDelivery, NoticeKind
from oncall_tui.domain.outbox import Pace
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.follower import follow_once
from oncall_tui.engine.notice_courier import NoticeCourier
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.maintenance import get_maintenance, plan_maintenance
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.notices import list_due_notices, list_notice_deliveries
from oncall_tui.store.page import apply_components
from oncall_tui.store.planned_clock import fire_due

QUIET_MS = 30_000
D = DeliveryState


class PlannedDesk:
    """One file, one page that is called `page`, and what carries between them; `now` is everybody's clock."""

    def __init__(self, db: Database, page: Any) -> None:
        self.now = NOON
        self.db = db
        self.page = page
        self.epoch = begin_epoch(db)
        self.work: PageWork
        self.courier: NoticeCourier

    def plan(self, number: int = 1, **changes: Any) -> Maintenance:
        return plan(self.db, number, now=self.now, **changes)

    def plan_alike(self) -> Maintenance:
        """Plans another work with the title, the words and the window of the first."""
        words = {kind: Words(f"{kind}-alike", f"{kind} 1.", notify=False) for kind in NoticeKind}
        new = NewPlan(
            uid="maintenance-alike", title="Disks 1", starts_at=START, ends_at=END, components=("API",), probes=(),
            pages=(PAGE,),
        )  # fmt: skip
        return plan_maintenance(self.db, new, words, actor="ana", now=self.now)

    def say(self, kind: NoticeKind, maintenance_id: int = 1, **changes: Any) -> Maintenance:
        return say(self.db, maintenance_id, kind, self.now, **changes)

    def ours(self, maintenance_id: int = 1) -> Maintenance:
        return get_maintenance(self.db, maintenance_id)

    def states(self, maintenance_id: int = 1) -> list[tuple[NoticeKind, DeliveryState]]:
        return [(each.kind, each.state) for each in list_notice_deliveries(self.db, maintenance_id)]

    def last(self, maintenance_id: int = 1) -> NoticeDelivery:
        return list_notice_deliveries(self.db, maintenance_id)[-1]

    async def go_to(self, now: int) -> None:
        """Lets the clock take what is due, and carries it."""
        self.now = now
        fire_due(self.db, self.epoch, now)
        await self.tend()

    async def tend(self) -> None:
        """Carries all that is due now as far as it gets."""
        for _ in range(20):
            due = list_due_notices(self.db, self.now, page=PAGE)
            if not due:
                return
            for each in due:
                await self.courier.carry(each)
        raise AssertionError(f"never ends: {self.states()}")

    async def wait(self) -> None:
        """Lets quiet periods pass, with a look after each: after one, reads may still lag behind."""
        for _ in range(3):
            await self.go_to(self.now + QUIET_MS + 1)

    def let_minutes_pass(self) -> None:
        """The adapter goes by the loop's clock in what it asks how often, which stands still here."""
        vars(self.work.page)["_latest_s"] = -math.inf

    async def look(self, *, is_whole: bool = False) -> None:
        """Looks once at the page as the follower does."""
        self.let_minutes_pass()
        await follow_once(self.work, is_whole=is_whole)


def make_plan(api: str, body: str = "plan 1.") -> MaintenanceMessage:
    return MaintenanceMessage(
        uid="maintenance-1",
        op="op-1",
        title="Disks 1",
        status=MaintenanceStatus.SCHEDULED,
        body=body,
        starts_at=START,
        ends_at=END,
        components={},
        component_ids=(api,),
        has_auto_start=False,
        has_auto_end=False,
        moves_components=True,
        remind_prior=False,
        notify=False,
        notify_at_moves=False,
        sent_at=NOON,
    )


@asynccontextmanager
async def desk_of(kind: Kind, path: Path, **options: Any) -> AsyncIterator[tuple[PlannedDesk, Any]]:
    """Gives the desk and the adapter; the page has one component, `API`."""
    with open_database(path) as db:
        desk: PlannedDesk | None = None

        def read_ms() -> int:
            return NOON if desk is None else desk.now

        def read_s() -> float:
            return read_ms() / 1000

        async with kind.serving(read_token, read_ms, clock=read_s, **options) as (page, client):
            desk = PlannedDesk(db, page)
            store = StoreThread(path)
            await store.start()
            config = replace(kind.make_config(page), quiet_period_ms=QUIET_MS, name=PAGE)
            pace = Pace(first_ms=1, most_ms=1)
            desk.work = make_work(
                store, client, config, desk.epoch, clock=read_ms, pace=pace, uptime=lambda: read_ms() / 1000
            )
            desk.courier = NoticeCourier(desk.work)
            page.add_component("API")
            apply_components(db, await client.list_components(allow), page=PAGE)
            try:
                yield desk, client
            finally:
                await store.close()

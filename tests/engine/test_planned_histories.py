"""Random histories of planned work: people here and on the page, both clocks, lost answers; all agree in the end.

`ONCALL_TUI_HISTORIES` says how many; the seed of one that fails is in its message, and makes it again.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from tests.engine.plannedworld import QUIET_MS, Driver, World
from tests.statuspage.clockpage import ClockPage, serving
from tests.store.planned import MINUTE, NOON, change, plan, say

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.merging import read_plan, tell_plan_difference
from oncall_tui.domain.notices import needs_person
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import CAPABILITIES
from oncall_tui.statuspage.shapes import format_instant
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.maintenance import get_maintenance, list_maintenances
from oncall_tui.store.notice_decisions import adopt_notice, drop_notice, retry_notice
from oncall_tui.store.notices import list_notice_deliveries, list_placements

HISTORIES = int(os.environ.get("ONCALL_TUI_HISTORIES", "3"))
SEED = int(os.environ.get("ONCALL_TUI_SEED", "0"))
STEPS = 14
CHANGE = NoticeKind.CHANGE
ACTS = (
    CHANGE,
    CHANGE,
    NoticeKind.START,
    NoticeKind.EXTEND,
    NoticeKind.EXTEND,
    NoticeKind.FINISH,
    NoticeKind.CANCEL,
    NoticeKind.REMIND,
)
OPEN = set(DeliveryState) - {DeliveryState.DELIVERED, DeliveryState.DROPPED}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


class History:
    """One history; `told` is what happened, for whoever looks into a failure."""

    def __init__(self, world: World, driver: Driver, rng: Random) -> None:
        self.world = world
        self.driver = driver
        self.rng = rng
        self.told: list[str] = []
        self.title = "Disks 1"
        self.resent: set[str] = set()

    async def step(self) -> None:
        twice = (self.go, self.say, self.edit)
        act = self.rng.choice((*twice, *twice, self.look, self.tend, self.decide, self.foreign))
        self.told.append(f"{act.__name__} at {self.world.page.now - NOON}")
        await act()

    async def go(self) -> None:
        self.world.go_to(self.world.page.now + self.rng.choice([0, 1, 5, 20, 60]) * MINUTE + self.rng.randrange(3_000))

    async def look(self) -> None:
        await self.driver.look()

    async def tend(self) -> None:
        self.world.lost_before = int(self.rng.random() < 0.2)
        self.world.lost_after = int(self.rng.random() < 0.2)
        await self.driver.tend()

    async def say(self) -> None:
        work = self.rng.choice(list_maintenances(self.world.db))
        kind, now = self.rng.choice(ACTS), self.world.page.now + len(self.told)
        if kind is CHANGE:
            self.change(work.id, now)
            return
        ends_at = max(work.ends_at, now) + self.rng.randrange(1, 60) * MINUTE if kind is NoticeKind.EXTEND else None
        try:
            say(self.world.db, work.id, kind, now, ends_at=ends_at, notify=self.rng.random() < 0.3)
        except (RefusedError, ConflictError) as error:
            self.told.append(f"  refused: {error}")

    def change(self, number: int, now: int) -> None:
        work, start = get_maintenance(self.db, number), now // MINUTE * MINUTE + self.rng.randrange(1, 120) * MINUTE
        choices: list[dict[str, Any]] = [
            {"title": f"Ours {len(self.told)}"},
            {"starts_at": start, "ends_at": start + 60 * MINUTE},
            {"ends_at": max(now // MINUTE * MINUTE + MINUTE, work.ends_at + self.rng.randrange(-30, 30) * MINUTE)},
            {"components": self.rng.choice([("API",), ("Web",), ("API", "Web")])},
            {},
        ]
        fields = self.rng.choice(choices)
        self.told.append(f"  M{number}: {fields}")
        try:
            change(self.db, now, number=number, **fields)
        except RefusedError as error:
            self.told.append(f"  refused: {error}")

    async def edit(self) -> None:
        shown = [each for each in self.world.page.api.get("/incidents").json() if each["impact"] == "maintenance"]
        if not shown:
            return
        chosen, now = self.rng.choice(shown), self.world.page.now
        start = now + self.rng.randrange(-30, 120) * MINUTE
        changes: list[dict[str, object]] = [
            {"name": f"Title {len(self.told)}"},
            {"scheduled_for": format_instant(start), "scheduled_until": format_instant(start + 60 * MINUTE)},
            {"status": self.rng.choice(["in_progress", "verifying", "completed"]), "body": f"Web {len(self.told)}."},
            {"body": f"Web {len(self.told)}."},
        ]
        change = self.rng.choice(changes)
        self.told.append(f"  {chosen['id']}: {change}")
        answer = self.world.page.api.patch(f"/incidents/{chosen['id']}", json={"incident": change})
        assert answer.status_code == 200, answer.text
        if self.rng.random() < 0.06:
            self.told.append(f"  {chosen['id']} deleted")
            self.world.page.api.delete(f"/incidents/{chosen['id']}")

    async def foreign(self) -> None:
        if self.rng.random() < 0.3:
            start = self.world.page.now + 30 * MINUTE
            self.world.page.plan(
                name=f"Foreign {len(self.told)}",
                scheduled_for=format_instant(start),
                scheduled_until=format_instant(start + 30 * MINUTE),
                scheduled_auto_in_progress=self.rng.random() < 0.5,
                scheduled_auto_completed=self.rng.random() < 0.5,
            )

    async def decide(self, *, is_dropping_only: bool = False) -> None:
        for work in list_maintenances(self.world.db):
            for each in list_notice_deliveries(self.world.db, work.id):
                if not needs_person(each):
                    continue
                choice = 0.0 if is_dropping_only else self.rng.random()
                self.told.append(f"  decides {each.kind} {each.state} {each.reason}: {choice:.2f}")
                if choice < 0.4:
                    drop_notice(self.world.db, each.id, "ana", self.world.page.now)
                elif choice < 0.7 or not each.evidence:
                    self.resent.add(each.confirmed_body)
                    retry_notice(self.world.db, each.id, "ana", self.world.page.now)
                else:
                    adopt_notice(self.world.db, each.id, each.evidence[0], "ana", self.world.page.now)

    async def heal(self) -> None:
        """The line holds, people decide, and time goes by until nothing waits."""
        quiet = 0
        while quiet < 2:
            self.world.go_to(self.world.page.now + QUIET_MS + 3 * MINUTE)
            await self.driver.tend()
            await self.decide(is_dropping_only=True)
            await self.driver.look()
            states = {each.state for work in self.works() for each in list_notice_deliveries(self.db, work)}
            quiet = 0 if states & OPEN else quiet + 1

    @property
    def db(self) -> Database:
        return self.world.db

    def works(self) -> list[int]:
        return [each.id for each in list_maintenances(self.world.db)]

    def check(self) -> None:
        shown = {
            each["id"]: each for each in self.world.page.api.get("/incidents").json() if each["impact"] == "maintenance"
        }
        placed: dict[str, int] = {}
        for maintenance_id in self.works():
            work = get_maintenance(self.db, maintenance_id)
            deliveries = list_notice_deliveries(self.db, maintenance_id)
            assert not [each for each in deliveries if each.state in OPEN], deliveries
            for placement in list_placements(self.db, maintenance_id):
                if placement.gone_at is not None or placement.remote_id not in shown:
                    assert placement.remote_id not in shown
                    assert not work.status.is_open
                    continue
                assert placement.remote_id not in placed
                placed[placement.remote_id] = maintenance_id
                assert placement.conflict == placement.difference == "", placement
                remote = self.driver.read(shown[placement.remote_id])
                assert tell_plan_difference(read_plan(work), read_plan(remote)) == "", (work, remote)
                counts = Counter(
                    update.body.partition("\n")[0] for update in remote.updates if "by hand" in update.body
                )
                said = Counter(
                    each.confirmed_body for each in deliveries if "by hand" in each.confirmed_body and each.attempts
                )
                for body, count in counts.items():
                    assert count <= said[body] or body in self.resent, (body, counts, said)
                delivered = [each for each in deliveries if each.state is DeliveryState.DELIVERED]
                for each in delivered:
                    if "by hand" in each.confirmed_body:
                        assert counts[each.confirmed_body], each
        assert set(placed) == set(shown), (placed, list(shown))


@pytest.mark.parametrize("number", range(HISTORIES))
async def test_all_agree_in_the_end(served: ClockPage, tmp_path: Path, number: int) -> None:
    seed = SEED + number
    rng = Random(seed)
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        world = World(served.clear(), path, db)
        world.capabilities = replace(CAPABILITIES, has_auto_transitions=rng.random() < 0.5)
        async with world.driving() as driver:
            history = History(world, driver, rng)
            try:
                plan(db, notify=rng.random() < 0.3, remind_at=rng.choice([None, NOON + 20 * MINUTE]))
                await asyncio.wait_for(history.tend(), 60)
                for _ in range(STEPS):
                    await asyncio.wait_for(history.step(), 60)
                await asyncio.wait_for(history.heal(), 60)
                history.check()
            except BaseException as error:
                error.add_note(f"seed {seed}\n" + "\n".join(history.told))
                raise

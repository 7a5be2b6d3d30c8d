"""The roller on a real file: a restart, a sleep or a clock that was set loses nothing and counts nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.saved import list_results

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.history import KEEP_MS, KEEP_RAW_MS, Span
from oncall_tui.domain.probe import Phases, Probe, ProbeKind, Result, SpanKind, Verdict
from oncall_tui.domain.rollup import Rollup
from oncall_tui.engine import roller as rolling
from oncall_tui.engine.roller import Roller
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.history import list_rollups
from oncall_tui.store.probes import record_results, replace_probes

API = Probe("api", ProbeKind.TCP, "127.0.0.1:1")
TODAY = 20_000 * DAY


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "STEP_PAUSE_S", 0)
    monkeypatch.setattr(rolling, "PRUNE_PAUSE_S", 0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreThread]:
    thread = StoreThread(tmp_path / "oncall.db", is_durable=False)
    await thread.start()
    await thread.call(replace_probes, [API], [])
    yield thread
    await thread.close()


class World:
    def __init__(self, store: StoreThread) -> None:
        self.store = store
        self.now = TODAY
        self.restart()

    def restart(self) -> None:
        self.roller = Roller(self.store, clock=lambda: self.now, stop=asyncio.Event())

    async def record(self, *at: int, verdict: Verdict = Verdict.UP) -> None:
        results = [Result("api", each, verdict, 12.5, phases=Phases(connect_ms=3.25)) for each in at]
        await self.store.call(record_results, results, [], [], self.now)

    async def roll(self, now: int) -> None:
        self.now = now
        await self.roller.roll()

    async def hours(self) -> list[tuple[int, int]]:
        return self._tell(await self.store.call(list_rollups, "api", HOUR, 0, 2 * TODAY))

    async def days(self) -> list[tuple[int, int]]:
        return self._tell(await self.store.call(list_rollups, "api", DAY, 0, 2 * TODAY))

    @staticmethod
    def _tell(found: Sequence[Rollup]) -> list[tuple[int, int]]:
        return [((each.began_at - TODAY) // HOUR, each.runs) for each in found]


@pytest.fixture
def world(store: StoreThread) -> World:
    return World(store)


async def test_an_hour_is_rolled_up_once_it_is_over(world: World) -> None:
    await world.record(TODAY, TODAY + 30 * MINUTE, TODAY + HOUR)
    await world.roll(TODAY + HOUR + 1)
    assert await world.hours() == []
    await world.roll(TODAY + HOUR + MINUTE)
    assert await world.hours() == [(0, 2)]
    (hour,) = await world.store.call(list_rollups, "api", HOUR, TODAY, TODAY + HOUR)
    assert hour.figures[0] == (12.5, 12.5)
    assert hour.figures[2] == (3.25, 3.25)
    assert hour.minutes[0].worst is SpanKind.UP
    assert hour.minutes[0].p50_ms == pytest.approx(12.5, rel=0.04)
    assert hour.minutes[1] == (None, None, None)


async def test_what_is_recorded_late_is_counted_and_nothing_twice(world: World) -> None:
    await world.record(TODAY)
    await world.roll(TODAY + 2 * HOUR)
    await world.record(TODAY + 1, TODAY + 2)
    await world.roll(TODAY + 2 * HOUR)
    world.restart()
    await world.roll(TODAY + 3 * HOUR)
    assert await world.hours() == [(0, 3)]


async def test_a_new_engine_rolls_up_what_the_old_one_left(world: World) -> None:
    await world.record(TODAY, TODAY + HOUR)
    await world.roll(TODAY + HOUR + MINUTE)
    world.restart()
    await world.record(TODAY + HOUR + 1)
    await world.roll(TODAY + 9 * DAY)
    assert await world.hours() == [(0, 1), (1, 2)]
    assert await world.days() == [(0, 3)]


async def test_results_stay_for_two_days_and_until_they_are_rolled_up(world: World) -> None:
    await world.record(TODAY, TODAY + 3 * DAY)
    await world.roll(TODAY + 3 * DAY + 1)
    assert len(await world.store.call(list_results, "api")) == 1
    assert (await world.hours(), await world.days()) == ([(0, 1)], [(0, 1)])
    await world.roll(TODAY + 3 * DAY + KEEP_RAW_MS)
    assert len(await world.store.call(list_results, "api")) == 1


async def test_a_clock_set_back_or_on_makes_no_hole(world: World) -> None:
    await world.record(TODAY + 10 * HOUR, TODAY + 40 * DAY)
    await world.roll(TODAY + 11 * HOUR)
    await world.record(TODAY + 9 * HOUR)
    await world.roll(TODAY + 11 * HOUR + MINUTE)
    assert await world.hours() == [(9, 1), (10, 1), (40 * 24, 1)]
    await world.record(TODAY + 40 * DAY + 1)
    await world.roll(TODAY + 41 * DAY)
    assert await world.hours() == [(9, 1), (10, 1), (40 * 24, 2)]
    assert await world.days() == [(0, 2), (40 * 24, 2)]


async def test_an_hour_is_never_made_of_what_is_left_of_it(world: World) -> None:
    await world.record(TODAY, TODAY + 1, TODAY + 3 * DAY)
    await world.roll(TODAY + 3 * DAY)
    await world.record(TODAY + 2)
    await world.roll(TODAY + 3 * DAY + 1)
    assert (await world.hours())[0] == (0, 2)


async def test_history_ends_after_400_days(world: World) -> None:
    await world.store.call(record_results, [], [], [], 1, [Span("api", TODAY - 1, TODAY, SpanKind.UP)])
    await world.record(TODAY)
    await world.roll(TODAY + DAY)
    assert await world.days() == [(0, 1)]
    later = TODAY + KEEP_MS + 3 * DAY
    await world.record(later)
    await world.roll(later + DAY)
    assert [hour for hour, _ in await world.hours()] == [(later - TODAY) // HOUR]
    assert await world.store.call(lambda db: db.rows("SELECT 1 FROM span")) == []


async def test_what_is_kept_of_a_probe_that_was_removed_ends_too(world: World) -> None:
    async def count(table: str) -> int:
        return len(await world.store.call(lambda db: db.rows(f"SELECT 1 FROM {table}")))

    spans = [Span("api", TODAY - HOUR, TODAY, SpanKind.UP), Span("api", TODAY, TODAY + 2 * DAY, SpanKind.DOWN)]
    await world.store.call(record_results, [], [], [], 1, spans)
    await world.record(TODAY, TODAY + HOUR)
    await world.roll(TODAY + DAY)
    await world.store.call(replace_probes, [replace(API, name="other")], [])
    world.restart()
    await world.roll(TODAY + DAY + HOUR)
    assert (await count("result"), await count("span"), await count("rollup")) == (2, 2, 3)
    await world.roll(TODAY + KEEP_RAW_MS + 2 * HOUR)
    assert (await count("result"), await count("span"), await count("rollup")) == (0, 2, 3)
    await world.roll(TODAY + KEEP_MS + DAY)
    assert (await count("span"), await count("rollup")) == (1, 0)
    await world.roll(TODAY + KEEP_MS + 4 * DAY)
    assert await count("span") == 0

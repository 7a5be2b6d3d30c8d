"""The clock of the engine and recurring windows: they stand in the file before they begin, and outlive it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.pace import PATIENCE_S

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.upkeep import index_upkeeps
from oncall_tui.domain.windows import Window
from oncall_tui.engine.maintainer import run_clock
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import take_lease
from oncall_tui.store.probes import replace_probes
from oncall_tui.store.upkeeps import list_upkeeps

NOON = 1_795_348_800_000
NIGHTLY = Window("backup", tuple(range(7)), 13 * 60, HOUR, probes=("db",))


async def run_until(path: Path, windows: tuple[Window, ...], now: int, is_met: Callable[[], bool]) -> None:
    """Runs an engine's clock that stands at `now` until something is so."""
    with open_database(path) as db:
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now)
    store, stop = StoreThread(path), asyncio.Event()
    await store.start()
    work = asyncio.create_task(run_clock(store, windows, epoch=epoch, clock=lambda: now, stop=stop))
    async with asyncio.timeout(PATIENCE_S):
        while not is_met():
            await asyncio.sleep(0.01)
    stop.set()
    await work
    await store.close()


async def test_windows_outlive_their_engine_and_go_with_the_config(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        replace_probes(db, [Probe("db", ProbeKind.TCP, "h:1")], [])

        def count() -> int:
            return len(list_upkeeps(db, 0))

        def is_quiet(now: int) -> bool:
            return "db" in index_upkeeps(list_upkeeps(db, now), now)

        await run_until(path, (NIGHTLY,), NOON, lambda: count() == 2)
        assert [is_quiet(NOON + after) for after in (0, HOUR, 2 * HOUR - 1, 2 * HOUR, DAY + HOUR)] == [
            *(False, True, True, False, True),
        ]
        await run_until(path, (NIGHTLY,), NOON + HOUR + MINUTE, lambda: count() == 3)
        assert is_quiet(NOON + HOUR + MINUTE)
        await run_until(path, (), NOON + HOUR + 2 * MINUTE, lambda: count() == 1)
        assert not is_quiet(NOON + HOUR + 2 * MINUTE)
        assert not is_quiet(NOON + DAY + HOUR)

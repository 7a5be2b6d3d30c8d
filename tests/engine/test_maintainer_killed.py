"""Planned work through engines that are killed, on the embedded page in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from tests.e2e.world import TOKEN, open_world, wait_until
from tests.e2e.world import World as CommandWorld
from tests.engine.maintainer_steps import POINTS, run_steps
from tests.engine.plannedworld import QUIET_MS, World
from tests.pace import PATIENCE_S
from tests.statuspage.clockpage import ClockPage, serving
from tests.statuspage.conftest import Page, start_page
from tests.store.planned import END, MINUTE, NOON, START, begin_epoch, plan, say

from oncall_tui.clock import now_ms
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import CAPABILITIES
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lease import read_lease
from oncall_tui.store.maintenance import get_maintenance, list_maintenances
from oncall_tui.store.notices import list_notice_deliveries

ROOT = Path(__file__).parents[2]
THREE = NOON + 180 * MINUTE


def start_agent(world: CommandWorld) -> subprocess.Popen[bytes]:
    return subprocess.Popen(world.command("agent", "--stay"), env=world.env, stderr=subprocess.DEVNULL)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def list_delivered(db: Database, maintenance_id: int = 1) -> list[NoticeKind]:
    deliveries = list_notice_deliveries(db, maintenance_id)
    return [each.kind for each in deliveries if each.state is DeliveryState.DELIVERED]


def read_works(url: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/api/v2/scheduled-maintenances.json", trust_env=False, timeout=PATIENCE_S).json()
    works: list[dict[str, Any]] = answer["scheduled_maintenances"]
    return works


def list_bodies(work: dict[str, Any]) -> list[str]:
    return [update["body"] for update in reversed(work["incident_updates"])]


def test_a_short_maintenance_outlives_its_engines(tmp_path: Path) -> None:
    with open_world(tmp_path, env=dict(os.environ)) as world, open_database(world.db) as db:
        engine = start_agent(world)
        wait_until(partial(has_begun, db, 1))
        now = now_ms()
        plan(db, now=now, starts_at=now + 2_000, ends_at=now + 5_000)
        wait_until(lambda: NoticeKind.START in list_delivered(db))
        kill(engine)
        shown = world.run_json("status")
        assert isinstance(shown, dict)
        assert [probe["status"] for probe in shown["probes"]] == ["maintenance"]
        time.sleep(max(0.0, (now + 5_200 - now_ms()) / 1000))
        engine = start_agent(world)
        wait_until(lambda: list_delivered(db) == [NoticeKind.PLAN, NoticeKind.START, NoticeKind.FINISH])
        kill(engine)
        (work,) = read_works(world.page_url)
        assert list_bodies(work) == [
            "plan 1.",
            "The planned maintenance has begun.",
            "The planned maintenance is complete.",
        ]
        assert get_maintenance(db, 1).status is MaintenanceStatus.COMPLETED
        assert all(TOKEN.encode() not in each.read_bytes() for each in tmp_path.glob("oncall.db*"))


def test_engines_killed_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    rng, seed = Random(), time.time_ns()
    rng.seed(seed)
    page: Page = start_page(tmp_path / "page.db")
    command = [sys.executable, "-m", "tests.engine.maintainer_process", str(tmp_path / "oncall.db"), page.url]
    try:
        with open_database(tmp_path / "oncall.db") as db:
            now = now_ms()
            for number in range(1, 9):
                start = now + 700 + rng.randrange(2_500)
                plan(db, number, now=now, starts_at=start, ends_at=start + 200 + rng.randrange(2_000))
            for epoch in range(1, 5):
                engine = subprocess.Popen(command, cwd=ROOT)
                wait_until(partial(has_begun, db, epoch))
                time.sleep(rng.random() * 0.25)
                kill(engine)
            engine = subprocess.Popen(command, cwd=ROOT)
            try:
                wait_until(lambda: all(is_told(db, each.id) for each in list_maintenances(db)), 20)
            finally:
                kill(engine)
            works = {work["name"]: work for work in read_works(page.url)}
            assert len(works) == 8, f"seed {seed}"
            for number in range(1, 9):
                bodies = [body.split("\n")[0] for body in list_bodies(works[f"Disks {number}"])]
                all_of_it = [f"{kind} {number}." for kind in ("plan", "start", "finish")]
                assert bodies in (all_of_it, [all_of_it[0], all_of_it[2]]), f"seed {seed}"
                assert works[f"Disks {number}"]["status"] == "completed"
    finally:
        page.stop()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.mark.parametrize("point", POINTS, ids="-".join)
async def test_an_engine_killed_at_any_step_says_each_notice_once(
    served: ClockPage, tmp_path: Path, point: tuple[str, str]
) -> None:
    """A kill at the same step of the start, of the extension and of the end; the next engine comes after a minute."""
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["tests.engine.maintainer_steps"])
    path = tmp_path / "oncall.db"
    killed = []
    with open_database(path) as db:
        world = World(served.clear(), path, db)
        world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
        plan(db)
        await world.settle()
        for kind, at in ((NoticeKind.START, START), (NoticeKind.EXTEND, END - MINUTE), (NoticeKind.FINISH, THREE)):
            world.page.go_to(at)
            if kind is NoticeKind.EXTEND:
                say(db, 1, kind, at, ends_at=THREE)
            engine = forks.Process(target=run_steps, args=(path, world.page.url, at, point))
            engine.start()
            engine.join(20)
            killed.append(engine.exitcode == -signal.SIGKILL)
            world.epoch = begin_epoch(db)
            world.go_to(at + MINUTE)
            await world.settle(lambda: world.last().state in (DeliveryState.UNCERTAIN, DeliveryState.DELIVERED))
            world.page.now += 3 * QUIET_MS
            await world.settle()
        assert world.bodies() == ["plan 1.", "start 1.", "extend by hand.", "finish 1."]
        assert world.shown()["status"] == "completed"
        assert world.component_states()["API"] == "operational"
    assert killed == [True] * 3


def has_begun(db: Database, epoch: int) -> bool:
    lease = read_lease(db)
    return lease is not None and lease.epoch == epoch


def is_told(db: Database, maintenance_id: int) -> bool:
    return NoticeKind.FINISH in list_delivered(db, maintenance_id)


def test_a_sync_does_it_all_without_an_engine(tmp_path: Path) -> None:
    with open_world(tmp_path, env=dict(os.environ)) as world, open_database(world.db) as db:
        assert (
            world.run(
                "maintenance", "plan", "-t", "Disks", "--from", "now", "--for", "1h", "--effect", "none"
            ).returncode
            == 0
        )
        assert world.run("sync", "--wait", "10s").returncode == 0
        assert list_delivered(db) == [NoticeKind.PLAN, NoticeKind.START]
        assert all(each.seen_at is not None for each in list_notice_deliveries(db, 1))
        told = world.run("maintenance", "show", "M1").stdout
        assert "ON page customers read: The planned maintenance has begun." in told

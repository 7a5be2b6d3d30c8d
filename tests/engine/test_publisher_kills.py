"""The engine is killed at each step from the outbox commit to the answer, and at random: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path
from random import Random

import pytest
from tests.engine.faultkinds import HEALING_FAULTS, Fault
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import QUIET_MS, TIMEOUT_MS, confirm, declare, publishing, until

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates

ROOT = Path(__file__).parents[2]
# (the step at which the page sees the engine die, and what becomes of the request)
DEATHS = (
    ("connected", Fault.NONE),
    ("read", Fault.NONE),
    ("received", Fault.NONE),
    ("received", Fault.DROP_BEFORE),
    ("received", Fault.LATE),
    ("applied", Fault.NONE),
    ("answered", Fault.NONE),
)


async def start_engine(path: Path, page: FaultPage) -> Process:
    arguments = ("-m", "tests.engine.engine_process", str(path), page.api_url, str(QUIET_MS), str(TIMEOUT_MS))
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)


async def end_engine(engine: Process) -> None:
    if engine.returncode is None:
        engine.kill()
    await engine.wait()


@pytest.mark.parametrize(("moment", "fault"), DEATHS)
async def test_death_at_a_step_loses_and_doubles_nothing(moment: str, fault: Fault, tmp_path: Path) -> None:
    async def die(step: str) -> None:
        path = tmp_path / f"{step}.db"
        with open_database(path) as db:
            await check_death(moment, fault, step, path, db)

    async with asyncio.TaskGroup() as group:
        for step in ("create", "update", "resolve"):
            group.create_task(die(step))


async def check_death(moment: str, fault: Fault, step: str, path: Path, db: Database) -> None:
    async with FaultPage(slow_s=0.5) as page:
        page.add_component("API")
        incident = declare(db, components={"API": ComponentStatus.MAJOR_OUTAGE})
        expected = []
        if step != "create":
            expected.append("before")
            confirm(db, incident.id, "before", components=incident.components)
            async with publishing(path, db, page):
                await until(lambda: not list_deliveries(db))
        status = IncidentStatus.RESOLVED if step == "resolve" else IncidentStatus.IDENTIFIED
        for body in ("first", "second"):
            expected.append(body)
            confirm(db, incident.id, body, status)
        page.faults.append(fault)
        engine = await start_engine(path, page)

        def kill(seen: str) -> None:
            if seen == moment:
                page.on_step = lambda _: None
                engine.kill()

        if step != "create" or moment != "read":
            page.on_step = kill
            assert await engine.wait() == -signal.SIGKILL
            engine = await start_engine(path, page)
        await until(lambda: not list_deliveries(db))
        await end_engine(engine)
        assert page.bodies() == expected
        assert [update.body for update in list_updates(db, incident.id)] == expected
        assert len(page.incidents) == 1


async def see_steps(db: Database, steps: list[str], count: int) -> None:
    await until(lambda: len(steps) >= count or not list_deliveries(db))


async def test_death_at_random_loses_and_doubles_nothing(path: Path, db: Database) -> None:
    rng = Random(7)
    async with FaultPage(rng=rng, slow_s=0.3, late_s=0.06) as page:
        page.draw = lambda _: rng.choice(HEALING_FAULTS) if rng.random() < 0.4 else Fault.NONE
        incidents = [declare(db, number) for number in range(1, 4)]
        expected: dict[int, list[str]] = {}
        for incident in incidents:
            expected[incident.id] = [f"{incident.id}.{number}" for number in range(1, 6)]
            for body in expected[incident.id]:
                confirm(db, incident.id, body, rng.choice(list(IncidentStatus)[:3]))
        kills = 0
        async with asyncio.timeout(60.0):
            while list_deliveries(db):
                engine = await start_engine(path, page)
                steps: list[str] = []
                page.on_step = steps.append
                await see_steps(db, steps, rng.randint(1, 12) if kills < 8 else 10_000)
                await asyncio.sleep(rng.uniform(0.0, 0.02))
                kills += 1
                await end_engine(engine)
        assert kills > 6
        for incident in incidents:
            (remote_id,) = {write.incident_id for write in page.writes if write.body in expected[incident.id]}
            assert page.bodies(remote_id) == expected[incident.id]
            assert all(item.delivery is DeliveryState.DELIVERED for item in list_updates(db, incident.id))
        assert len(page.incidents) == len(incidents)

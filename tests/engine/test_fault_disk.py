"""A file that is full or read-only while the engine publishes: nothing confirmed is lost, nothing is sent twice.

A locked one is in test_publisher.py.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import confirm, declare, publishing, until

from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates

ROOT = Path(__file__).parents[2]
LONG_MS = 5_000


async def start_engine(path: Path, page: FaultPage) -> Process:
    arguments = ("-m", "tests.engine.engine_process", str(path), page.api_url, str(LONG_MS + 1_000), str(LONG_MS))
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stderr=PIPE)


def fill_disk(engine: Process, is_full: bool) -> None:
    """The engine's writes fail as on a disk without room; those of others go on."""
    _, most = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (0 if is_full else most, most))


@pytest.mark.parametrize("step", ["received", "answered"])
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux's")
async def test_a_disk_that_fills_up_while_sending_loses_and_doubles_nothing(
    step: str, path: Path, db: Database
) -> None:
    async with FaultPage() as page:
        incident = declare(db)
        for body in ("first", "second"):
            confirm(db, incident.id, body)
        engine = await start_engine(path, page)

        def fill(seen: str) -> None:
            if seen == step and page.count("POST"):
                page.on_step = lambda _: None
                fill_disk(engine, is_full=True)

        page.on_step = fill
        await until(lambda: page.writes)
        await asyncio.sleep(1.0)
        assert page.bodies() == ["first"]
        assert list_deliveries(db)[0].state is DeliveryState.SENDING
        fill_disk(engine, is_full=False)
        await until(lambda: not list_deliveries(db))
        engine.kill()
        _, said = await engine.communicate()
        assert b"disk" in said
        assert page.bodies() == ["first", "second"]
        assert [update.body for update in list_updates(db, incident.id)] == ["first", "second"]
        assert db.rows("PRAGMA integrity_check")[0][0] == "ok"


async def test_a_file_that_turns_read_only_holds_the_queue_and_is_told(
    path: Path, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with FaultPage() as page:
        incident = declare(db)
        async with publishing(path, db, page) as engine:
            await engine.store.call(lambda file: file.rows("PRAGMA query_only = ON"))
            confirm(db, incident.id, "first")
            engine.wake.set()
            await until(lambda: "read-only" in caplog.text)
            assert page.count("POST") == 0
            assert [item.state for item in list_deliveries(db)] == [DeliveryState.PENDING]
            await engine.store.call(lambda file: file.rows("PRAGMA query_only = OFF"))
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first"]

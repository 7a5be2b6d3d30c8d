"""How an engine ends: in order, whenever it is told to, and whatever it is in the middle of."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.engine.agents import (
    end,
    has_beaten,
    holds,
    open_target,
    start_agent,
    wait_until,
    write_config,
)
from tests.pace import PATIENCE_S, free_s
from tests.saved import list_results

from oncall_tui.config.model import Config
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine import service
from oncall_tui.engine.service import Ending, Mode, run_engine
from oncall_tui.engine.spawn import find_lock_holder, stop_engine
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.lease import read_lease
from oncall_tui.store.outbox import confirm_update, get_delivery

SLOW_STOP = """
CREATE TRIGGER slow BEFORE UPDATE OF stopped_at ON lease BEGIN
    SELECT max(x) FROM (
        WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT x FROM c
    );
END
"""


@pytest.fixture
def target() -> Iterator[int]:
    with open_target() as port:
        yield port


@pytest.fixture
def silent_page() -> Iterator[int]:
    """A page that answers what it is asked, and nothing that it is told."""
    is_over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"[]")

        def do_POST(self) -> None:
            is_over.wait(30)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_obeys_a_signal_while_it_begins(tmp_path: Path, target: int) -> None:
    path, config = tmp_path / "oncall.db", write_config(tmp_path, target)
    with open_database(path) as db:
        with db.write():
            process = start_agent(tmp_path, config, "--stay")
            wait_until(lambda: find_lock_holder(path) == process.pid)
            process.terminate()
            time.sleep(0.1)
        assert process.wait(PATIENCE_S) == 0
        lease = read_lease(db)
        assert lease is not None
        assert (lease.pid, lease.stopped_at is not None) == (process.pid, True)
    end(process)


def test_a_stop_finds_an_engine_that_has_only_begun(tmp_path: Path, target: int) -> None:
    path, config = tmp_path / "oncall.db", write_config(tmp_path, target)
    with open_database(path) as db:
        with db.write():
            process = start_agent(tmp_path, config, "--stay")
            wait_until(lambda: find_lock_holder(path) == process.pid)
            stopping = start_agent(tmp_path, config, "--stop")
            time.sleep(1.0)
        _, said = stopping.communicate(timeout=PATIENCE_S)
        assert (stopping.returncode, said) == (0, b"")
        assert process.wait(PATIENCE_S) == 0
    end(process)


async def test_a_stop_is_written_down_where_that_takes_a_while(
    tmp_path: Path, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STOP_GRACE_S", PATIENCE_S)
    monkeypatch.setattr(service, "CLOSE_WITHIN_S", 0.05)
    path, stop = tmp_path / "oncall.db", asyncio.Event()
    config = Config(path=tmp_path / "oncall.toml")
    running = asyncio.create_task(run_engine(path, config, mode=Mode.STAY, stop=stop))
    with open_database(path) as db:
        async with asyncio.timeout(PATIENCE_S):
            while not has_beaten(db):
                await asyncio.sleep(0.05)
        with db.write() as connection:
            connection.execute(SLOW_STOP)
        stop.set()
        assert await running is Ending.STOPPED
        lease = read_lease(db)
        assert lease is not None
        assert lease.stopped_at is not None


def test_a_page_that_does_not_answer_holds_up_no_stop(tmp_path: Path, target: int, silent_page: int) -> None:
    config = write_config(tmp_path, target)
    page = f'[page]\napi_url = "http://127.0.0.1:{silent_page}/v1"\npage_id = "p"\ntoken = {{ env = "PATH" }}\n'
    config.write_text(page + config.read_text())
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        incident = declare_incident(
            db,
            uid="u1",
            title="T",
            components={},
            probes=(),
            severity=Severity.SEV3,
            started_at=1,
            actor="me",
            now=1,
        )
        confirm_update(
            db,
            incident.id,
            uid="u2",
            status=IncidentStatus.INVESTIGATING,
            body="We look.",
            components={},
            next_update_at=None,
            notify=False,
            actor="me",
            now=2,
        )
        process = start_agent(tmp_path, config, "--stay")
        wait_until(lambda: get_delivery(db, 1).state is DeliveryState.SENDING)
        told_at = free_s()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert free_s() - told_at < 2
        assert get_delivery(db, 1).state is DeliveryState.SENDING
        heir = start_agent(tmp_path, config, "--stay")
        wait_until(lambda: get_delivery(db, 1).state is DeliveryState.UNCERTAIN)
        heir.terminate()
        assert heir.wait(PATIENCE_S) == 0
    end(process)
    end(heir)


def test_a_hung_engine_is_ended_by_takeover_and_not_by_stop(tmp_path: Path, target: int) -> None:
    config = write_config(tmp_path, target)
    hung = start_agent(tmp_path, config, "--stay")
    with open_database(tmp_path / "oncall.db") as db:
        wait_until(lambda: has_beaten(db))
        wait_until(lambda: len(list_results(db, "api")) >= 1)
        os.kill(hung.pid, signal.SIGSTOP)
        heir = start_agent(tmp_path, config, "--takeover")
        wait_until(lambda: holds(db, heir.pid))
        assert hung.wait(PATIENCE_S) in (0, -signal.SIGTERM, -signal.SIGKILL)
        assert stop_engine(tmp_path / "oncall.db", read_lease(db)) == heir.pid
        assert stop_engine(tmp_path / "oncall.db", read_lease(db)) is None
        assert heir.wait(PATIENCE_S) == 0
    end(hung)
    end(heir)

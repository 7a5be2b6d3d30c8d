"""The page as a process: kill -9, stopping, many writers, foreign files, the rate limit."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.pace import PATIENCE_S, free_s
from tests.statuspage.conftest import PAGE_ID, TOKEN, Page, start_page

from oncall_tui.domain.errors import NotOursError, TooNewError, UsageError
from oncall_tui.statuspage.pagefile import APPLICATION_ID, PageFile, prepare


def test_every_answered_write_survives_kill_9(tmp_path: Path) -> None:
    data = tmp_path / "page.db"
    answered: list[str] = []
    for turn in range(3):
        page = start_page(data)
        incident = page.open_incident()
        answered.append(str(incident["id"]))

        def write(page: Page = page, incident_id: str = answered[-1], turn: int = turn) -> None:
            with page.make_writer() as writer:
                for number in range(10_000):
                    body = f"{turn}-{number}"
                    try:
                        answer = writer.patch(f"/incidents/{incident_id}", json={"incident": {"body": body}})
                    except httpx.TransportError:
                        return
                    assert answer.status_code == 200
                    answered.append(body)

        writer = threading.Thread(target=write)
        writer.start()
        goal = len(answered) + 8
        while len(answered) < goal and writer.is_alive():
            time.sleep(0.002)
        page.process.send_signal(signal.SIGKILL)
        writer.join()
        page.kill()
    page = start_page(data)
    kept: list[str] = []
    for incident in reversed(page.api.get("/incidents").json()):
        kept.append(incident["id"])
        kept += [update["body"] for update in reversed(incident["incident_updates"])]
    page.stop()
    told = [entry for entry in kept if entry]
    assert [entry for entry in told if entry in set(answered)] == answered
    # At most the one write in flight at each kill stands on the page without its answer.
    assert len(told) - len(answered) <= 3
    assert len(answered) >= 27


def test_eight_writers_lose_and_double_nothing(page: Page) -> None:
    incident = page.open_incident()

    def write(name: int) -> None:
        with page.make_writer() as writer:
            for number in range(10):
                body = {"incident": {"body": f"{name}-{number}"}}
                assert writer.patch(f"/incidents/{incident['id']}", json=body).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    updates = page.api.get(f"/incidents/{incident['id']}").json()["incident_updates"][::-1][1:]
    bodies = [update["body"] for update in updates]
    assert sorted(bodies) == sorted(f"{name}-{number}" for name in range(8) for number in range(10))
    for name in range(8):
        assert [body for body in bodies if body.startswith(f"{name}-")] == [f"{name}-{n}" for n in range(10)]
    times = [update["created_at"] for update in updates]
    assert times == sorted(set(times))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_even_with_connections_open(tmp_path: Path, number: int) -> None:
    page = start_page(tmp_path / "page.db")
    page.open_incident()
    address = urlsplit(page.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\n")
        begun = free_s()
        page.process.send_signal(number)
        page.process.wait(PATIENCE_S)
        assert free_s() - begun < 2.0
    assert page.stop() == (0, "")


def test_the_rate_limit_says_when_to_come_back(tmp_path: Path) -> None:
    page = start_page(tmp_path / "page.db", "--requests-per-minute", "3")
    page.public.get(f"/v1/pages/{PAGE_ID}")
    codes = [page.api.get("/components").status_code for _ in range(3)]
    limited = page.api.get("/components")
    assert (codes, limited.status_code) == ([200, 200, 200], 429)
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert page.public.get("/api/v2/status.json").status_code == 200
    page.stop()


def test_a_made_up_token_stays_with_the_file(tmp_path: Path) -> None:
    data = tmp_path / "page.db"
    first = prepare(data, None, None, None, ["API"], 1)
    again = prepare(data, None, None, None, ["Other"], 2)
    assert (first.token, first.page_id) == (again.token, again.page_id)
    assert len(first.token) >= 32
    assert first.token not in repr(first)
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    given = prepare(data, TOKEN, None, None, [], 3)
    assert given.token == TOKEN
    assert TOKEN.encode() not in data.read_bytes()
    with pytest.raises(UsageError, match="holds page"):
        prepare(data, None, "another", None, [], 4)
    with pytest.raises(UsageError, match="page id"):
        prepare(data, None, "../x", None, [], 4)


@pytest.mark.parametrize("kind", ["text", "database"])
def test_a_foreign_file_is_refused_and_untouched(tmp_path: Path, kind: str) -> None:
    data = tmp_path / "theirs.db"
    if kind == "text":
        data.write_text("precious")
    else:
        theirs = sqlite3.connect(data)
        theirs.execute("CREATE TABLE precious (a)")
        theirs.close()
    before = data.read_bytes()
    with pytest.raises(NotOursError):
        PageFile(data)
    assert data.read_bytes() == before
    assert list(tmp_path.iterdir()) == [data]


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "newer.db"
    newer = sqlite3.connect(data)
    newer.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 99; CREATE TABLE t (a)")
    newer.close()
    with pytest.raises(TooNewError):
        PageFile(data)


def test_a_port_in_use_is_a_sentence(page: Page, tmp_path: Path) -> None:
    port = str(urlsplit(page.url).port)
    command = [sys.executable, "-m", "oncall_tui.statuspage", "--data", str(tmp_path / "p.db"), "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_its_token_is_printed_once_and_is_no_argument(tmp_path: Path) -> None:
    data = tmp_path / "page.db"
    environ = {name: value for name, value in os.environ.items() if name != "STATUSPAGE_TOKEN"}
    told = []
    for _ in range(2):
        command = [sys.executable, "-P", "-m", "oncall_tui", "page", "serve", "--data", str(data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
            assert process.stdout is not None
            told.append([process.stdout.readline() for _ in range(6)])
            process.terminate()
    first, later = ("".join(lines) for lines in told)
    with sqlite3.connect(data) as db:
        token = db.execute("SELECT token FROM page").fetchone()[0]
    assert f"export STATUSPAGE_TOKEN={token}" in first
    assert token not in later
    assert "THE-ONE-PRINTED-AT-FIRST" in later
    refused = subprocess.run([*command, "--token", "x"], capture_output=True, check=False, env=environ)
    assert refused.returncode == 2

"""A small real world for end-to-end tests: a target that can be broken, the embedded page, a config, the program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from tests.pace import PATIENCE_S, Deadline

PROGRAM = (sys.executable, "-P", "-m", "oncall_tui")
TOKEN = "e2e-canary-token-5b1f0c"


class Target(ThreadingHTTPServer):
    """An HTTP service with a switch."""

    daemon_threads = True
    is_broken = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/health"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Target)
        body = b"no" if self.server.is_broken else b"ok"
        self.send_response(503 if self.server.is_broken else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        pass


@dataclass
class World:
    """Where everything is; `run` calls the command line on it."""

    folder: Path
    target: Target
    page_url: str
    page: subprocess.Popen[str]
    env: dict[str, str] = field(default_factory=dict)

    @property
    def db(self) -> Path:
        return self.folder / "oncall.db"

    @property
    def config(self) -> Path:
        return self.folder / "oncall.toml"

    def command(self, *arguments: str) -> list[str]:
        return [*PROGRAM, *arguments]

    def run(self, *arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def run_json(self, *arguments: str) -> object:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def published(self) -> list[list[str]]:
        """Returns the bodies of every incident as the public page shows them, oldest update first."""
        answer = httpx.get(f"{self.page_url}/api/v2/incidents.json", trust_env=False, timeout=PATIENCE_S)
        return [
            [update["body"] for update in reversed(incident["incident_updates"])]
            for incident in answer.json()["incidents"]
        ]

    def stop_engine(self) -> None:
        self.run("agent", "--stop")


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    deadline = Deadline(seconds)
    while not condition():
        assert not deadline.is_over(), "waited in vain"
        time.sleep(0.05)


@contextmanager
def open_world(
    folder: Path, *, env: dict[str, str], quiet_period: str = "1s", send_window: str = "1s"
) -> Iterator[World]:
    """Starts the target and the page, writes the config, and ends all of it afterwards."""
    target = Target()
    threading.Thread(target=target.serve_forever, daemon=True).start()
    page = subprocess.Popen(
        [
            *PROGRAM,
            *(
                "page",
                "serve",
                "--port",
                "0",
                "--data",
                str(folder / "page.db"),
                "--page-id",
                "page1",
            ),
            *("--component", "API", "--component", "Website", "--name", "Acme"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=env | {"STATUSPAGE_TOKEN": TOKEN},
    )
    assert page.stdout is not None
    page_url = ""
    while not page_url:
        line = page.stdout.readline()
        assert line, "the page did not start"
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            page_url = found[0]
    (folder / "oncall.toml").write_text(
        f"""
[page]
adapter = "statuspage"
api_url = "{page_url}/v1"
public_url = "{page_url}"
page_id = "page1"
token = {{ env = "STATUSPAGE_TOKEN" }}
requests_per_minute = 600
request_timeout = "2s"
quiet_period = "{quiet_period}"
send_window = "{send_window}"

[[component]]
name = "API"

[[component]]
name = "Website"

[[probe]]
name = "api-eu"
kind = "http"
url = "{target.url}"
component = "API"
every = "500ms"
timeout = "400ms"
expect = {{ status = [200], body_contains = "ok" }}
"""
    )
    world = World(
        folder,
        target,
        page_url,
        page,
        {
            **env,
            "ONCALL_TUI_DB": str(folder / "oncall.db"),
            "ONCALL_TUI_CONFIG": str(folder / "oncall.toml"),
            "STATUSPAGE_TOKEN": TOKEN,
        },
    )
    try:
        yield world
    finally:
        world.stop_engine()
        page.terminate()
        page.wait(PATIENCE_S)
        page.stdout.close()
        target.shutdown()
        target.server_close()

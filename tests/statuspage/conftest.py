"""A real page: its own process, its own file, a real socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.pace import PATIENCE_S

TOKEN = "a-token-of-the-tests"
PAGE_ID = "testpage0001"


class Page:
    """One server process and clients for it."""

    def __init__(self, data: Path, *options: str, token: str | None = TOKEN) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.pop("STATUSPAGE_TOKEN", None)
        if token is not None:
            environment["STATUSPAGE_TOKEN"] = token
        command = [sys.executable, "-m", "oncall_tui.statuspage", "--data", str(data), *options]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.process.stderr.read() if self.process.stderr else ""
        self.public = httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False)
        self.api = self.make_writer()

    def make_writer(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/v1/pages/{PAGE_ID}",
            headers={"Authorization": f"OAuth {TOKEN}"},
            timeout=PATIENCE_S,
            trust_env=False,
        )

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Ends the process and returns its exit code and what it wrote to stderr."""
        self.public.close()
        self.api.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors

    def find_components(self) -> dict[str, str]:
        return {each["name"]: each["id"] for each in self.api.get("/components").json()}

    def open_incident(self, **fields: object) -> dict[str, object]:
        answer = self.api.post("/incidents", json={"incident": {"name": "It broke", **fields}})
        assert answer.status_code == 201, answer.text
        opened: dict[str, object] = answer.json()
        return opened


def start_page(data: Path, *options: str) -> Page:
    return Page(data, "--page-id", PAGE_ID, "--name", "Acme", "--component", "API", "--component", "Web", *options)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that the tests of one module share: each makes its own incidents."""
    running = start_page(tmp_path_factory.mktemp("page") / "page.db")
    yield running
    code, errors = running.stop()
    assert (code, errors) == (0, "")

"""A page in this process whose clock the test sets: real sockets, a real file."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from tests.pace import PATIENCE_S
from tests.statuspage.conftest import PAGE_ID, TOKEN

from oncall_tui.statuspage.components import add_component
from oncall_tui.statuspage.pagefile import PageFile, prepare
from oncall_tui.statuspage.rules import ComponentWrite
from oncall_tui.statuspage.server import build_app
from oncall_tui.statuspage.transitions import advance

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
MINUTE = 60_000
HOUR = 3_600_000


class ClockPage:
    """`now` is what the page takes for the present."""

    def __init__(self, file: PageFile, url: str) -> None:
        self.file = file
        self.url = url
        self.now = NOON
        self.api = httpx.Client(
            base_url=f"{url}/v1/pages/{PAGE_ID}",
            headers={"Authorization": f"OAuth {TOKEN}"},
            timeout=PATIENCE_S,
            trust_env=False,
        )
        self.public = httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False)

    def clear(self) -> ClockPage:
        """Goes back to noon, and to two well components and nothing else."""
        self.now = NOON
        with self.file.write(NOON) as db:
            for table in ("incident", "component", "component_group", "template", "metric"):
                db.execute(f"DELETE FROM {table}")
            for name in ("API", "Web"):
                add_component(db, ComponentWrite({"name": name}), NOON)
        return self

    def go_to(self, now: int) -> int:
        """Sets the clock, makes what is due and returns how many moves that were."""
        self.now = now
        return advance(self.file, now)

    def post(self, path: str, **fields: object) -> dict[str, object]:
        answer = self.api.post(path, json=fields)
        assert answer.status_code in (200, 201), answer.text
        made: dict[str, object] = answer.json()
        return made

    def plan(self, **fields: object) -> str:
        """Plans a maintenance from one to three o'clock and returns its id."""
        planned = {
            "name": "New disks",
            "body": "We change disks.",
            "scheduled_for": "2026-11-22T13:00:00Z",
            "scheduled_until": "2026-11-22T15:00:00Z",
            **fields,
        }
        return str(self.post("/incidents", incident=planned)["id"])

    def find_components(self) -> dict[str, str]:
        return {each["name"]: each["id"] for each in self.api.get("/components").json() if not each["group"]}


@contextmanager
def serving(data: Path) -> Iterator[ClockPage]:
    prepare(data, TOKEN, PAGE_ID, "Acme", ["API", "Web"], NOON)
    file = PageFile(data)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    page = ClockPage(file, url)
    app = build_app(file, url, TOKEN, None, lambda: page.now)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield page
    finally:
        page.api.close()
        page.public.close()
        server.should_exit = True
        thread.join()
        listener.close()
        file.close()

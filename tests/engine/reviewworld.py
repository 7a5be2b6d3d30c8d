"""What the tests of reviews share: the embedded page with faults of its writes, and a file with an ended incident."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import uvicorn
from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.engine.publishing import NO_TLS, begin_epoch, confirm, declare, make_work
from tests.statuspage.conftest import PAGE_ID, TOKEN

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import Incident, IncidentStatus
from oncall_tui.domain.postmortem import Publication
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.postmortems import drain_postmortems
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.statuspage.pagefile import PageFile, prepare
from oncall_tui.statuspage.server import build_app
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.postmortem import ask_publish, ask_revert, get_postmortem, save_postmortem

QUIET_MS = 140
TIMEOUT_MS = 120
SLOW_S = 1.5 * TIMEOUT_MS / 1000
FAULTS = ("500 before", "500 after", "429", "slow before", "slow after", "junk after")


class FaultyApp:
    """Lets the embedded page do its work, and spoils writes of reviews before or after it; `faults` are used up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.faults: deque[str] = deque()
        self.writes: list[tuple[float, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or "/postmortem" not in scope["path"]:
            await self.app(scope, receive, send)
            return
        fault = self.faults.popleft() if self.faults else ""
        # Taken whole at once: a page goes on with what it has read, though its client has left.
        request = await receive()
        self.writes.append((time.monotonic(), scope["path"].rpartition("/")[2]))

        async def receive_again() -> Message:
            return request

        if fault.startswith("slow"):
            await asyncio.sleep(SLOW_S if fault == "slow before" else 0)
        if fault.endswith("after"):
            await self.app(scope, receive_again, _swallow)
        if fault == "slow after":
            await asyncio.sleep(SLOW_S)
        if fault in ("", "slow before"):
            await self.app(scope, receive_again, send)
            return
        status = {"429": 429, "422": 422, "junk after": 200}.get(fault, 500)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<p>"})


async def _swallow(message: Message) -> None:
    pass


class Served(NamedTuple):
    app: FaultyApp
    url: str
    file: PageFile

    def config(self, **changes: object) -> PageConfig:
        made = PageConfig(
            api_url=f"{self.url}/v1",
            public_url=self.url,
            page_id=PAGE_ID,
            token=TokenSource(env="PM_TOKEN"),
            requests_per_minute=100_000,
            request_timeout_ms=TIMEOUT_MS,
            quiet_period_ms=QUIET_MS,
        )
        return replace(made, **changes)

    def read(self, remote_id: str) -> dict[str, object]:
        path = f"{self.url}/v1/pages/{PAGE_ID}/incidents/{remote_id}/postmortem"
        answer = httpx.get(path, headers={"Authorization": f"OAuth {TOKEN}"}, trust_env=False)
        found: dict[str, object] = answer.json() if answer.status_code == 200 else {}
        return found

    def read_public(self, remote_id: str) -> str:
        return httpx.get(f"{self.url}/incidents/{remote_id}", trust_env=False).text

    def write_draft(self, remote_id: str, text: str) -> None:
        path = f"{self.url}/v1/pages/{PAGE_ID}/incidents/{remote_id}/postmortem"
        body = {"postmortem": {"body_draft": text}}
        httpx.put(path, json=body, headers={"Authorization": f"OAuth {TOKEN}"}, trust_env=False).raise_for_status()
        self.app.writes.clear()


@contextmanager
def serve_page(folder: Path) -> Iterator[Served]:
    """Runs the embedded page in a thread, behind what spoils its writes."""
    data = folder / "page.db"
    prepare(data, TOKEN, PAGE_ID, "Acme", ["API"], now_ms())
    file = PageFile(data)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = FaultyApp(build_app(file, url, TOKEN, None, now_ms))
        running = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        while not running.started:
            time.sleep(0.002)
        yield Served(app, url, file)
        running.should_exit = True
        thread.join()
    file.close()


def clear_page(server: Served) -> Served:
    """Returns a page that holds nothing and works."""
    server.app.faults.clear()
    server.app.writes.clear()
    with server.file.write(now_ms()) as db:
        db.execute("DELETE FROM incident")
    return server


class World:
    """One file with one resolved incident that stands on the page, and engines for it."""

    def __init__(self, page: Served, store: StoreThread, db: Database) -> None:
        self.page = page
        self.store = store
        self.db = db
        self.client = Statuspage(page.config(), lambda: Secret(TOKEN), now_ms, NO_TLS)
        self.epoch = begin_epoch(db)
        self.incident: Incident = declare(db)

    async def resolve(self) -> str:
        confirm(self.db, self.incident.id, "Done.", IncidentStatus.RESOLVED)
        await drain(make_work(self.store, self.client, self.page.config(request_timeout_ms=5_000), self.epoch), 10)
        return self.remote_id

    @property
    def remote_id(self) -> str:
        return get_incident(self.db, self.incident.id).listings["page"].remote_id

    @property
    def publication(self) -> Publication:
        (publication,) = get_postmortem(self.db, self.incident.id).publications
        return publication

    def draft(self, text: str = "Why it broke.") -> None:
        found = self.db.row("SELECT revision FROM postmortem")
        seen = found["revision"] if found else None
        save_postmortem(
            self.db, self.incident.id, public=text, internal="In.", seen_revision=seen, actor="ana", now=now_ms()
        )

    def publish(self, text: str = "Why it broke.", *, notify: bool = False, is_forced: bool = False) -> None:
        self.draft(text)
        ask_publish(
            self.db,
            self.incident.id,
            body=text,
            notify=notify,
            seen_revision=get_postmortem(self.db, self.incident.id).revision,
            pages=["page"],
            is_forced=is_forced,
            actor="ana",
            now=now_ms(),
        )

    def revert(self) -> None:
        ask_revert(self.db, self.incident.id, actor="bo", now=now_ms())

    async def work(self, deadline_s: float = 10, epoch: int | None = None) -> Publication:
        epoch = self.epoch if epoch is None else epoch
        await drain_postmortems(make_work(self.store, self.client, self.page.config(), epoch), deadline_s)
        return self.publication


@asynccontextmanager
async def open_world(tmp_path: Path, page: Served) -> AsyncIterator[World]:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    with open_database(tmp_path / "oncall.db") as db:
        made = World(page, store, db)
        yield made
        await made.client.close()
    await store.close()

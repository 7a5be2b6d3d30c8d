"""What the tests of publishing share: a file, a page that fails on purpose, and an engine between them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from tests.engine.faultpage import PAGE_ID, TOKEN, FaultPage
from tests.pace import PATIENCE_S

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, Severity
from oncall_tui.domain.outbox import Pace
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.engine.absences import read_uptime
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.updates import list_updates

# Reading the system's trust store takes longer than a whole exchange on loopback.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PACE = Pace(first_ms=20, most_ms=100)
QUIET_MS = 180
TIMEOUT_MS = 140


def make_config(
    page: FaultPage, *, quiet_ms: int = QUIET_MS, timeout_ms: int = TIMEOUT_MS, rate: int = 100_000
) -> PageConfig:
    return PageConfig(
        api_url=page.api_url,
        public_url=page.public_url,
        page_id=PAGE_ID,
        token=TokenSource(env="UNUSED"),
        requests_per_minute=rate,
        request_timeout_ms=timeout_ms,
        quiet_period_ms=quiet_ms,
    )


def declare(
    db: Database, number: int = 1, components: Mapping[str, ComponentStatus] | None = None, now: int | None = None
) -> Incident:
    now = now_ms() if now is None else now
    return declare_incident(
        db,
        uid=f"incident-{number}",
        title=f"Errors {number}",
        components=components or {},
        probes=(),
        severity=Severity.SEV2,
        started_at=now,
        actor="ana",
        now=now,
    )


def confirm(
    db: Database,
    incident_id: int,
    body: str,
    status: IncidentStatus = IncidentStatus.INVESTIGATING,
    components: Mapping[str, ComponentStatus] | None = None,
    *,
    notify: bool = False,
    uid: str | None = None,
    actor: str = "ana",
    seen_revision: int | None = None,
    now: int | None = None,
) -> IncidentUpdate:
    return confirm_update(
        db,
        incident_id,
        uid=uid or f"op-{body}",
        status=status,
        body=body,
        components=components or {},
        next_update_at=None,
        notify=notify,
        actor=actor,
        seen_revision=seen_revision,
        now=now_ms() if now is None else now,
    )


def begin_epoch(db: Database) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())


def make_client(
    config: PageConfig,
    clock: Callable[[], int],
    read_token: Callable[[], Secret] = lambda: Secret(TOKEN),
    tls: ssl.SSLContext = NO_TLS,
) -> Statuspage:
    return Statuspage(config, read_token, clock, tls)


def make_work(
    store: StoreThread,
    page: Page,
    config: PageConfig,
    epoch: int,
    *,
    clock: Callable[[], int] = now_ms,
    wake: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
    pace: Pace = PACE,
    rng: Random | None = None,
    uptime: Callable[[], float] = read_uptime,
) -> PageWork:
    return PageWork(
        store=store,
        page=page,
        epoch=epoch,
        config=config,
        clock=clock,
        rng=rng or Random(epoch),
        wake=wake or asyncio.Event(),
        stop=stop or asyncio.Event(),
        pace=pace,
        uptime=uptime,
    )


def publish(
    store: StoreThread,
    client: Statuspage,
    config: PageConfig,
    epoch: int,
    clock: Callable[[], int],
    wake: asyncio.Event,
    stop: asyncio.Event,
    delivered: asyncio.Event | None,
    pace: Pace,
) -> Coroutine[None, None, None]:
    work = make_work(store, client, config, epoch, clock=clock, wake=wake, stop=stop, pace=pace)
    return run_publisher(work, delivered)


def read(
    store: StoreThread,
    client: Statuspage,
    config: PageConfig,
    clock: Callable[[], int],
    stop: asyncio.Event,
    delivered: asyncio.Event,
) -> Coroutine[None, None, None]:
    return run_reader(store, client, config=config, clock=clock, delivered=delivered, stop=stop)


def list_ours(db: Database) -> list[IncidentUpdate]:
    """Returns what was confirmed here, with what the file says became of it, incident by incident as it is shown."""
    rows = db.rows("SELECT id FROM incident ORDER BY id")
    return [update for row in rows for update in list_updates(db, row["id"]) if update.is_local]


class Engine:
    """A publisher at work on a file, in this process."""

    def __init__(
        self, epoch: int, wake: asyncio.Event, stop: asyncio.Event, task: asyncio.Task[None], store: StoreThread
    ) -> None:
        self.epoch = epoch
        self.store = store
        self.wake = wake
        self.stop = stop
        self.task = task


@asynccontextmanager
async def publishing(
    path: Path,
    db: Database,
    page: FaultPage,
    config: PageConfig | None = None,
    delivered: asyncio.Event | None = None,
    read_token: Callable[[], Secret] = lambda: Secret(TOKEN),
    busy_ms: int = 5_000,
    clock: Callable[[], int] = now_ms,
    tls: ssl.SSLContext = NO_TLS,
    pace: Pace = PACE,
) -> AsyncIterator[Engine]:
    config = config or make_config(page)
    store = StoreThread(path)
    await store.start()
    await store.call(lambda file: file.rows(f"PRAGMA busy_timeout = {busy_ms}"))
    client = make_client(config, clock, read_token, tls)
    task = asyncio.current_task()
    assert task is not None
    engine = Engine(begin_epoch(db), asyncio.Event(), asyncio.Event(), task, store)
    engine.task = asyncio.create_task(
        publish(store, client, config, engine.epoch, clock, engine.wake, engine.stop, delivered, pace)
    )
    try:
        yield engine
    finally:
        engine.stop.set()
        await engine.task
        await client.close()
        await store.close()


async def until(condition: object, timeout_s: float = PATIENCE_S, every_s: float = 0.005) -> None:
    """Waits until a condition holds, looking often."""
    assert callable(condition)
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(every_s)

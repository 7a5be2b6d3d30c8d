"""A desk for tests: the real app on a real file with two red probes, and no engine beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from tests.pace import Deadline
from textual.pilot import Pilot

from oncall_tui.clock import now_ms
from oncall_tui.config.model import ComponentConfig, Config, PageConfig, TokenSource
from oncall_tui.content import load_templates
from oncall_tui.domain.declare import plan_declaration
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lock import engine_lock
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.tui.app import OncallApp
from oncall_tui.tui.declare import store_declaration
from oncall_tui.tui.launch import Session
from oncall_tui.tui.snapshot import read_first
from oncall_tui.tui.theme_files import read_first_file

RUNBOOKS = Path(__file__).parents[2] / "examples" / "runbooks"


@dataclass(frozen=True)
class Desk:
    """One file and one config; `db` is a connection of its own, as another terminal would have it."""

    path: Path
    config: Config
    db: Database

    def session(self, actor: str = "ana", *, is_wall: bool = False) -> Session:
        return Session(self.path, actor, is_wall, read_first_file(None))


def make_desk(folder: Path, *, component: str = "API", window_ms: int = 5_000, runbook: str | None = None) -> Desk:
    """Writes a file with a probe that is down and one that is slow."""
    now = now_ms()
    probes = (
        Probe("api-eu", ProbeKind.HTTP, "http://api.example.com/", component, 3_600_000, runbook=runbook),
        Probe("db", ProbeKind.TCP, "db.example.com:5432", "Database", 3_600_000),
    )
    states = [
        _state("api-eu", ProbeStatus.DOWN, Verdict.DOWN, "connection refused", now),
        _state("db", ProbeStatus.SLOW, Verdict.DEGRADED, "slow: 2 s", now),
    ]
    page = PageConfig(
        "https://api.example.com/v1",
        "p1",
        TokenSource(env="NOT_SET"),
        public_url="https://status.example.com",
        send_window_ms=window_ms,
    )
    config = Config(folder / "oncall.toml", (page,), (ComponentConfig(component), ComponentConfig("Database")), probes)
    db = open_database(folder / "oncall.db")
    replace_probes(db, probes, [(component, None), ("Database", None)])
    record_results(db, [], states, [], now)
    return Desk(folder / "oncall.db", config, db)


def _state(name: str, status: ProbeStatus, verdict: Verdict, reason: str, now: int) -> ProbeState:
    state = ProbeState(name, status, since_at=now - 60_000, streak=4, last_verdict=verdict, last_result_at=now)
    return replace(state, last_reason=reason, recent=((verdict, 5.0),) * 5)


def declare(desk: Desk, probe: str = "api-eu", terminal_id: str = "elsewhere") -> int:
    """Declares as another terminal would."""
    found = next(item for item in desk.config.probes if item.name == probe)
    state = _state(probe, ProbeStatus.DOWN, Verdict.DOWN, "", now_ms())
    plan = plan_declaration(found, state, load_templates(), now_ms())
    return store_declaration(desk.db, plan, f"uid-{probe}", terminal_id, "ben", now_ms())


@asynccontextmanager
async def open_app(
    desk: Desk, *, size: tuple[int, int] = (80, 24), actor: str = "ana", is_wall: bool = False
) -> AsyncIterator[tuple[OncallApp, Pilot[object]]]:
    """Runs the app until the test is done; the engine's lock is held, so that none is started beside it."""
    snapshot = read_first(desk.path, is_read_only=is_wall)
    app = OncallApp(desk.session(actor, is_wall=is_wall), desk.config, snapshot)
    with engine_lock(desk.path) as lock:
        lock.acquire()
        async with app.run_test(size=size, notifications=True) as pilot:
            await wait_for(pilot, lambda: is_wall or app.terminal_id in {item.id for item in app.snapshot.terminals})
            yield app, pilot


async def wait_for(pilot: Pilot[object], is_met: Callable[[], bool], seconds: float = 8.0) -> None:
    """Waits until something is so and the app has come to rest; fails with the screen otherwise."""
    deadline = Deadline(seconds)
    while not is_met():
        assert not deadline.is_over(), screen_text(pilot)
        await pilot.pause()
        await asyncio.sleep(0.02)
    # What is drawn first may get its focus a message later, and a key before that goes elsewhere.
    await pilot.pause()


async def wait_for_text(pilot: Pilot[object], text: str, seconds: float = 8.0) -> str:
    """Waits until a text is on the screen and returns the screen."""
    await wait_for(pilot, lambda: text in screen_text(pilot), seconds)
    return screen_text(pilot)


def screen_text(pilot: Pilot[object]) -> str:
    """Returns what is on the screen; the one place that reads it from the library's inside."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

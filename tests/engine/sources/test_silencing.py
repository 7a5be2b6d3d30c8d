"""Silences that an Alertmanager does not take, and the engine that makes them without a terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.engine.sources.desks import World, answer_with, make_source, open_world, serve
from tests.pace import PATIENCE_S

from oncall_tui.config.model import Config
from oncall_tui.domain.probe import ProbeKind, ProbeStatus
from oncall_tui.engine.service import Mode, run_engine
from oncall_tui.engine.sources.alertmanager import split_matchers
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import list_states
from oncall_tui.store.silences import acknowledge, end_silence


class Alertmanager:
    """Fires one alert, keeps what is asked of it, and refuses silences when it is told to."""

    def __init__(self) -> None:
        self.refusal = ""
        self.silences: dict[str, dict[str, object]] = {}

    def __call__(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, bytes]:
        at = datetime.now(UTC).isoformat()
        if path == "GET /api/v2/alerts":
            alert = {"labels": {"alertname": "Full"}, "startsAt": at, "status": {"state": "active"}}
            return "200 OK", json.dumps([alert]).encode()
        if path == "GET /api/v2/silences":
            return "200 OK", json.dumps(list(self.silences.values())).encode()
        if self.refusal:
            return self.refusal, b'{"message": "no\\u001b[31m"}'
        if path.startswith("DELETE"):
            self.silences.pop(path.rpartition("/")[2], None)
            return "200 OK", b""
        return "200 OK", b'{"silenceID": "x"}'


async def settle(world: World) -> str:
    await world.read("am")
    await world.silencer.settle(world.desk.sources["am"])
    await world.recorder.flush()
    return (await world.list_states())["Full"].last_reason


async def test_a_silence_that_is_refused_is_said_beside_the_alert(tmp_path: Path) -> None:
    fake = Alertmanager()
    fake.refusal = "403 Forbidden"
    async with (
        serve(answer_with(fake)) as port,
        open_world(tmp_path, make_source(ProbeKind.ALERTMANAGER, f"http://127.0.0.1:{port}", "am")) as world,
    ):
        await world.read("am")
        await world.store.call(acknowledge, "Full", "", "ann", world.now())
        assert await settle(world) == "NOT silenced in am: HTTP 403 Forbidden: no␛[31m; fires"
        assert (await world.list_states())["Full"].status is ProbeStatus.DOWN
        await world.store.call(end_silence, "Full", "ann", world.now())
        assert await settle(world) == "fires"


async def test_silences_of_others_are_left_alone(tmp_path: Path) -> None:
    fake = Alertmanager()
    at = datetime.now(UTC).isoformat()
    matcher = {"name": "alertname", "value": "Full", "isRegex": False, "isEqual": True}
    fake.silences["theirs"] = {"id": "theirs", "startsAt": at, "endsAt": at, "matchers": [matcher], "comment": "[x]"}
    fake.silences["../x"] = {"id": "../x", "startsAt": at, "endsAt": at, "matchers": [matcher], "comment": ""}
    seen: list[str] = []
    async with (
        serve(answer_with(fake, seen)) as port,
        open_world(tmp_path, make_source(ProbeKind.ALERTMANAGER, f"http://127.0.0.1:{port}", "am")) as world,
    ):
        await settle(world)
    assert not [head for head in seen if head.startswith(("DELETE", "POST"))]


async def test_the_engine_silences_at_once_what_a_terminal_wrote_into_the_file(tmp_path: Path) -> None:
    fake, seen, stop = Alertmanager(), list[str](), asyncio.Event()
    path = tmp_path / "oncall.db"

    def is_there() -> bool:
        with open_database(path) as db:
            return any(state.probe == "Full" for state in list_states(db)[0])

    def write() -> None:
        with open_database(path) as db:
            acknowledge(db, "Full", "", "ann", round(datetime.now(UTC).timestamp() * 1000))

    async with serve(answer_with(fake, seen)) as port:
        source = make_source(ProbeKind.ALERTMANAGER, f"http://127.0.0.1:{port}", "am", every_ms=60_000)
        engine = asyncio.create_task(
            run_engine(path, Config(path=tmp_path, probes=(source,)), mode=Mode.STAY, stop=stop)
        )
        async with asyncio.timeout(PATIENCE_S):
            while not path.exists() or not await asyncio.to_thread(is_there):
                await asyncio.sleep(0.05)
            await asyncio.to_thread(write)
            while not [head for head in seen if head.startswith("POST /api/v2/silences")]:
                await asyncio.sleep(0.02)
        stop.set()
        await engine


def test_matchers_are_parted_where_a_person_would() -> None:
    assert split_matchers('a="b", c=~"d,e\\",f" ,,') == ['a="b"', 'c=~"d,e\\",f"']

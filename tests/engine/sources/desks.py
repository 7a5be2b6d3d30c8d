"""A desk on a real file, and sources that answer what a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace
from tests.engine.probes.servers import PATIENT_MS, Handler, make_tools, reply, serve

from oncall_tui.clock import now_ms
from oncall_tui.domain.intake import Intake
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result
from oncall_tui.domain.verdict import status_at
from oncall_tui.engine.probes import Tools
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.sources.desk import Desk
from oncall_tui.engine.sources.silencing import Silencer
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.probes import list_probes, list_states, replace_probes

NAMING = {
    ProbeKind.PROMETHEUS: "{source} {instance}",
    ProbeKind.ALERTMANAGER: "{alertname} {instance}",
    ProbeKind.GATUS: "{group} {name}",
    ProbeKind.QUERY: "",
}
Answer = Callable[[str, Mapping[str, list[str]]], tuple[str, bytes]]


def make_source(kind: ProbeKind, url: str, name: str = "eu", every_ms: int = 1_000, **intake: object) -> Probe:
    given: dict[str, object] = {"naming": NAMING[kind]}
    if kind is ProbeKind.ALERTMANAGER:
        given |= {"failure_threshold": 1, "recovery_threshold": 1}
    return Probe(
        name,
        kind,
        url,
        every_ms=every_ms,
        timeout_ms=PATIENT_MS,
        recovery_threshold=1,
        intake=Intake(**(given | intake)),  # type: ignore[arg-type]
    )


class World:
    """A recorder and a desk as the engine has them, round by round; `now` stands still until it is moved."""

    def __init__(self, store: StoreThread, probes: list[Probe]) -> None:
        self.ahead_ms = 0
        self.store = store
        self.probes = probes
        self.recorder = Recorder(store, probes, wall_ms=self.now)
        self.desk = Desk(store, self.recorder, probes, clock=self.now)
        self.tools: Tools = replace(make_tools(), wall_ms=self.now, take_sightings=self.desk.take)
        self.silencer = Silencer(store, self.recorder, self.desk, self.tools)

    def now(self) -> int:
        return now_ms() + self.ahead_ms

    async def read(self, name: str = "eu") -> Result:
        """Does one round of a source, as the scheduler and the desk would."""
        source = self.desk.sources.get(name)
        probe = source.probe if source else next(each for each in self.probes if each.name == name)
        result = await self.desk.run_probe(probe, self.tools)
        self.recorder.record(result)
        if source is not None:
            await self.desk.absorb(source, *self.desk.take_waiting(name))
        await self.recorder.flush()
        return result

    async def list_probes(self) -> dict[str, Probe]:
        return {probe.name: probe for probe in await self.store.call(list_probes)}

    async def list_states(self) -> dict[str, ProbeState]:
        return {state.probe: state for state in (await self.store.call(list_states))[0]}

    async def statuses(self, ahead_ms: int = 0) -> dict[str, ProbeStatus]:
        """Returns what the board shows of each probe."""
        probes, states = await self.list_probes(), await self.list_states()
        now = self.now() + ahead_ms
        return {
            name: status_at(states.get(name) or ProbeState(name), probe.every_ms, now) for name, probe in probes.items()
        }


@asynccontextmanager
async def open_world(path: Path, *probes: Probe) -> AsyncIterator[World]:
    store = StoreThread(path / "oncall.db", is_durable=False)
    await store.start()
    try:
        await store.call(replace_probes, probes, [])
        world = World(store, list(probes))
        await world.desk.restore()
        await world.recorder.restore()
        yield world
        await world.recorder.flush()
    finally:
        await store.close()


def answer_with(answer: Answer, seen: list[str] | None = None) -> Handler:
    """Returns a server that answers each request as `answer(path, query)` says: a status line and a body."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if seen is not None:
            seen.append(head)
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        parts = urlsplit(target)
        status, body = answer(f"{method} {parts.path}", parse_qs(parts.query))
        writer.write(reply(status, body, "Content-Type: application/json"))
        await writer.drain()

    return handler


def vector(*series: tuple[Mapping[str, str], float | str], at: float | None = None) -> bytes:
    """Returns the answer of Prometheus with such series."""
    when = now_ms() / 1000 if at is None else at
    result = [{"metric": dict(labels), "value": [when, str(value)]} for labels, value in series]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def targets(count: int, *, failing: int = 0, age_s: float = 0.0, at: float | None = None) -> bytes:
    """Returns what Prometheus says of so many targets of blackbox_exporter."""
    when = now_ms() / 1000 if at is None else at
    series: list[tuple[Mapping[str, str], float | str]] = []
    for number in range(count):
        labels = {"instance": f"https://t{number}.example.com/", "job": "blackbox"}
        series += [
            ({**labels, "oncall_tui_part": "sampled_at"}, when - age_s),
            ({**labels, "__name__": "probe_success"}, 0 if number < failing else 1),
            ({**labels, "__name__": "probe_duration_seconds"}, 0.025),
            ({**labels, "__name__": "probe_http_status_code"}, 503 if number < failing else 200),
        ]
    return vector(*series, at=when)


def scrape(
    *, good: Iterable[tuple[str, str]] = (), bad: Iterable[tuple[str, str]] = (), dead: Iterable[tuple[str, str]] = ()
) -> bytes:
    """Returns what Prometheus says of targets as (job, instance): probed well, probed badly, and not scraped."""
    when = now_ms() / 1000
    series: list[tuple[Mapping[str, str], float | str]] = []
    for success, pairs in ((1, good), (0, bad)):
        for job, instance in pairs:
            labels = {"job": job, "instance": instance}
            series.append(({**labels, "oncall_tui_part": "sampled_at"}, when))
            series.append(({**labels, "__name__": "probe_success"}, success))
    series += [({"job": job, "instance": each, "oncall_tui_part": "unscraped"}, 0) for job, each in dead]
    return vector(*series, at=when)


__all__ = ["Answer", "World", "answer_with", "make_source", "open_world", "scrape", "serve", "targets", "vector"]

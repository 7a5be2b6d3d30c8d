"""Sources against the real programs, as Debian packs them."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.engine.sources.debian import NEEDED, Program, Stack, run_alertmanager, run_stack
from tests.engine.sources.desks import World, make_source, open_world

from oncall_tui.domain.intake import Threshold
from oncall_tui.domain.probe import ProbeKind, ProbeStatus, Verdict
from oncall_tui.domain.silence import SilenceKind
from oncall_tui.engine.sources.silencing import ACK_STRETCH_MS
from oncall_tui.store.silences import acknowledge, end_silence, list_silences, snooze

pytestmark = NEEDED
HOST = {"alertname": "HostDown", "host": "a", "severity": "critical"}
DISK = {"alertname": "DiskFull", "host": "a", "severity": "warning"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with run_stack(tmp_path_factory.mktemp("prometheus")) as stack:
        yield stack


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with run_alertmanager(tmp_path_factory.mktemp("alertmanager")) as program:
        yield program


async def wait_for(is_so: Callable[[], Awaitable[bool]], within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not await is_so():
        assert time.monotonic() < until, "it never was so"
        await asyncio.sleep(0.1)


async def test_targets_and_a_value_and_the_death_of_both_engines(stack: Stack, tmp_path: Path) -> None:
    url = stack.prometheus.url
    eu = make_source(ProbeKind.PROMETHEUS, url, match='job="blackbox", vantage="eu"', every_ms=1_000)
    load = make_source(
        ProbeKind.QUERY,
        url,
        "share",
        query='100 * avg(probe_success{job="blackbox"})',
        down=Threshold("<", 40),
        unit="%",
    )
    good, bad = (f"eu {each.removeprefix('http://')}" for each in (stack.good, stack.bad))
    async with open_world(tmp_path, eu, load) as world:

        async def look(name: str, status: ProbeStatus) -> bool:
            await world.read()
            return (await world.statuses()).get(name) is status

        await wait_for(lambda: look(good, ProbeStatus.UP))
        await wait_for(lambda: look(bad, ProbeStatus.DOWN))
        states = await world.list_states()
        assert states[bad].last_reason == "HTTP 503"
        assert dict(states[good].facts) == {"job": "blackbox", "vantage": "eu", "status": "200"}
        assert states[good].phases.first_byte_ms is not None
        assert 0 < (states[good].last_duration_ms or 0) < 700

        async def has_value() -> bool:
            value = await world.read("share")
            return (value.verdict, value.value) == (Verdict.UP, 50.0)

        await wait_for(has_value)

        stack.blackbox.end()
        await wait_for(lambda: look(good, ProbeStatus.UNKNOWN))
        await wait_for(lambda: look(bad, ProbeStatus.UNKNOWN))
        await wait_for(lambda: look("eu", ProbeStatus.DOWN))
        state = (await world.list_states())["eu"]
        assert (state.status, state.last_reason) == (
            ProbeStatus.DOWN,
            "job blackbox: Prometheus gets no answer from blackbox_exporter, nothing is known of 2 targets",
        )
        assert (await world.read("share")).reason == "not run: the query has no result"

        stack.prometheus.end()

        async def is_unread() -> bool:
            await world.read()
            return (await world.list_states())[good].last_reason == "not run: eu cannot be read: connection refused"

        await wait_for(is_unread)
        assert (await world.statuses())[good] is ProbeStatus.UNKNOWN


def fire(alertmanager: Program, *alerts: dict[str, str], ends_in_s: float = 60) -> None:
    ends_at = (datetime.now(UTC) + timedelta(seconds=ends_in_s)).isoformat()
    body = [
        {
            "labels": labels,
            "annotations": {"summary": f"{labels['alertname']} on {labels['host']}"},
            "startsAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
            "endsAt": ends_at,
        }
        for labels in alerts
    ]
    post(alertmanager, "/api/v2/alerts", body)


def post(alertmanager: Program, path: str, body: object) -> str:
    request = urllib.request.Request(
        alertmanager.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def expire(alertmanager: Program, silence_id: str) -> None:
    request = urllib.request.Request(f"{alertmanager.url}/api/v2/silence/{silence_id}", method="DELETE")
    urllib.request.urlopen(request).close()


def list_active(alertmanager: Program) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/silences") as answer:
        return [each for each in json.load(answer) if each["status"]["state"] == "active"]


def read_end(silence: dict[str, object]) -> int:
    return round(datetime.fromisoformat(str(silence["endsAt"])).timestamp() * 1000)


@pytest.fixture
async def world(alertmanager: Program, tmp_path: Path) -> AsyncIterator[World]:
    source = make_source(ProbeKind.ALERTMANAGER, alertmanager.url, "am")
    async with open_world(tmp_path, source) as world:
        yield world


async def test_alerts_ring_until_they_are_over(alertmanager: Program, world: World) -> None:
    fire(alertmanager, HOST | {"host": "r"}, DISK | {"host": "q"})
    await world.read("am")
    states = await world.list_states()
    assert (states["HostDown"].status, states["HostDown"].last_reason) == (
        ProbeStatus.DOWN,
        "critical: HostDown on r",
    )
    assert states["DiskFull"].status is ProbeStatus.SLOW
    fire(alertmanager, HOST | {"host": "r"}, DISK | {"host": "q"}, ends_in_s=-1)
    await world.read("am")
    assert (await world.statuses())["HostDown"] is ProbeStatus.UP
    world.ahead_ms = 3_700_000
    await world.read("am")
    assert list(await world.list_probes()) == ["am"]


async def test_what_is_silenced_on_the_board_is_silenced_there(alertmanager: Program, world: World) -> None:
    fire(alertmanager, HOST | {"host": "b"})
    source = world.desk.sources["am"]
    await world.read("am")
    await world.store.call(acknowledge, "HostDown", "ann looks", "ann", world.now())
    await world.silencer.settle(source)
    await world.silencer.settle(source)
    (silence,) = list_active(alertmanager)
    assert silence["createdBy"] == "ann"
    assert str(silence["comment"]).startswith("ann looks [oncall-tui ")
    matchers = silence["matchers"]
    assert isinstance(matchers, list)
    assert {each["name"]: each["value"] for each in matchers} == HOST | {"host": "b"}
    assert abs(read_end(silence) - world.now() - ACK_STRETCH_MS) < 5_000

    # Our own silence is not shown as one that somebody made there.
    await world.read("am")
    await world.silencer.settle(source)
    (shown,) = await world.store.call(list_silences)
    assert (shown.kind, shown.actor) == (SilenceKind.ACK, "ann")

    # While it lasts it is renewed, by another engine, too.
    world.ahead_ms = ACK_STRETCH_MS // 2
    await world.silencer.settle(source)
    (renewed,) = list_active(alertmanager)
    assert read_end(renewed) - read_end(silence) > ACK_STRETCH_MS // 3
    world.ahead_ms = 0

    until_at = world.now() + 3_600_000
    await world.store.call(snooze, "HostDown", "", until_at, "ann", world.now())
    await world.silencer.settle(source)
    (snoozed,) = list_active(alertmanager)
    assert abs(read_end(snoozed) - until_at) < 1_000

    await world.store.call(end_silence, "HostDown", "ann", world.now())
    await world.silencer.settle(source)
    assert list_active(alertmanager) == []
    fire(alertmanager, HOST | {"host": "b"}, ends_in_s=-1)


async def test_an_alert_that_is_over_leaves_no_silence(alertmanager: Program, world: World) -> None:
    fire(alertmanager, HOST | {"host": "c"})
    source = world.desk.sources["am"]
    await world.read("am")
    await world.store.call(acknowledge, "HostDown", "", "ann", world.now())
    await world.silencer.settle(source)
    assert len(list_active(alertmanager)) == 1
    fire(alertmanager, HOST | {"host": "c"}, ends_in_s=-1)
    await world.read("am")
    await world.silencer.settle(source)
    assert list_active(alertmanager) == []


async def test_what_is_silenced_there_is_shown_as_silenced_here(alertmanager: Program, world: World) -> None:
    fire(alertmanager, HOST, DISK)
    now = datetime.now(UTC)
    matcher = {"name": "alertname", "value": "HostD.*", "isRegex": True, "isEqual": True}
    made = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(), "createdBy": "bob\x1b"}
    silence_id = json.loads(post(alertmanager, "/api/v2/silences", made | {"comment": "known", "matchers": [matcher]}))
    source = world.desk.sources["am"]

    async def is_shown() -> bool:
        await world.read("am")
        await world.silencer.settle(source)
        return len(await world.store.call(list_silences)) == 2

    await wait_for(is_shown)
    inhibited, silenced = await world.store.call(list_silences)
    assert (inhibited.probe, inhibited.note, inhibited.until_at) == ("DiskFull", "inhibited by HostDown", None)
    assert (silenced.note, silenced.actor) == ("known", "am: bob␛")
    assert (await world.list_states())["HostDown"].status is ProbeStatus.DOWN
    assert len(list_active(alertmanager)) == 1, "what others have silenced is not silenced once more"

    expire(alertmanager, str(silence_id["silenceID"]))
    fire(alertmanager, HOST, DISK, ends_in_s=-1)
    await world.read("am")
    await world.silencer.settle(source)
    assert not [each for each in await world.store.call(list_silences) if each.probe == "HostDown"]

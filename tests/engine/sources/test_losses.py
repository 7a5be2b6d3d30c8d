"""Targets that a source cannot ask or tells of no more: neither leaves the board without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.engine.sources.desks import World, answer_with, make_source, open_world, scrape, serve

from oncall_tui.domain.hook import HookEvent, Told
from oncall_tui.domain.hook_rules import Picture
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeStatus, Verdict
from oncall_tui.domain.storm import find_roots, find_unread
from oncall_tui.store.hooks import begin_hook, read_hook_facts, replace_hooks
from oncall_tui.store.lease import take_lease
from oncall_tui.store.silences import acknowledge

EU, US, US_BAD = ("eu", "a"), ("us", "a"), ("us", "b")
KEEP_MS = 60_000


class Scene:
    def __init__(self) -> None:
        self.body = scrape(good=[EU, US], bad=[US_BAD])
        self.source: Probe
        self.asked: list[str] = []

    def __call__(self, path: str, query: object) -> tuple[str, bytes]:
        self.asked.append(path)
        return "200 OK", self.body


@asynccontextmanager
async def staging() -> AsyncIterator[Scene]:
    scene = Scene()
    async with serve(answer_with(scene)) as port:
        url = f"http://127.0.0.1:{port}"
        naming = "{job} {instance}"
        scene.source = make_source(ProbeKind.PROMETHEUS, url, "world", keep_ms=KEEP_MS, naming=naming)
        yield scene


async def read(world: World, rounds: int = 3) -> str:
    """Reads some rounds, each with samples of its own instant, and returns what the last one said."""
    reason = ""
    for _ in range(rounds):
        reason = (await world.read("world")).reason
        await asyncio.sleep(0.002)
    return reason


async def test_a_dead_exporter_is_the_trouble_of_the_source_and_keeps_its_targets(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        await read(world, 1)
        scene.body = scrape(good=[EU], dead=[US, US_BAD, ("node", "host:9100")])
        reason = await read(world)
        assert reason == "job us: Prometheus gets no answer from blackbox_exporter, nothing is known of 2 targets"
        shown = await world.statuses()
        assert shown == {
            "world": ProbeStatus.DOWN,
            "eu a": ProbeStatus.UP,
            "us a": ProbeStatus.UNKNOWN,
            "us b": ProbeStatus.UNKNOWN,
        }
        probes = (await world.list_probes()).values()
        assert find_unread(probes, {"us a", "us b"}, {"world"}, {}) == {"us a": "world", "us b": "world"}
        world.ahead_ms = 10 * KEEP_MS
        scene.body = scrape(good=[EU], dead=[US, US_BAD])
        await read(world)
        assert set(await world.list_probes()) == set(shown)
        scene.body = scrape(good=[EU, US], bad=[US_BAD])
        assert await read(world, 1) == ""
        assert (await world.list_probes())["eu a"].depends_on == ("world",)
        assert (await world.list_states())["us b"].last_verdict is Verdict.DOWN


async def test_what_falls_elsewhere_is_not_hidden_behind_a_dead_exporter(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        await read(world, 1)
        for _ in range(3):
            scene.body = scrape(bad=[EU], dead=[US, US_BAD])
            await read(world, 1)
        probes = tuple((await world.list_probes()).values())
        assert find_roots(probes, {"eu a", "us b"}, {"world", "eu a"}) == {"us b": "world"}
        facts = await world.store.call(read_hook_facts, probes, world.now())
        told = {each.subject for each in Picture(facts, world.now()).list_standing() if each.event is HookEvent.DOWN}
        assert told == {"world", "eu a"}


async def test_a_scrape_that_fails_alone_degrades_the_source(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        await read(world, 1)
        scene.body = scrape(good=[EU, US], dead=[US_BAD])
        result = await world.read("world")
        assert result.verdict is Verdict.DEGRADED
        assert result.reason == "job us: Prometheus fails to scrape 1 target, of which nothing is known"
        assert (await world.list_probes())["eu a"].depends_on == ("world",)


async def test_an_exporter_that_died_before_a_restart_is_missed_all_the_same(tmp_path: Path) -> None:
    async with staging() as scene:
        async with open_world(tmp_path, scene.source) as world:
            await read(world, 1)
        scene.body = scrape(good=[EU], dead=[US, US_BAD, ("node", "host:9100")])
        async with open_world(tmp_path, scene.source) as world:
            assert (await read(world, 1)).endswith("nothing is known of 2 targets")


async def test_failed_scrapes_are_told_where_no_target_is_known(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        scene.body = scrape(good=[EU], dead=[US])
        result = await world.read("world")
        assert result.verdict is Verdict.UP
        assert dict(result.facts)["failed scrapes"] == "1, of jobs us"
        assert set(await world.list_probes()) == {"world", "eu a"}


async def test_a_red_target_that_is_told_of_no_more_stays_until_somebody_knows(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        for _ in range(3):
            scene.body = scrape(good=[EU, US], bad=[US_BAD])
            await read(world, 1)
        world.ahead_ms = 10 * KEEP_MS
        scene.body = scrape(good=[EU])
        reason = await read(world, 4)
        assert reason == "tells no more of 1 target that had trouble: us b; acknowledge what is gone for good"
        assert (await world.statuses())["world"] is ProbeStatus.SLOW
        assert set(await world.list_probes()) == {"world", "eu a", "us b"}  # what was well is gone by its age
        await world.store.call(acknowledge, "us b", "taken down", "ann", world.now())
        await read(world, 1)
        assert set(await world.list_probes()) == {"world", "eu a"}
        assert await read(world, 1) == ""


async def test_a_job_that_fell_silent_whole_is_told_until_its_targets_leave(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        scene.body = scrape(good=[EU, US, ("us", "c")])
        await read(world, 1)
        scene.body = scrape(good=[EU, US])
        world.ahead_ms = KEEP_MS // 4
        assert await read(world, 4) == ""  # one alone may have been taken out
        scene.body = scrape(good=[EU])
        world.ahead_ms = KEEP_MS // 2
        assert await read(world, 4) == "job us: nothing new of 2 targets, and no failed scrape"
        assert (await world.statuses())["world"] is ProbeStatus.SLOW
        world.ahead_ms = 10 * KEEP_MS
        assert await read(world, 4) == ""
        assert set(await world.list_probes()) == {"world", "eu a"}


async def test_a_target_that_a_hook_was_told_of_stays_too(tmp_path: Path) -> None:
    async with staging() as scene, open_world(tmp_path, scene.source) as world:
        await read(world, 1)
        now = world.now()
        await world.store.call(replace_hooks, ["phone"], now)
        lease = {"pid": 1, "host": "h", "boot_id": "b", "version": "1", "mode": "stay", "now": now}
        epoch = await world.store.call(lambda db: take_lease(db, **lease))  # type: ignore[arg-type]
        told = [Told("us a", HookEvent.DOWN, now)]
        await world.store.call(begin_hook, "phone", epoch, told, now)
        world.ahead_ms = 10 * KEEP_MS
        scene.body = scrape(good=[EU])
        assert "us a" in await read(world)
        assert "us a" in await world.list_probes()

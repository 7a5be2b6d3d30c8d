from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oncall_tui.engine import vantage
from oncall_tui.engine.vantage import Vantage, is_exempt, read_scope

ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0
eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
"""
NEIGHBOURS = """IP address HW type Flags HW address Mask Device
192.0.2.1 0x1 {flags} 02:00:00:00:00:01 * eth0
"""


@pytest.mark.parametrize(
    ("ip", "scope"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("0.0.0.0", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("fe80::1", "link-local"),
        ("10.1.2.3", "private"),
        ("192.168.0.1", "private"),
        ("fd00::1", "private"),
        ("9.9.9.9", "global"),
        ("2620:fe::fe", "global"),
    ],
)
def test_a_scope_is_seen_through_wrappings(ip: str, scope: str) -> None:
    assert read_scope(ip) == scope
    assert is_exempt(ip) is (scope != "global")


def test_names_are_not_exempt_but_localhost_is() -> None:
    assert is_exempt("localhost")
    assert not is_exempt("www.example.com")


@pytest.mark.parametrize(("flags", "is_silent"), [("0x0", True), ("0x2", False)])
def test_a_gateway_that_was_asked_for_in_vain_is_silent(tmp_path: Path, flags: str, is_silent: bool) -> None:
    routes, neighbours = tmp_path / "route", tmp_path / "arp"
    routes.write_text(ROUTES)
    neighbours.write_text(NEIGHBOURS.format(flags=flags))
    assert vantage.is_gateway_silent(routes, neighbours) is is_silent
    neighbours.write_text("IP address\n")
    assert not vantage.is_gateway_silent(routes, neighbours)
    assert not vantage.is_gateway_silent(tmp_path / "none", neighbours)


NOWHERE = (("host.invalid", 1),)
NETWORKS = ("192.0.2.1", "198.51.100.1", "203.0.113.1")
_LONG_S = 1_000.0


class World:
    """A clock, and a place that answers until it falls."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def rise(self) -> None:
        self._server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def fall(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def wait(self, seconds: float = 10.0) -> None:
        self.now_s += seconds

    def reach(self, seen: Vantage, *probes: str) -> None:
        self._note(seen, probes, is_reached=True)

    def miss(self, seen: Vantage, *probes: str) -> None:
        self._note(seen, probes, is_reached=False)

    def _note(self, seen: Vantage, probes: tuple[str, ...], *, is_reached: bool) -> None:
        for probe in probes:
            self.now_s += 0.1
            seen.note(probe, probe if is_reached else "", is_reached=is_reached)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """One where a refusal is silence: no place on loopback drops a connection."""
    connect = vantage.can_connect
    world = World()

    async def ask(host: str, port: int) -> bool:
        is_open = world._server is not None and world._server.is_serving()
        return await connect(host, port) and (host != "127.0.0.1" or is_open)

    monkeypatch.setattr(vantage, "can_connect", ask)
    await world.rise()
    yield world
    await world.fall()


async def test_all_of_three_networks_at_once_is_this_host() -> None:
    world = World()
    seen = Vantage(landmarks=NOWHERE, monotonic=lambda: world.now_s)
    world.reach(seen, *NETWORKS, "203.0.113.9")
    assert not await seen.is_cut_off("203.0.113.9")
    world.wait()
    world.miss(seen, *NETWORKS[:2])
    assert not await seen.is_cut_off(NETWORKS[0])
    world.miss(seen, NETWORKS[2])
    told = [await seen.is_cut_off(NETWORKS[2]), seen.is_known_cut_off]
    world.reach(seen, "203.0.113.9")
    told += [seen.is_known_cut_off, await seen.is_cut_off(NETWORKS[0])]
    assert told == [True, True, False, False]


async def test_what_was_reached_long_ago_does_not_hide_a_cut() -> None:
    world = World()
    seen = Vantage(landmarks=NOWHERE, monotonic=lambda: world.now_s)
    world.reach(seen, *NETWORKS, "8.8.8.8")
    world.wait()
    world.miss(seen, *NETWORKS)
    assert [await seen.is_cut_off(probe) for probe in NETWORKS] == [True] * 3


async def test_a_cut_is_seen_beside_what_is_down_for_long(world: World) -> None:
    seen = Vantage(landmarks=[("127.0.0.1", world.port)], monotonic=lambda: world.now_s)
    world.miss(seen, "8.8.8.8")
    world.wait()
    world.reach(seen, NETWORKS[0], "9.9.9.9")
    await seen.look()
    await world.fall()
    world.wait()
    world.miss(seen, NETWORKS[0])
    assert await seen.is_cut_off(NETWORKS[0])
    assert await seen.is_cut_off("8.8.8.8")  # nothing can be told of it any more


async def test_one_probe_is_enough_where_resolvers_answered_before(world: World) -> None:
    seen = Vantage(landmarks=[("127.0.0.1", world.port)], monotonic=lambda: world.now_s)
    world.reach(seen, "8.8.8.8")
    await seen.look()
    world.wait()
    world.miss(seen, "8.8.8.8")
    assert not await seen.is_cut_off("8.8.8.8")
    await world.fall()
    world.wait()
    assert await seen.is_cut_off("8.8.8.8")
    await world.rise()
    world.wait()
    await seen.look()
    assert not seen.is_known_cut_off


async def test_resolvers_behind_a_firewall_hide_no_outage() -> None:
    world = World()
    seen = Vantage(landmarks=NOWHERE, monotonic=lambda: world.now_s)
    world.reach(seen, "8.8.8.8", "9.9.9.9")
    await seen.look()
    world.wait()
    world.miss(seen, "8.8.8.8", "9.9.9.9")
    assert not await seen.is_cut_off("8.8.8.8")
    assert not seen.fault


async def test_a_provider_of_three_networks_that_falls_is_an_outage_while_others_answer(world: World) -> None:
    seen = Vantage(landmarks=(*NOWHERE, ("127.0.0.1", world.port)), monotonic=lambda: world.now_s)
    world.reach(seen, *NETWORKS)
    world.wait()
    world.miss(seen, *NETWORKS)
    assert [await seen.is_cut_off(probe) for probe in NETWORKS] == [False] * 3


async def test_one_provider_that_falls_is_an_outage() -> None:
    world = World()
    seen = Vantage(landmarks=NOWHERE, monotonic=lambda: world.now_s)
    probes = [f"192.0.2.{number}" for number in range(9)]
    world.reach(seen, *probes)
    world.wait()
    world.miss(seen, *probes)
    assert not await seen.is_cut_off(probes[0])


async def test_what_never_answered_says_nothing() -> None:
    seen = Vantage(landmarks=NOWHERE)
    for probe in "abcd":
        seen.note(probe, "", is_reached=False)
        assert not await seen.is_cut_off(probe)


async def test_targets_of_the_users_choice_decide() -> None:
    silent = Vantage([("127.0.0.1", 1), ("host.invalid", 1)])
    assert not await silent.is_cut_off("a")  # a refusal is an answer
    assert await Vantage(NOWHERE).is_cut_off("a")


async def test_a_dead_target_hides_no_outage_while_others_are_reached() -> None:
    world = World()
    seen = Vantage(NOWHERE, monotonic=lambda: world.now_s)
    world.reach(seen, *NETWORKS)
    await seen.look()
    world.wait()
    world.miss(seen, NETWORKS[2])
    world.reach(seen, NETWORKS[0])
    told = [await seen.is_cut_off(NETWORKS[2])]
    world.wait()
    await seen.look()
    assert seen.fault.startswith("no [vantage] target answers: ")
    # Nor does one that falls when nothing was reached since: what was silent all the time tells nothing.
    world.miss(seen, NETWORKS[1])
    told.append(await seen.is_cut_off(NETWORKS[1]))
    assert told == [False, False]


async def test_a_target_that_comes_back_is_believed_again(world: World) -> None:
    seen = Vantage([("127.0.0.1", world.port)], monotonic=lambda: world.now_s)
    await world.fall()
    for _ in range(3):
        world.reach(seen, "8.8.8.8")
        world.wait(_LONG_S)
        await seen.look()
    assert seen.fault
    await world.rise()
    world.reach(seen, "8.8.8.8")
    world.wait(_LONG_S)
    await seen.look()
    assert not seen.fault
    await world.fall()
    world.wait()
    world.miss(seen, "8.8.8.8")
    assert await seen.is_cut_off("8.8.8.8")


async def test_the_end_of_a_cut_leaves_the_targets_believed(world: World) -> None:
    seen = Vantage([("127.0.0.1", world.port)], monotonic=lambda: world.now_s)
    told = []
    for _ in range(3):
        world.reach(seen, "8.8.8.8")
        await seen.look()
        await world.fall()
        world.wait()
        world.miss(seen, "8.8.8.8")
        told.append(await seen.is_cut_off("8.8.8.8"))
        await world.rise()
        world.reach(seen, "8.8.8.8")
        world.wait(1)
        await seen.look()
        world.wait(5)
        await seen.look()
        assert not seen.fault
    assert told == [True, True, True]

from __future__ import annotations

import asyncio
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


async def test_all_of_three_networks_at_once_is_this_host() -> None:
    now = 100.0
    seen = Vantage(landmarks=NOWHERE, monotonic=lambda: now)
    for probe, ip in (("a", "192.0.2.1"), ("b", "198.51.100.1"), ("c", "203.0.113.1"), ("d", "203.0.113.9")):
        seen.note(probe, ip, is_reached=True)
    assert not await seen.is_cut_off()
    for probe in "abc":
        seen.note(probe, "", is_reached=False)
    assert not await seen.is_cut_off()
    seen.note("d", "", is_reached=False)
    told = [await seen.is_cut_off(), seen.is_known_cut_off]
    seen.note("b", "198.51.100.1", is_reached=True)
    told += [seen.is_known_cut_off, await seen.is_cut_off()]
    assert told == [True, True, False, False]


async def test_a_provider_of_three_networks_that_falls_is_an_outage_while_others_answer() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    seen = Vantage(landmarks=(*NOWHERE, ("127.0.0.1", server.sockets[0].getsockname()[1])))
    for ip in ("104.16.0.1", "104.17.0.1", "104.18.0.1"):
        seen.note(ip, ip, is_reached=True)
        seen.note(ip, "", is_reached=False)
    assert not await seen.is_cut_off()
    server.close()
    await server.wait_closed()


async def test_one_provider_that_falls_is_an_outage() -> None:
    seen = Vantage()
    for number in range(9):
        seen.note(f"p{number}", f"192.0.2.{number}", is_reached=True)
        seen.note(f"p{number}", "", is_reached=False)
    assert not await seen.is_cut_off()


async def test_what_never_answered_says_nothing() -> None:
    seen = Vantage()
    for probe in "abcd":
        seen.note(probe, "", is_reached=False)
    assert not await seen.is_cut_off()


async def test_targets_of_the_users_choice_decide() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    now = 100.0
    seen = Vantage([("127.0.0.1", port)], monotonic=lambda: now)
    assert not await seen.is_cut_off()
    silent = Vantage([("127.0.0.1", 1), ("host.invalid", 1)], monotonic=lambda: now)
    assert not await silent.is_cut_off()  # a refusal is an answer
    nowhere = Vantage([("host.invalid", 1)], monotonic=lambda: now)
    assert await nowhere.is_cut_off()
    server.close()
    await server.wait_closed()

"""Echoes on loopback, by the kernel itself; skipped where it forbids this user to ping."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.probes.servers import make_probe, make_tools

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Verdict
from oncall_tui.domain.verdict import Observation, judge
from oncall_tui.engine.probes import icmp, run_probe
from oncall_tui.engine.resolver import Address

V4, V6 = Address(socket.AF_INET, "127.0.0.1"), Address(socket.AF_INET6, "::1")


def may_ping() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


needs_ping = pytest.mark.skipif(not may_ping(), reason="this host forbids ping: set net.ipv4.ping_group_range")


def make(target: str = "127.0.0.1", **expect: int) -> Probe:
    return make_probe(ProbeKind.ICMP, target, expect=Expectation(**expect))  # type: ignore[arg-type]


@needs_ping
async def test_a_host_that_answers_is_up() -> None:
    result = await run_probe(make(), make_tools())
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert dict(result.facts)["answers"] == "3 of 3"
    assert result.phases.first_byte_ms is not None


@needs_ping
@pytest.mark.skipif(Path("/proc/sys/net/ipv4/icmp_echo_ignore_all").exists() is False, reason="not Linux")
async def test_several_at_once_do_not_take_each_others_answers() -> None:
    import asyncio

    results = await asyncio.gather(*(run_probe(make(f"127.0.0.{last}"), make_tools()) for last in range(1, 20)))
    assert {result.verdict for result in results} == {Verdict.UP}


async def test_a_user_who_may_not_ping_learns_what_to_set() -> None:
    if may_ping():
        pytest.skip("this user may ping")
    result = await run_probe(make(), make_tools())
    assert result.verdict is Verdict.UNKNOWN
    assert "net.ipv4.ping_group_range" in result.reason


@needs_ping
async def test_a_family_that_the_host_does_not_have_is_told() -> None:
    result = await run_probe(replace(make(), family="6"), make_tools())
    assert result.reason == "the name has no IPv6 address"


def test_lost_echoes_degrade() -> None:
    probe = make(max_loss_percent=40)
    assert judge(probe, Observation(loss_percent=34), 1)[0] is Verdict.UP
    verdict, reason = judge(probe, Observation(loss_percent=66.7), 1)
    assert (verdict, reason) == (Verdict.DEGRADED, "67 % of the echoes lost, expected at most 40 %")


@pytest.mark.parametrize(
    ("packet", "address", "number"),
    [
        (b"\0\0\0\0\0\1\0\2oncall-tui", V4, 2),
        (b"E" + b"\0" * 19 + b"\0\0\0\0\0\1\0\2oncall-tui", V4, 2),
        (b"\x81\0\0\0\0\1\0\2oncall-tui", V6, 2),
        (b"\3\1\0\0\0\1\0\2oncall-tui", V4, 0),
        (b"\0\0\0\0\0\1\0\2other", V4, 0),
        (b"\0\0\0", V4, 0),
        (b"", V4, 0),
        (b"E", V4, 0),
    ],
)
def test_only_an_echo_of_ours_counts(packet: bytes, address: Address, number: int) -> None:
    assert icmp._read_reply(packet, address) == number


def test_the_round_trip_is_judged_and_not_the_pauses_of_a_run() -> None:
    probe = make(max_latency_ms=100)
    assert judge(probe, Observation(latency_ms=80), 700)[0] is Verdict.UP
    assert judge(probe, Observation(latency_ms=120), 700)[1] == "slow: 120 ms, expected at most 100 ms"

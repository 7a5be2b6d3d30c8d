from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui.engine import vantage
from oncall_tui.engine.vantage import is_exempt, read_scope

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

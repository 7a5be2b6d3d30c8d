from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.engine.probes.servers import make_probe, make_tools, serve
from tests.pace import PATIENCE_S, free_s

from oncall_tui.domain.probe import ProbeKind, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import make_not_run, run_probe
from oncall_tui.engine.probes.faults import TargetError, explain, explain_timeout
from oncall_tui.engine.resolver import Address, Resolver
from oncall_tui.engine.vantage import Vantage

OWN = [
    OSError(errno.EMFILE, ""),
    OSError(errno.ENFILE, ""),
    OSError(errno.ENOBUFS, ""),
    OSError(errno.ENOMEM, ""),
    OSError(errno.EADDRNOTAVAIL, ""),
    OSError(errno.ENETUNREACH, ""),
    OSError(errno.ENETDOWN, ""),
    OSError(errno.EIO, "Input/output error"),
    PermissionError(errno.EPERM, ""),
    socket.gaierror(socket.EAI_AGAIN, ""),
    socket.gaierror(socket.EAI_FAIL, ""),
    MemoryError(),
    RecursionError(),
    ValueError("anything"),
    KeyError("x"),
]


@pytest.mark.parametrize("error", OWN, ids=repr)
def test_a_fault_of_our_own_is_never_down(error: Exception) -> None:
    verdict, reason = explain(error)
    assert verdict is Verdict.UNKNOWN
    assert reason.startswith("not run: ")


THEIRS = [
    (ConnectionRefusedError(errno.ECONNREFUSED, ""), "connection refused"),
    (ConnectionResetError(errno.ECONNRESET, ""), "connection reset by the target"),
    (OSError(errno.EHOSTUNREACH, ""), "no route to host"),
    (socket.gaierror(socket.EAI_NONAME, ""), "DNS: no such host"),
    (ssl.SSLEOFError(8, "EOF"), "connection closed in TLS"),
    (TargetError("body lacks 'ok'"), "body lacks 'ok'"),
]


@pytest.mark.parametrize(("error", "words"), THEIRS)
def test_a_fault_of_the_target_is_down_in_words(error: Exception, words: str) -> None:
    assert explain(error) == (Verdict.DOWN, words)


@given(st.text())
def test_every_reason_is_one_inert_line(text: str) -> None:
    for error in (TargetError(text), OSError(errno.EIO, text)):
        _, reason = explain(error)
        assert is_clean(reason)
        assert "\n" not in reason
        assert len(reason) <= 200


def test_an_overrun_deadline_is_told_by_phase() -> None:
    assert explain_timeout("tls", 5.0) == (Verdict.DOWN, "timed out in TLS after 5.0 s")
    assert explain_timeout("resolve", 5.0)[0] is Verdict.UNKNOWN


async def test_a_run_that_this_host_slept_through_is_not_run() -> None:
    slept_s = 0.0

    async def nap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal slept_s
        slept_s = 120.0

    async with serve(nap) as port:
        tools = replace(make_tools(), monotonic=lambda: time.monotonic() + slept_s)
        result = await run_probe(make_probe(ProbeKind.HTTP, f"http://127.0.0.1:{port}/", timeout_ms=20_000), tools)
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason.startswith("not run: this host was paused or overloaded for 10")


async def test_a_host_that_is_cut_off_blames_no_target() -> None:
    def lookup(host: str) -> tuple[Address, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "")

    tools = replace(make_tools(resolver=Resolver(lookup)), is_online=lambda: True)
    probe = make_probe(ProbeKind.TCP, "www.example.com:443")
    cut_off = await run_probe(probe, replace(tools, vantage=Vantage([("host.invalid", 1)])))
    fine = await run_probe(probe, replace(tools, vantage=Vantage([("127.0.0.1", 1)])))
    assert (cut_off.verdict, fine.verdict) == (Verdict.UNKNOWN, Verdict.DOWN)
    assert cut_off.reason == "not run: nothing outside can be reached from this host"


async def test_offline_turns_a_failure_outside_into_not_run_and_leaves_loopback_alone() -> None:
    def lookup(host: str) -> tuple[Address, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "")

    offline = replace(make_tools(resolver=Resolver(lookup)), is_online=lambda: False)
    outside = await run_probe(make_probe(ProbeKind.TCP, "www.example.com:443"), offline)
    inside = await run_probe(make_probe(ProbeKind.TCP, "127.0.0.1:1"), offline)
    assert (outside.verdict, outside.reason) == (Verdict.UNKNOWN, "not run: this host is offline")
    assert (inside.verdict, inside.reason) == (Verdict.DOWN, "connection refused")


async def test_a_hanging_name_ends_at_the_deadline_as_not_run() -> None:
    gate = threading.Event()

    def lookup(host: str) -> tuple[Address, ...]:
        gate.wait(PATIENCE_S)
        return ()

    probe = make_probe(ProbeKind.TCP, "dead.example:1", timeout_ms=500)
    result = await run_probe(probe, make_tools(resolver=Resolver(lookup)))
    assert not gate.is_set()
    gate.set()
    assert result.verdict is Verdict.UNKNOWN


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def lookup(host: str) -> tuple[Address, ...]:
            return (Address(socket.AF_INET, "127.0.0.2"), Address(socket.AF_INET, "127.0.0.1"))

        tools = make_tools(resolver=Resolver(lookup))
        result = await run_probe(make_probe(ProbeKind.TCP, f"two.example:{port}"), tools)
        assert result.verdict is Verdict.UP
        assert dict(result.facts)["address"] == f"127.0.0.1:{port}"
    refused = await run_probe(make_probe(ProbeKind.TCP, f"two.example:{port}"), tools)
    assert refused.reason == "connection refused"


async def test_a_refusal_tells_more_than_a_family_that_this_host_lacks() -> None:
    def lookup(host: str) -> tuple[Address, ...]:
        return (Address(socket.AF_INET, "127.0.0.1"), Address(socket.AF_INET, "255.255.255.255"))

    result = await run_probe(make_probe(ProbeKind.TCP, "two.example:1"), make_tools(resolver=Resolver(lookup)))
    assert (result.verdict, result.reason) == (Verdict.DOWN, "connection refused")


async def test_an_address_that_hangs_is_raced_by_the_next() -> None:
    with socket.create_server(("127.0.0.2", 0), backlog=0) as full:
        port = full.getsockname()[1]
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.2", port))

        def lookup(host: str) -> tuple[Address, ...]:
            return (Address(socket.AF_INET, "127.0.0.2"), Address(socket.AF_INET, "127.0.0.1"))

        with socket.create_server(("127.0.0.1", port)):
            probe = make_probe(ProbeKind.TCP, f"two.example:{port}")
            began = free_s()
            result = await run_probe(probe, make_tools(resolver=Resolver(lookup)))
        for caller in callers:
            caller.close()
    assert result.verdict is Verdict.UP
    assert dict(result.facts)["address"] == f"127.0.0.1:{port}"
    assert result.duration_ms > 200
    assert free_s() - began < 1


async def test_cancelling_a_run_cancels_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        probe = make_probe(ProbeKind.TLS, f"127.0.0.1:{listener.getsockname()[1]}")
        task = asyncio.create_task(run_probe(probe, make_tools()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_a_run_that_was_not_made_says_why() -> None:
    result = make_not_run(make_probe(ProbeKind.TCP, "x:1"), 5, "no\x1bplace")
    assert (result.verdict, result.reason, result.started_at) == (Verdict.UNKNOWN, "not run: no␛place", 5)


WITHOUT_DESCRIPTORS = """
    import asyncio, json, resource, socket
    from oncall_tui.domain.probe import Probe, ProbeKind
    from oncall_tui.engine.probes import open_tools, run_probe

    async def main():
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        tools = await open_tools()
        silent = socket.create_server(("127.0.0.1", 0))
        targets = [
            (ProbeKind.HTTP, f"http://127.0.0.1:{silent.getsockname()[1]}/"),
            (ProbeKind.HTTP, f"http://localhost:{port}/"),
            (ProbeKind.TCP, f"localhost:{port}"),
            (ProbeKind.TCP, f"127.0.0.1:{port}"),
            (ProbeKind.TLS, f"localhost:{port}"),
            (ProbeKind.DNS, "localhost"),
        ]
        held = [socket.socket() for _ in range(8)]
        probes = [Probe(str(i), *targets[i % 6], timeout_ms=2000) for i in range(60)]
        limit = len(held) + 14
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        held += [socket.socket() for _ in range(limit) if can_open()]
        results = await asyncio.gather(*(run_probe(probe, tools) for probe in probes))
        print(json.dumps([[r.verdict, r.reason] for r in results]))

    def can_open():
        try:
            socket.socket().close()
        except OSError:
            return False
        return True

    asyncio.run(main())
"""


def test_without_file_descriptors_nothing_is_down() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(WITHOUT_DESCRIPTORS)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | {"PYTHONPATH": "src"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    results = json.loads(ran.stdout)
    assert len(results) == 60
    assert {verdict for verdict, _ in results} == {"unknown"}
    assert any("file descriptor" in reason for _, reason in results)

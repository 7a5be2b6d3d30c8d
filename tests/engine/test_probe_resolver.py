from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading

import pytest
from tests.pace import PATIENCE_S, free_s

from oncall_tui.engine.resolver import Address, Resolver, ResolverBusyError, look_up

HERE = Address(socket.AF_INET, "127.0.0.1")


class Names:
    """A lookup that hangs for names that begin with `dead` and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = threading.Event()

    def __call__(self, host: str) -> tuple[Address, ...]:
        self.asked.append(host)
        if host.startswith("dead"):
            self.gate.wait(PATIENCE_S)
            raise socket.gaierror(socket.EAI_AGAIN, "")
        if host.startswith("none"):
            raise socket.gaierror(socket.EAI_NONAME, "")
        return (HERE,)


async def give_up_on(resolver: Resolver, host: str, after_s: float = 0.01) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(after_s):
            await resolver.resolve(host)


async def test_addresses_need_no_lookup() -> None:
    names = Names()
    resolver = Resolver(names)
    assert await resolver.resolve("192.0.2.1") == (Address(socket.AF_INET, "192.0.2.1"),)
    assert await resolver.resolve("2001:db8::1") == (Address(socket.AF_INET6, "2001:db8::1"),)
    assert names.asked == []


async def test_a_found_name_is_kept_for_a_while_and_a_missing_one_is_not() -> None:
    now = 0.0
    names = Names()
    resolver = Resolver(names, keep_s=30, monotonic=lambda: now)
    for _ in range(3):
        assert await resolver.resolve("live") == (HERE,)
    assert names.asked == ["live"]
    now = 31.0
    await resolver.resolve("live")
    assert names.asked == ["live", "live"]
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await resolver.resolve("none")
    assert names.asked.count("none") == 2


async def test_one_lookup_a_name_is_in_flight_however_many_wait() -> None:
    names = Names()
    resolver = Resolver(names)
    for _ in range(5):
        await give_up_on(resolver, "dead")
    assert names.asked == ["dead"]
    names.gate.set()


async def test_dead_names_do_not_starve_live_ones() -> None:
    names = Names()
    resolver = Resolver(names)
    await asyncio.gather(*(give_up_on(resolver, f"dead{number}", 0.05) for number in range(100)))
    started = free_s()
    found = await asyncio.gather(*(resolver.resolve(f"live{number}") for number in range(100)))
    assert found == [(HERE,)] * 100
    assert free_s() - started < 1.0
    names.gate.set()


async def test_names_that_hung_before_get_a_part_of_the_threads_only() -> None:
    now = 0.0
    names = Names()
    resolver = Resolver(names, thread_limit=4, hanging_limit=2, monotonic=lambda: now)
    waiting = [asyncio.create_task(resolver.resolve(f"dead{number}")) for number in range(4)]
    await asyncio.sleep(0.02)
    with pytest.raises(ResolverBusyError):
        await resolver.resolve("live")
    now = 5.0
    names.gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    names.gate.clear()
    for number in range(2):
        await give_up_on(resolver, f"dead{number}")
    with pytest.raises(ResolverBusyError):
        await resolver.resolve("dead2")
    assert await resolver.resolve("live") == (HERE,)
    names.gate.set()


def test_a_hanging_name_does_not_keep_the_process() -> None:
    program = (
        "import asyncio, time\n"
        "from oncall_tui.engine.resolver import Resolver\n"
        "async def main():\n"
        "    asyncio.ensure_future(Resolver(lambda host: time.sleep(60)).resolve('dead'))\n"
        "    await asyncio.sleep(0.1)\n"
        "asyncio.run(main())\n"
    )
    started = free_s()
    subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=PATIENCE_S, env=os.environ | {"PYTHONPATH": "src"}
    )
    assert free_s() - started < 10


def test_the_system_knows_localhost_once() -> None:
    found = look_up("localhost")
    assert HERE in found
    assert len(set(found)) == len(found)

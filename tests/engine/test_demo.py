"""The demo's world: real services that break as the schedule says, and a folder that goes away."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from tests.pace import PATIENCE_S

from oncall_tui.config.load import load_config
from oncall_tui.domain.probe import Verdict
from oncall_tui.engine.demo import CONTENT, demo_lock, make_folder, remove_world, write_config
from oncall_tui.engine.demo_control import CONTROL_VARIABLE, find_demo, toggle_demo
from oncall_tui.engine.demo_services import OVERRIDE_S, Fault, Ports, World, find_scheduled, serve_world
from oncall_tui.engine.probes import open_tools, run_probe


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_fault_comes_soon_and_each_comes_once_a_cycle() -> None:
    faults = [find_scheduled(second) for second in range(240)]
    assert faults.index(Fault.SHOP) <= 6
    assert set(faults) == {None, *Fault}
    changes = [fault for before, fault in zip([None, *faults], faults, strict=False) if fault and fault is not before]
    assert changes == list(Fault)
    assert find_scheduled(240 + 6) is Fault.SHOP


def test_a_toggle_heals_or_breaks_at_once_and_wears_off() -> None:
    clock = Clock()
    world = World(clock)
    assert world.fault() is None
    world.toggle()
    assert world.fault() is Fault.SHOP
    world.toggle()
    clock.now += 10
    assert world.fault() is None
    clock.now += OVERRIDE_S
    assert world.fault() is find_scheduled(clock.now - 1_000.0)


REASONS = {
    Fault.SHOP: ("shop", Verdict.DOWN, "HTTP 503 Service Unavailable"),
    Fault.DATABASE: ("database", Verdict.DOWN, "connection refused"),
    Fault.SEARCH: ("search", Verdict.DEGRADED, "slow: 1.3 s, expected at most 500 ms"),
    Fault.CERTIFICATE: ("certificate", Verdict.DOWN, "certificate expired"),
    Fault.NAMES: ("names", Verdict.DOWN, "NXDOMAIN"),
}


async def test_every_fault_is_what_the_probes_tell(tmp_path: Path) -> None:
    clock = Clock()
    got: asyncio.Future[Ports] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_world(World(clock), CONTENT, got.set_result))
    write_config(tmp_path, await got, "http://127.0.0.1:1", "page", "canary-token")
    config = load_config(tmp_path / "oncall.toml")
    tools = await open_tools(ssl.create_default_context(cafile=CONTENT / "authority.pem"))
    started = clock.now
    for second in (0, 10, 100, 140, 180, 210, 235):
        clock.now = started + second
        await asyncio.sleep(0.3)
        results = {probe.name: await run_probe(probe, tools) for probe in config.probes}
        broken = find_scheduled(second)
        for fault, (name, verdict, reason) in REASONS.items():
            if fault is broken:
                assert results[name].verdict is verdict, results[name]
                assert reason in results[name].reason
            else:
                assert results[name].verdict is Verdict.UP, (second, results[name])
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert "canary" not in (tmp_path / "oncall.toml").read_text()


def test_a_toggle_is_one_byte_more_in_the_control_file(tmp_path: Path) -> None:
    control = find_demo({CONTROL_VARIABLE: str(tmp_path / "control")})
    assert control == tmp_path / "control"
    toggle_demo(control)
    toggle_demo(control)
    assert control.stat().st_size == 2
    assert find_demo({}) is None


def test_folders_of_killed_demos_are_swept_and_live_ones_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, live, young = make_folder(), make_folder(), make_folder()
    (dead / "oncall.db").write_bytes(b"")
    for folder in (dead, live):
        os.utime(folder, (time.time() - 120,) * 2)
    with demo_lock(live) as lock:
        assert lock.acquire()
        os.utime(live, (time.time() - 120,) * 2)
        made = make_folder()
    assert sorted(tmp_path.iterdir()) == sorted([live, young, made])
    remove_world(made, is_kept=True)
    assert made.exists()


TERMINAL = """
import os, sys, time
from pathlib import Path
from oncall_tui.clock import now_ms
from oncall_tui.domain.engine import Terminal
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import beat_terminal
folder = Path(sys.argv[1])
with open_database(folder / "oncall.db") as db:
    beat_terminal(db, Terminal("t", os.getpid(), "h", "ana", now_ms(), now_ms(), is_read_only=False))
print("there", flush=True)
time.sleep(0.7)
folder.mkdir(exist_ok=True)
(folder / "oncall.db.engine.log").write_text("started once more")
"""


def test_a_folder_is_removed_after_its_last_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    terminal = subprocess.Popen([sys.executable, "-c", TERMINAL, str(folder)], stdout=subprocess.PIPE)
    assert terminal.stdout is not None
    assert terminal.stdout.readline() == b"there\n"
    reaper = threading.Thread(target=terminal.communicate)
    reaper.start()
    remove_world(folder, is_kept=False)
    reaper.join()
    assert terminal.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_world_whose_terminal_is_gone_before_it_begins_ends(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    world = [sys.executable, "-P", "-m", "oncall_tui.cli.demo_world", str(folder), "remove", str(gone.pid)]
    subprocess.run(world, timeout=PATIENCE_S, check=True)
    assert list(tmp_path.iterdir()) == []

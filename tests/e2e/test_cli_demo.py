"""`oncall-tui demo` on a real terminal: a red probe within seconds, and nothing left afterwards."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest
from tests.e2e.world import wait_until
from tests.pace import free_s
from tests.ptyscreen import PtyScreen

from oncall_tui.config.load import load_config
from oncall_tui.engine.demo_control import toggle_demo

DEMO = (sys.executable, "-P", "-m", "oncall_tui", "demo")


def find_processes(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def open_demo(folder: Path, *arguments: str) -> PtyScreen:
    environment = {"TMPDIR": str(folder), "ONCALL_TUI_ACTOR": "tester"}
    return PtyScreen([*DEMO, *arguments], columns=120, rows=40, env=environment)


def test_a_new_user_sees_a_red_probe_and_leaves_nothing(tmp_path: Path) -> None:
    with open_demo(tmp_path) as terminal:
        began = free_s()
        terminal.wait_for("certificate", 20)
        terminal.wait_for("DOWN", 20)
        assert free_s() - began < 20
        url = re.search(rb"http://127\.0\.0\.1:\d+", bytes(terminal.received))
        assert url is not None
        assert "Demo shop" in httpx.get(url[0].decode(), trust_env=False).text
        assert len(find_processes(tmp_path)) >= 2
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    assert list(tmp_path.iterdir()) == []
    assert find_processes(tmp_path) == []


def test_one_key_heals_the_demo_and_its_address_is_on_the_screen(tmp_path: Path) -> None:
    with open_demo(tmp_path) as terminal:
        terminal.wait_for("DOWN", 20)
        assert "customers read http://127.0.0.1:" in terminal.text()
        assert "break / heal" in terminal.text()
        terminal.press("D")
        terminal.wait_for("5 OK", 20)


@pytest.mark.parametrize("is_group", [False, True])
def test_a_killed_terminal_leaves_nothing(tmp_path: Path, is_group: bool) -> None:
    with open_demo(tmp_path) as terminal:
        terminal.wait_for("certificate", 20)
        if is_group:
            os.killpg(terminal.pid, signal.SIGKILL)
        else:
            os.kill(terminal.pid, signal.SIGKILL)
        wait_until(lambda: not find_processes(tmp_path))
        wait_until(lambda: list(tmp_path.iterdir()) == [])


def test_a_folder_of_ones_own_has_one_demo_and_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with open_demo(tmp_path, "--dir", str(folder)) as terminal:
        terminal.wait_for("certificate", 20)
        running = find_processes(tmp_path)
        with open_demo(tmp_path, "--dir", str(folder)) as second:
            assert second.wait_for_end() == 2
        assert set(find_processes(tmp_path)) >= set(running)
        probes = load_config(folder / "oncall.toml").probes
        url = next(probe.target for probe in probes if probe.name == "shop")
        before = httpx.get(url, trust_env=False).status_code
        toggle_demo(folder / "control")
        wait_until(lambda: httpx.get(url, trust_env=False).status_code != before)
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    assert (folder / "oncall.db").exists()
    assert find_processes(tmp_path) == []
    with open_demo(tmp_path, "--dir", str(folder)) as terminal:
        terminal.wait_for("certificate", 20)
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with open_demo(tmp_path, "--dir", str(tmp_path)) as terminal:
        assert terminal.wait_for_end() == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

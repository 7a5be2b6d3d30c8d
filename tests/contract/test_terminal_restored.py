"""However the dashboard ends, the terminal is left as it was found, and its exit status says why."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
from pathlib import Path

import pytest
from tests.pace import Deadline, free_s
from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import find_children, make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms

_ON = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_NORMALLY_ON = {b"7", b"25"}
CRASHING = """
import sys
from oncall_tui.__main__ import main
from oncall_tui.tui.screens.main import MainScreen
def zoom(self):
    secret = "canary-" + "in-a-local"
    raise ValueError("a fault of ours")
MainScreen.action_zoom = zoom
sys.exit(main())
"""


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    probes = make_probes(5)
    return write_world(tmp_path, probes, [make_state(probe.name, now_ms()) for probe in probes])


def list_modes_left(received: bytes) -> dict[bytes, bytes]:
    """Returns the private modes whose last word is not the one of a fresh terminal."""
    last: dict[bytes, bytes] = {}
    for numbers, word in _ON.findall(received):
        for number in numbers.split(b";"):
            last[number] = word
    return {number: word for number, word in last.items() if (word == b"h") != (number in _NORMALLY_ON)}


def assert_restored(screen: PtyScreen) -> None:
    assert termios.tcgetattr(screen.fd) == screen.before
    received = bytes(screen.received)
    assert list_modes_left(received) == {}
    assert len(re.findall(rb"\x1b\[>[0-9;]*u", received)) <= len(re.findall(rb"\x1b\[<[0-9;]*u", received))


def start(screen: PtyScreen) -> None:
    screen.wait_for("probe-004")
    screen.pump(0.5)
    assert termios.tcgetattr(screen.fd) != screen.before
    assert list_modes_left(bytes(screen.received))


def test_quit(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        screen.press("q")
        assert screen.wait_for_end(5) == 0
        assert_restored(screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_signal(world: tuple[Path, Path], number: signal.Signals) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        began = free_s()
        screen.kill(number)
        assert screen.wait_for_end(5) == 128 + number
        assert free_s() - began < 2
        assert_restored(screen)


def test_kill_of_the_child(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        (child,) = find_children(screen.pid)
        os.kill(child, signal.SIGKILL)
        assert screen.wait_for_end(5) == 128 + signal.SIGKILL
        assert_restored(screen)


def test_kill_of_the_parent(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world, is_in_shell=True) as screen:
        start(screen)
        (parent,) = find_children(screen.pid)
        (child,) = find_children(parent)
        os.kill(parent, signal.SIGKILL)
        deadline = Deadline(2)
        while Path(f"/proc/{child}").exists() and not deadline.is_over():
            screen.pump(0.05)
        assert not Path(f"/proc/{child}").exists()
        screen.pump(0.3)
        assert_restored(screen)


def test_crash_shows_a_sentence_and_keeps_locals_to_itself(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world, program=(sys.executable, "-c", CRASHING)) as screen:
        start(screen)
        screen.press("+")
        assert screen.wait_for_end(5) == 70
        assert_restored(screen)
        assert "has a fault and had to end" in screen.text()
        log = Path(f"{world[0]}.crash.log")
        assert "a fault of ours" in log.read_text()
        assert "canary-in-a-local" not in log.read_text()
        assert log.stat().st_mode & 0o777 == 0o600
        assert b"canary-in-a-local" not in screen.received


def test_a_terminal_that_does_not_read_is_left_within_two_seconds(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        for _ in range(400):
            os.write(screen.fd, b"jk")
            time.sleep(0.005)
        began = free_s()
        screen.kill(signal.SIGTERM)
        deadline = Deadline(3)
        while not screen.has_ended() and not deadline.is_over():
            time.sleep(0.02)
        assert free_s() - began < 2
        assert screen.status == 128 + signal.SIGTERM


def test_a_terminal_that_is_gone_ends_it(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        (child,) = find_children(screen.pid)
        fd, screen.fd = screen.fd, os.open(os.devnull, os.O_RDWR)
        os.close(fd)
        deadline = Deadline(2.5)
        while not screen.has_ended() and not deadline.is_over():
            time.sleep(0.02)
        assert screen.has_ended()
        assert not Path(f"/proc/{child}").exists()


def test_a_wrong_config_does_not_touch_the_terminal(world: tuple[Path, Path]) -> None:
    db, config = world
    config.write_text("[[probe]]\nnam = 1\n")
    others = find_children(os.getpid())
    with open_dashboard(db, config) as screen:
        assert screen.wait_for_end(5) == 2
        screen.pump(0.3)
        assert b"\x1b[?" not in screen.received
        assert "oncall.toml" in screen.text()
        assert set(find_children(os.getpid())) <= set(others)


def test_no_bytes_that_are_no_text_end_it(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        start(screen)
        os.write(screen.fd, b"\xff\xfe\x80\xc3(" + bytes(range(128, 256)))
        screen.pump(0.5)
        screen.press("G")
        assert not screen.has_ended()
        screen.wait_for("probe-000")
        screen.press("q")
        assert screen.wait_for_end(5) == 0

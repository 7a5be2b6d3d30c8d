from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import PROGRAM, make_probes, make_state, open_dashboard, write_world
from textual.geometry import Size

from oncall_tui.clock import now_ms
from oncall_tui.tui.screens.layout import choose_layout


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    probes = make_probes(8)
    return write_world(tmp_path, probes, [make_state(probe.name, now_ms()) for probe in probes])


def test_without_a_terminal_a_sentence_and_2(world: tuple[Path, Path]) -> None:
    command = [*PROGRAM, "--db", str(world[0]), "--config", str(world[1])]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "oncall-tui status" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_the_same(world: tuple[Path, Path], term: str) -> None:
    with open_dashboard(*world, env={"TERM": term}) as screen:
        assert screen.wait_for_end(5) == 2
        assert "oncall-tui status" in screen.text().replace("\n", "")
        assert b"\x1b[?1049h" not in screen.received


def test_sizes_down_to_one_cell(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        screen.wait_for("probe-007")
        for columns, rows in [(200, 60), (120, 40), (60, 15), (19, 4), (1, 1), (2, 50), (300, 2), (80, 24)]:
            screen.resize(columns, rows)
            screen.pump(0.4)
            assert not screen.has_ended(), (columns, rows)
        screen.wait_for("probe-007")
        screen.resize(60, 15)
        screen.wait_for("small screen")
        screen.resize(19, 4)
        screen.wait_for("8 OK")
        screen.press("q")
        assert screen.wait_for_end(5) == 0


@pytest.mark.parametrize(
    ("size", "layout"),
    [
        ((1, 1), "tiny"),
        ((19, 30), "tiny"),
        ((79, 24), "compact"),
        ((80, 23), "compact"),
        ((80, 24), "small"),
        ((119, 60), "small"),
        ((120, 40), "medium"),
        ((179, 60), "medium"),
        ((180, 49), "medium"),
        ((180, 50), "large"),
    ],
)
def test_the_layout_follows_the_size(size: tuple[int, int], layout: str) -> None:
    assert choose_layout(Size(*size)) == layout


@pytest.mark.parametrize("colors", [{"COLORTERM": ""}, {"COLORTERM": "", "TERM": "xterm"}])
def test_few_colours_are_kept_to(world: tuple[Path, Path], colors: dict[str, str]) -> None:
    with open_dashboard(*world, env=colors) as screen:
        screen.wait_for("probe-007")
        assert b"38;2;" not in screen.received
        assert "● probe-000" in screen.text()


def test_a_locale_without_unicode_gets_ascii(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world, env={"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0"}) as screen:
        screen.wait_for("probe-007")
        assert "o probe-000" in screen.text() or "● probe-000" in screen.text()


def test_themes_switch_while_it_runs(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        screen.wait_for("probe-007")
        screen.press("T")
        screen.wait_for("Theme:")
        screen.press("ctrl+p", "theme paper", "enter")
        screen.pump(0.5)
        assert b"48;2;250;249;245" in screen.received


def test_a_theme_that_is_not_there_falls_back(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world, program=(*PROGRAM, "--theme", "../../etc/passwd")) as screen:
        screen.wait_for("probe-007")


def test_a_command_does_not_load_the_screens() -> None:
    code = (
        "import sys, os\nfrom oncall_tui.tui.launch import begin\n"
        "os.fork = lambda: sys.exit('forked')\nbegin(sys.argv[1:])\n"
    )
    for arguments in (["status"], ["--version"], ["--db", "x", "incident", "list"], ["--wall=3"]):
        with PtyScreen([sys.executable, "-c", code, *arguments]) as screen:
            assert screen.wait_for_end(5) == 0, arguments
    for arguments in ([], ["--wall"], ["--db", "status", "--theme=x"]):
        with PtyScreen([sys.executable, "-c", code, *arguments]) as screen:
            assert screen.wait_for_end(5) == 1, arguments
            assert "forked" in screen.text()


def test_the_child_leaves_no_process_behind(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        screen.wait_for("probe-007")
        screen.press("q")
        assert screen.wait_for_end(5) == 0
        group = screen.pid
    assert not [path for path in Path("/proc").glob("[0-9]*") if _session_of(path) == group]


def _session_of(path: Path) -> int:
    try:
        return os.getsid(int(path.name))
    except OSError:
        return -1


def test_a_second_signal_does_not_leave_the_terminal_as_it_was_drawn_on() -> None:
    """The kernel sends two of them where a line is hung up; the child may have ended at the first."""
    code = (
        "import os, signal\nfrom oncall_tui.tui import launch\n"
        "class Terminal:\n"
        "    def restore_settings(self):\n"
        "        signal.raise_signal(signal.SIGHUP)\n"
        "        print('restored', flush=True)\n"
        "if not (pid := os.fork()):\n"
        "    os._exit(7)\n"
        "launch._forward_signals(pid)\n"
        "print(launch._await_child(launch._Child(pid, -1, Terminal())))\n"
        "launch._forward_signals(pid)\n"
        "signal.raise_signal(signal.SIGTERM)\n"
        "signal.raise_signal(signal.SIGALRM)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "restored\n7\n", "")

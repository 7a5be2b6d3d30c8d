"""Starts the dashboard on a pty for a benchmark."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SIZE = (200, 60)


def start_on_pty(command: Sequence[str], size: tuple[int, int], env: Mapping[str, str]) -> tuple[int, int]:
    """Returns the pid of a command on a pty of so many columns and rows, and the other end of the pty."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.execve(command[0], list(command), {**os.environ, **env})
    return pid, fd


def describe(db: Path, config: Path) -> tuple[list[str], dict[str, str]]:
    """Returns the command of the dashboard and an environment that is the same everywhere.

    The program is compiled once, as an installation does it, whatever the shell here says.
    """
    command = [sys.executable, "-m", "oncall_tui", "--db", str(db), "--config", str(config)]
    env = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(db.parent)}
    env["PYTHONDONTWRITEBYTECODE"] = ""
    return command, env


@contextmanager
def open_screen(db: Path, config: Path, size: tuple[int, int] = SIZE) -> Iterator[int]:
    """Yields the pty of a running dashboard, which ends with the context."""
    command, env = describe(db, config)
    pid, fd = start_on_pty(command, size, env)
    try:
        yield fd
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)

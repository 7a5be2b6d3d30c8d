"""Engines as processes of their own, and a target for them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.pace import PATIENCE_S, Deadline

from oncall_tui.config.model import Config
from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.store.database import Database
from oncall_tui.store.lease import read_lease

EVERY_MS = 200


@contextmanager
def open_target() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as listener:
        yield int(listener.getsockname()[1])


def make_config(folder: Path, port: int) -> Config:
    probe = Probe("api", ProbeKind.TCP, f"127.0.0.1:{port}", every_ms=EVERY_MS, timeout_ms=EVERY_MS)
    return Config(path=folder / "oncall.toml", probes=(probe,))


def write_config(folder: Path, port: int) -> Path:
    path = folder / "oncall.toml"
    path.write_text(f'[[probe]]\nname = "api"\nkind = "tcp"\ntarget = "127.0.0.1:{port}"\nevery = "500ms"\n')
    return path


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    deadline = Deadline(seconds)
    while not condition():
        assert not deadline.is_over(), "waited in vain"
        time.sleep(0.02)


def start_agent(folder: Path, config: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "oncall_tui", "agent", *arguments),
            *("--db", str(folder / "oncall.db"), "--config", str(config)),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes]) -> int:
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    return process.returncode


def holds(db: Database, pid: int) -> bool:
    lease = read_lease(db)
    return lease is not None and lease.pid == pid


def has_beaten(db: Database) -> bool:
    lease = read_lease(db)
    return lease is not None and lease.stopped_at is None and lease.is_working(int(time.time() * 1000))

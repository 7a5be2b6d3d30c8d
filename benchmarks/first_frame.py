"""How soon the dashboard stands, against an empty app of the same library: `python -m benchmarks.first_frame`.

Both run on a pty of the same size, in turns, so that a change of the machine's mood meets both. The clock runs from the
start of the process until the last line of the frame has been received. An engine is taken to be at work already.
"""

from __future__ import annotations

import os
import random
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.board_world import fill, write_config
from benchmarks.screen import describe, start_on_pty
from oncall_tui.clock import now_ms
from oncall_tui.store.database import open_database
from oncall_tui.store.lock import engine_lock

PAIRS = 25
BOUND = 1.3
PROBES = 40
EMPTY = """
from textual.app import App, ComposeResult
from textual.widgets import Static
class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("the empty frame")
Empty().run()
"""


def time_until(command: list[str], wanted: bytes, size: tuple[int, int], env: Mapping[str, str]) -> float:
    """Returns the seconds from the start of a command on a pty until it has sent some bytes."""
    started = time.perf_counter()
    pid, fd = start_on_pty(command, size, env)
    seen = b""
    try:
        while wanted not in seen:
            ready, _, _ = select.select([fd], [], [], 10)
            if not ready:
                raise TimeoutError(f"{wanted!r} never came: {seen[-300:]!r}")
            seen += os.read(fd, 65536)
        return time.perf_counter() - started
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def measure(size: tuple[int, int], pairs: int, folder: Path) -> tuple[float, float, float]:
    """Returns the median seconds of the empty app and of the dashboard, and the median ratio of the pairs."""
    db, config = folder / "oncall.db", folder / "oncall.toml"
    write_config(config, PROBES)
    ours, env = describe(db, config)
    empty = [sys.executable, "-c", EMPTY]
    with open_database(db) as opened:
        fill(opened, PROBES, now_ms(), random.Random(1))
    rows: list[tuple[float, float]] = []
    with engine_lock(db) as lock:
        lock.acquire()
        for _ in range(pairs + 1):
            first = time_until(empty, b"the empty frame", size, env)
            rows.append((first, time_until(ours, b"palette", size, env)))
    rows = rows[1:]
    ratio = statistics.median(ours_s / empty_s for empty_s, ours_s in rows)
    return statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows), ratio


def main() -> bool:
    """Prints the table and returns whether the bound holds."""
    is_ok = True
    print(f"first full frame of {PROBES} probes, median of {PAIRS} pairs")
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    for size in ((80, 24), (200, 60)):
        with tempfile.TemporaryDirectory() as folder:
            empty_s, ours_s, ratio = measure(size, PAIRS, Path(folder))
        is_ok &= ratio <= BOUND
        name = f"first frame {size[0]}x{size[1]}"
        print(f"{name:<34}{ratio:>10.2f} x{BOUND:>10.2f} x  {'yes' if ratio <= BOUND else 'NO'}")
        print(f"{name + ', empty app':<34}{empty_s * 1000:>9.0f} ms")
        print(f"{name + ', dashboard':<34}{ours_s * 1000:>9.0f} ms")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

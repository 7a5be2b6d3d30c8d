"""What goes over the line: bytes for one changed probe, and for a minute in which only the clock moves.

Run as `python -m benchmarks.terminal_bytes`, on a pty of 200 by 60 in true colour, the dearest of the colour modes.
"""

from __future__ import annotations

import os
import random
import re
import select
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.board_world import fill, run_once, write_config
from benchmarks.screen import open_screen
from oncall_tui.clock import now_ms
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import beat_lease, take_lease
from oncall_tui.store.lock import engine_lock
from oncall_tui.store.probes import record_results

PROBES = 40
CHANGES = 10
IDLE_S = 10.0
BOUND_CHANGE = 300
BOUND_IDLE = 6_000
_CLOCK = re.compile(rb"\x1b\[1;\d+H\x1b\[[0-9;]*m \d\d:\d\d:\d\d\x1b\[0m(?:\x1b\[\d+;\d+H)?")


def read_all(fd: int, seconds: float) -> bytes:
    """Returns what comes within so many seconds."""
    end, seen = time.monotonic() + seconds, b""
    while (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            seen += os.read(fd, 65536)
    return seen


def measure(folder: Path) -> tuple[float, float]:
    """Returns the bytes for one changed probe without the clock's, and those of an idle minute."""
    db, config = folder / "oncall.db", folder / "oncall.toml"
    write_config(config, PROBES)
    rng = random.Random(3)
    with open_database(db) as opened, engine_lock(db) as lock:
        lock.acquire()
        states = fill(opened, PROBES, now_ms(), rng)
        epoch = take_lease(opened, pid=1, host="bench", boot_id="", version="0", mode="stay", now=now_ms())
        with open_screen(db, config) as fd:
            for _ in range(8):
                beat_lease(opened, epoch, now_ms(), is_online=True, note="")
                read_all(fd, 1)
            idle = 0
            for _ in range(int(IDLE_S)):
                beat_lease(opened, epoch, now_ms(), is_online=True, note="")
                idle += len(read_all(fd, 1))
            sent = 0
            for number in range(CHANGES):
                name = f"host-{number + 5:04}"
                result, states[name] = run_once(states[name], now_ms(), rng)
                record_results(opened, [result], [states[name]], [], now_ms())
                sent += len(_CLOCK.sub(b"", read_all(fd, 0.5)))
    return sent / CHANGES, idle * 60 / IDLE_S


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    with tempfile.TemporaryDirectory() as folder:
        change, idle = measure(Path(folder))
    print(f"bytes to a terminal of 200x60, {PROBES} probes")
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    for name, figure, bound in (("one changed probe", change, BOUND_CHANGE), ("an idle minute", idle, BOUND_IDLE)):
        print(f"{name:<34}{figure:>10.0f} B{bound:>10} B  {'yes' if figure <= bound else 'NO'}")
    return change <= BOUND_CHANGE and idle <= BOUND_IDLE


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

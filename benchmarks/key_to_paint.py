"""From a key press to its answer, with and without results coming in: `python -m benchmarks.key_to_paint`.

One dashboard of 500 probes on a pty; the process that writes 50 results a second is stopped and continued in turns, so
that both figures come from the same screen. A press is answered when the row that the cursor moved to has arrived.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.board_world import open_live, write_config
from benchmarks.screen import open_screen
from oncall_tui.store.lock import engine_lock

PROBES = 500
RATE = 50.0
ROUNDS = 6
PRESSES = 80
BOUND_P50 = 1.2
BOUND_P99 = 1.5
CURSOR_ROW = b"48;2;38;53;75"


def read_for(fd: int, seconds: float) -> None:
    """Takes what comes for so long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            os.read(fd, 65536)


def time_press(fd: int, key: bytes) -> float:
    """Returns the milliseconds until the row under the cursor has been painted."""
    started = time.perf_counter()
    os.write(fd, key)
    seen = b""
    while CURSOR_ROW not in seen:
        if not select.select([fd], [], [], 5)[0]:
            raise TimeoutError("a key was not answered within 5 s")
        seen += os.read(fd, 65536)
    return (time.perf_counter() - started) * 1000


def find_percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure(folder: Path) -> tuple[list[float], list[float]]:
    """Returns the milliseconds of every press while idle and while live."""
    db, config = folder / "oncall.db", folder / "oncall.toml"
    write_config(config, PROBES)
    rng = random.Random(7)
    times: dict[bool, list[float]] = {False: [], True: []}
    with engine_lock(db) as lock, open_live(db, PROBES, RATE) as writer:
        lock.acquire()
        time.sleep(2)
        with open_screen(db, config, (200, 60)) as fd:
            read_for(fd, 4)
            for turn in range(ROUNDS * 2):
                is_live = turn % 2 == 1
                os.kill(writer, signal.SIGCONT if is_live else signal.SIGSTOP)
                read_for(fd, 1)
                for press in range(PRESSES):
                    times[is_live].append(time_press(fd, b"j" if press % 40 < 20 else b"k"))
                    read_for(fd, rng.uniform(0.02, 0.06))
    return times[False], times[True]


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    with tempfile.TemporaryDirectory() as folder:
        idle, live = measure(Path(folder))
    print(f"key to paint, {PROBES} probes, {RATE:g} results a second, {len(live)} presses each")
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    is_ok = True
    for name, share, bound in (("p50", 0.5, BOUND_P50), ("p99", 0.99, BOUND_P99)):
        before, after = find_percentile(idle, share), find_percentile(live, share)
        ratio = after / before
        is_ok &= ratio <= bound
        verdict = "yes" if ratio <= bound else "NO"
        print(f"{'key to paint live / idle, ' + name:<34}{ratio:>10.2f} x{bound:>10.2f} x  {verdict}")
        print(f"{'idle ' + name:<34}{before:>9.1f} ms")
        print(f"{'live ' + name:<34}{after:>9.1f} ms")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

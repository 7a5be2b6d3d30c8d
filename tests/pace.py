"""A clock for bounds on how long something may take, which stands still while the machine keeps somebody waiting.

A bound is a promise of the program; a processor that others use and a disk that others fill are no fault of it. On a
machine with nothing else to do, and on one that does not tell what its tasks wait for, this is the wall clock.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

PATIENCE_S = 60.0
"""So long a test waits for what must come: this says how late a failure is told, and promises nothing."""
_GIVE_UP_AFTER_S = 120.0
"""Later than a bound, by the wall clock: a machine that is never free must not hold a failure back for ever."""
_TOTAL = re.compile(r"^some .*total=(\d+)$", re.MULTILINE)


def free_s() -> float:
    """Returns seconds of a clock that does not count waiting for processors and disks (proc(5), psi.rst of Linux)."""
    return time.monotonic() - _read_pressure_s("cpu") - _read_pressure_s("io") - _read_stolen_s()


class Deadline:
    """So much free time to wait for a condition in."""

    def __init__(self, seconds: float) -> None:
        began = time.monotonic()
        self._earliest, self._latest = began + seconds, began + seconds + _GIVE_UP_AFTER_S
        self._until = free_s() + seconds

    def is_over(self) -> bool:
        now = time.monotonic()
        return now > self._latest or (now > self._earliest and free_s() > self._until)


def _read_pressure_s(resource: str) -> float:
    try:
        found = _TOTAL.search(Path("/proc/pressure", resource).read_text(encoding="ascii"))
    except OSError:
        return 0.0
    return int(found[1]) / 1e6 if found else 0.0


def _read_stolen_s() -> float:
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)
    except OSError:
        return 0.0
    return int(words[8]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)

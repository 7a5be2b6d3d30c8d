"""The wall clock at the edges; everything inside takes `now` as an argument."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Returns the present instant in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000

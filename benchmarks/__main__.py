"""Runs every benchmark one after the other; exits 1 when a bound is broken: `python -m benchmarks`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_PARTS = {"__init__", "__main__", "board_world", "nagios", "screen", "secure_server"}


def main() -> int:
    """Returns the exit status. Each script has a `main` that prints its table and tells whether its bounds hold."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _PARTS)
    broken = []
    for name in names:
        print(f"== {name}", flush=True)
        if not importlib.import_module(f"benchmarks.{name}").main():
            broken.append(name)
        print(flush=True)
    print(f"bounds broken: {', '.join(broken)}" if broken else "all bounds hold")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

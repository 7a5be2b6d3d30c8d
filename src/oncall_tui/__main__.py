"""`python -m oncall_tui` and the console script `oncall-tui`."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line and returns its exit status."""
    from oncall_tui.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())

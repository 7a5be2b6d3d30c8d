"""`python -m oncall_tui` and the console script `oncall-tui`."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line and returns its exit status; a dashboard loads in a process of its own from the start."""
    from oncall_tui.tui.launch import begin

    begin(sys.argv[1:])

    from oncall_tui.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())

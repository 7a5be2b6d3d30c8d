"""`python -m oncall_tui` and the console script `oncall-tui`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""


def main() -> int:
    """Runs the command line and returns its exit status; a dashboard loads in a process of its own from the start."""
    sys.unraisablehook = _obey_interrupt
    try:
        from oncall_tui.tui.launch import begin

        begin(sys.argv[1:])

        from oncall_tui.cli import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


def _obey_interrupt(ignored: UnraisableHookArgs) -> None:
    """Ends the process when ctrl+c fell into a callback, whose errors Python ignores: each import runs several."""
    if ignored.exc_type is KeyboardInterrupt:
        os._exit(INTERRUPTED)
    sys.__unraisablehook__(ignored)


if __name__ == "__main__":
    raise SystemExit(main())

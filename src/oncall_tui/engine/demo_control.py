"""How a dashboard breaks and heals the demo that it runs in; light enough for any process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONTROL_VARIABLE = "ONCALL_TUI_DEMO"
"""Names the control file to a dashboard that runs in a demo; absent everywhere else."""


def find_demo(environ: Mapping[str, str]) -> Path | None:
    """Returns the control file of the demo that this process belongs to, None outside of one."""
    named = environ.get(CONTROL_VARIABLE)
    return Path(named) if named else None


def toggle_demo(control: Path) -> None:
    """Breaks the demo's shop, or heals everything that is broken; takes effect within a quarter of a second.

    Raises OSError when the demo is gone.
    """
    with control.open("ab") as file:
        file.write(b".")

"""The key that breaks the demo and heals it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.content import Content

from oncall_tui.engine.demo_control import find_demo, toggle_demo
from oncall_tui.tui.text import line

if TYPE_CHECKING:
    from oncall_tui.tui.app import OncallApp


def break_or_heal(app: OncallApp) -> None:
    """Breaks or heals the demo; outside of one there is nothing to break."""
    control = find_demo(os.environ)
    if control is None:
        app.tell(Content("Only the demo can be broken: run `oncall-tui demo`."))
        return
    try:
        toggle_demo(control)
    except OSError as error:
        app.tell(line(f"The demo does not answer: {error.strerror}."), severity="error")
    else:
        app.tell(Content("The demo breaks, or heals if it was broken: watch the board."))

"""The keys that matter here, read from the registry."""

from __future__ import annotations

import os
from collections.abc import Sequence

from textual.content import Content

from oncall_tui.engine.demo_control import find_demo
from oncall_tui.tui.actions import Action, actions_of
from oncall_tui.tui.text import fit, join
from oncall_tui.tui.widgets.lines import Lines

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "plus": "+",
    "escape": "esc",
    "full_stop": ".",
    "minus": "-",
    "pageup": "page up",
    "pagedown": "page down",
}


def name_key(key: str) -> str:
    """Returns a key as people write it: `^p` for ctrl+p, `?` for question_mark."""
    return f"^{key[5:]}" if key.startswith("ctrl+") else _NAMES.get(key, key)


def name_keys(action: Action) -> str:
    """Returns all keys of an action."""
    return "  ".join(name_key(key) for key in action.keys.split(",") if key)


def draw_keys(actions: Sequence[Action], width: int) -> Content:
    """Returns as many keys with their titles as fit."""
    content = Content(" ")
    for action in actions:
        part = join((name_key(action.keys.split(",")[0]), "$title bold"), (f" {action.title}   ", "$muted"))
        if content.cell_length + part.cell_length - 3 > width:
            break
        content += part
    return fit(content, width)


class KeyFooter(Lines):
    """Shows the keys of the pane that has the focus, then those that work everywhere."""

    _scope = "app"

    def show_scope(self, scope: str) -> None:
        self._scope = scope
        self.redraw()

    def redraw(self) -> None:
        scope = self._scope
        is_demo = find_demo(os.environ) is not None
        everywhere = [
            action for action in actions_of("app") if action.is_shown or (is_demo and action.id == "app.toggle-demo")
        ]
        here = [action for action in actions_of(scope) if action.is_shown] if scope != "app" else []
        self.show_lines([draw_keys([*here, *everywhere], max(1, self.size.width))])

"""Makes docs/keys.md from the registry, so that the page cannot drift from the keys."""

from __future__ import annotations

from oncall_tui.tui.actions import ACTIONS, actions_of
from oncall_tui.tui.widgets.footer import name_keys

_INTRODUCTION = """\
# Keys

<!-- Made from src/oncall_tui/tui/actions.py; a test compares the two. -->

Single letters act outside text fields only; inside one, control keys, `esc` and the function keys do. No single letter
sends anything out. `?` shows the keys of the pane that you are in, `ctrl+p` finds any action by its name.

## Keys that come faster than the screen

What you type goes where the keys before it lead, also when a slow line brings many keys in one piece, and while the
program starts: a key waits until what the one before it opens is there, for five seconds at most. Where that does not
open, what was typed behind it is dropped, and the screen says so; it never acts on what lies below. A click is
dropped when keys before it have led elsewhere.

`enter` confirms a review once that has been drawn. One that was pressed before begins the send window all the same,
where `u` takes the update back. It does nothing, and the screen says so, where that could not be taken back or
nothing could be seen at all: without a window (`send_window = "0s"`), as the second `enter`, which would end the
window, and when it was pressed before the first frame. The keys that decide on what failed or may have arrived are
held to the same. What is pressed before the program has begun belongs to the terminal, to which `ctrl+s` may mean
that it should stand still.
"""


_TITLES = {
    "app": "Everywhere",
    "filter": "The filter of the probes",
    "editor": "Fields of an incident",
    "field": "A field that is being changed",
    "line": "A line that is being typed",
    "choice": "A list to choose from",
    "state": "Choosing the public state",
    "components": "Choosing components",
    "uncertain": "An update that failed, or that may or may not have arrived",
    "probe": "The past of a probe",
    "planned": "Planned work",
    "postmortem": "The review of an incident",
    "correct": "Correcting an update",
    "plan": "Planning work, and saying something of it",
    "said": "A block in the last look at planned work",
    "pick": "Picking some of many",
    "notice": "A notice of planned work that failed, or that may or may not have arrived",
    "conflict": "Both sides of a conflict",
    "send": "While an update is being sent",
    "wall": "The wall",
}


def render_keys() -> str:
    """Returns the text of docs/keys.md: one table a scope, in the order of the registry."""
    parts = [_INTRODUCTION]
    for scope in dict.fromkeys(action.scope for action in ACTIONS):
        title = _TITLES.get(scope, scope.capitalize())
        rows = [f"| {_show(name_keys(action))} | {action.help} |" for action in actions_of(scope) if action.keys]
        parts.append("\n".join([f"## {title}", "", "| keys | what it does |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _show(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.split("  "))

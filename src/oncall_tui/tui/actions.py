"""The one registry of what a person can do: keys, footer, palette, help and docs all read it.

A scope is the app or the pane or screen that has the method `action_<id>` (`.` and `-` of an id become `_`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """One verb: `keys` as Textual names them, `title` for the footer, `help` a sentence for the help screen.

    `is_shown` puts it in the footer of its scope.
    """

    id: str
    keys: str
    title: str
    help: str
    scope: str
    is_shown: bool = True

    @property
    def method(self) -> str:
        return self.id.partition(".")[2].replace("-", "_")


def _scope(scope: str, rows: Iterable[tuple[str, str, str, str, bool]]) -> tuple[Action, ...]:
    return tuple(
        Action(f"{scope}.{name}", keys, title, sentence, scope, shown) for name, keys, title, sentence, shown in rows
    )


ACTIONS: tuple[Action, ...] = (
    *_scope(
        "app",
        (
            (
                "declare",
                "i",
                "incident",
                "Declare an incident from the selected probe and open its first update.",
                True,
            ),
            ("show-probes", "1", "probes", "Show the probes.", False),
            ("show-incidents", "2", "incidents", "Show the incidents and the editor.", False),
            ("show-compose", "3,p", "post update", "Write an update to customers for the current incident.", False),
            ("show-runbook", "4,b", "runbook", "Show the runbook beside the current incident.", False),
            ("show-timeline", "5", "timeline", "Show what happened, in order.", False),
            ("next-pane", "tab", "next pane", "Move to the next pane.", False),
            ("previous-pane", "shift+tab", "previous pane", "Move to the previous pane.", False),
            ("zoom", "plus", "zoom", "Enlarge the pane, or go back to all of them.", False),
            ("undo", "u", "undo", "Take back the last step of this pane.", False),
            ("next-theme", "T", "theme", "Switch to the next theme.", False),
            ("show-help", "question_mark,f1", "keys", "Show the keys of this pane.", True),
            ("command-palette", "ctrl+p,colon", "palette", "Find any action, probe or incident by name.", True),
            ("quit", "q,ctrl+q", "quit", "Leave. The engine goes on for 30 s; nothing unsent is sent.", False),
        ),
    ),
    *_scope(
        "probes",
        (
            ("cursor-down", "j,down", "down", "Move down.", False),
            ("cursor-up", "k,up", "up", "Move up.", False),
            ("cursor-first", "g,home", "first", "Move to the worst probe.", False),
            ("cursor-last", "G,end", "last", "Move to the last probe.", False),
            ("page-down", "ctrl+d,pagedown", "page down", "Move down half a page.", False),
            ("page-up", "ctrl+u,pageup", "page up", "Move up half a page.", False),
            ("open", "enter", "open", "Open the probe's incident, or declare one.", False),
            ("filter", "slash", "filter", "Show only probes whose name, target or component contains a text.", True),
            ("fold", "z", "fold ok", "Hide or show the probes that are up.", True),
        ),
    ),
)


def actions_of(scope: str) -> tuple[Action, ...]:
    """Returns the actions of one scope in the order of the registry."""
    return tuple(action for action in ACTIONS if action.scope == scope)


def bindings_of(scope: str) -> list[BindingType]:
    """Returns the bindings of one scope; each carries the action's id, so that a keymap can move it."""
    return [
        Binding(action.keys, action.method, action.title, show=action.is_shown, id=action.id, tooltip=action.help)
        for action in actions_of(scope)
    ]

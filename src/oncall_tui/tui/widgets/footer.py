"""The keys that matter here, read from the registry."""

from __future__ import annotations

import os
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from oncall_tui.domain.board import Row
from oncall_tui.engine.demo_control import find_demo
from oncall_tui.tui.actions import Action, actions_of
from oncall_tui.tui.snapshot import Snapshot
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

#: Keys of more than one letter that are still typed into a text.
_TYPED = frozenset({"space", "question_mark", "slash", "colon", "plus", "full_stop", "minus"})


def name_key(key: str) -> str:
    """Returns a key as people write it: `^p` for ctrl+p, `?` for question_mark."""
    return f"^{key[5:]}" if key.startswith("ctrl+") else _NAMES.get(key, key)


def name_keys(action: Action) -> str:
    """Returns all keys of an action."""
    return "  ".join(name_key(key) for key in action.keys.split(",") if key)


def find_key(action: Action, *, is_typing: bool) -> str:
    """Returns the key to show for an action, empty when all of its keys would only be typed into a text."""
    keys = [key for key in action.keys.split(",") if key and not (is_typing and _is_typed(key))]
    return keys[0] if keys else ""


def _is_typed(key: str) -> bool:
    return len(key) == 1 or key in _TYPED


def is_typed_into(here: Widget | None) -> bool:
    """Tells whether letters that are pressed become text."""
    return here is not None and here.check_consume_key("a", "a")


def list_keys(here: Widget | None, urgent: str = "", *, is_main: bool = True) -> list[tuple[str, str]]:
    """Returns key and title of what acts where the focus is, innermost first; a key that is taken there counts once.

    `urgent` is the id of an action of the app that is wanted now, and so comes first. Those of the app act on the main
    screen alone.
    """
    is_typing = is_typed_into(here)
    nodes = [node for node in here.ancestors_with_self if isinstance(node, Widget)] if here is not None else []
    keys = {find_key(action, is_typing=is_typing): action.title for action in actions_of("app") if action.id == urgent}
    for node in nodes:
        for action in actions_of(getattr(node, "scope", "")):
            key = find_key(action, is_typing=is_typing)
            offers = getattr(node, "offers", node.check_action)
            if key and action.is_shown and key not in keys and offers(action.method, ()):
                keys[key] = action.title
    for action in actions_of("app") if is_main else ():
        is_wanted = action.is_shown or (action.id == "app.toggle-demo" and find_demo(os.environ) is not None)
        key = find_key(action, is_typing=is_typing)
        if is_wanted and key and key not in keys:
            keys[key] = action.title
    return list(keys.items())


def find_urgent(snapshot: Snapshot, row: Row | None) -> str:
    """Returns the action of the app that is wanted most now, by its id; `row` is the probe under the cursor."""
    if snapshot.undecided:
        return "app.decide"
    if snapshot.asking_notices:
        return "app.show-planned"
    is_news = row is not None and row.is_down and row.incident_id is None and row.silence is None and row.work is None
    if is_news:
        return "app.declare"
    return "app.post" if row is not None and snapshot.open_incidents else ""


def draw_keys(keys: Sequence[tuple[str, str]], width: int) -> Content:
    """Returns as many keys with their titles as fit; the last two, which lead to all others, go last."""
    shown = _choose_keys(keys, width)
    parts = [join((name_key(key), "$title bold"), (f" {title}", "$muted")) for key, title in shown]
    return fit(join(" ", Content("  ").join(parts)), width)


def draw_box_keys(keys: Sequence[tuple[str, str]], width: int) -> Content:
    """Returns the same for the lower edge of a box that is `width` cells wide."""
    shown = _choose_keys(keys, width - 4)
    return Content("  ").join([join((key, "bold"), (f" {title}", "$muted")) for key, title in shown])


def _choose_keys(keys: Sequence[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    shown = list(keys)
    while len(shown) > 2 and _measure(shown) > width:
        del shown[-3]
    while shown and _measure(shown) > width:
        del shown[-1]
    return shown


def _measure(keys: Sequence[tuple[str, str]]) -> int:
    return 1 + sum(len(name_key(key)) + 3 + len(title) for key, title in keys) - 2


class KeyFooter(Lines):
    """Shows the keys that act where the focus is, then those that work everywhere."""

    _here: Widget | None = None
    _urgent = ""
    _is_main = True

    def show_keys(self, here: Widget | None, urgent: str = "", *, is_main: bool = True) -> None:
        """Follows the focus, what it can do, and which action of the app is wanted now."""
        self._here, self._urgent, self._is_main = here, urgent, is_main
        self.redraw()

    def redraw(self) -> None:
        keys = list_keys(self._here, self._urgent, is_main=self._is_main)
        self.show_lines([draw_keys(keys, max(1, self.size.width))])

"""The keys of the pane that was left, and those that work everywhere, read from the registry."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.tui.actions import Action, actions_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import fit, join
from oncall_tui.tui.widgets.footer import name_keys

_KEYS_WIDTH = 18


def draw_help(scope: str, title: str, width: int, *, has_app: bool = True) -> Content:
    """Returns all keys of one pane, and of the app where they act, with a sentence each, wrapped to `width` cells."""
    rows: list[Content] = []
    if scope and scope != "app":
        rows += [join((title.upper(), "$title bold")), *_draw_actions(actions_of(scope), width), Content("")]
    if has_app:
        rows += [join(("EVERYWHERE", "$title bold")), *_draw_actions(actions_of("app"), width), Content("")]
    rows += [
        join(("Letters act outside text fields only. Nothing is sent by a single letter.", "$muted")),
    ]
    return Content("\n").join(rows)


def _draw_actions(actions: tuple[Action, ...], width: int) -> list[Content]:
    rows: list[Content] = []
    for action in actions:
        if action.keys:
            sentence = textwrap.wrap(action.help, max(20, width - _KEYS_WIDTH - 2)) or [""]
            rows.append(join("  ", fit(join((name_keys(action), "bold")), _KEYS_WIDTH), sentence[0]))
            rows += [join(" " * (_KEYS_WIDTH + 2), more) for more in sentence[1:]]
    return rows


class HelpScreen(Overlay[None]):
    """Lies over the main screen until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1,enter", "close", "close", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        #help {
            width: 90;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $line-focus;
            border-title-color: $title;
            border-subtitle-color: $muted;
            background: $surface;
            padding: 0 1;
        }
        Static { height: auto; }
    }
    """

    def __init__(self, scope: str, title: str, *, has_app: bool = True) -> None:
        super().__init__()
        self._has_app = has_app
        self._scope = scope
        self._about = title

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = join("Keys")
            box.border_subtitle = join("j k scroll, esc closes")
            width = min(90, self.app.size.width) - 6
            yield Static(draw_help(self._scope, self._about, width, has_app=self._has_app))

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

"""The keys of the pane that was left, and those that work everywhere, read from the registry."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from oncall_tui.tui.actions import Action, actions_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import fit, join, line, wrap
from oncall_tui.tui.widgets.footer import name_keys
from oncall_tui.tui.widgets.lines import Flow

_KEYS_WIDTH = 20
#: From how many cells on the sentences stand beside the keys.
_BESIDE = 48


def draw_help(scope: str, title: str, width: int, *, has_app: bool = True) -> list[Content]:
    """Returns all keys of one pane, and of the app where they act, with a sentence each, wrapped to `width` cells."""
    rows: list[Content] = []
    if scope and scope != "app":
        rows += [join((title.upper(), "$title bold")), *_draw_actions(actions_of(scope), width), Content("")]
    if has_app:
        rows += [join(("EVERYWHERE", "$title bold")), *_draw_actions(actions_of("app"), width), Content("")]
    words = "Letters act outside text fields only. Nothing is sent by a single letter."
    return [*rows, *(line(row, "$muted") for row in wrap(words, width))]


def _draw_actions(actions: tuple[Action, ...], width: int) -> list[Content]:
    rows: list[Content] = []
    for action in actions:
        keys = join("  ", (name_keys(action), "bold"))
        if not action.keys:
            continue
        if width < _BESIDE:
            rows += [keys, *(join("      ", row) for row in wrap(action.help, width - 6))]
        else:
            first, *more = wrap(action.help, width - _KEYS_WIDTH)
            rows += [join(fit(keys, _KEYS_WIDTH), first), *(join(" " * _KEYS_WIDTH, row) for row in more)]
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
        Flow { height: auto; }
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
            words = Flow()
            words.show_flow(partial(draw_help, self._scope, self._about, has_app=self._has_app))
            yield words

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

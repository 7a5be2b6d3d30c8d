"""Shows both sides when somebody else was faster; nothing is overwritten without a look."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import join, line
from oncall_tui.tui.widgets.promise_line import PromiseLine


class Side(StrEnum):
    """Whose words to go on with."""

    THEIRS = "theirs"
    MINE = "mine"
    BOTH = "both"


_KEYS = {Side.THEIRS: "t", Side.MINE: "^s", Side.BOTH: "e"}


class ConflictScreen(Overlay[Side | None]):
    """Gives back the chosen side, None when left without a choice; `verbs` says of each side on offer what it does."""

    BINDINGS = bindings_of("conflict")
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]  # noqa: RUF012 -- as the base class has it

    def __init__(self, reason: str, theirs: Content, mine: Content, *, verbs: Mapping[Side, str]) -> None:
        super().__init__()
        self._reason = reason
        self._theirs = theirs
        self._mine = mine
        self._verbs = verbs

    def compose(self) -> ComposeResult:
        with Vertical(id="conflict-box") as box:
            box.border_title = line("Somebody else was faster")
            yield Static(line(self._reason), id="conflict-reason", markup=False)
            with Container(id="conflict-sides"):
                for name, label, words in (("theirs", "What stands now", self._theirs), ("mine", "Yours", self._mine)):
                    with Vertical(classes="half"):
                        yield Static(line(label, "$muted"), classes="side-label", markup=False)
                        with VerticalScroll(id=f"conflict-{name}", classes="side", can_focus=False):
                            yield Static(words, markup=False)
            keys = [join((f"{_KEYS[side]} ", "bold"), verb) for side, verb in self._verbs.items()]
            yield Static(Content("   ").join([*keys, join(("esc ", "bold"), "back")]), id="conflict-keys", markup=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Shares the room that is left by reason, labels and keys, so that the keys are always seen."""
        box = self.query_one("#conflict-box")
        halves, sides = self.query(".half"), self.query(".side")
        others = [*self.query("#conflict-reason"), *self.query("#conflict-keys")]
        taken = sum(widget.outer_size.height + widget.styles.margin.height for widget in others)
        taken += sum(promise.display for promise in self.query(PromiseLine)) + box.gutter.height
        is_beside = self.has_class("-beside")
        labels = [half.styles.margin.height + 1 for half in halves]
        room = self.size.height - taken - (max(labels) if is_beside else sum(labels))
        # What the shorter side does not need is the longer one's.
        heights = [side.virtual_size.height for side in sides]
        for side, own, other in zip(sides, heights, reversed(heights), strict=True):
            share = room // 2 if own <= other else max(room // 2, room - other)
            side.styles.max_height = max(1, room if is_beside else share)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A side that is not on offer has no key."""
        sides = {"take_theirs": Side.THEIRS, "use_mine": Side.MINE, "edit_both": Side.BOTH}
        return action not in sides or sides[action] in self._verbs

    def action_take_theirs(self) -> None:
        self.dismiss(Side.THEIRS)

    def action_use_mine(self) -> None:
        self.dismiss(Side.MINE)

    def action_edit_both(self) -> None:
        self.dismiss(Side.BOTH)

    def action_page_down(self) -> None:
        self._scroll_sides(1)

    def action_page_up(self) -> None:
        self._scroll_sides(-1)

    def _scroll_sides(self, pages: int) -> None:
        for side in self.query(VerticalScroll):
            side.scroll_relative(y=pages * max(1, side.size.height - 1), animate=False)

    def action_back(self) -> None:
        self.dismiss(None)

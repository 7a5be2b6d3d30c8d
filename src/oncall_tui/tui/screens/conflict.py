"""Shows both sides when somebody else was faster; nothing is overwritten without a look."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.text import join, line


class ConflictScreen(ModalScreen[bool]):
    """Gives back whether one's own words are still wanted."""

    BINDINGS = bindings_of("conflict")

    def __init__(self, reason: str, theirs: Content, mine: Content, *, verb: str) -> None:
        super().__init__()
        self._reason = reason
        self._theirs = theirs
        self._mine = mine
        self._verb = verb

    def compose(self) -> ComposeResult:
        with Vertical(id="conflict-box") as box:
            box.border_title = line("Somebody else was faster")
            yield Static(line(self._reason), id="conflict-reason", markup=False)
            for name, label, words in (("theirs", "What stands now", self._theirs), ("mine", "Yours", self._mine)):
                yield Static(line(label, "$muted"), classes="conflict-label", markup=False)
                with VerticalScroll(id=f"conflict-{name}", classes="conflict-side", can_focus=False):
                    yield Static(words, markup=False)
            keys = join(("esc ", "bold"), "keep what stands now", ("     ctrl+s ", "bold"), self._verb)
            yield Static(keys, id="conflict-keys", markup=False)

    def action_keep_theirs(self) -> None:
        self.dismiss(False)

    def action_use_mine(self) -> None:
        self.dismiss(True)

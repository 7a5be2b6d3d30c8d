"""From a written update to its send window: the review, and what happens when somebody else was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct
from textual.widget import Widget

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import Incident
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import list_updates
from oncall_tui.tui.checks import Checked
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.outgoing import Confirmation, Passage
from oncall_tui.tui.screens.conflict import ConflictScreen
from oncall_tui.tui.screens.review import ReviewScreen
from oncall_tui.tui.widgets.compose_words import draw_words
from oncall_tui.tui.widgets.send_bar import SendBar


class Written(Struct, frozen=True):
    """An update as it stands, saved and checked."""

    confirmation: Confirmation
    incident: Incident
    checked: Checked


class Sending:
    """Leads a pane's update to its window: `gather` saves and gives it, `go_back` returns to the text."""

    def __init__(
        self, pane: Widget, gather: Callable[[], Awaitable[Written | None]], go_back: Callable[[], None]
    ) -> None:
        self._pane = pane
        self._gather = gather
        self._go_back = go_back

    async def review(self) -> None:
        """Shows what customers would read; only a yes there begins the window."""
        written = await self._gather()
        if written is None:
            return
        host = host_of(self._pane)
        host.load_styles("review")
        screen = ReviewScreen(written.confirmation, written.incident, host.snapshot, host.config, written.checked)

        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed:
                await self._start(written.confirmation)
            else:
                self._go_back()

        self._pane.app.push_screen(screen, decide)

    async def _start(self, confirmation: Confirmation) -> None:
        screen = self._pane.screen
        if not screen.query(SendBar):
            await screen.mount(SendBar(), before="#keys")
        try:
            await host_of(self._pane).outgoing.start(confirmation)
        except OncallError as error:
            tell(self._pane.app, f"Not sent: {error}", "error")

    async def show_conflict(self, passage: Passage) -> None:
        """Shows both texts after somebody changed the incident; sending mine takes a new review."""
        host, told = host_of(self._pane), passage.confirmation
        try:
            current = await host.feed.call(get_incident, told.incident_id)
            updates = await host.feed.call(list_updates, told.incident_id)
        except OncallError as error:
            tell(self._pane.app, str(error), "error")
            return
        words = updates[-1].body if updates else "nothing was told to customers yet"
        theirs = draw_words(current.status, current.title, current.conflict, words)
        host.load_styles("review")
        screen = ConflictScreen(passage.reason, theirs, draw_words(told.status, "", "", told.body), verb="review mine")

        async def decide(is_mine: bool | None) -> None:
            self._go_back()
            if is_mine:
                await self.review()

        self._pane.app.push_screen(screen, decide)

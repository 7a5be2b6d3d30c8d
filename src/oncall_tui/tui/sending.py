"""From a written update to its send window: the review, and what happens when somebody else was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import Incident, IncidentStatus
from oncall_tui.domain.update import Draft
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.checks import Checked
from oncall_tui.tui.draft_desk import DraftDesk
from oncall_tui.tui.editing import Edit, store_edit
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.outgoing import Confirmation, Passage
from oncall_tui.tui.screens.conflict import ConflictScreen, Side
from oncall_tui.tui.screens.review import ReviewScreen
from oncall_tui.tui.widgets.compose_words import draw_words
from oncall_tui.tui.widgets.send_bar import SendBar

#: Stands between two texts that are to become one; the checks block it like any hole.
_SEAM = "{theirs_on_the_page}"


class Written(Struct, frozen=True):
    """An update as it stands, saved and checked."""

    confirmation: Confirmation
    incident: Incident
    checked: Checked


class Sending:
    """Leads a pane's update to its window: `gather` saves and gives it, `go_back` returns to the text.

    `settle` goes on from an incident whose conflict was looked at, with another state and words where there are any.
    """

    def __init__(
        self,
        pane: Widget,
        gather: Callable[[], Awaitable[Written | None]],
        go_back: Callable[[], None],
        settle: Callable[[Incident, IncidentStatus | None, str | None], None],
        desk: DraftDesk,
    ) -> None:
        self._pane = pane
        self._gather = gather
        self._go_back = go_back
        self._settle = settle
        self._desk = desk

    async def review(self) -> None:
        """Shows what customers would read; only a yes there begins the window."""
        written = await self._gather()
        if written is None:
            return
        host = host_of(self._pane)
        host.load_styles("review")
        asked = self._find_unasked(written)
        screen = ReviewScreen(
            written.confirmation,
            written.incident,
            host.snapshot,
            host.config,
            written.checked,
            needs_second=asked is not None,
        )

        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed and asked is not None:
                await self._desk.ask_second(asked)
            elif is_confirmed:
                await self._start(written.confirmation)
            else:
                self._go_back()

        self._pane.app.push_screen(screen, decide)

    def _find_unasked(self, written: Written) -> Draft | None:
        """Returns the draft where somebody else has to send it; None where the person at this terminal may."""
        host = host_of(self._pane)
        if written.incident.severity not in host.config.second_person:
            return None
        mine = ("", host.actor)
        drafts = (draft for draft in host.snapshot.drafts if draft.id == written.confirmation.draft_id)
        return next((draft for draft in drafts if draft.asked_by in mine), None)

    async def _start(self, confirmation: Confirmation) -> None:
        screen = self._pane.screen
        if not screen.query(SendBar):
            await screen.mount(SendBar(), before="#keys")
        try:
            await host_of(self._pane).outgoing.start(confirmation)
        except OncallError as error:
            tell(self._pane.app, f"Not sent: {error}", "error")

    async def compare(self) -> None:
        """Shows what somebody wrote on the page meanwhile beside the draft."""
        written = await self._gather()
        if written is not None and written.incident.conflict:
            await self._show_sides(
                written.confirmation, "Somebody wrote on the page while you have words that are not sent."
            )

    async def show_conflict(self, passage: Passage) -> None:
        """Shows both texts after somebody changed the incident; sending mine takes a new review."""
        await self._show_sides(passage.confirmation, passage.reason)

    async def _show_sides(self, told: Confirmation, reason: str) -> None:
        host = host_of(self._pane)
        try:
            current = await host.feed.call(get_incident, told.incident_id)
            updates = await host.feed.call(list_updates, told.incident_id)
        except OncallError as error:
            tell(self._pane.app, str(error), "error")
            return
        written = [update for update in updates if not (current.conflict and update.is_local)] or updates
        latest = written[-1] if written else None
        words = latest.body if latest else "nothing was told to customers yet"
        title = next((item.title for item in current.listings.values() if item.title != current.title), current.title)
        theirs = draw_words(current.status, title, current.conflict, words)
        mine = draw_words(told.status, "" if title == current.title else current.title, "", told.body)
        host.load_styles("review")
        verbs = {Side.MINE: "review mine"}
        if latest is not None and (current.conflict or latest.created_by != host.actor):
            verbs = {Side.THEIRS: "take theirs", Side.MINE: "review mine", Side.BOTH: "edit both"}
        screen = ConflictScreen(reason, theirs, mine, verbs=verbs)

        async def decide(side: Side | None) -> None:
            self._go_back()
            if side is None:
                return
            settled = await self._put_aside(current, title if side is Side.THEIRS else current.title)
            if side is Side.THEIRS and latest is not None:
                self._settle(settled, latest.status, latest.body)
                tell(self._pane.app, "Customers have read these words already. ^z brings yours back.")
            elif side is Side.BOTH and latest is not None:
                self._settle(settled, None, f"{told.body}\n\n{_SEAM}\n\n{latest.body}")
            else:
                self._settle(settled, None, None)
                await self.review()

        self._pane.app.push_screen(screen, decide)

    async def _put_aside(self, incident: Incident, title: str) -> Incident:
        """Stores that both sides were seen; a file that fails is told, and the note about the page stays."""
        host = host_of(self._pane)
        try:
            if title != incident.title:
                incident = await host.feed.call(store_edit, Edit(incident, "title", title), host.actor, now_ms())
            if incident.conflict:
                incident = await host.feed.call(store_edit, Edit(incident, "conflict", ""), host.actor, now_ms())
        except OncallError as error:
            tell(self._pane.app, str(error), "error")
        return incident

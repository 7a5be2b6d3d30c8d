"""The review of an incident: two documents, read as customers will see them, changed in place, published by a yes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import TextArea

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import ConflictError, OncallError
from oncall_tui.domain.postmortem import DOCUMENT_LIMIT, Document
from oncall_tui.domain.sanitize import BLOCK_LIMIT, clean_block
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.publishing import Manner, plan_publishing, plan_revert
from oncall_tui.tui.reviewing import Review, begin_review, read_review, store_text, write_document
from oncall_tui.tui.scratch_keeper import ScratchKeeper
from oncall_tui.tui.screens.conflict import ConflictScreen, Side
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.screens.say import Said, SayScreen, begin_order
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import block, line
from oncall_tui.tui.widgets.document_text import DocumentText
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.postmortem_words import (
    draw_check,
    draw_document,
    draw_empty,
    draw_head,
    draw_tabs,
)

_CHECK_AFTER_S = 0.6
_AGAIN_WITHIN_S = 5.0
_TOPICS = frozenset({"postmortem", "incidents", "page"})
_SEAM = "[both texts: make one of them]"
_TYPING = frozenset({"edit_outside", "publish", "switch", "help", "back"})


def open_postmortem(screen: Screen[None] | Screen[object]) -> None:
    """Shows the review of the current incident, else of the newest; says so when there is none."""
    host = host_of(screen)
    newest = max((incident.id for incident in host.snapshot.incidents), default=None)
    chosen = newest if host.selected_incident is None else host.selected_incident
    if chosen is None:
        tell(screen.app, "There is no incident whose review could be shown.")
        return
    host.load_styles("planned")
    host.load_styles("postmortem")
    screen.app.push_screen(PostmortemScreen(chosen))


class PostmortemScreen(OverScreen):
    """Reads until somebody changes; what is typed is on disk at once, and stored under the revision that was seen."""

    scope = "postmortem"
    title_of_help = "The review of an incident"
    BINDINGS = bindings_of("postmortem", first=("switch",))

    def __init__(self, incident_id: int) -> None:
        super().__init__()
        self._incident_id = incident_id
        self._review: Review | None = None
        self._document = Document.PUBLIC
        self._is_editing = False
        self._seen_revision = 0
        self._manner = Manner()
        self._anew_asked_at = -_AGAIN_WITHIN_S
        self._problem = ""
        self._drawn = ""
        self._check_timer: Timer | None = None
        self._keeper = self._make_keeper()
        self._about, self._page, self._check = Flow(id="pm-about"), Flow(id="pm-page"), Flow(id="pm-check")
        self._text = DocumentText(id="pm-text")
        self.scroll_box = VerticalScroll(self._page, id="pm-scroll", can_focus=False)

    def compose_body(self) -> ComposeResult:
        with Vertical(id="pm-box") as box:
            box.border_title = line("Postmortem")
            yield self._about
            yield self.scroll_box
            yield self._text
            yield self._check

    def on_mount(self) -> None:
        super().on_mount()
        self._text.display = False
        start_work(self, self._find, "review")

    async def on_unmount(self) -> None:
        await self._keeper.save()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        if topics & _TOPICS:
            start_work(self, self._read, "review", is_exclusive=True)
        super().show(snapshot, topics)

    # -- reading

    async def _read(self) -> None:
        typed = self._typed if self._is_editing and self._document is Document.PUBLIC else None
        try:
            self._review = await host_of(self).feed.call(read_review, self._incident_id, typed)
            self._problem = ""
        except OncallError as error:
            self._problem = str(error)
        self.draw_all()

    @property
    def _typed(self) -> str:
        # One sign over the limit is kept, so that a text that is too long is refused and not cut.
        return clean_block(self._text.text, DOCUMENT_LIMIT + 1)

    @property
    def _stored(self) -> str:
        found = self._review.postmortem if self._review else None
        return found.text(self._document) if found else ""

    def _make_keeper(self) -> ScratchKeeper:
        name = f"postmortem-{self._incident_id}-{self._document}"
        return ScratchKeeper(self, name, lambda: (self._typed, self._seen_revision), self.draw)

    async def _find(self) -> None:
        """Reads, and goes on with what was typed and not stored, also by a terminal that is gone."""
        await self._read()
        if self._review is None or self._review.postmortem is None:
            return
        try:
            found = await self._keeper.find()
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        if found is not None and not self._is_editing and found.text != self._stored:
            self._open_text(found.text, found.seen_revision or 0)
            tell(self.app, "Going on with what was typed here and not stored.")

    # -- drawing

    def draw(self) -> None:
        review = self._review
        self._about.show_flow(self._draw_about)
        self._check.show_flow(self._draw_check)
        self._text.display = self._is_editing
        self.scroll_box.display = not self._is_editing
        text = self._stored if review else ""
        if not self._is_editing and (text != self._drawn or not text):
            self._drawn = text
            self._page.show_flow(self._draw_page)
        self.query_one("#pm-box").border_subtitle = self._tell_saved()

    def _draw_about(self, width: int) -> Sequence[Content]:
        if self._review is None:
            return [line(self._problem or "reading", "$state-down" if self._problem else "$muted")]
        rows = draw_head(self._review, host_of(self).snapshot.name_page, width)[: 1 if self.is_tight else None]
        if self._review.postmortem is not None:
            gap = [] if self.is_tight else [Content("")]
            rows += [*gap, draw_tabs(self._document, is_editing=self._is_editing, width=width)]
        return rows

    def _draw_page(self, width: int) -> Sequence[Content]:
        if self._review is None:
            return []
        if self._review.postmortem is None:
            return draw_empty(self._review.incident, width)
        return draw_document(self._stored, min(width, 100))

    def _draw_check(self, width: int) -> Sequence[Content]:
        if self._review is None:
            return []
        rows = draw_check(self._review, self._document, is_as_is=self._manner.is_as_is, width=width)
        found = self._review.postmortem
        if self._is_editing and found is not None and found.revision != self._seen_revision:
            rows.append(line(f"{found.updated_by} changed it meanwhile: esc compares both.", "bold $state-partial"))
        return rows

    def _tell_saved(self) -> Content:
        keeper = self._keeper
        if keeper.problem:
            return line(f"NOT SAVED: {keeper.problem}", "bold $state-down")
        if not self._is_editing:
            mail = "subscribers get a notice" if self._manner.has_notice else "no notice to subscribers"
            return line(f"{mail}, n changes it" if self._stored and self._document is Document.PUBLIC else "")
        return line("saving" if keeper.is_dirty else "saved as typed, esc stores it")

    def offers(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Tells which keys to show."""
        is_there = self._review is not None and self._review.postmortem is not None
        if self._is_editing:
            return action in _TYPING
        if not is_there:
            return action in ("edit", "help", "back")
        return action != "publish" or self._document is Document.PUBLIC

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a text is typed, only the keys that are no letters act."""
        return not (self._is_editing and action in ("edit", "page_down", "page_up", "line_down", "line_up"))

    # -- changing

    def action_edit(self) -> None:
        if self._review is None:
            return
        found = self._review.postmortem
        if found is None:
            start_work(self, self._draft, "draft")
        elif not self._is_editing:
            self._open_text(self._stored, found.revision)

    async def _draft(self) -> None:
        host = host_of(self)
        try:
            self._review = await host.feed.call(begin_review, self._incident_id, host.actor, now_ms())
        except OncallError as error:
            tell(self.app, str(error), "error")
        self.draw_all()

    def action_anew(self) -> None:
        if time.monotonic() - self._anew_asked_at > _AGAIN_WITHIN_S:
            self._anew_asked_at = time.monotonic()
            words = "N again begins both documents anew; what stands there is kept in files beside the database."
            tell(self.app, words, "warning")
        else:
            start_work(self, self._draft, "draft")

    def _open_text(self, text: str, revision: int) -> None:
        self._is_editing, self._seen_revision = True, revision
        self._text.load_text(clean_block(text, DOCUMENT_LIMIT))
        self._text.display = True
        self.set_focus(self._text)
        self.draw_all()

    @on(TextArea.Changed)
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._is_editing and self._text.text != self._stored:
            self._keeper.touch()
            if self._check_timer is None:
                self._check_timer = self.set_timer(_CHECK_AFTER_S, self._check_typed)
            self.draw()

    def _check_typed(self) -> None:
        self._check_timer = None
        start_work(self, self._read, "review", is_exclusive=True)

    async def _store(self) -> bool:
        """Stores what is typed and goes back to reading; returns False when somebody else was faster."""
        if not self._is_editing:
            return True
        host, text = host_of(self), self._typed
        try:
            self._review = await host.feed.call(
                store_text, self._incident_id, self._document, text, self._seen_revision, host.actor, now_ms()
            )
            await self._keeper.forget()
        except ConflictError as error:
            await self._keeper.save()
            await self._show_conflict(str(error), text)
            return False
        except OncallError as error:
            await self._keeper.save()
            tell(self.app, str(error), "error")
            return False
        self._is_editing = False
        self.set_focus(None)
        self.draw_all()
        return True

    async def _show_conflict(self, reason: str, mine: str) -> None:
        await self._read()
        found = self._review.postmortem if self._review else None
        if found is None:
            return
        theirs, revision = found.text(self._document), found.revision
        if theirs == mine:
            self._seen_revision = revision
            await self._store()
            return
        host_of(self).load_styles("review")
        verbs = {Side.THEIRS: "take theirs", Side.MINE: "put mine over it", Side.BOTH: "edit both"}

        async def decide(side: Side | None) -> None:
            if side is None:
                return
            self._seen_revision = revision
            if side is Side.MINE:
                await self._store()
                return
            both = f"{theirs.rstrip()}\n\n{_SEAM}\n\n{mine}"
            self._text.history.checkpoint()
            self._text.replace(both if side is Side.BOTH else theirs, (0, 0), self._text.document.end)
            self._keeper.touch()
            if side is Side.THEIRS:
                tell(self.app, "^z brings your text back.")

        self.app.push_screen(ConflictScreen(reason, block(theirs), block(mine), verbs=verbs), decide)

    async def action_switch(self) -> None:
        if not (self._review and self._review.postmortem) or not await self._store():
            return
        self._document = Document.INTERNAL if self._document is Document.PUBLIC else Document.PUBLIC
        self._keeper = self._make_keeper()
        self.scroll_box.scroll_home(animate=False)
        self.draw_all()
        await self._find()

    async def action_edit_outside(self) -> None:
        from oncall_tui.tui.outside import edit_outside

        if not (self._review and self._review.postmortem):
            return
        self.action_edit()
        text = self._text.text
        if len(text) >= BLOCK_LIMIT:
            tell(self.app, f"Too long for here: `oncall-tui postmortem {self._incident_id} edit` takes it.", "warning")
            return
        returned = await edit_outside(self.app, text, self._take_written)
        if returned.text is not None:
            self._take_written(returned.text)
        if returned.trouble:
            tell(self.app, returned.trouble, "warning")
        self.set_focus(self._text)

    def _take_written(self, text: str) -> None:
        if text != self._text.text:
            self._text.history.checkpoint()
            self._text.replace(text, (0, 0), self._text.document.end)
            self._keeper.touch()

    # -- publishing

    def _choose(self, **changes: bool) -> None:
        self._manner = replace(self._manner, **changes)
        self.draw_all()

    def action_mail(self) -> None:
        self._choose(has_notice=not self._manner.has_notice)

    def action_as_is(self) -> None:
        self._choose(is_as_is=not self._manner.is_as_is)

    def action_force(self) -> None:
        self._choose(is_forced=not self._manner.is_forced)
        tell(self.app, f"The words of others there are {'replaced' if self._manner.is_forced else 'left alone'}.")

    async def action_publish(self) -> None:
        if not await self._store():
            return
        await self._read()
        if self._review is not None and self._review.postmortem is not None:
            self._look_at(*plan_publishing(self._review, self._review.postmortem, self._manner, host_of(self)))

    def action_take_back(self) -> None:
        if self._review is not None and self._review.postmortem is not None:
            self._look_at(*plan_revert(self._review, self._review.postmortem, host_of(self)))

    def _look_at(self, said: Said, order: Order) -> None:
        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed:
                await begin_order(self.app, order)

        host_of(self).load_styles("review")
        self.app.push_screen(SayScreen(said), decide)

    # -- files and leaving

    def action_write_file(self) -> None:
        start_work(self, partial(self._write_file, is_html=False), "file")

    def action_write_html(self) -> None:
        start_work(self, partial(self._write_file, is_html=True), "file")

    async def _write_file(self, *, is_html: bool) -> None:
        try:
            path = await host_of(self).feed.call(
                write_document, self._incident_id, self._document, is_html=is_html, folder=Path.cwd()
            )
        except OncallError as error:
            tell(self.app, str(error), "error")
        else:
            tell(self.app, f"Wrote {path}")

    def action_back(self) -> None:
        start_work(self, self._leave, "store")

    async def _leave(self) -> None:
        if self._is_editing:
            await self._store()
        else:
            self.dismiss()

"""Where words to customers are written: on disk as typed, checked as they stand, sent only through a review."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import TextArea

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import Incident, IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import Draft
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.declare import undo_declaration
from oncall_tui.tui.draft_desk import DraftDesk
from oncall_tui.tui.draft_keeper import DraftKeeper, Typed
from oncall_tui.tui.drafting import OpenedDraft, find_felt, find_own, house_of, open_draft
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.outgoing import Passage, Stage
from oncall_tui.tui.sending import Sending, Written
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.widgets.compose_fields import ComposeFields
from oncall_tui.tui.widgets.compose_lines import ComposeLines
from oncall_tui.tui.widgets.compose_lint import Linting
from oncall_tui.tui.widgets.compose_tools import ComposeTools
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.update_text import UpdateText
from oncall_tui.tui.writing import Writing

_LINT_EVERY_S = 10
_WITHOUT_DRAFT = frozenset({"post", "undo", "back", "drafts", "new_draft"})


#: What can be done while the update is about to be sent: its words are as they were confirmed.
_IN_WINDOW = frozenset({"undo", "back", "copy", "preview", "drafts", "next_field", "previous_field"})


class ComposePane(Pane, ComposeTools):
    """One draft at a time: one of the selected incident, and of this terminal."""

    scope = "compose"
    title = "Compose"
    BINDINGS = bindings_of("compose")
    can_focus = True

    def __init__(self) -> None:
        super().__init__(id="compose")
        self._snapshot = Snapshot()
        self._is_ready = asyncio.Event()
        self._loading = asyncio.Lock()
        self._incident_id: int | None = None
        self._is_listed = False
        self._known_body = ""
        self.writing: Writing | None = None
        self.text = UpdateText(id="compose-text")
        self.linting = Linting(self, self.text, self._draw_counts, self.touch, self._follow_promise)
        self.desk = DraftDesk(self, self.let_go)
        self.keeper = DraftKeeper(self, self._read_typed, self._draw_counts)
        self.fields = ComposeFields(lambda: self.body, self.put)
        self._sending = Sending(self, self._gather, self._focus_text, self._settle, self.desk)
        self._lines = ComposeLines()

    def compose(self) -> ComposeResult:
        yield self._lines.head
        yield self.fields
        yield self._lines.components
        yield self.text
        yield from self._lines.below

    def on_mount(self) -> None:
        self._is_ready.set()
        self._close()
        self.set_interval(1.0, self._tick)
        host_of(self).outgoing.passages.subscribe(self, self._follow_passage)

    async def on_unmount(self) -> None:
        """Keeps what was typed in the last moment before the end; there is nothing left to draw it on."""
        self._is_ready.clear()
        await self.keeper.save()

    def on_resize(self) -> None:
        self._draw()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        if self.writing is not None:
            incident = snapshot.incident(self._incident_id)
            if incident is None:
                self._close()
            else:
                self.writing.follow_incident(incident)
                self._follow_draft()
        self.linting.follow_file(snapshot, topics)
        if not topics or topics & {"incidents", "drafts", "terminal", "components", "outbox", "saving"}:
            self._draw()

    def _follow_draft(self) -> None:
        """Leaves a draft that somebody else took; what was typed and not yet stored becomes one of our own."""
        draft = self.keeper.draft
        listed = next((item for item in self._snapshot.drafts if draft is not None and item.id == draft.id), None)
        if listed is None or self.writing is None:
            return
        if listed.terminal_id == host_of(self).terminal_id:
            self._is_listed = True
            self.writing.follow_draft(listed)
        elif self._is_listed and not self.keeper.is_dirty:
            tell(self.app, f"{listed.owner} has taken this draft over.", "warning")
            self._close()

    def show_incident(self, incident_id: int | None) -> None:
        if incident_id != self._incident_id:
            self._close()
            self._incident_id = incident_id
            self._draw()

    @property
    def incident_id(self) -> int | None:
        return self._incident_id

    def focus_content(self) -> None:
        (self.text if self.writing else self).focus()
        host = host_of(self)
        own = find_own(self._snapshot.drafts, self._snapshot.terminals, host.terminal_id, host.actor, now_ms())
        if self.writing is None and self._incident_id in {draft.incident_id for draft in own}:
            start_work(self, partial(self._go_on, self._incident_id), "open")

    async def _go_on(self, incident_id: int | None) -> None:
        """Opens a draft that is there, and makes none."""
        if incident_id is not None and not host_of(self).outgoing.is_waiting(incident_id):
            await self._load_draft(incident_id, may_create=False)
            if self.writing is not None and self.has_focus:
                self.text.focus()

    async def open(
        self,
        incident_id: int,
        *,
        status: IncidentStatus | None = None,
        draft_id: int | None = None,
        is_wanted_new: bool = False,
    ) -> None:
        """Opens a draft of an incident for writing, a new one when there is none. A file that fails is told."""
        await self._is_ready.wait()
        if host_of(self).outgoing.is_waiting(incident_id):
            tell(self.app, "This update is about to be sent: u takes it back.", "warning")
            return
        if not await self._load_draft(incident_id, may_create=True, draft_id=draft_id, is_wanted_new=is_wanted_new):
            return
        self.fields.take_status(status)
        self.text.focus()

    async def _load_draft(
        self, incident_id: int, *, may_create: bool, draft_id: int | None = None, is_wanted_new: bool = False
    ) -> bool:
        """Loads a draft of an incident unless it is loaded; two wishes for it at once are one."""
        host = host_of(self)
        async with self._loading:
            is_any = draft_id is None and not is_wanted_new
            current = self.keeper.draft
            is_open = self.writing is not None and self._incident_id == incident_id
            if is_open and (is_any or (current is not None and current.id == draft_id)):
                return True
            self.flush_facts()
            await self.keeper.save()
            try:
                opened = await host.feed.call(
                    open_draft,
                    incident_id,
                    host.terminal_id,
                    host.actor,
                    now_ms(),
                    may_create=may_create,
                    draft_id=draft_id,
                    is_wanted_new=is_wanted_new,
                    effect=find_felt(host.snapshot.incident(incident_id), host.snapshot),
                    house=house_of(host.config),
                )
            except OncallError as error:
                tell(self.app, str(error), "error")
                return False
            if opened is not None:
                self._leave_text()
                self._incident_id = incident_id
                self._load(opened)
            return opened is not None

    def _load(self, opened: OpenedDraft) -> None:
        draft = opened.draft
        host = host_of(self)
        self.writing = Writing(opened, house_of(host.config))
        self._is_listed = False
        self._known_body = clean_block(draft.body)
        self.text.show_draft(draft.id, self._known_body)
        self.text.read_only = False
        self.text.move_to_offset(draft.cursor or len(draft.body))
        self.keeper.take(draft)
        self.fields.show(self.writing)
        self._lines.show_form(True)
        self.text.display = True
        self.linting.take(self.writing)
        self.show_facts()
        if not opened.is_new and (words := self.writing.freshen(self.body, host.snapshot, now_ms())) is not None:
            self.fields.offer_dues()
            self.put(words)
        self._draw()

    def _leave_text(self) -> None:
        """Keeps the undo of the draft that is left."""
        if self.keeper.draft is not None:
            self.text.leave(self.keeper.draft.id)

    async def let_go(self, draft_id: int) -> None:
        """Saves and leaves a draft, if it is open here."""
        if self.keeper.draft is not None and self.keeper.draft.id == draft_id:
            await self.keeper.save()
            self._close()

    def _close(self) -> None:
        """Shows no draft; a focus that was in it stays in the pane, and one elsewhere where it is."""
        focused = self.screen.focused
        is_left = focused is not None and focused is not self and self in focused.ancestors
        self._leave_text()
        self.keeper.let_go()
        self.writing = None
        self.linting.take(None)
        if self._is_ready.is_set():
            self._lines.show_form(False)
            self.fields.show(None)
            self.text.display = False
            self.show_facts()
        if is_left:
            self.focus()
        self._draw()

    @property
    def status(self) -> IncidentStatus:
        """The public state that the update would set."""
        return self.fields.state.value

    @property
    def body(self) -> str:
        return self.text.text

    @on(TextArea.Changed, "#compose-text")
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        body = self.body
        if body != self._known_body and self.writing is not None:
            self._known_body = body
            self.touch()

    def _read_typed(self) -> Typed:
        assert self.writing is not None  # the keeper holds a draft only while one is open
        return self.writing.read_typed(self.body, self.text.cursor_offset)

    def touch(self) -> None:
        """Notes that the draft is another than the one on disk."""
        self.keeper.touch()
        self.linting.look_soon()
        self._draw_counts()

    def _follow_promise(self, promise_at: int) -> None:
        """Counts down the time that customers read."""
        if self.writing is not None and self.writing.follow_words(promise_at):
            self.fields.offer_dues()
            self.touch()

    def put(self, words: str | None) -> None:
        """Puts words into the field, where there are new ones, and keeps what was chosen."""
        if self.text.read_only:
            return
        if words is not None:
            self.text.put_text(words)
        self.touch()
        self._draw()

    def _settle(self, incident: Incident, status: IncidentStatus | None, words: str | None) -> None:
        """Goes on from a conflict that was looked at."""
        if self.writing is not None:
            self.writing.follow_incident(incident)
            self.fields.follow_status(status)
            self.put(words)

    def _tick(self) -> None:
        if not self.display:
            return
        if self.writing is None:
            self._draw()
            return
        self._draw_counts()
        if now_ms() // 1000 % _LINT_EVERY_S == 0:  # times in the text pass
            self.linting.look_soon()

    def _draw(self) -> None:
        if not self._is_ready.is_set():
            return
        writing, host = self.writing, host_of(self)
        self._lines.width = max(20, self.content_size.width)
        self._lines.is_tight = self.screen.has_class("-tight")
        self._lines.is_large = self.screen.has_class("-large")
        if writing is None:
            self._lines.show_idle(self._snapshot, self._incident_id)
            return
        is_sending = host.outgoing.is_waiting(writing.incident.id)
        self._lines.show_writing(writing, self._snapshot, host.terminal_id, host.actor, is_sending=is_sending)
        self._draw_counts()

    def _draw_counts(self) -> None:
        if self.writing is not None and self._is_ready.is_set():
            self._lines.show_counts(self.writing, len(self.body), self.keeper, self.linting)

    def _focus_text(self) -> None:
        self.text.focus()

    def _step_field(self, by: int) -> None:
        fields: list[Widget] = [self.text, *self.fields.fields]
        here = next((at for at, field in enumerate(fields) if field.has_focus), 0)
        fields[(here + by) % len(fields)].focus()

    def action_next_field(self) -> None:
        self._step_field(1)

    def action_previous_field(self) -> None:
        self._step_field(-1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a draft there is nothing to send or change, and tab goes on to the next pane."""
        if self.writing is None:
            return action in _WITHOUT_DRAFT and (action != "post" or self._incident_id is not None)
        if self.text.read_only:
            return action in _IN_WINDOW
        if action in ("compare", "show_changes"):
            return bool(self.writing.incident.conflict) is (action == "compare")
        return action != "post" or self.has_focus or self.screen.focused in self.fields.fields

    async def action_post(self) -> None:
        if self._incident_id is not None:
            host_of(self).open_compose(self._incident_id)

    async def action_compare(self) -> None:
        await self._sending.compare()

    def action_back(self) -> None:
        self.keeper.save_soon(0)
        if self.text.has_focus or self.screen.focused in self.fields.fields:
            self.focus()
        else:
            host_of(self).show_pane("incidents")

    def action_undo(self) -> None:
        start_work(self, self._undo, "undo", is_exclusive=True)

    async def _undo(self) -> None:
        if not await host_of(self).outgoing.take_back(self._incident_id) and self._incident_id is not None:
            await undo_declaration(self.app, self._incident_id)

    async def action_review(self) -> None:
        if self.writing is not None and not host_of(self).outgoing.is_waiting(self.writing.incident.id):
            await self._sending.review()

    async def _gather(self) -> Written | None:
        """Returns the update as it stands, once it is on disk; words that could not be saved are not sent either."""
        self.flush_facts()
        checked = await self.linting.settle()
        await self.keeper.save()
        writing, draft = self.writing, self.keeper.draft
        if writing is None or draft is None:
            return None
        if self.keeper.saving.error:
            tell(self.app, f"Not saved, so not sent: {self.keeper.saving.error}", "error")
            return None
        return Written(writing.confirm(draft.id, self.body), writing.incident, checked)

    def _follow_passage(self, passage: Passage) -> None:
        draft: Draft | None = self.keeper.draft
        if draft is None or passage.confirmation.draft_id != draft.id:
            return
        self.text.read_only = passage.stage is Stage.WINDOW
        if passage.stage is Stage.CONFIRMED:
            self.keeper.take(None)
            self._close()
            if passage.confirmation.status is IncidentStatus.RESOLVED:
                tell(self.app, "Clients who were hit hear it best one by one: L in Incidents has words, credits too.")
        elif passage.stage is Stage.UNSENT:
            self.text.focus()
        elif passage.stage is Stage.CONFLICT:
            start_work(self, partial(self._sending.show_conflict, passage), "conflict")
        self._draw()

"""Where words to customers are written: on disk as typed, checked as they stand, sent only through a review."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.checks import Checks
from oncall_tui.tui.declare import undo_declaration
from oncall_tui.tui.draft_keeper import DraftKeeper, Typed
from oncall_tui.tui.drafting import OpenedDraft, find_own, open_draft
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.outgoing import Passage, Stage
from oncall_tui.tui.screens.components import ComponentsScreen
from oncall_tui.tui.screens.state import STATES, StateScreen
from oncall_tui.tui.sending import Sending, Written
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import STATUS_LOOK, line, look
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.compose_lines import ComposeLines
from oncall_tui.tui.widgets.compose_words import list_dues
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.update_text import UpdateText
from oncall_tui.tui.writing import Writing

_LINT_AFTER_S = 0.15
_WITHOUT_DRAFT = frozenset({"post", "undo", "back"})


class ComposePane(Pane):
    """One draft at a time: that of the selected incident and of this terminal."""

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
        self._writing: Writing | None = None
        self._checks = Checks()
        self._sending = Sending(self, self._gather, self._focus_text, self._settle)
        self._keeper = DraftKeeper(self, self._read_typed, self._draw_counts)
        self._state = Choice[IncidentStatus](
            "state", [(state, look(*STATUS_LOOK[state])) for state in STATES], id="compose-state"
        )
        self._due = Choice[int | None]("next update", [(None, line("none"))], id="compose-due")
        self._text = UpdateText(id="compose-text", soft_wrap=True, show_line_numbers=False)
        self._lines = ComposeLines()
        self._lint_timer: Timer | None = None
        self._known_body = ""

    def compose(self) -> ComposeResult:
        yield self._lines.head
        with Horizontal(id="compose-fields"):
            yield self._state
            yield self._due
        yield self._lines.components
        yield self._text
        yield from self._lines.below

    def on_mount(self) -> None:
        self._is_ready.set()
        self._close()
        self.set_interval(1.0, self._tick)
        host_of(self).outgoing.passages.subscribe(self, self._follow_passage)

    async def on_unmount(self) -> None:
        """Keeps what was typed in the last moment before the end; there is nothing left to draw it on."""
        self._is_ready.clear()
        await self._keeper.save()

    def on_resize(self) -> None:
        self._draw()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        if self._writing is not None:
            incident = snapshot.incident(self._incident_id)
            if incident is None:
                self._close()
            else:
                self._writing.follow_incident(incident)
        if "page" in topics and self._writing is not None and self._lint_timer is None:
            self._lint_timer = self.set_timer(_LINT_AFTER_S, self._lint)
        if not topics or topics & {"incidents", "drafts", "terminal", "components", "outbox", "saving"}:
            self._draw()

    def show_incident(self, incident_id: int | None) -> None:
        if incident_id != self._incident_id:
            self._close()
            self._incident_id = incident_id
            self._draw()

    def focus_content(self) -> None:
        (self._text if self._writing else self).focus()
        own = find_own(self._snapshot.drafts, self._snapshot.terminals, host_of(self).terminal_id, now_ms())
        if self._writing is None and self._incident_id in {draft.incident_id for draft in own}:
            start_work(self, partial(self._go_on, self._incident_id), "open")

    async def _go_on(self, incident_id: int | None) -> None:
        """Opens a draft that is there, and makes none."""
        if incident_id is not None and not host_of(self).outgoing.is_waiting(incident_id):
            await self._load_draft(incident_id, may_create=False)
            if self._writing is not None and self.has_focus:
                self._text.focus()

    async def open(self, incident_id: int, *, status: IncidentStatus | None = None) -> None:
        """Opens the draft of an incident for writing, a new one when there is none. A file that fails is told."""
        await self._is_ready.wait()
        host = host_of(self)
        if host.outgoing.is_waiting(incident_id):
            tell(self.app, "This update is about to be sent: u takes it back.", "warning")
            return
        if not await self._load_draft(incident_id, may_create=True):
            return
        if status is not None and status is not self.status:
            self._state.set_value(status)
            self._take_state()
        self._text.focus()

    async def _load_draft(self, incident_id: int, *, may_create: bool) -> bool:
        """Loads the draft of an incident unless it is loaded; two wishes for it at once are one."""
        host = host_of(self)
        async with self._loading:
            if self._writing is not None and self._incident_id == incident_id:
                return True
            await self._keeper.save()
            try:
                opened = await host.feed.call(
                    open_draft, incident_id, host.terminal_id, host.actor, now_ms(), may_create=may_create
                )
            except OncallError as error:
                tell(self.app, str(error), "error")
                return False
            if opened is not None:
                self._incident_id = incident_id
                self._load(opened)
            return opened is not None

    def _load(self, opened: OpenedDraft) -> None:
        draft = opened.draft
        self._writing = Writing(opened)
        text = self._text
        self._known_body = clean_block(draft.body)
        text.load_text(self._known_body)
        text.read_only = False
        text.move_to_offset(draft.cursor or len(draft.body))
        self._keeper.take(draft)
        self._state.set_value(draft.status)
        self._offer_dues()
        self._show_form(True)
        self._lint()
        self._draw()

    def _close(self) -> None:
        self._keeper.let_go()
        self._writing = None
        self._checks.clear()
        if self._is_ready.is_set():
            self._show_form(False)
        self._draw()

    def _show_form(self, is_open: bool) -> None:
        self._lines.show_form(is_open)
        self._text.display = is_open
        self.query_one("#compose-fields").display = is_open

    def _offer_dues(self) -> None:
        writing = self._writing
        if writing is not None:
            dues = list_dues(writing.incident.severity, writing.status, writing.due_at, now_ms())
            self._due.set_options(dues, writing.due_at)

    @property
    def status(self) -> IncidentStatus:
        """The public state that the update would set."""
        return self._state.value

    @property
    def body(self) -> str:
        return self._text.text

    @on(TextArea.Changed, "#compose-text")
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        body = self.body
        if body != self._known_body and self._writing is not None:
            self._known_body = body
            self._writing.follow_text(body)
            self._touch()

    def _read_typed(self) -> Typed:
        assert self._writing is not None  # the keeper holds a draft only while one is open
        return self._writing.read_typed(self.body, self._text.cursor_offset)

    def _touch(self) -> None:
        self._keeper.touch()
        if self._lint_timer is None:
            self._lint_timer = self.set_timer(_LINT_AFTER_S, self._lint)
        self._draw_counts()

    @on(Choice.Changed, "#compose-state")
    def _follow_state(self, event: Choice.Changed) -> None:
        event.stop()
        self._take_state()

    def _take_state(self) -> None:
        """Goes over to the chosen public state; words that were typed stay."""
        writing = self._writing
        if writing is None:
            return
        words = writing.take_status(self.status, self.body, self._snapshot, now_ms())
        self._offer_dues()
        if words is None:
            tell(self.app, "Your words stay as they are. ctrl+t puts those of the template.")
        self._put(words)

    @on(Choice.Changed, "#compose-due")
    def _follow_due(self, event: Choice.Changed) -> None:
        event.stop()
        if self._writing is not None:
            self._put(self._writing.take_due(self._due.value, self.body, self._snapshot, now_ms()))

    def _put(self, words: str | None) -> None:
        """Puts words into the field, where there are new ones, and keeps what was chosen."""
        if words is not None:
            self._text.put_text(words)
        self._touch()
        self._draw()

    def _settle(self, incident: Incident, status: IncidentStatus | None, words: str | None) -> None:
        """Goes on from a conflict that was looked at."""
        writing = self._writing
        if writing is not None:
            writing.follow_incident(incident)
            if status in STATES:
                self._state.set_value(status)
                writing.take_status(status, self.body, self._snapshot, now_ms())
                self._offer_dues()
            self._put(words)

    def _lint(self) -> None:
        self._lint_timer = None
        if self._writing is None:
            return
        self._checks.run(self._writing, self.body, self._snapshot, host_of(self).config.page_names)
        self._draw_counts()

    def _tick(self) -> None:
        if self.display and self._writing is not None:
            self._draw_counts()

    def _draw(self) -> None:
        if not self._is_ready.is_set():
            return
        writing, host = self._writing, host_of(self)
        self._lines.width = max(20, self.content_size.width)
        if writing is None:
            self._lines.show_idle(self._snapshot, self._incident_id)
            return
        is_sending = host.outgoing.is_waiting(writing.incident.id)
        self._lines.show_writing(writing, self._snapshot, host.terminal_id, host.actor, is_sending=is_sending)
        self._draw_counts()

    def _draw_counts(self) -> None:
        if self._writing is not None and self._is_ready.is_set():
            self._lines.show_counts(self._writing, len(self.body), self._keeper, self._checks)

    async def action_post(self) -> None:
        if self._incident_id is not None:
            host_of(self).open_compose(self._incident_id)

    def action_set_state(self) -> None:
        if self._writing is not None:
            host_of(self).load_styles("review")
            self.app.push_screen(StateScreen(self.status), self._pick_state)

    def _pick_state(self, status: IncidentStatus | None) -> None:
        if status is not None and status is not self.status:
            self._state.set_value(status)
            self._take_state()

    def _focus_text(self) -> None:
        self._text.focus()

    def action_set_due(self) -> None:
        if self._writing is not None:
            self._due.focus()

    def action_set_components(self) -> None:
        if self._writing is not None:
            host_of(self).load_styles("review")
            screen = ComponentsScreen(self._snapshot.components, self._writing.components)
            self.app.push_screen(screen, self._take_components)

    def _take_components(self, chosen: dict[str, ComponentStatus] | None) -> None:
        if chosen is not None and self._writing is not None:
            self._put(self._writing.take_components(chosen, self.body, self._snapshot, now_ms()))

    def action_next_field(self) -> None:
        self._step_field(1)

    def action_previous_field(self) -> None:
        self._step_field(-1)

    def _step_field(self, by: int) -> None:
        fields: list[Widget] = [self._text, self._state, self._due]
        here = next((at for at, field in enumerate(fields) if field.has_focus), 0)
        fields[(here + by) % len(fields)].focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a draft there is nothing to send or change, and tab goes on to the next pane."""
        if self._writing is None:
            return action in _WITHOUT_DRAFT and (action != "post" or self._incident_id is not None)
        if action == "compare":
            return bool(self._writing.incident.conflict)
        return action != "post" or not self._text.has_focus

    async def action_compare(self) -> None:
        await self._sending.compare()

    def action_use_template(self) -> None:
        if self._writing is not None:
            self._put(self._writing.put_template(self._snapshot, now_ms()))
            self._text.focus()

    def action_copy(self) -> None:
        if self._writing is not None:
            self.app.copy_to_clipboard(clean_block(self.body))
            tell(self.app, "The text is on the clipboard, where the terminal allows it.")

    def action_next_finding(self) -> None:
        finding = self._checks.find_next()
        if finding is not None:
            self._text.select_span(finding.start, finding.end)
            self._text.focus()
            self._draw_counts()

    def action_back(self) -> None:
        self._keeper.save_soon(0)
        if self._text.has_focus or self.screen.focused in (self._state, self._due):
            self.focus()
        else:
            host_of(self).show_pane("incidents")

    def action_undo(self) -> None:
        start_work(self, self._undo, "undo", is_exclusive=True)

    async def _undo(self) -> None:
        if not await host_of(self).outgoing.take_back(self._incident_id) and self._incident_id is not None:
            await undo_declaration(self.app, self._incident_id)

    async def action_review(self) -> None:
        if self._writing is not None and not host_of(self).outgoing.is_waiting(self._writing.incident.id):
            await self._sending.review()

    async def _gather(self) -> Written | None:
        """Returns the update as it stands, once it is on disk; words that could not be saved are not sent either."""
        self._lint()
        await self._keeper.save()
        writing, draft = self._writing, self._keeper.draft
        if writing is None or draft is None:
            return None
        if self._keeper.saving.error:
            tell(self.app, f"Not saved, so not sent: {self._keeper.saving.error}", "error")
            return None
        return Written(writing.confirm(draft.id, self.body), writing.incident, self._checks.checked)

    def _follow_passage(self, passage: Passage) -> None:
        draft = self._keeper.draft
        if draft is None or passage.confirmation.draft_id != draft.id:
            return
        text = self._text
        text.read_only = passage.stage is Stage.WINDOW
        if passage.stage is Stage.CONFIRMED:
            self._keeper.take(None)
            self._close()
            self.focus()
        elif passage.stage is Stage.UNSENT:
            text.focus()
        elif passage.stage is Stage.CONFLICT:
            start_work(self, partial(self._sending.show_conflict, passage), "conflict")
        self._draw()

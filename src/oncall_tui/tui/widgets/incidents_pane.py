"""The incidents: list, editor of the chosen one, and how far each of its messages has got."""

from __future__ import annotations

import time
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import ConflictError, OncallError
from oncall_tui.domain.update import Delivery, DeliveryState, IncidentUpdate
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import drop_delivery, retry_delivery
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.declare import declare_by_hand, undo_declaration
from oncall_tui.tui.editing import Edit, store_edit
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.screens.conflict import ConflictScreen, Side
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, date_utc, join, line
from oncall_tui.tui.widgets.compose_words import draw_body
from oncall_tui.tui.widgets.incident_editor import IncidentEditor
from oncall_tui.tui.widgets.incident_list import IncidentList
from oncall_tui.tui.widgets.lines import Flow, Lines
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.proof_words import draw_proofs

_DROP_WITHIN_S = 5.0
_WORDS_SHOWN = 6
_WAITS = (DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.RETRY_WAIT)
_DROPPABLE = (*_WAITS, DeliveryState.PENDING)


class IncidentsPane(Pane):
    """Follows the app's incident, and leads it when the cursor moves."""

    scope = "incidents"
    title = "Incidents"
    BINDINGS = bindings_of("incidents")

    def __init__(self) -> None:
        super().__init__(id="incidents")
        self._snapshot = Snapshot()
        self._incident_id: int | None = None
        self._updates: list[IncidentUpdate] = []
        self._undos: list[Edit] = []
        self._drop_asked: tuple[int, float] = (0, 0.0)
        self._list = IncidentList()
        self._editor = IncidentEditor()
        self._conflict = Lines(id="incident-conflict")
        self._told = Flow(id="incident-updates")

    def compose(self) -> ComposeResult:
        yield self._list
        yield self._conflict
        with VerticalScroll(id="incident-body", can_focus=False):
            yield self._editor
            yield self._told

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self._draw()
        self._want_updates()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        if not topics or topics & {"incidents", "outbox", "components"}:
            self._draw()
            self._want_updates()

    def show_incident(self, incident_id: int | None) -> None:
        if incident_id != self._incident_id:
            self._incident_id = incident_id
            self._updates = []
            self._draw()
            self._want_updates()

    def focus_content(self) -> None:
        self._list.focus()

    # -- drawing

    def _tick(self) -> None:
        if self.display:
            self._draw_list()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self._draw_list()
        incident = self._snapshot.incident(self._incident_id)
        self._editor.show_incident(incident, self._snapshot.components)
        news = incident.conflict if incident else ""
        self._conflict.display = bool(news)
        if news:
            sign = (f"{Glyphs.show('▲')} on the page: ", "bold $state-slow")
            self._conflict.show_lines([join(sign, news, ("   a ", "bold"), ("seen", "$muted"))])
        self._draw_updates()

    def _draw_list(self) -> None:
        self._list.show_incidents(self._snapshot.incidents, self._snapshot.deliveries, self._incident_id, now_ms())

    def _draw_updates(self) -> None:
        incident = self._snapshot.incident(self._incident_id)
        self._told.display = incident is not None
        self._told.show_flow(self._tell)

    def _tell(self, width: int) -> list[Content]:
        """Returns what customers were told, newest first."""
        lines = [line("told to customers", "$muted")]
        for update in reversed(self._updates):
            who = update.created_by if update.is_local else "on the page"
            when = (f"{date_utc(update.created_at)}  {update.status.upper()}  {who}", "$muted")
            told = draw_proofs(update, self._snapshot.name_page, width - 2)
            head = join(when, "  ", told[0])
            is_beside = len(update.proofs) < 2 and head.cell_length <= width
            lines += [head] if is_beside else [join(when), join("  ", told[0])]
            lines += [join("  ", row) for row in told[1:]]
            lines += [join("  ", words) for words in draw_body(_close_up(update.body), width - 2, _WORDS_SHOWN)]
        if not self._updates:
            lines.append(join(("nothing yet   ", "$state-slow"), ("p ", "bold"), "writes the first update"))
        return lines

    def _want_updates(self) -> None:
        if self.is_mounted and self._incident_id is not None:
            start_work(self, partial(self._read_updates, self._incident_id), "told", is_exclusive=True)

    async def _read_updates(self, incident_id: int) -> None:
        try:
            updates = await host_of(self).feed.call(list_updates, incident_id)
        except OncallError as error:
            self._told.show_lines([line(str(error), "$state-down")])
            return
        if incident_id == self._incident_id and updates != self._updates:
            self._updates = updates
            self._draw_updates()

    # -- the list

    @on(IncidentList.Selected)
    def _follow_cursor(self, event: IncidentList.Selected) -> None:
        event.stop()
        host_of(self).select_incident(event.incident_id)

    def action_cursor_down(self) -> None:
        self._list.move(1)

    def action_cursor_up(self) -> None:
        self._list.move(-1)

    def action_open(self) -> None:
        if self._list.has_focus and self._incident_id is not None:
            self._editor.focus_first()

    def action_back(self) -> None:
        self._list.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the fields, enter belongs to them."""
        return action != "open" or self._list.has_focus

    @on(IncidentEditor.Left)
    def _leave_editor(self, event: IncidentEditor.Left) -> None:
        event.stop()
        self._list.focus()

    def action_new(self) -> None:
        start_work(self, self._declare, "declare")

    async def _declare(self) -> None:
        try:
            incident_id = await declare_by_hand(self.app)
        except OncallError as error:
            tell(self.app, str(error), "error")
        else:
            host_of(self).open_compose(incident_id)

    # -- storing and taking back

    @on(IncidentEditor.Edited)
    def _take_edit(self, event: IncidentEditor.Edited) -> None:
        event.stop()
        self._store(event.edit, is_undo=False)

    def _store(self, edit: Edit, *, is_undo: bool) -> None:
        start_work(self, partial(self._store_edit, edit, is_undo=is_undo), "edit")

    async def _store_edit(self, edit: Edit, *, is_undo: bool) -> None:
        host = host_of(self)
        try:
            stored = await host.feed.call(store_edit, edit, host.actor, now_ms())
        except ConflictError as error:
            await self._show_conflict(edit, error)
        except OncallError as error:
            tell(self.app, str(error), "error")
            self._draw()
        else:
            if not is_undo:
                self._undos.append(edit)
            self._editor.note_stored(stored)

    async def _show_conflict(self, edit: Edit, error: ConflictError) -> None:
        current = await host_of(self).feed.call(get_incident, edit.seen.id)
        name = edit.field.removesuffix("_at").replace("_", " ")
        theirs, mine = _say_value(name, getattr(current, edit.field)), _say_value(name, edit.value)
        host_of(self).load_styles("review")
        verbs = {Side.THEIRS: "take theirs", Side.MINE: "put mine over it"}
        if edit.field in ("title", "scope"):
            verbs[Side.BOTH] = "edit both"
        screen = ConflictScreen(str(error), theirs, mine, verbs=verbs)

        def decide(side: Side | None) -> None:
            if side is Side.MINE:
                self._store(Edit(current, edit.field, edit.value), is_undo=False)
            elif side is Side.BOTH:
                self._editor.edit_text(edit.field, f"{edit.value} / {getattr(current, edit.field)}")
            else:
                self._draw()

        self.app.push_screen(screen, decide)

    def action_undo(self) -> None:
        start_work(self, self._undo, "undo", is_exclusive=True)

    async def _undo(self) -> None:
        host = host_of(self)
        if await host.outgoing.take_back():
            return
        incident = self._snapshot.incident(self._incident_id)
        if incident is None:
            return
        edit = next((edit for edit in reversed(self._undos) if edit.seen.id == incident.id), None)
        if edit is None:
            await undo_declaration(self.app, incident.id)
            return
        self._undos.remove(edit)
        current = await host.feed.call(get_incident, incident.id)
        if getattr(current, edit.field) != edit.value:
            tell(self.app, "This field was changed since: nothing was taken back.", "warning")
            return
        await self._store_edit(Edit(current, edit.field, edit.before), is_undo=True)

    def action_dismiss_conflict(self) -> None:
        incident = self._snapshot.incident(self._incident_id)
        if incident is not None and incident.conflict:
            self._store(Edit(incident, "conflict", ""), is_undo=True)

    def action_correct(self) -> None:
        from oncall_tui.tui.screens.correct import open_correction

        open_correction(self.screen, self._incident_id)

    def action_letters(self) -> None:
        from oncall_tui.tui.letters import open_letters

        if self._incident_id is not None:
            start_work(self, partial(open_letters, self, self._incident_id), "letters", is_exclusive=True)

    # -- deliveries that need a person

    def _delivery(self, states: tuple[DeliveryState, ...]) -> Delivery | None:
        mine = (item for item in self._snapshot.deliveries if item.incident_id == self._incident_id)
        return next((item for item in mine if item.state in states), None)

    def action_retry(self) -> None:
        delivery = self._delivery(_WAITS)
        if delivery is None:
            tell(self.app, "Nothing of this incident waits for a retry.")
            return
        if delivery.asked_at is not None or delivery.state is DeliveryState.FAILED:
            from oncall_tui.tui.screens.uncertain import open_decision

            open_decision(self.screen, delivery.id)
            return
        start_work(self, partial(self._retry, delivery), "delivery")

    async def _retry(self, delivery: Delivery) -> None:
        host = host_of(self)
        try:
            await host.feed.call(retry_delivery, delivery.id, host.actor, now_ms())
        except OncallError as error:
            tell(self.app, str(error), "error")

    def action_drop(self) -> None:
        delivery = self._delivery(_DROPPABLE)
        if delivery is None:
            tell(self.app, "Nothing of this incident is queued.")
            return
        asked, at = self._drop_asked
        if asked != delivery.id or time.monotonic() - at > _DROP_WITHIN_S:
            self._drop_asked = (delivery.id, time.monotonic())
            tell(self.app, "x again gives this update up: it will not be sent. It cannot be taken back.", "warning")
            return
        start_work(self, partial(self._drop, delivery), "delivery")

    async def _drop(self, delivery: Delivery) -> None:
        host = host_of(self)
        try:
            await host.feed.call(drop_delivery, delivery.id, host.actor, now_ms())
        except OncallError as error:
            tell(self.app, str(error), "error")


def _close_up(text: str) -> str:
    """Returns a text without its empty lines: here it stands among others."""
    return "\n".join(part for part in text.splitlines() if part.strip())


def _say_value(name: str, value: object) -> Content:
    if isinstance(value, dict):
        return join((f"{name}: ", "$muted"), ", ".join(f"{part} {state}" for part, state in value.items()) or "none")
    if isinstance(value, int) and value > 1_000_000:
        return join((f"{name}: ", "$muted"), date_utc(value))
    return join((f"{name}: ", "$muted"), str(value) if value not in (None, "") else "none")

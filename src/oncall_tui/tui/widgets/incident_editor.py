"""The fields of one incident: each is stored when it is left, and each store can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from oncall_tui.clock import now_ms
from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import Cause, Component, Impact, Incident, Reach, Severity, impact_of
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.editing import Edit, read_instant, write_instant
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.screens.components import ComponentsScreen
from oncall_tui.tui.text import COMPONENT_LOOK, IMPACT_LOOK, Glyphs, join, line, look
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.compose_words import list_dues
from oncall_tui.tui.widgets.reach_mark import REACH_WORDS

_SETTLE_S = 0.8
_IMPACTS = (Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)


class FieldLine(Static, can_focus=True):
    """A field that is edited elsewhere; enter, space or a click opens it."""

    scope = "field"
    BINDINGS = bindings_of("field")
    ALLOW_SELECT = False

    class Opened(Message):
        """A person wants to change it."""

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def on_click(self) -> None:
        self.post_message(self.Opened())


class IncidentEditor(Vertical):
    """Shows an incident field by field; `Edited` asks for one of them to be stored."""

    scope = "editor"
    BINDINGS = bindings_of("editor")

    class Edited(Message):
        """A field was left with another value."""

        def __init__(self, edit: Edit) -> None:
            super().__init__()
            self.edit = edit

    class Left(Message):
        """The focus wants to go back to the list."""

    def __init__(self) -> None:
        super().__init__(id="incident-editor")
        self._incident: Incident | None = None
        self._seen: dict[Widget, Incident] = {}
        self._components: Sequence[Component] = ()
        self._timer: Timer | None = None
        severities = [(severity, line(f"SEV{int(severity)}")) for severity in Severity]
        self._severity = Choice[Severity]("", severities, id="field-severity", has_digits=True)
        self._cause = Choice[Cause]("", [(cause, line(cause)) for cause in Cause], id="field-cause")
        self._impact = Choice[Impact | None]("", [(None, line(""))], id="field-impact")
        self._due = Choice[int | None]("", [(None, line(""))], id="field-due")
        reaches = [(reach, line(words)) for reach, words in REACH_WORDS.items()]
        self._reach = Choice[Reach]("", reaches, id="field-reach")
        self._title = Input(id="field-title", compact=True, max_length=255, select_on_focus=False)
        self._scope = Input(
            id="field-scope",
            compact=True,
            max_length=400,
            select_on_focus=False,
            placeholder="who notices what, for customers",
        )
        self._started = Input(id="field-started", compact=True, max_length=30, select_on_focus=False)
        self._parts = FieldLine(id="field-components", markup=False)
        for field in (self._title, self._scope, self._started):
            field.cursor_blink = False
        self._fields: dict[Widget, str] = {
            self._title: "title",
            self._severity: "severity",
            self._cause: "cause",
            self._impact: "impact_override",
            self._parts: "components",
            self._scope: "scope",
            self._started: "started_at",
            self._due: "next_update_at",
            self._reach: "reach",
        }

    def compose(self) -> ComposeResult:
        labels = ("title", "severity", "cause", "impact", "components", "scope", "started", "next update", "for")
        for label, field in zip(labels, self._fields, strict=True):
            with Horizontal(classes="field"):
                yield Static(line(label, "$muted"), classes="field-label", markup=False)
                yield field

    # -- showing

    def show_incident(self, incident: Incident | None, components: Sequence[Component]) -> None:
        """Draws an incident; a field under the cursor keeps what is being typed in it."""
        is_other = (incident.id if incident else None) != (self._incident.id if self._incident else None)
        if is_other:
            self.flush()
        self._incident, self._components = incident, components
        self.display = incident is not None
        if incident is None:
            return
        busy = None if is_other else self._focused_field()
        for widget in self._fields:
            if widget is not busy:
                self._fill(widget, incident)

    def _fill(self, widget: Widget, incident: Incident) -> None:
        if widget is self._title:
            self._title.value = clean_line(incident.title, 255)
        elif widget is self._scope:
            self._scope.value = clean_line(incident.scope, 400)
        elif widget is self._started:
            self._started.value = write_instant(incident.started_at)
        elif widget is self._severity:
            self._severity.set_value(incident.severity)
        elif widget is self._cause:
            self._cause.set_value(incident.cause)
        elif widget is self._impact:
            felt = join(look(*IMPACT_LOOK[impact_of(incident.components)]), (" (from components)", "$muted"))
            by_hand = [(impact, join(look(*IMPACT_LOOK[impact]), (" (by hand)", "$muted"))) for impact in _IMPACTS]
            self._impact.set_options([(None, felt), *by_hand], incident.impact_override)
        elif widget is self._reach:
            self._reach.set_value(incident.reach)
        elif widget is self._due:
            now, rhythm = now_ms(), host_of(self).config.rhythm
            usual_at = next_update_at(incident.severity, incident.status, now, rhythm=rhythm)
            dues = list_dues(incident.status, incident.next_update_at, usual_at, now)
            self._due.set_options(dues, incident.next_update_at)
        else:
            self._parts.update(self._draw_parts(incident))

    def _draw_parts(self, incident: Incident) -> Content:
        shown = [
            join((f"{name} ", "bold"), look(*COMPONENT_LOOK[state])) for name, state in incident.components.items()
        ]
        words = Content("   ").join(shown) if shown else line("none, enter chooses them", "$muted")
        return join((f"{Glyphs.show('▸')} ", "bold $line-focus"), words) if self._parts.has_focus else words

    def _focused_field(self) -> Widget | None:
        return next((field for field in self._fields if field.has_focus), None)

    # -- moving

    def focus_first(self) -> None:
        self._title.focus()

    def edit_text(self, field: str, text: str) -> None:
        """Puts words into a text field to be worked on; they are stored like typed ones, when it is left."""
        widget = self._title if field == "title" else self._scope
        widget.focus()
        self.call_after_refresh(setattr, widget, "value", clean_line(text, widget.max_length or 255))

    def action_store(self) -> None:
        self._step(1)

    def action_next_field(self) -> None:
        self._step(1)

    def action_previous_field(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        fields = list(self._fields)
        here = self._focused_field()
        index = fields.index(here) + by if here else 0
        if 0 <= index < len(fields):
            fields[index].focus()
        else:
            self.post_message(self.Left())

    def action_leave(self) -> None:
        self.post_message(self.Left())

    # -- storing

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if self._incident is not None and event.widget in self._fields:
            self._seen[event.widget] = self._incident
        if isinstance(event.widget, Input):
            event.widget.cursor_position = len(event.widget.value)
        if event.widget is self._parts and self._incident is not None:
            self._parts.update(self._draw_parts(self._incident))

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._store(event.widget)
        if event.widget is self._parts and self._incident is not None:
            self._parts.update(self._draw_parts(self._incident))

    @on(Input.Submitted)
    def _leave_input(self, event: Input.Submitted) -> None:
        event.stop()
        self._step(1)

    @on(Input.Changed)
    def _note_typing(self, event: Input.Changed) -> None:
        event.stop()

    @on(Choice.Changed)
    def _note_choice(self, event: Choice.Changed) -> None:
        """A value that is only passed by on the way to another is not worth a line in the timeline."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SETTLE_S, self.flush)

    def flush(self) -> None:
        """Stores the field under the cursor as it stands."""
        focused = self._focused_field()
        if focused is not None:
            self._store(focused)

    def note_stored(self, incident: Incident) -> None:
        """Goes on from what was just stored, so that a second change of the field is none against the first."""
        for widget, seen in self._seen.items():
            if seen.id == incident.id and getattr(incident, self._fields[widget]) == self._read_quietly(widget, seen):
                self._seen[widget] = incident

    def _store(self, widget: Widget) -> None:
        field, seen = self._fields.get(widget), self._seen.get(widget)
        if field is None or seen is None or widget is self._parts:
            return
        try:
            value = self._read(widget, seen)
        except RefusedError as error:
            tell(self.app, str(error), "warning")
            self._fill(widget, seen)
            return
        if value != getattr(seen, field):
            self.post_message(self.Edited(Edit(seen, field, value)))

    def _read_quietly(self, widget: Widget, seen: Incident) -> object:
        try:
            return None if widget is self._parts else self._read(widget, seen)
        except RefusedError:
            return None

    def _read(self, widget: Widget, seen: Incident) -> object:
        """Returns what stands in a field; text that was only shown inert counts as unchanged."""
        if isinstance(widget, Choice):
            return widget.value
        if widget is self._started:
            text = self._started.value.strip()
            return seen.started_at if text == write_instant(seen.started_at) else read_instant(text, now_ms())
        field, limit = ("title", 255) if widget is self._title else ("scope", 400)
        shown = self._title.value if widget is self._title else self._scope.value
        before = str(getattr(seen, field))
        return before if shown == clean_line(before, limit) else clean_line(shown.strip(), limit)

    @on(FieldLine.Opened)
    def _open_components(self, event: FieldLine.Opened) -> None:
        event.stop()
        seen = self._incident
        if seen is not None:
            host_of(self).load_styles("review")
            screen = ComponentsScreen(self._components, seen.components)
            self.app.push_screen(screen, lambda chosen: self._take_components(seen, chosen))

    def _take_components(self, seen: Incident, chosen: dict[str, object] | None) -> None:
        if chosen is not None:
            self.post_message(self.Edited(Edit(seen, "components", chosen)))

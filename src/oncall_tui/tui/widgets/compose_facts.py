"""The form of facts beside the text: each line that changes changes its sentence, until a person wrote that one."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, Static

from oncall_tui.clock import now_ms
from oncall_tui.domain.facts import Facts
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.facts_form import ROWS, limit_of, read_facts, write_facts
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.choice import Choice

_AFTER_S = 0.25


class FactsForm(VerticalScroll, can_focus=False):
    """Shows the facts of a draft; `take` gets those that a person changed, `leave` leads back to the text."""

    scope = "facts"
    BINDINGS = bindings_of("facts")

    def __init__(self, take: Callable[[Facts], None], leave: Callable[[], None]) -> None:
        super().__init__(id="compose-facts")
        self._take = take
        self._leave = leave
        self._facts = Facts()
        self._timer: Timer | None = None
        self._is_unknown = Choice[bool | None](
            "known of scope",
            [(None, line("as written")), (True, line("not known yet", "$state-slow"))],
            id="facts-unknown",
        )
        self._apology = Choice[bool | None](
            "apology", [(None, line("none")), (True, line("we are sorry"))], id="facts-apology"
        )

    def compose(self) -> ComposeResult:
        for row in ROWS:
            with Horizontal(classes="fact"):
                yield Static(line(row.label, "$muted"), classes="fact-label", markup=False)
                yield Input(placeholder=row.hint, compact=True, max_length=limit_of(row.name), id=f"fact-{row.name}")
            if row.name == "scope":
                yield self._is_unknown
        yield self._apology
        yield Static(id="facts-fault", markup=False)

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        self.show_facts(self._facts)

    def show_facts(self, facts: Facts) -> None:
        """Shows what is known, without telling anyone."""
        self._facts = facts
        if not self.is_mounted:
            return
        for name, text in write_facts(facts).items():
            field = self.query_one(f"#fact-{name}", Input)
            with field.prevent(Input.Changed):
                field.value = text
        self._is_unknown.set_value(facts.is_scope_unknown or None)
        self._apology.set_value(facts.has_apology or None)

    def focus_first(self) -> None:
        """Puts the cursor where a person would begin: into the first line that is empty."""
        empty = next((field for field in self.query(Input) if not field.value), None)
        self.screen.set_focus(empty or self.query(Input).first())

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.scroll_to_widget(event.widget, animate=False)

    @on(Input.Changed)
    def _follow_line(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_AFTER_S, self._read)

    @on(Choice.Changed)
    def _follow_choice(self, event: Choice.Changed) -> None:
        event.stop()
        self._read()

    def _read(self) -> None:
        self._timer = None
        lines = {row.name: self.query_one(f"#fact-{row.name}", Input).value for row in ROWS}
        facts, faults = read_facts(lines, self._facts, now_ms())
        facts = replace(facts, is_scope_unknown=self._is_unknown.value, has_apology=self._apology.value)
        fault = next(iter(faults.values()), "")
        if not fault and facts.eta_at is not None and not facts.eta_source:
            fault = "Say who expects the repair: without a source customers are not told."
        self.query_one("#facts-fault", Static).update(line(fault, "$state-slow"))
        if facts != self._facts:
            self._facts = facts
            self._take(facts)

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next_line()

    def action_next_line(self) -> None:
        self._step(1)

    def action_previous_line(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        fields = list(self.query("Input, Choice"))
        here = next((at for at, field in enumerate(fields) if field.has_focus), 0)
        self.screen.set_focus(fields[(here + by) % len(fields)])

    def flush(self) -> None:
        """Reads now what was typed and not yet read."""
        if self._timer is not None:
            self._timer.stop()
            self._read()

    def action_leave(self) -> None:
        self.flush()
        self._leave()

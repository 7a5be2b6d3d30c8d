"""What an update says besides its words: the public state, when customers hear next, the states of components."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.screens.state import STATES
from oncall_tui.tui.text import STATUS_LOOK, line, look
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.compose_words import list_dues
from oncall_tui.tui.writing import Writing

_NARROW = 52


class ComposeFields(Horizontal):
    """Takes a choice into the open draft: `read` gives its text, `put` gets the words that follow.

    `put` gets None where the words stay as they are.
    """

    def __init__(self, read: Callable[[], str], put: Callable[[str | None], None]) -> None:
        super().__init__(id="compose-fields")
        self._read = read
        self._put = put
        self._writing: Writing | None = None
        self.state = Choice[IncidentStatus](
            "state", [(state, look(*STATUS_LOOK[state])) for state in STATES], id="compose-state"
        )
        self.due = Choice[int | None]("next update", [(None, line("none"))], id="compose-due")

    def compose(self) -> ComposeResult:
        yield self.state
        yield self.due

    def on_resize(self) -> None:
        """The names of the fields give way before what is chosen in them."""
        is_narrow = self.size.width < _NARROW
        self.state.set_label("" if is_narrow else "state")
        self.due.set_label("next" if is_narrow else "next update")

    @property
    def fields(self) -> tuple[Widget, ...]:
        return self.state, self.due

    def show(self, writing: Writing | None) -> None:
        """Goes over to another draft, or to none."""
        self._writing = writing
        self.display = writing is not None
        if writing is not None:
            self.state.set_value(writing.status)
            self.offer_dues()

    def offer_dues(self) -> None:
        writing = self._writing
        if writing is not None:
            now = now_ms()
            dues = list_dues(writing.status, writing.due_at, writing.next_due(now), now)
            self.due.set_options(dues, writing.due_at)

    def take_status(self, status: IncidentStatus | None) -> None:
        """Goes over to a public state; words that were typed stay."""
        writing = self._writing
        if writing is None or status is None or status is writing.status:
            return
        self.state.set_value(status)
        words = writing.take_status(status, self._read(), host_of(self).snapshot, now_ms())
        self.offer_dues()
        if words is None:
            tell(self.app, "Your words stay as they are. ^t puts those of the template.")
        self._put(words)

    def follow_status(self, status: IncidentStatus | None) -> None:
        """Goes over to a state without any words of its template."""
        writing = self._writing
        if writing is not None and status in STATES:
            self.state.set_value(status)
            writing.take_status(status, self._read(), host_of(self).snapshot, now_ms())
            self.offer_dues()

    @on(Choice.Changed, "#compose-state")
    def _follow_state(self, event: Choice.Changed) -> None:
        event.stop()
        self.take_status(self.state.value)

    @on(Choice.Changed, "#compose-due")
    def _follow_due(self, event: Choice.Changed) -> None:
        event.stop()
        if self._writing is not None:
            self._put(self._writing.take_due(self.due.value, self._read(), host_of(self).snapshot, now_ms()))

    def choose_state(self) -> None:
        """Asks for the public state by its number."""
        from oncall_tui.tui.screens.state import StateScreen

        if self._writing is not None:
            host_of(self).load_styles("review")
            self.app.push_screen(StateScreen(self._writing.status), self.take_status)

    def choose_components(self) -> None:
        """Asks for the states of the components."""
        from oncall_tui.tui.screens.components import ComponentsScreen

        if self._writing is not None:
            host_of(self).load_styles("review")
            screen = ComponentsScreen(host_of(self).snapshot.components, self._writing.components)
            self.app.push_screen(screen, self._take_components)

    def _take_components(self, chosen: dict[str, ComponentStatus] | None) -> None:
        if chosen is not None and self._writing is not None:
            self._put(self._writing.take_components(chosen, self._read(), host_of(self).snapshot, now_ms()))

"""The incidents, open ones first, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from textual import events
from textual.content import Content
from textual.message import Message

from oncall_tui.domain.cadence import Urgency, describe_due, judge_due
from oncall_tui.domain.duration import format_age
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.update import Delivery, DeliveryState
from oncall_tui.tui.text import DELIVERY_LOOK, STATUS_LOOK, Glyphs, fit, join, line, look
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.reach_mark import mark_reach

_STATE_WIDTH = 16
_DUE_WIDTH = 16
_AGE_WIDTH = 8
#: `✖ INV` and ` in 1:02:03`, on a narrow terminal.
_SHORT_STATE, _SHORT_DUE = 6, 13
_NARROW, _VERY_NARROW = 72, 54
DUE_STYLE = {
    Urgency.CALM: "",
    Urgency.SOON: "bold $state-slow",
    Urgency.URGENT: "bold $state-partial",
    Urgency.LATE: "bold $state-down",
}
_TROUBLE = (DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.RETRY_WAIT)


class Columns(Struct, frozen=True):
    """Widths in cells; 0 leaves a column out."""

    title: int
    age: int
    severity: int
    state: int
    due: int

    @classmethod
    def for_width(cls, width: int) -> Columns:
        """Age and severity give way first, then the whole words of state and promise; the title comes before them."""
        age, severity = (_AGE_WIDTH, 6) if width >= _NARROW else (0, 0)
        state = _STATE_WIDTH if width >= _VERY_NARROW else _SHORT_STATE
        due = _DUE_WIDTH + 1 if width >= _NARROW else _SHORT_DUE
        return cls(max(8, width - 2 - 5 - severity - state - age - due), age, severity, state, due)


def draw_due(incident: Incident, now: int, *, is_brief: bool = False) -> Content:
    """Returns the time to the next promised update, in word and colour."""
    if incident.next_update_at is None:
        words = "none" if is_brief else "none promised"
        return line(words if incident.status.is_open else "", "$muted")
    return line(describe_due(incident.next_update_at, now), DUE_STYLE[judge_due(incident.next_update_at, now)])


def draw_row(incident: Incident, delivery: Delivery | None, *, is_here: bool, width: int, now: int) -> Content:
    """Returns one incident in `width` cells; what is queued or failed stands before the title."""
    ended_at = incident.resolved_at or now
    columns = Columns.for_width(width)
    title = Content("")
    if delivery is not None:
        shape, word, style = DELIVERY_LOOK[delivery.state]
        title = join(look(shape, word if columns.age else "", style), " " if columns.age else "")
    elif not incident.is_local:
        title = join(("from the page ", "$muted"))
    title = join(title, mark_reach(incident, " "), (incident.title, "bold" if is_here else ""))
    shape, word, style = STATUS_LOOK[incident.status]
    word = word if columns.state == _STATE_WIDTH else word[:3]
    state = look(shape, word, style) if incident.status.is_open else line(word, "$muted")
    return join(
        (f"{Glyphs.show('▸')} " if is_here else "  ", "bold"),
        fit(line(f"#{incident.id}"), 5),
        fit(line(f"SEV{int(incident.severity)}"), columns.severity),
        fit(state, columns.state),
        fit(title, columns.title),
        fit(join("  ", (format_age(ended_at - incident.started_at), "$muted")), columns.age),
        fit(join(" ", draw_due(incident, now, is_brief=columns.due < _DUE_WIDTH)), columns.due),
    )


class IncidentList(Lines, can_focus=True):
    """Keeps the cursor on an incident, whatever comes above it."""

    class Selected(Message):
        """The cursor went to another incident."""

        def __init__(self, incident_id: int) -> None:
            super().__init__()
            self.incident_id = incident_id

    def __init__(self) -> None:
        super().__init__(id="incident-list")
        self._incidents: Sequence[Incident] = ()
        self._deliveries: Mapping[int, Delivery] = {}
        self._selected: int | None = None
        self._top = 0
        self._now = 0

    @property
    def selected(self) -> int | None:
        return self._selected

    def show_incidents(
        self, incidents: Sequence[Incident], deliveries: Sequence[Delivery], selected: int | None, now: int
    ) -> None:
        """Draws the list as it is at `now`; the worst open delivery of each incident is shown with it."""
        worst: dict[int, Delivery] = {}
        for delivery in deliveries:
            held = worst.get(delivery.incident_id)
            if held is None or (delivery.state in _TROUBLE and held.state not in _TROUBLE):
                worst[delivery.incident_id] = delivery
        is_resized = len(incidents) != len(self._incidents)
        self._incidents, self._deliveries, self._selected, self._now = incidents, worst, selected, now
        if is_resized:
            self.refresh(layout=True)
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        if not self._incidents:
            self.show_lines(
                [
                    line("  No incidents. All quiet.", "bold"),
                    line("  i on a red probe declares one, n one that no probe has seen.", "$muted"),
                ]
            )
            return
        width, height = max(20, self.size.width), max(2, self.size.height)
        index = self._index()
        rows = height - 1
        self._top = min(max(self._top, index - rows + 1), max(0, index))
        columns = Columns.for_width(width)
        head = (
            *("  ", fit(line("ID"), 5), fit(line("SEV"), columns.severity), fit(line("STATE"), columns.state)),
            *(fit(line("TITLE"), columns.title), fit(line("  AGE"), columns.age), line(" NEXT UPDATE")),
        )
        lines = [join(*head).stylize("$muted")]
        for incident in self._incidents[self._top : self._top + rows]:
            delivery = self._deliveries.get(incident.id)
            is_here = incident.id == self._selected
            lines.append(draw_row(incident, delivery, is_here=is_here, width=width, now=self._now))
        self.show_lines(lines)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(2, len(self._incidents) + 1)

    def move(self, by: int) -> None:
        """Moves the cursor and tells where it went."""
        if self._incidents:
            self._go(min(max(self._index() + by, 0), len(self._incidents) - 1))

    def on_click(self, event: events.Click) -> None:
        row = self._top + event.y - 1
        if 0 <= row < len(self._incidents) and event.y > 0:
            self._go(row)

    def _go(self, index: int) -> None:
        self._selected = self._incidents[index].id
        self.draw()
        self.post_message(self.Selected(self._selected))

    def _index(self) -> int:
        return next((at for at, incident in enumerate(self._incidents) if incident.id == self._selected), 0)

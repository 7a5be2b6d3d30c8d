"""Chooses the public state of an incident by its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import STATUS_LOOK, Glyphs, fit, join, line, look
from oncall_tui.tui.widgets.lines import Flow

STATES = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.MONITORING,
    IncidentStatus.RESOLVED,
)
_MEANING = {
    IncidentStatus.INVESTIGATING: "we look for the cause",
    IncidentStatus.IDENTIFIED: "we know the cause and repair it",
    IncidentStatus.MONITORING: "it is repaired and we watch it",
    IncidentStatus.RESOLVED: "it is over, all components are well again",
}


class StateScreen(Overlay[IncidentStatus | None]):
    """Gives back the chosen state, None when left without a choice; nothing is sent by choosing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of("state"),
        *(Binding(str(number), f"pick({number})", show=False) for number in range(1, len(STATES) + 1)),
    ]

    def __init__(self, current: IncidentStatus) -> None:
        super().__init__()
        self._current = current
        self._cursor = STATES.index(current) if current in STATES else 0

    def compose(self) -> ComposeResult:
        with Vertical(id="state-box") as box:
            box.border_title = line("State, then the update for it")
            box.border_subtitle = line("1-4 or enter choose   esc back")
            yield Flow(id="state-list")

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.query_one("#state-list", Flow).show_flow(self._tell)

    def _tell(self, width: int) -> list[Content]:
        """Returns the states, without what they mean where that has no room in one row."""
        rows: list[Content] = []
        for meanings in (_MEANING, {state: words.partition(",")[0] for state, words in _MEANING.items()}, {}):
            rows = [self._row(at, meanings) for at in range(len(STATES))]
            if max(row.cell_length for row in rows) <= width:
                break
        return rows

    def _row(self, at: int, meanings: Mapping[IncidentStatus, str]) -> Content:
        state = STATES[at]
        mark = Glyphs.show("▸") if at == self._cursor else " "
        now = " (now)" if state is self._current else ""
        meaning = (f"{meanings.get(state, '')}{now}", "$muted")
        return join((f"{mark} {at + 1}  ", "bold"), fit(look(*STATUS_LOOK[state]), 18), meaning)

    def action_down(self) -> None:
        self._cursor = min(self._cursor + 1, len(STATES) - 1)
        self._draw()

    def action_up(self) -> None:
        self._cursor = max(self._cursor - 1, 0)
        self._draw()

    def action_pick(self, number: int) -> None:
        self.dismiss(STATES[number - 1])

    def action_choose(self) -> None:
        self.dismiss(STATES[self._cursor])

    def action_back(self) -> None:
        self.dismiss(None)

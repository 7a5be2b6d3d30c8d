"""The base of the panes: each gets the same snapshot and the same incident, and draws its part."""

from __future__ import annotations

from textual.containers import Vertical

from oncall_tui.tui.snapshot import Snapshot


class Pane(Vertical):
    """One area of the main screen; `scope` names its actions in the registry."""

    scope = ""
    title = ""

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Draws what changed; called on every change of the file, also while the pane is hidden."""

    def show_incident(self, incident_id: int | None) -> None:
        """Follows the app to another incident."""

    def focus_content(self) -> None:
        """Puts the focus where a person would start."""
        self.focus()

"""The mark of an incident that is not for customers: a drill, or one that is kept private."""

from __future__ import annotations

from textual.content import Content

from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.tui.text import join

_MARKS = {Reach.DRILL: ("## DRILL ##", "bold $state-slow"), Reach.PRIVATE: ("# PRIVATE #", "bold $state-partial")}
REACH_WORDS = {
    Reach.PUBLIC: "customers",
    Reach.PRIVATE: "us alone: words to customers need a reason",
    Reach.DRILL: "a drill: nothing leaves this machine",
}


def mark_reach(incident: Incident, gap: str = "  ") -> Content:
    """Returns the mark with a gap behind it, nothing for an incident that customers read of."""
    mark = _MARKS.get(incident.reach)
    return Content("") if mark is None else join(mark, gap)

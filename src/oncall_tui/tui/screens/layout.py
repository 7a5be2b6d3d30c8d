"""Which panes there are, and how the room that there is arranges them."""

from __future__ import annotations

from textual.geometry import Size

#: Every pane in the order of its number: label, column, module and class.
PANES = {
    "probes": ("Probes", "left", "probes_pane", "ProbesPane"),
    "incidents": ("Incidents", "left", "incidents_pane", "IncidentsPane"),
    "compose": ("Compose", "middle", "compose_pane", "ComposePane"),
    "runbook": ("Runbook", "middle", "runbook_pane", "RunbookPane"),
    "timeline": ("Timeline", "right", "timeline_pane", "TimelinePane"),
}
#: Rows below which nothing is spent on borders, margins and what stands elsewhere too.
TIGHT_BELOW = 18
#: The panes that stand at the top of their column.
FIRST_OF_COLUMN = frozenset({"compose", "timeline"})


def choose_layout(size: Size) -> str:
    """Returns the name of the layout for a size in cells."""
    width, height = size
    if width < 20 or height < 5:
        return "tiny"
    if width < 80 or height < 24:
        return "compact"
    if width >= 180 and height >= 50:
        return "large"
    return "medium" if width >= 120 and height >= 40 else "small"

"""Small things that every page shows: times, and the words, tones and shapes of states."""

from __future__ import annotations

from datetime import UTC, date, datetime

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.statuspage.html import Html, tag
from oncall_tui.statuspage.shapes import format_instant

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
COMPONENT_LABEL = {
    ComponentStatus.OPERATIONAL: "Operational",
    ComponentStatus.UNDER_MAINTENANCE: "Under maintenance",
    ComponentStatus.DEGRADED_PERFORMANCE: "Degraded performance",
    ComponentStatus.PARTIAL_OUTAGE: "Partial outage",
    ComponentStatus.MAJOR_OUTAGE: "Major outage",
}
COMPONENT_TONE = {
    ComponentStatus.OPERATIONAL: "ok",
    ComponentStatus.UNDER_MAINTENANCE: "plan",
    ComponentStatus.DEGRADED_PERFORMANCE: "minor",
    ComponentStatus.PARTIAL_OUTAGE: "major",
    ComponentStatus.MAJOR_OUTAGE: "critical",
}
TONE_COLOUR = {"ok": "#1f8a58", "plan": "#3b6fd1", "minor": "#c98a00", "major": "#d2620f", "critical": "#d1352b"}
# Each state has a shape of its own, for readers who do not see the colour.
_TICK = '<path d="m8 12.4 2.7 2.7L16 9.6"/>'
MARK = {
    "ok": f'<circle cx="12" cy="12" r="9"/>{_TICK}',
    "plan": '<path d="M4 4h16v16H4z"/><path d="M8.5 9.5h7M8.5 14.5h4"/>',
    "minor": '<path d="M12 3.8 21.2 20H2.8z"/><path d="M12 10v4.2M12 17v.1"/>',
    "major": '<circle cx="12" cy="12" r="9"/><path class="full" d="M12 3a9 9 0 0 1 0 18z"/>',
    "critical": '<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z"/><path d="m9 9 6 6M15 9l-6 6"/>',
}


def show_mark(tone: str) -> Html:
    return tag("svg", Html(MARK[tone]), class_="mark", viewBox="0 0 24 24", aria_hidden="true")


def show_time(at: int) -> Html:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return tag("time", f"{show_day(moment.date())}, {moment:%H:%M} UTC", datetime=format_instant(at))


def show_clock(at: int) -> Html:
    return tag("time", f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC", datetime=format_instant(at))


def show_day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

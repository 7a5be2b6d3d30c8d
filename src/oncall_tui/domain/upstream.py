"""What a provider says of itself on its status page, as a state and words: is it us or them.

Statuspage words: https://support.atlassian.com/statuspage/docs/component-status/. A major outage is down; partial
outage, degraded performance and planned work degrade. An incident that is open degrades at least.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

_GRAVITY = {
    "operational": 0,
    "none": 0,
    "under_maintenance": 1,
    "maintenance": 1,
    "degraded_performance": 1,
    "minor": 1,
    "partial_outage": 1,
    "major": 1,
    "major_outage": 2,
    "critical": 2,
}
_WORDS = {"under_maintenance": "planned work"}
_OVER = ("resolved", "completed", "postmortem", "cancelled", "canceled", "fixed", "closed", "operational", "operating")
#: The states of incidents and planned work that mean that it goes on.
_STATE = re.compile(
    r"\b(resolved|completed|postmortem|cancell?ed|fixed|closed|operational|operating normally"
    r"|investigating|identified|monitoring|scheduled|in progress|verifying|update)\b",
    re.IGNORECASE,
)


class Component(Struct, frozen=True):
    """A part of the provider; a `group` only sums up others."""

    name: str
    status: str
    group: bool = False


class Incident(Struct, frozen=True):
    name: str
    status: str = ""
    impact: str = "none"


class Indicator(Struct, frozen=True):
    indicator: str = "none"
    description: str = ""


class Summary(Struct, frozen=True):
    """The parts of `/api/v2/summary.json` that are looked at."""

    status: Indicator
    components: tuple[Component, ...] = ()
    incidents: tuple[Incident, ...] = ()


class Standing(Struct, frozen=True):
    """Where a provider stands: 0 well, 1 degraded, 2 down; `words` are not inert."""

    gravity: int
    words: str = ""


def read_summary(summary: Summary, watch: Sequence[str] = ()) -> Standing:
    """Returns where the watched components stand, or all that the provider says. Raises LookupError for one that the
    page does not have: it would be green for ever.
    """
    if watch:
        by_name = {component.name.casefold(): component for component in summary.components}
        chosen = [by_name[name.casefold()] for name in watch]
        return max((_standing_of(each) for each in chosen), key=lambda each: each.gravity)
    parts = [_standing_of(each) for each in summary.components if not each.group]
    opened = [each for each in summary.incidents if each.status.lower() not in _OVER]
    said = [Standing(max(1, _gravity_of(each.impact)), each.name) for each in opened]
    whole = Standing(_gravity_of(summary.status.indicator), summary.status.description)
    worst = max((each.gravity for each in (*parts, *said, whole)), default=0)
    if worst == 0:
        return Standing(0)
    words = [each.words for each in (*said, *(part for part in parts if part.gravity == worst))] or [whole.words]
    return Standing(worst, "; ".join(dict.fromkeys(filter(None, words))))


def _standing_of(component: Component) -> Standing:
    status = component.status.lower()
    gravity = _gravity_of(status)
    words = _WORDS.get(status, status.replace("_", " "))
    return Standing(gravity, f"{component.name}: {words}" if gravity else "")


def _gravity_of(word: str) -> int:
    """A word that is not known is no reason to stay green."""
    return _GRAVITY.get(word.lower(), 1)


def is_entry_open(text: str) -> bool:
    """Tells whether a feed entry goes on: the first state that it names is the latest, as such feeds are written."""
    found = _STATE.search(text)
    return found is None or found[1].lower().partition(" ")[0] not in _OVER

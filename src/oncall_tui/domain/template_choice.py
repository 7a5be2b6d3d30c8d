"""Which prepared words fit: by the state, the cause and the moment, always to be overruled by key."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import Audience, Moment, Template

LONG_AFTER_MS = 2 * HOUR
"""From here on a slower rhythm is offered, and told to customers."""

#: What is looked for where a moment has no words of its own.
_INSTEAD = {
    Moment.FIRST: (Moment.FIRST, Moment.CHANGE, Moment.ANY),
    Moment.SCOPE: (Moment.SCOPE, Moment.SAME, Moment.ANY),
    Moment.CHANGE: (Moment.CHANGE, Moment.ANY, Moment.SAME),
    Moment.SAME: (Moment.SAME, Moment.ANY, Moment.CHANGE),
    Moment.LONG: (Moment.LONG, Moment.SAME, Moment.ANY, Moment.CHANGE),
    Moment.REOPEN: (Moment.REOPEN, Moment.CHANGE, Moment.ANY),
    Moment.ANY: (Moment.ANY, Moment.CHANGE, Moment.SAME),
    Moment.BY_HAND: (),
}


def find_moment(
    status: IncidentStatus,
    told: IncidentStatus | None,
    *,
    told_count: int = 0,
    has_scope: bool = False,
    open_ms: int = 0,
    is_slow_told: bool = False,
) -> Moment:
    """Returns where an update with `status` stands in the course of an incident.

    `told` is the state that customers were told last, None before the first update, and `told_count` how many they have
    had. After two hours without a change the slower rhythm is announced once: `is_slow_told` tells that it was.
    """
    if told is None:
        return Moment.FIRST
    if not told.is_open and status.is_open:
        return Moment.REOPEN
    if told is not status:
        return Moment.CHANGE
    if open_ms >= LONG_AFTER_MS and not is_slow_told:
        return Moment.LONG
    if told_count == 1 and has_scope:
        return Moment.SCOPE
    return Moment.SAME


def choose_template(
    templates: Iterable[Template],
    status: IncidentStatus | MaintenanceStatus,
    moment: Moment,
    cause: Cause = Cause.UNKNOWN,
    audience: Audience = Audience.CUSTOMERS,
) -> Template | None:
    """Returns the words for a state and a moment; those of the cause go before those of any; None when none fits."""
    fitting = [
        template
        for template in templates
        if status in template.states
        and template.audience is audience
        and (not template.causes or cause in template.causes)
    ]
    for wanted in _INSTEAD[moment]:
        found = [template for template in fitting if template.moment is wanted]
        if found:
            return min(found, key=lambda template: not template.causes)
    return None


def find_template(templates: Iterable[Template], key: str) -> Template:
    """Returns the template of a key. Raises NotFoundError, which names all that there are."""
    listed = list(templates)
    for template in listed:
        if template.key == key:
            return template
    known = ", ".join(template.key for template in listed)
    raise NotFoundError(f"There is no template {clean_line(key, 60)}; known: {known}.")

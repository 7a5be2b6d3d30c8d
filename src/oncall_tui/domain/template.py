"""Prepared words for customers: templates are texts with variables, and a text never shows a hole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import Incident, IncidentStatus
from oncall_tui.domain.sanitize import clean_line

_VARIABLE = re.compile(r"\{([a-z_]+)\}")
NO_COMPONENT = "our service"


class Moment(StrEnum):
    """Where in the course of an incident a template fits."""

    FIRST = "first"
    LATER = "later"
    REOPEN = "reopen"
    ANY = "any"


class Template(Struct, frozen=True):
    """One prepared text. Each line of `body` is a sentence; an empty line begins a paragraph.

    A variable named in `optional` takes its whole sentence with it when it is not known; any other stays visible as
    `{name}`, which blocks sending until a person has filled it.
    """

    key: str
    title: str
    states: tuple[IncidentStatus, ...]
    moment: Moment
    body: str
    optional: frozenset[str] = frozenset()

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(_VARIABLE.findall(self.body))


def render(template: Template, facts: Mapping[str, str | None]) -> str:
    """Returns the text with the facts that are known; facts are shown inert and are not searched for variables."""
    paragraphs: list[list[str]] = [[]]
    for sentence in template.body.strip().splitlines():
        if not sentence.strip():
            paragraphs.append([])
            continue
        missing = {name for name in _VARIABLE.findall(sentence) if not facts.get(name)}
        if not missing & template.optional:
            paragraphs[-1].append(_fill(sentence.strip(), facts))
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs if sentences)


def _fill(sentence: str, facts: Mapping[str, str | None]) -> str:
    return _VARIABLE.sub(lambda match: clean_line(facts.get(match[1]) or match.group(), 2_000), sentence)


def choose_template(
    templates: Iterable[Template], status: IncidentStatus, *, is_first: bool, is_reopen: bool
) -> Template | None:
    """Returns the template for a status and a moment, the more special one first; None when none fits."""
    moment = Moment.REOPEN if is_reopen else Moment.FIRST if is_first else Moment.LATER
    fitting = [template for template in templates if status in template.states]
    for wanted in (moment, Moment.ANY, Moment.LATER):
        for template in fitting:
            if template.moment is wanted:
                return template
    return None


def list_variables(templates: Iterable[Template]) -> frozenset[str]:
    """Returns every variable that any template knows."""
    return frozenset[str]().union(*(template.variables for template in templates))


def join_names(names: Sequence[str] | Collection[str]) -> str:
    """Returns names as people list them: `API`, `API and Website`, `API, Website and Database`."""
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


def say_when(at: int, now: int) -> str:
    """Returns an instant for customers, `14:05 UTC`, with its date when it is not of the same day as `now`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    is_today = moment.date() == datetime.fromtimestamp(now / 1000, UTC).date()
    return f"{moment:%H:%M} UTC" if is_today else f"{moment:%H:%M} UTC on {moment.day} {moment:%B}"


def say_length(ms: int) -> str:
    """Returns a length for customers: `1 minute`, `47 minutes`, `2 hours 5 minutes`, `3 days 2 hours`."""
    minutes = max(1, round(ms / MINUTE))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    sizes = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    told = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in sizes if count]
    return " ".join(told[:2])


def facts_of(incident: Incident, next_update_at: int | None, now: int) -> dict[str, str | None]:
    """Returns what an incident knows, as the variables of the templates."""
    return {
        "components": join_names(list(incident.components)) or NO_COMPONENT,
        "scope": incident.scope or None,
        "since": say_when(incident.started_at, now),
        "next_update": say_when(next_update_at, now) if next_update_at is not None else None,
        "now": say_when(now, now),
        "duration": say_length(now - incident.started_at),
        "resolved": say_when(incident.resolved_at, now) if incident.resolved_at is not None else None,
    }

"""Prepared words for customers: templates are texts with variables, and a text never shows a hole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.sanitize import clean_line

VARIABLE = re.compile(r"\{([a-z_]+)\}")
NO_COMPONENT = "our service"
FACT_LIMIT = 2_000
"""The most characters that one fact brings into a text."""


class Moment(StrEnum):
    """Where in the course of an incident a template fits; one that fits `by_hand` is never chosen for anybody."""

    FIRST = "first"
    SCOPE = "scope"
    CHANGE = "change"
    SAME = "same"
    LONG = "long"
    REOPEN = "reopen"
    ANY = "any"
    BY_HAND = "by_hand"


def read_state(word: str) -> IncidentStatus | MaintenanceStatus:
    """Returns the public state that a word names. Raises ValueError."""
    return IncidentStatus(word) if word in list(IncidentStatus) else MaintenanceStatus(word)


class Audience(StrEnum):
    """Who reads it: everybody on the page, one client, or a supplier of ours."""

    CUSTOMERS = "customers"
    CLIENT = "client"
    SUPPLIER = "supplier"


class Template(Struct, frozen=True):
    """One prepared text. Each line of `body` goes whole or not at all; an empty line begins a paragraph.

    A line that holds a variable which is not known is left out, unless the variable is `needed`: that one stays visible
    as `{name}`, which blocks sending until a person has filled it. `causes` are those that it fits, empty for all.
    `source` is the file of one that a team wrote, empty for ours.
    """

    key: str
    title: str
    states: tuple[IncidentStatus | MaintenanceStatus, ...]
    moment: Moment
    body: str
    needed: frozenset[str] = frozenset()
    causes: tuple[Cause, ...] = ()
    audience: Audience = Audience.CUSTOMERS
    source: str = ""

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(VARIABLE.findall(self.body))


class Sentence(Struct, frozen=True):
    """One line of a template as it reads with what is known; `text` is empty when it is left out."""

    pattern: str
    paragraph: int
    text: str


def render(template: Template, variables: Mapping[str, str | None]) -> str:
    """Returns the text with what is known; facts are shown inert and are not searched for variables."""
    return join_sentences(render_sentences(template, variables))


def render_sentences(template: Template, variables: Mapping[str, str | None]) -> tuple[Sentence, ...]:
    """Returns every line of a template in its order, also those that are left out."""
    known = {name: text for name, value in variables.items() if value and (text := _tidy(value))}
    sentences, paragraph = [], 0
    for line in template.body.strip().splitlines():
        pattern = line.strip()
        if not pattern:
            paragraph += 1
            continue
        missing = set(VARIABLE.findall(pattern)) - known.keys()
        text = "" if missing - template.needed else _fill(pattern, known)
        sentences.append(Sentence(pattern, paragraph, text))
    return tuple(sentences)


def join_sentences(sentences: Iterable[Sentence]) -> str:
    """Returns the text of sentences: a space between those of a paragraph, an empty line between paragraphs."""
    paragraphs: dict[int, list[str]] = {}
    for sentence in sentences:
        if sentence.text:
            paragraphs.setdefault(sentence.paragraph, []).append(sentence.text)
    return "\n\n".join(" ".join(texts) for texts in paragraphs.values())


def _tidy(value: str) -> str:
    return clean_line(value, FACT_LIMIT).strip().rstrip(",;: ")


def _fill(pattern: str, known: Mapping[str, str]) -> str:
    """Facts are typed with and without a stop or a capital: where they stand tells which they need."""
    text, at = "", 0
    for match in VARIABLE.finditer(pattern):
        before = pattern[at : match.start()]
        text += before.removeprefix(".") if text.endswith((".", "!", "?")) else before
        value = known.get(match[1], match.group())
        if pattern[match.end() : match.end() + 1] in (",", ";", ":"):
            value = value.rstrip(".")
        is_opening = not text or re.search(r"[.!?] $", text) is not None
        text += capitalise(value) if is_opening else value
        at = match.end()
    rest = pattern[at:]
    return text + (rest.removeprefix(".") if at and text.endswith((".", "!", "?")) else rest)


def capitalise(text: str) -> str:
    """Returns text as it opens a sentence; names such as `iPhone` keep their own form."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text


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
    return f"{moment:%H:%M} UTC" if is_today else f"{moment:%H:%M} UTC on {say_day(at)}"


def say_day(at: int) -> str:
    """Returns the day of an instant, `22 November`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment.day} {moment:%B}"


def say_length(ms: int) -> str:
    """Returns a length for customers: `1 minute`, `47 minutes`, `2 hours 5 minutes`, `3 days 2 hours`."""
    minutes = max(1, round(ms / MINUTE))
    days, rest = divmod(minutes, DAY // MINUTE)
    hours, minutes = divmod(rest, HOUR // MINUTE)
    sizes = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    told = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in sizes if count]
    return " ".join(told[:2])

"""The terms of the rules on words: remarks, what may be known besides the text, and what a team may tune."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.probe import ProbeStatus

if TYPE_CHECKING:
    from oncall_tui.domain.lint.reading import Post

LONG_TITLE = 80
"""From here on a title is cut in mails and on phones."""
REASON_LEAST = 10
"""The fewest characters of a reason to send in spite of a block."""


class Level(StrEnum):
    """`block` stops sending, `warn` is told and left to the person, `info` asks for nothing."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


class Part(StrEnum):
    TITLE = "title"
    BODY = "body"


class Audience(StrEnum):
    """Who reads a page: jargon that all of them use is none."""

    GENERAL = "general"
    TECHNICAL = "technical"


class Fix(Struct, frozen=True):
    """What one key may do about a finding: `replacement` takes the place of the finding's span."""

    label: str
    replacement: str


class Finding(Struct, frozen=True):
    """One remark: `start` and `end` are character positions in the part that it speaks of.

    A finding of length nought speaks of the whole. A block that `is_final` goes away only with the words, any other
    also with a reason.
    """

    rule: str
    level: Level
    message: str
    start: int
    end: int
    part: Part = Part.BODY
    fix: Fix | None = None
    is_final: bool = False


class Remark(Struct, frozen=True):
    """What a check yields; without a level it has the one of its rule."""

    start: int
    end: int
    message: str
    part: Part = Part.BODY
    fix: Fix | None = None
    level: Level | None = None


class ProbeFact(Struct, frozen=True):
    """What is known of one linked probe; `error_share` is the share of failing runs lately, from 0 to 1."""

    name: str
    status: ProbeStatus
    component: str | None = None
    error_share: float | None = None


class LastUpdate(Struct, frozen=True):
    """What customers were told last; `promise_at` is when they were to hear again."""

    body: str
    status: IncidentStatus
    at: int
    promise_at: int | None = None


class Window(Struct, frozen=True):
    """What is known of planned work; each part may be unknown.

    `least_notice_ms` is what the team wants between telling and starting, `overlaps` the other works and open incidents
    of the same time, by name.
    """

    starts_at: int | None = None
    ends_at: int | None = None
    status: MaintenanceStatus | None = None
    effect: str | None = None
    least_notice_ms: int | None = None
    overlaps: tuple[str, ...] | None = None
    has_backout: bool | None = None
    owner: str | None = None


class Context(Struct, frozen=True):
    """All that may be known besides the text. None is not known, and a rule that needs it then says nothing.

    `components` is what this update sets, empty when it names none; `page_components` what customers see before it.
    `has_promise` is whether the update says when customers hear again, `promise_at` when that is. `names` may hold
    brackets of their own and are taken as meant; `variables` are those of the templates. `red_probes` are linked probes
    that are neither up nor slow. `channel` is the form that the text is written for (`page`, `social`, `sms`, ...),
    `full_body` the text that it was made from, `body_limit` the characters that the page takes where it says so.
    `is_live` is whether customers get to read it, also on a page of later. `is_page_moved` is whether somebody else
    posted since it was begun, `dead_links` are those that were seen not to answer. `suggest` returns what a word of
    small letters was meant to be, and None for one that is known. `rhythm` is the team's, `interval_ms` the one that
    customers of this incident were told.
    """

    now: int | None = None
    status: IncidentStatus | None = None
    is_first: bool | None = None
    severity: Severity | None = None
    cause: Cause | None = None
    components: Mapping[str, ComponentStatus] | None = None
    page_components: Mapping[str, ComponentStatus] | None = None
    probes: tuple[ProbeFact, ...] | None = None
    red_probes: tuple[str, ...] | None = None
    last: LastUpdate | None = None
    has_promise: bool | None = None
    promise_at: int | None = None
    declared_at: int | None = None
    started_at: int | None = None
    resolved_at: int | None = None
    has_mitigation: bool | None = None
    window: Window | None = None
    is_drill: bool | None = None
    is_live: bool | None = None
    is_private: bool | None = None
    channel: str | None = None
    full_body: str | None = None
    body_limit: int | None = None
    audience: Audience | None = None
    page_url: str | None = None
    is_page_moved: bool | None = None
    dead_links: tuple[str, ...] | None = None
    suggest: Callable[[str], Sequence[str] | None] | None = None
    variables: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    facts: Facts = Facts()
    rhythm: Rhythm = USUAL_RHYTHM
    interval_ms: int | None = None


class Words(Struct, frozen=True):
    """A team's own words. `private_hosts` are patterns with `*`, `regions` names of hosts' shape that anyone may read.

    `products` are written exactly so, `foreign_names` are not to appear at all, `clients` and `people` not in public.
    """

    products: tuple[str, ...] = ()
    foreign_names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    jargon: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    public_hosts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()


class Limits(Struct, frozen=True):
    """Sizes from which on something is told."""

    long_title: int = LONG_TITLE
    long_body: int = 1_000
    long_sentence_words: int = 30
    hard_grade: float = 12
    very_hard_grade: float = 16


class Tuning(Struct, frozen=True):
    """What a team changed: a level of None switches a rule off, `literals` are phrases that are meant as they stand."""

    levels: Mapping[str, Level | None] = {}
    words: Words = Words()
    limits: Limits = Limits()
    literals: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """One rule: `id` is a contract with every config that names it. An `is_final` block takes no reason."""

    id: str
    level: Level
    title: str
    check: Callable[[Post, Context, Tuning], Iterable[Remark]]
    is_final: bool = False


#: No team may lower these: what they find is never meant.
FIXED_RULES = frozenset({"MS000", "PH002", "PH003", "SE001", "DR001"})


def list_obstacles(findings: Iterable[Finding], reasons: Mapping[str, str] | None = None) -> list[Finding]:
    """Returns the blocks that still stand; `reasons` tell why to send in spite of a rule, by the rule's id."""
    given = {rule for rule, reason in (reasons or {}).items() if len(reason.strip()) >= REASON_LEAST}
    return [
        finding
        for finding in findings
        if finding.level is Level.BLOCK and (finding.is_final or finding.rule not in given)
    ]


def is_sendable(findings: Iterable[Finding], reasons: Mapping[str, str] | None = None) -> bool:
    """Tells whether nothing blocks."""
    return not list_obstacles(findings, reasons)

"""What is wrong with words before customers read them: holes, leftovers of templates, what the page would refuse."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT

LONG_BODY = 1_000
LONG_TITLE = 80


class Level(StrEnum):
    """`block` stops sending, `warn` is told and left to the person."""

    BLOCK = "block"
    WARN = "warn"


class Part(StrEnum):
    TITLE = "title"
    BODY = "body"


class Finding(Struct, frozen=True):
    """One remark: `start` and `end` are character positions in the part that it speaks of."""

    rule: str
    level: Level
    message: str
    start: int
    end: int
    part: Part = Part.BODY


#: Words that people leave in brackets to be filled in later.
_HOLE_WORDS = (
    "amount|area|brand|carrier|cause|channel|city|client|company|component|components|contact|count|country|customer|"
    "customers|date|day|days|describe|description|details|duration|email|enter|eta|feature|features|fill|fix|hour|hours|"
    "impact|insert|interval|issue|link|location|min|mins|minute|minutes|name|network|next|number|percent|percentage|phone|"
    "placeholder|problem|product|provider|reason|region|regions|replace|root|service|services|solution|start|status|"
    "supplier|symptom|symptoms|system|tbc|tbd|team|text|time|timestamp|timezone|title|todo|updated?|url|vendor|version|"
    "workaround|xx+|your"
)
_HOLE_WORD = re.compile(rf"\b(?:{_HOLE_WORDS})\b", re.IGNORECASE)
_BRACKET = re.compile(r"\[([^\[\]\n]{0,200})\](?!\(|\[|:)")
_LINK = re.compile(r"!?\[[^\[\]\n]{0,500}\](?:\([^()\s]{1,2000}(?: \"[^\"\n]{0,200}\")?\)|\[[^\[\]\n]{0,200}\])")
_LONE_LETTER = re.compile(r"(?:^|[\s/])[A-Za-z#?…](?:$|[\s/%])|^[.…?_\- ]*$")
#: Brackets that writers mean.
_MEANT = frozenset(
    {"sic", "all times utc", "all times in utc", "resolved", "investigating", "identified", "monitoring"}
)
_LEFTOVER = re.compile(
    r"\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|%\(\w{1,60}\)[a-z]|\{\s*(?:[A-Za-z_][\w.|:-]{0,60}\s*)?\}"
    rf"|<\s*(?i:{_HOLE_WORDS})(?:[ _-]\w{{1,30}}){{0,4}}\s*>"
    r"|\b(?:TBD|TODO|FIXME|XXX+)\b|\b[xX]{2}:[xX]{2}\b|(?i:\blorem ipsum\b)|\bINSERT (?!INTO\b)[A-Z]{2,}"
    r"|(?<![\w*])_{2,}(?![\w*])|＿{2,}|(?<!\w)_+ ?%"
)
_SIMPLE_VARIABLE = re.compile(r"\{\s*([a-z_]+)\s*\}")
_SUSPECT = re.compile(r"[\[\]{}<>$%_＿]|(?i:TBD|TODO|FIXME|XXX|xx:xx|INSERT|lorem)")


def lint_update(
    title: str,
    body: str,
    *,
    variables: Collection[str] = (),
    names: Iterable[str] = (),
    red_probes: Sequence[str] = (),
    is_resolving: bool = False,
) -> list[Finding]:
    """Returns what stands against sending, blocking findings first and each kind in the order of the text.

    `variables` are those of the templates: one of them left over is told as unset (PH003). `names` are names of
    components and the like, which may hold brackets of their own and are taken as meant. `red_probes` are the probes of
    the incident that are down or that nothing is known of: a resolution contradicts them (TR002).
    """
    meant = sorted({name for name in names if _SUSPECT.search(name)}, key=len, reverse=True)
    findings = [
        *_lint_title(title, meant, variables),
        *_lint_body(body, is_resolving),
        *(_lint_resolution(red_probes) if is_resolving else ()),
        *_find_holes(_mask(body, meant), body, Part.BODY, variables),
    ]
    return sorted(findings, key=lambda finding: (finding.level is Level.WARN, finding.part is Part.BODY, finding.start))


def is_sendable(findings: Iterable[Finding]) -> bool:
    """Tells whether nothing blocks."""
    return all(finding.level is not Level.BLOCK for finding in findings)


def _lint_title(title: str, meant: Sequence[str], variables: Collection[str]) -> Iterator[Finding]:
    if not title.strip():
        yield Finding("MS000", Level.BLOCK, "The title is empty: say in a few words what is wrong.", 0, 0, Part.TITLE)
    if len(title) > TITLE_LIMIT:
        text = f"The title has {len(title)} characters, the page takes {TITLE_LIMIT}."
        yield Finding("LN003", Level.BLOCK, text, TITLE_LIMIT, len(title), Part.TITLE)
    elif len(title) > LONG_TITLE:
        text = f"The title has {len(title)} characters; over {LONG_TITLE} is cut in mail and on phones."
        yield Finding("LN003", Level.WARN, text, LONG_TITLE, len(title), Part.TITLE)
    yield from _find_holes(_mask(title, meant), title, Part.TITLE, variables)


def _lint_body(body: str, is_resolving: bool) -> Iterator[Finding]:
    if not body.strip():
        yield Finding("MS000", Level.BLOCK, "There is no text yet.", 0, 0)
    if len(body) > BODY_LIMIT:
        text = f"The text has {len(body)} characters, the page takes {BODY_LIMIT}."
        yield Finding("LN001", Level.BLOCK, text, BODY_LIMIT, len(body))
    elif len(body) > LONG_BODY and not is_resolving:
        text = f"The text has {len(body)} characters; few people read more than {LONG_BODY}."
        yield Finding("LN001", Level.WARN, text, LONG_BODY, len(body))


def _lint_resolution(red_probes: Sequence[str]) -> Iterator[Finding]:
    if red_probes:
        shown = ", ".join(red_probes[:3]) + (f" and {len(red_probes) - 3} more" if len(red_probes) > 3 else "")
        verb = "is" if len(red_probes) == 1 else "are"
        yield Finding("TR002", Level.WARN, f"This says that it is over, but {shown} {verb} not up.", 0, 0)


def _mask(text: str, meant: Sequence[str]) -> str:
    for name in meant:
        text = text.replace(name, "\N{REPLACEMENT CHARACTER}" * len(name))
    return text


def _find_holes(masked: str, text: str, part: Part, variables: Collection[str]) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for match in _LEFTOVER.finditer(masked):
        taken.append(match.span())
        shown = text[match.start() : match.end()]
        variable = _SIMPLE_VARIABLE.fullmatch(shown)
        if variable and variable[1] in variables:
            yield Finding("PH003", Level.BLOCK, f"'{shown}' is not filled in.", *match.span(), part)
        else:
            yield Finding("PH002", Level.BLOCK, f"'{shown}' is left over from a template.", *match.span(), part)
    links = _LINK.sub(lambda match: "\N{REPLACEMENT CHARACTER}" * len(match.group()), masked)
    for match in _BRACKET.finditer(links):
        start, end = match.span()
        inner, shown = match[1].strip(), text[start:end]
        if inner.lower() in _MEANT or inner.isdigit() or any(low < end and start < high for low, high in taken):
            continue
        if _HOLE_WORD.search(inner) or _LONE_LETTER.search(inner) or inner[:1].islower():
            yield Finding("PH001", Level.BLOCK, f"'{shown}' is not filled in.", start, end, part)
        else:
            yield Finding("PH006", Level.WARN, f"'{shown}' looks like a gap.", start, end, part)

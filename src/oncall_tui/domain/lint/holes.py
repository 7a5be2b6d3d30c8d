"""Gaps and leftovers (PH): what waits to be filled in, what a template left, what an empty variable took away."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import MASK, Post, Reading

#: Words that people leave in brackets to be filled in later.
_HOLE_WORDS = (
    "amount|area|brand|carrier|cause|channel|city|client|company|component|components|contact|count|country|customer|"
    "customers|date|day|days|describe|description|details|duration|email|enter|eta|feature|features|fill|fix|hour|hours|"
    "impact|insert|interval|issue|link|location|min|mins|minute|minutes|name|network|next|number|percent|percentage|phone|"
    "placeholder|problem|product|provider|reason|region|regions|replace|root|service|services|solution|start|status|"
    "supplier|symptom|symptoms|system|tbc|tbd|team|text|time|timestamp|timezone|title|todo|updated?|url|vendor|version|"
    "workaround|xx+|your"
)
_HOLE_WORD = Pattern(rf"(?i:\b(?:{_HOLE_WORDS})\b)")
_BRACKET = Pattern(r"\[([^\[\]\n]{0,200})\](?!\(|\[|:)")
_LINK = Pattern(r"!?\[[^\[\]\n]{0,500}\](?:\([^()\s]{1,2000}(?: \"[^\"\n]{0,200}\")?\)|\[[^\[\]\n]{0,200}\])")
_LONE_LETTER = Pattern(r"(?:^|[\s/])[A-Za-z#?…](?:$|[\s/%])|^[.…?_\- ]*$")
#: Brackets that writers mean.
_MEANT = frozenset(
    {"sic", "all times utc", "all times in utc", "resolved", "investigating", "identified", "monitoring"}
)
_LEFTOVER = Pattern(
    r"\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|%\(\w{1,60}\)[a-z]|\{\s*(?:[A-Za-z_][\w.|:-]{0,60}\s*)?\}"
    rf"|<\s*(?i:{_HOLE_WORDS})(?:[ _-]\w{{1,30}}){{0,4}}\s*>"
    r"|\b(?:TBD|TODO|FIXME|XXX+)\b|\b[xX]{2}:[xX]{2}\b|(?i:\blorem ipsum\b)|\bINSERT (?!INTO\b)[A-Z]{2,}"
    r"|(?<![\w*])_{2,}(?![\w*])|＿{2,}|(?<!\w)_+ ?%"
)
_SIMPLE_VARIABLE = Pattern(r"\{\s*([a-z_]+)\s*\}")


def _is_variable(shown: str, context: Context) -> bool:
    match = _SIMPLE_VARIABLE.fullmatch(shown)
    return match is not None and match[1] in context.variables


def _find_leftovers(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in _LEFTOVER.finditer(reading.masked):
            shown = reading.text[match.start() : match.end()]
            if not _is_variable(shown, context):
                yield Remark(*match.span(), f"'{shown}' is left over from a template.", part)


def _find_unfilled(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in _LEFTOVER.finditer(reading.masked):
            shown = reading.text[match.start() : match.end()]
            if _is_variable(shown, context):
                yield Remark(*match.span(), f"'{shown}' is not filled in.", part)


def _list_brackets(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    """Yields the brackets that are no links and not meant, with their words and whether they wait to be filled in."""
    taken = [match.span() for match in _LEFTOVER.finditer(reading.masked)]
    text = _LINK.sub(lambda match: MASK * len(match.group()), reading.masked)
    for match in _BRACKET.finditer(text):
        start, end = match.span()
        inner = match[1].strip()
        if inner.lower() in _MEANT or inner.isdigit() or any(low < end and start < high for low, high in taken):
            continue
        is_gap = bool(_HOLE_WORD.search(inner) or _LONE_LETTER.search(inner) or inner[:1].islower())
        yield start, end, reading.text[start:end], is_gap


def _find_gaps(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for start, end, shown, is_gap in _list_brackets(reading):
            if is_gap:
                yield Remark(start, end, f"'{shown}' is not filled in.", part)


def _find_brackets(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for start, end, shown, is_gap in _list_brackets(reading):
            if not is_gap:
                yield Remark(start, end, f"'{shown}' looks like a gap.", part)


RULES = (
    Rule("PH001", Level.BLOCK, "A bracket that waits to be filled in", _find_gaps),
    Rule("PH002", Level.BLOCK, "A leftover of a template", _find_leftovers, is_final=True),
    Rule("PH003", Level.BLOCK, "A variable that was not filled", _find_unfilled, is_final=True),
    Rule("PH006", Level.WARN, "Another bracket", _find_brackets),
)

"""Words that went missing (PH004): sentences in which a name, a number or a subject has vanished.

That is what a variable leaves behind when it was empty: "the team at is working", "experienced by, a".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.gap_patterns import GAPS
from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Tuning
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import MASK, Post, Reading

_AUXILIARY_FIRST = r"(?:is|was|has|had|can|will|should|could|would|must)"
_OPENER = (
    r"(?:Firstly|Secondly|Thirdly|Lastly|Finally|Furthermore|Additionally|Moreover|Therefore|Consequently"
    r"|Unfortunately|"
    r"However|Meanwhile|As a result|In (?:addition|response|total)|(?:In addition to|To|During|By|On|Due to|Through"
    r"|Thanks"
    r" to|Following|After|Since|As of|With) (?:[^,.;:!?\n]|(?<=\d)[:.](?=\d)){1,80})"
)
#: Where a sentence begins.
_NO_NAME = Pattern(
    r"(?:We|Our (?:\w+ )?\w+|Engineers) (?:are |is |have |has )?(?:currently |actively |now )?"
    r"(?P<at>(?:working|worked) with to|(?:identified|detected) in (?:our|the))\b"
)
#: A line that a writer broke in the midst of a sentence.
_WRAPPED = Pattern(r"[a-z,] ?\n[ \t]*\Z")
_BARE_START = Pattern(r"(?P<at>(?:is|was|has|are|were|have)) [a-z]")
#: Blanks that are doubled within a sentence are mostly a slip, now and then all that is left of a name.
_WIDE_BLANK = Pattern(r"(?<=[\w)])[ \t]{2,3}(?=[a-z])", needs=("  ", "\t"))
_NO_SUBJECT = Pattern(
    rf"{_OPENER}, (?P<at>(?:(?:also|immediately|now|still|then|quickly|already) [a-z]{{1,30}}(?:s|ed)"
    rf"|{_AUXILIARY_FIRST}|uses|sends|utilizes|provides|offers|continues|experienced|launched|responded)\b"
    r"(?! (?:you|we|i|they|it|he|she|there|not|the|all|users|customers)\b))"
)
#: With which two letters a sentence begins that any of these matches.
_OPENER_STARTS = frozenset(re.findall("..", "FiSeThLaFuAdMoCoUnHoMeAsInToDuByOnFoAfSiWi"))
_BARE_STARTS = frozenset({"is", "wa", "ha", "ar", "we"})
_NAME_STARTS = frozenset({"We", "Ou", "En"})
_CAPITAL = Pattern(
    r"\b(?:from|by|of|for) (?P<at>(?P<word>Users|Customers|Clients|Subscribers)) (?=[a-z])",
    needs=(" Users", " Customers", " Clients", " Subscribers"),
)
#: A blank between an address and a full stop keeps the stop out of the link.
_BLANK_BEFORE = Pattern(
    rf"(?<![{MASK}\s.,;:!?])[ \t]+(?P<sign>[,.])(?=\s|$)(?!\s?\.\.)", re.MULTILINE, needs=" ,| .|\t,|\t."
)
_DOUBLED = Pattern(
    r"(?<![.,])(?:\.,|,\.|,(?:[ \t]?,)+|\.(?:[ \t]+\.)+|\.\.)(?![.,\w/])", needs=".,|,.|,,|, ,|,\t,| .|\t.|.."
)
_LABEL = Pattern(
    r"^(?:[-*•] )?[*_]{0,2}(?i:start(?: time)?|end(?: time)?|eta|duration|impact|scope|cause|root cause|next update|"
    r"affected|affected (?:services|components|regions|users)|workaround|region|service|services"
    r"|time)[*_]{0,2} ?:[*_]{0,2}"
    r"[ \t\u2060]*(?=\n[ \t]*(?:[-*•] )?[*_]{0,2}[A-Z][A-Za-z ]{1,30}:|\s*\Z)",
    re.MULTILINE,
)
#: Short forms that end in a full stop of their own and may stand before a comma.
_DOTTED = Pattern(
    r"\b(?:\d+|etc|e\.g|i\.e|inc|ltd|co|corp|no|vs|approx|al|est|dept|jr|sr|st|mr|mrs|dr|[ap]\.?m"
    r"|[a-z](?:\.[a-z]){0,5})\Z",
    re.IGNORECASE,
)


def find_missing_words(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    """Yields the places of a text at which something has vanished, each place once."""
    for part, reading in post.parts:
        reached, told = -1, list[tuple[int, int]]()
        for start, end, message, fix in sorted(_list_places(reading), key=lambda place: place[0]):
            if start >= reached and not reading.is_meant(start, end):
                reached = max(end, start + 1)
                told.append((start, end + 1))
                yield Remark(start, end, message, part, fix)
        for match in _WIDE_BLANK.finditer(reading.prose):
            if not any(low <= match.start() < high for low, high in told) and not reading.is_meant(*match.span()):
                text = "The blank is wider here: is a word missing?"
                yield Remark(*match.span(), text, part, Fix("close the gap", " "), level=Level.INFO)


def _list_places(reading: Reading) -> Iterator[tuple[int, int, str, Fix | None]]:
    prose = reading.prose
    for match in _BLANK_BEFORE.finditer(prose):
        shown = reading.text[match.start() : match.end()]
        yield (
            *match.span(),
            f"'{shown}' has a gap before it: fill it in, or close it.",
            Fix("close the gap", match["sign"]),
        )
    for match in _DOUBLED.finditer(prose):
        shown = match.group()
        if shown[0] == "." and shown != ".." and _DOTTED.search(prose, max(0, match.start() - 12), match.start()):
            continue
        sign = "." if "." in shown else ","
        fix = Fix(f"leave one '{sign}'", sign) if shown[0] == shown[-1] else None
        yield *match.span(), f"'{shown}' has lost what stood between: fill it in, or leave one sign.", fix
    for match in _LABEL.finditer(prose):
        shown = match.group().strip(" \t\u2060")
        yield *match.span(), f"'{shown}' has nothing behind it: fill it in, or take the line out.", None
    for sentence in reading.sentences:
        begin = sentence.text[:2]
        if begin in _OPENER_STARTS:
            pattern, what = _NO_SUBJECT, "the subject is missing here"
        elif begin in _BARE_STARTS:
            pattern, what = _BARE_START, "the subject is missing here"
        elif begin in _NAME_STARTS:
            pattern, what = _NO_NAME, "a name is missing here"
        else:
            continue
        opened = pattern.match(prose, sentence.start, sentence.end)
        if opened is not None and not (
            pattern is _BARE_START and _WRAPPED.search(prose, max(0, sentence.start - 8), sentence.start)
        ):
            yield *opened.span("at"), f"'{opened['at']}': {what}.", None
    for match in _CAPITAL.finditer(prose):
        if f" {match['word'].lower()}" in prose:
            yield *match.span("at"), f"'{match['word']}': a name is missing before this, or a full stop.", None
    pairs = reading.pairs
    for pattern, what in GAPS:
        if pattern.pairs and pattern.pairs.isdisjoint(pairs):
            continue
        for match in pattern.finditer(prose):
            start, end = match.span("at") if "at" in match.re.groupindex else match.span()
            shown = " ".join(reading.text[start:end].split()) or "this"
            yield start, end, f"'{shown}': {what}.", None

"""Words that went missing (PH004): sentences in which a name, a number or a subject has vanished.

That is what a variable leaves behind when it was empty: "the team at is working", "experienced by, a". Each
pattern names words that cannot meet unless something between them is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Tuning
from oncall_tui.domain.lint.pattern import Pattern, join_pairs
from oncall_tui.domain.lint.reading import MASK, Post, Reading

_VERBS = "is|are|was|were|has|have|had|will|would|can|could|may|might|should|must"
_IS = rf"(?:{_VERBS})"
_DOES = (
    r"is|are|was|were|has|have|had|will|would|can|could|should|must|continues|conducted|understands|experienced|"
    r"responded|offers|provides|uses|utilizes|sends|took|began|started|launched|reported|confirmed|apologised"
    r"|apologized|works|"
    r"worked|deployed|implemented|plans|needs|wants|knows|believes|expects|decided|announced|acknowledged|identified"
)
_CROWD = (
    r"(?:team|teams|engineers|staff|experts|colleagues|developers|technicians|users|customers|people|users|clients|"
    r"everyone|operators|partners)"
)
_AUXILIARY_FIRST = r"(?:is|was|has|had|can|will|should|could|would|must)"
_OPENER = (
    r"(?:Firstly|Secondly|Thirdly|Lastly|Finally|Furthermore|Additionally|Moreover|Therefore|Consequently"
    r"|Unfortunately|"
    r"However|Meanwhile|As a result|In (?:addition|response|total)|(?:In addition to|To|During|By|On|Due to|Through"
    r"|Thanks"
    r" to|Following|After|Since|As of|With) [^,.;:!?\n]{1,80})"
)
_STARTER = r"(?:The|This|These|Those|We|They|There|It|However|Many)"
_OPEN_END = (
    r"(?:the|an|our|your|their|and|or|affecting|impacting|regarding|concerning|between|due to|because of|via|during)"
)
_DONE_BY = (
    r"(?:caused|experienced|used|provided|hosted|operated|reported|offered|affected|impacted|triggered|sent|owned|run)"
)
_AMOUNTS = "minutes|mins|hours|hrs|days|percent|%"
_AMOUNT = rf"(?:{_AMOUNTS})"

#: Each with what is wrong where it matches; a group called `at` marks the place, else the whole match does.
_PATTERNS: tuple[tuple[Pattern, str], ...] = (
    (
        Pattern(
            rf"\b{_CROWD} (?P<at>(?:at|from|of|in|with|behind) (?:{_DOES}))\b",
            pairs=join_pairs("at|from|of|in|with|behind", _DOES),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            rf"\b(?:of|by|from)(?<!aware of)(?<!kind of)(?<!sort of)(?<!capable of)(?<!care of) {_IS}\b(?!-)",
            pairs=join_pairs("of|by|from", _VERBS),
        ),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:for|at) (?:is|are|was|were|has|have|had|can|could)\b", pairs=join_pairs("for|at", _VERBS)),
        "a name is missing here",
    ),
    (
        Pattern(
            r"(?<!be )(?<!being )\b(?:used|operated|provided|hosted|offered|relying|relied|rely|relies|reliant|depend"
            r"|depends|dependent|based|run|owned) (?:by|on|upon) to [a-z]+\b",
            needs=(" by to ", " on to ", " upon to "),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?P<at>(?:by|of|from|with|at|for|between),) (?:a|an|the|there|several|its|which|who|this)\b",
            needs=("by, ", "of, ", "from, ", "with, ", "at, ", "for, ", "between, "),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?:by|from) (?:during|since|until|because|of|with|due)\b(?! to \d)",
            pairs=join_pairs("by|from", "during|since|until|because|of|with|due"),
        ),
        "a name is missing here",
    ),
    (Pattern(rf"\b{_DONE_BY} by[.,;](?=\s|$)", needs=(" by.", " by,", " by;")), "a name is missing here"),
    (Pattern(rf"\b{_OPEN_END} ?[.;!?](?=\s|$)"), "the sentence ends too early"),
    (Pattern(r"\b(?:the|an|your|their), ", needs=("the, ", "an, ", "your, ", "their, ")), "a word is missing here"),
    (
        Pattern(
            r"\b(?:[Tt]he|[Aa]n) (?:is|are|was|were|has|had|of|for|from|by|with|and|or)\b(?!-|/)",
            pairs=join_pairs("the|an", "is|are|was|were|has|had|of|for|from|by|with|and|or"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Oo]ur|[Yy]our) (?:is|are|was|were|has|had|of|from|by|for|with)\b",
            pairs=join_pairs("our|your", "is|are|was|were|has|had|of|from|by|for|with"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(r"\b(?:for|of|from|by|at|with|the|an|our|and|or|affecting)[ \t]*(?=\n[ \t]*\n|\Z)"),
        "the sentence ends too early",
    ),
    (
        Pattern(
            rf"\b(?:for|from|of|by|at|with|on|to) (?P<at>{_STARTER}) (?=[a-z])", needs=(" T", " W", " H", " I", " M")
        ),
        "a name is missing before this, or a full stop",
    ),
    (
        Pattern(
            r"(?<=[.!?] )(?:responded|continues|should|is|was|were|are|has|had|have|will|can|could|would|must|may|"
            r"experienced|apologi[sz]ed|understands|offers|provides|took|began|launched|acknowledged)\b(?= [a-z])"
        ),
        "the subject is missing here",
    ),
    (
        Pattern(
            r"\bnote that (?P<at>(?:has|have|is|was|were|will|can))\b(?! (?:not|why|the|our|a|an|when|what)\b)",
            needs=("note that",),
        ),
        "the subject is missing here",
    ),
    (
        Pattern(
            r"\bthat (?:offers|provides|uses|utilizes|experienced|supports)[.,]",
            needs=tuple(
                f"{word}{sign}" for word in ("ffers", "vides", "uses", "lizes", "enced", "ports") for sign in ".,"
            ),
        ),
        "the subject is missing here",
    ),
    (
        Pattern(r"\b(?:considering|choosing|selecting) as (?:a|an|the|their|its|our|your)\b", needs=("ing as ",)),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:This|That|It|which) (?:allows|allowed|enables|enabled) to\b", needs=("llow", "nable")),
        "it is missing whom this helps",
    ),
    (
        Pattern(
            r"\b(?:affecting|impacting) (?:since|from|until|between|is|are|was|were|has|and|for|as of)\b",
            needs=("affecting", "impacting"),
        ),
        "it is missing what is affected",
    ),
    (
        Pattern(
            r"\b(?:[Aa]pproximately|[Aa]bout|[Aa]round|[Rr]oughly|[Nn]early|[Ee]xactly|lasting|lasted)"
            rf"[ \t]+{_AMOUNT}(?!\w)",
            pairs=join_pairs("approximately|about|around|roughly|nearly|exactly|lasting|lasted", _AMOUNTS),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:for|in|within|after|every|of|over|by|lasted)[ \t]{2,}"
            rf"(?:{_AMOUNT}|users|customers|requests)(?!\w)",
            needs=("  ", "\t"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            rf"(?i:\bupdates? (?:in|every|within)[ \t]+{_AMOUNT}(?!\w))",
            pairs=join_pairs("update|updates", "in|every|within"),
        ),
        "a number is missing here",
    ),
    (Pattern(r"%(?= of\b)(?:(?<=\s%)(?<!\d\s%)|(?<=^%))", re.MULTILINE, needs=("% of",)), "a number is missing here"),
    (
        Pattern(
            r"\b(?:[Aa]t|[Bb]y|[Uu]ntil|[Aa]round|[Bb]efore|[Aa]fter|[Ss]ince)[ \t]+(?:UTC|GMT|AM|PM)\b"
            r"(?![ ]?[\d+-]|[ ](?:midnight|noon|time|day))",
            pairs=join_pairs("at|by|until|around|before|after|since", "utc|gmt|am|pm"),
        ),
        "a time is missing here",
    ),
    (
        Pattern(
            r"(?i:\bnext update (?:by|at|in|is)(?: ?[.;]|[ \t]*$))",
            re.MULTILINE,
            pairs=join_pairs("next", "update"),
        ),
        "a time is missing here",
    ),
    (
        Pattern(
            r"\b[Bb]etween and\b|\bfrom to\b(?! )|\bfrom[ \t]{2,}to\b|\bbetween[ \t]{2,}and\b",
            needs=("etween", "from to", "from  "),
        ),
        "a time or a name is missing here",
    ),
    (
        Pattern(r"['’](?:(?<=[\s(].)|(?<=[a-z]{4}[.,;:!?].)|(?<=^.))s\b(?!['’])", re.MULTILINE, needs=("'s", "’s")),
        "a name is missing before 's",
    ),
    (
        Pattern(r"(?:\((?<=\s.)|^\()[ \t]*\)|“[ \t]*”", needs=("(", "“")),
        "the brackets or quotes are empty",
    ),
    (Pattern(r"\bDear ?,", needs=("Dear",)), "a name is missing here"),
    (Pattern(r"\bfrom to (?:UTC|GMT|on|and)\b", pairs=join_pairs("from", "to")), "a time is missing here"),
    (Pattern(r"\b(?:of|to) for\b", pairs=join_pairs("of|to", "for")), "a word is missing here"),
    (Pattern(r"\bby at\b(?! (?:least|most))", pairs=join_pairs("by", "at")), "a name is missing here"),
    (
        Pattern(
            r"\b(?:[Pp]lease|to|can|may|should) contact (?:at|if|for any|with|or|and|immediately)\b",
            pairs=join_pairs("contact", "at|if|for|with|or|and|immediately"),
        ),
        "it is missing whom",
    ),
    (
        Pattern(
            r"\b(?:will|to|shall|can) (?:inform|notify) (?:when|once|if|as soon|about|of)\b",
            pairs=join_pairs("inform|notify", "when|once|if|as|about|of"),
        ),
        "it is missing whom",
    ),
    (
        Pattern(
            r"\b(?:with|in|using|affecting|impacting|by|for|of|at|from|on|via|about|approximately|[Tt]he|[Aa]n?"
            r"|[Oo]ur|to|and|or)"
            r"[ \t]{2,3}(?=[a-z])(?!(?:a|an|the|our|your|all|some|about|at least|more|less|each|every|this|these)\b)",
            needs=("  ", "\t"),
        ),
        "something is missing in this gap",
    ),
    (
        Pattern(rf"\b\w+[ \t]{{2,3}}(?:{_AMOUNT}|users|customers|requests)(?!\w)", needs=("  ", "\t")),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:about|approximately|nearly|roughly) of\b",
            pairs=join_pairs("about|approximately|nearly|roughly", "of"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Dd]ue to|caused by|[Bb]ecause of|was|by|with) an? (?:in|on|of|for|from|with|by|at|and)\b(?!-)",
            pairs=join_pairs("a|an", "in|on|of|for|from|with|by|at|and"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Oo]ur|[Yy]our|[Tt]heir) (?:at|in|on)\b(?![-\w])", pairs=join_pairs("our|your|their", "at|in|on")
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Aa]pproximately|[Rr]oughly|[Nn]early) (?:users|customers|requests|calls)\b",
            pairs=join_pairs("approximately|roughly|nearly", "users|customers|requests|calls"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b[Cc]ustomers using (?:cannot|can|is|are|was|were|may|will)\b"
            r"|\b[Uu]sers of (?:cannot|can|may|will|could)\b|\b(?:issues?|problems?|outage|incident|errors?|fault)"
            r" (?:with|of|in|at) (?:has|have|is|was|were|are)\b",
            pairs=join_pairs("using|of|with|in|at", "cannot|can|is|are|was|were|may|will|could|has|have"),
        ),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:for|with|from) and (?:are|is|have|will|were|was)\b", pairs=join_pairs("for|with|from", "and")),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:thank|thanking) for\b|\bus at (?:or|and)\b", pairs=join_pairs("thank|thanking|at", "for|or|and")
        ),
        "it is missing whom or where",
    ),
    (
        Pattern(
            r"\b(?:[Ss]ee|[Vv]isit) for (?:details|more|further)\b",
            pairs=join_pairs("see|visit", "for"),
        ),
        "a link is missing here",
    ),
    (Pattern(r"\bcause (?:was|is),", needs=("cause was,", "cause is,")), "it is missing what it was"),
    (
        Pattern(
            r"\b(?:[Uu]sers|[Cc]ustomers|[Cc]lients) (?:in|of|from|at|with) and\b",
            pairs=join_pairs("in|of|from|at|with", "and"),
        ),
        "a name is missing here",
    ),
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
_CAPITAL = Pattern(
    r"\b(?:from|by|of|for) (?P<at>(?P<word>Users|Customers|Clients|Subscribers)) (?=[a-z])",
    needs=(" Users", " Customers", " Clients", " Subscribers"),
)
#: A blank between an address and a full stop keeps the stop out of the link.
_BLANK_BEFORE = Pattern(rf"(?<![{MASK}\s.,;:!?])[ \t]+(?P<sign>[,.])(?=\s|$)(?!\s?\.\.)", re.MULTILINE)
_DOUBLED = Pattern(r"(?<![.,])(?:\.,|,\.|,(?:[ \t]?,)+|\.(?:[ \t]+\.)+|\.\.)(?![.,\w/])")
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
        for pattern, what in (
            (_NO_SUBJECT, "the subject is missing here"),
            (_BARE_START, "the subject is missing here"),
            (_NO_NAME, "a name is missing here"),
        ):
            opened = pattern.match(prose, sentence.start, sentence.end)
            if opened is not None and not (
                pattern is _BARE_START and _WRAPPED.search(prose, max(0, sentence.start - 8), sentence.start)
            ):
                yield *opened.span("at"), f"'{opened['at']}': {what}.", None
    for match in _CAPITAL.finditer(prose):
        if f" {match['word'].lower()}" in prose:
            yield *match.span("at"), f"'{match['word']}': a name is missing before this, or a full stop.", None
    pairs = reading.pairs
    for pattern, what in _PATTERNS:
        if pattern.pairs and pattern.pairs.isdisjoint(pairs):
            continue
        for match in pattern.finditer(prose):
            start, end = match.span("at") if "at" in match.re.groupindex else match.span()
            shown = " ".join(reading.text[start:end].split()) or "this"
            yield start, end, f"'{shown}': {what}.", None

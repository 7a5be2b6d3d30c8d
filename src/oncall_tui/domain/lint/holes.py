"""Gaps and leftovers (PH): what waits to be filled in, what a template left, what an empty variable took away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.drafting import INSTRUCTION, find_drafting
from oncall_tui.domain.lint.gaps import find_missing_words
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.naming import find_foreign_names
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import MASK, Post, Reading, hide_spans
from oncall_tui.domain.lint.signs import find_all, fold

#: Words that people leave in brackets to be filled in later.
_HOLE_WORDS = (
    "amount|area|brand|carrier|cause|channel|city|client|datum|uhrzeit|dauer|dienst|ursache|heure|fecha|hora|servicio"
    "|company|component|components|contact|count|country|customer|"
    "customers|date|tba|summary|support|owner|day|days|description|details|duration|email|end|eta|feature|features"
    "|hour|hours|impact|interval"
    "|issue|"
    "link|location|min|mins|minute|minutes|month|name|names|network|next|number|percent|percentage|phone|placeholder|"
    "problem|product|products|provider|reason|region|regions|root|service|services|solution|start|status|supplier"
    "|symptom|"
    "symptoms|system|systems|tbc|tbd|team|text|time|timestamp|timezone|title|todo|updated?|url|user|users|vendor"
    "|version|"
    "weekday|workaround|year|zone|hh|mm|yyyy|dd"
)
#: Words with which people tell the next writer what to put there.
_ORDER_WORDS = (
    r"add|choose|customi[sz]e|delete|describe|e\.?g\.?|edit|enter|explain|fill|follow|if (?:known|applicable|needed)|"
    r"include|insert|link to|list|mention|optional|or|placeholder|please|provide|put|remove|replace|select|specify"
    r"|state|"
    r"tbc|tbd|todo|update (?:this|me|with)|your|wh(?:at|en|ere|ich|o|y)|how"
)
_BRACKET = Pattern(r"\[([^\[\]\n]{0,200})\](?!\(|: ?<?(?:https?:|/|www\.))")
_LINK = Pattern(r"!?\[[^\[\]\n]{0,500}\](?:\([^()\s]{1,2000}(?: \"[^\"\n]{0,200}\")?\)|\[\d{0,3}\])")
_ONLY_HOLE_WORDS = Pattern(
    rf"(?i:(?:(?<![^\W_])(?:{_HOLE_WORDS}|[a-z]|xx+|of|the|an|to|in|at|and|or|for|by|here|brief|short|approximate"
    rf"|approx"
    r"|exact|current|affected|impacted|some|be|our|any|confirmed|determined|announced|specific|relevant|first|last"
    r"|full|of week|utc|am"
    r"|pm)(?![^\W\d_])|[\d\s%/_#.,:()-])+)"
)
_HOLE_WORD = Pattern(rf"(?i:(?<![^\W_])(?:{_HOLE_WORDS}|xx+)(?![^\W_]))")
_ORDER = Pattern(rf"(?i:(?:{_ORDER_WORDS})\b)")
_LONE_LETTER = Pattern(r"(?:^|[\s/])(?:[B-HJ-Zb-z?…]|#{1,3})(?:$|[\s/%])|^[.…?_\- ]*$|^[AIai]$")
_PLAIN_AMOUNT = Pattern(r"(?=.*\d)[\d.,:~ -]+(?:%|(?:min|minute|hour|hr|day|second|sec)s?)?(?: UTC)?")
_TASK_BEFORE = Pattern(r"^[ \t]*[-*+] \Z", re.MULTILINE)
#: Brackets that writers mean: labels at the head of a title or a line.
_MEANT = Pattern(
    r"(?i:sic|all times(?: are)?(?: in)? \w+|times in \w+|utc|gmt|(?:re)?solved|investigating|identified|monitoring"
    r"|update"
    r"|updated?(?: \S{1,12}){0,2}|update ?#?\d+|scheduled|completed?|in progress|verifying|cancell?ed|postponed"
    r"|rescheduled|extended|maintenance|(?:planned|emergency)(?: maintenance)?|ongoing|fixed|closed|new|beta|alpha"
    r"|notice"
    r"|action(?: required| needed)?|advisory|info(?:rmational)?|urgent|important|security|incident|outage|minor|major"
    r"|critical|degraded(?: performance)?|partial(?: outage)?|external|third[- ]party|postmortem|rca|edit(?:ed)?|eu"
    r"|us|uk|retroactive|mitigated|open|closed?|(?:initial|first|final|last|closing)(?: (?:message|update|report))?"
    r"|(?:edit(?:ed)?|updated?)(?: ?[-:–@] ?| on | at | )(?=.{0,30}\d).{1,50}"
    r"|apac|emea|(?:gmt|utc)[+-]\d+|none|n/a)"
)
#: With which any leftover begins.
_LEFTOVER_SIGNS = (*"{<%$@_＿&#*", "TB", "TO", "T.", "tb", "todo", "Todo", "FIX", "XX", "xx", "xX", "Xx", "INS")
_LEFTOVER = Pattern(
    r"\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|<%[^<>\n]{0,200}%>|\$\{[^{}\n]{0,200}\}|%\(\w{1,60}\)[a-z]"
    r"|\{\s{0,20}(?:[A-Za-z_][\w.|:-]{0,60}\s{0,20})?\}|(?<![\w\])\\.])\{\d\}|(?<![\w%])%[sd](?!\w)"
    rf"|(?<![\w%])%[A-Z_]{{3,30}}%|@@\w{{1,40}}@@|(?<![\w$])\$(?:{_HOLE_WORDS.upper()})\b"
    rf"|<\s{{0,5}}(?i:{_HOLE_WORDS}|{_ORDER_WORDS}|xx+)(?:[ _-]\w{{1,30}}){{0,4}}\s{{0,5}}>"
    r"|\b(?:TBD|TBC|TODO|FIXME|XXX+|tbd|tbc)\b|\b[Tt]odo:|\bT\.B\.[DC]\.|(?<![\w#])#[A-Z_]{3,30}#(?![\w#])"
    r"|(?<!%)%%[A-Z_]{3,30}%%(?!%)|\*\|[A-Z_:]{2,30}\|\*"
    r"|\{\{ ?[a-z][a-z_.]{1,40}(?=[ ,.;]|$)|\$\([a-z_]{2,30}\)|\{\$\w{1,40}\}"
    r"|(?<![\w@])@[a-z_]{2,30}@(?!\w)"
    r"|__(?:SERVICE|NAME|TIME|DATE|REGION|ETA|COMPONENT|PRODUCT|DURATION|CUSTOMER|CAUSE)(?:_[A-Z]{2,20})*__"
    rf"|&lt;(?i:{_HOLE_WORDS})(?:[ _-]\w{{1,30}}){{0,3}}&gt;"
    r"|\b[xX]{2}:[xX]{2}\b|(?i:\blorem ipsum\b)|\bINSERT (?!INTO\b)[A-Z]{2,}"
    r"|(?<![\w*])_{2,}(?![\w*])|＿{2,}|(?<!\w)_+ ?%",
)
#: Lines that customers copy: what they put in themselves is no gap of ours.
_COMMAND = Pattern(
    r"(?:^|[\s`$>#])(?:gcloud|kubectl|aws|az|curl|wget|docker|helm|git|gsutil|bq|terraform|sudo|export|ssh|npm|pip"
    r"|doctl|heroku)\s|\s--?[a-z][\w-]{2,30}[= ]"
)
_TOLD_TO_REPLACE = Pattern(r"(?i:\b(?:substitut|replac)\w*\b[^.!?\n]{0,40}\Z)")
_HYPHENED = Pattern(r"\{[A-Za-z]\w*(?:-\w+)+\}")
_CLOSING_TAG = Pattern(r"</([a-zA-Z]{1,20})>")
_NUMBER_WITH_X = Pattern(r"[+\d][\d ().x-]{0,12}X{0,6}[ -]?\Z", re.IGNORECASE)
_X_OR_DIGIT = Pattern(r"[ -]?[X\d]{2,}", re.IGNORECASE)
_SIMPLE_VARIABLE = Pattern(r"\{\{?\s*([a-z_]+)\s*\}?\}")
_NOTHING = Pattern(
    r"\b(?:for|affecting|impacting|affects|impacts|affected|impacted|by|at|since|until|from|with|in|is|are|on) "
    r"(?P<at>None|null|undefined|NaN|nil|\[object Object\])"
    r"(?![\w-]| (?:of|or|values?|pointers?|checks?|type|fields?|records?|ids?)\b)"
    r"|\b(?:[Ff]or|[Aa]ffecting|[Ii]mpacting|[Ss]ince|[Uu]ntil|[Ii]n|[Bb]y) N/A(?=[.,;)]|$| (?:customers|of|since"
    r"|and)\b)"
    r"|\bNaN(?= (?:minutes|hours|%))|\[object Object\]|\bInvalid [Dd]ate\b|\bNaN ?%"
    r"|\b(?:since|from|at|on|by) 1970-01-01\b|\b(?:0?1(?:st)? Jan(?:uary)?|Jan(?:uary)? 0?1(?:st)?),? 1970\b"
    r"|(?:^|(?<=[.!?] )|(?<=\n))(?:undefined|null|NaN) (?:is|are|was|has|cannot|users|customers)\b"
    r"|\bundefined (?:users|customers|requests|minutes|hours)\b|\bfor N/A (?:minutes|hours|users)\b"
    r"|\b(?:for|affecting|impacting|by|at|since|until|from|between|with|of)[ \t]{2,}"
    r"(?:since|until|from|at|is|are|was|were|has|have|and|to|UTC|GMT)\b",
    needs=("None", "null", "undefined", "Invalid", "1970", "N/A", "NaN", "nil", "[object", "  ", "\t"),
)
#: Signs for what is not known yet: no brackets stand around them.
_UNFILLED = Pattern(
    r"(?<![\w:-])-{2}:-{2}(?![\w:-])|(?<=: )\?{2,5}(?=[ .]*(?:$|\n))|(?<![\w:-])[xX]{2,4}(?= ?(?:%|percent\b"
    r"|min(?:ute)?s?\b|hours?\b|hrs?\b|days?\b|users\b|customers\b|UTC\b))"
    r"|(?<![\w?])\?{2}:\?{2}|(?<![\w?])\?{2,5}(?= ?(?:%|percent|minutes|hours|users|customers|UTC)\b)"
    r"|(?<![\w?])\?{2,5}(?= of (?:the |our |all )?\w)|\b[Tt]o be filled(?: in| out)?\b"
    r"|(?:(?<=in )|(?<=for )|(?<=from )|(?<=since )|(?<=affecting )|(?<=by ))(?:\((?:region|time|date|service|component"
    r"|customer|number|name|duration|provider|location|product)s?\)|(?:REGION|SERVICE|COMPONENT|CUSTOMER|TIME|DURATION"
    r"|PROVIDER|LOCATION|PRODUCT)(?= [a-z]|[.,;]|$))"
    r"|(?<!\.)\.{4,8} ?(?=min|hours|users|%|UTC)|(?<=: )(?:TBA|[Tt]o be (?:determined|confirmed|announced|defined)"
    r")(?=[ .]*(?:$|\n))|(?<!format )(?<![\w-])(?:HH:MM|hh:mm|YYYY-MM-DD|DD/MM/YYYY|MM/DD/YYYY)(?![\w-])",
    needs=(
        "XX|xx|Xx|xX|??|--:|....|TBA|o be |HH:MM|hh:mm|YYYY|(region|(time|(date|(service|(component|(customer|(number"
        "|(name|(duration|(provider|(location|(product|REGION|SERVICE|COMPONENT|CUSTOMER|TIME|DURATION|PROVIDER"
        "|LOCATION"
        "|PRODUCT"
    ),
)
#: A letter where a number belongs.
_UNKNOWN_AMOUNT = Pattern(
    r"(?<![\w.,:/-])~ ?[XYN]{1,3}(?= (?:customers|users|requests|minutes|hours|orders|accounts)\b)"
    r"|(?<![\w.,:/~-])~? ?[XYN](?= ?(?:%|percent\b))"
    r"|(?:(?<=for )|(?<=about )|(?<=approximately )|(?<=roughly )|(?<=lasted ))[XYN](?= (?:customers|users|requests"
    r"|minutes|hours|orders|accounts)\b)",
    needs="X|Y|N",
)
_STARS = Pattern(r"(?:^|(?<=[ \t]))\*{3,}(?=\s|$)", re.MULTILINE, needs=("***",))


def _list_leftovers(reading: Reading) -> list[re.Match[str]]:
    """Returns what a template left in the prose; an address or a path may hold such signs of its own."""
    prose, found = reading.prose, list[re.Match[str]]()
    closed = {match[1].lower() for match in _CLOSING_TAG.finditer(prose)}
    for match in _LEFTOVER.match_at(prose, _list_signs(prose)):
        start, end = match.span()
        shown, before, after = match.group(), prose[max(0, start - 1) : start], prose[end : end + 2]
        if shown[0] in "{$<" and (before in ("/", "=", "@") or after[:1] in ("/", "=", "@") or _is_host(after)):
            continue
        if shown[0] == "<" and (shown.strip("<> ").split(" ", 1)[0].lower() in closed or before == ">" or "<" in after):
            continue
        if shown[0] == "%" and (before == "\\" or after[:1] == "\\"):
            continue
        if shown[0] in "{$<%" and _is_for_customers(prose, start, end):
            continue
        if _HYPHENED.fullmatch(shown) and not _HOLE_WORD.search(shown.replace("-", " ")):
            continue
        if shown[0] in "Xx" and ":" not in shown and _is_masked_number(prose, start, end):
            continue
        if set(shown) == {"_"} and len(shown) > 2 and _is_own_line(prose, start, end):
            continue
        found.append(match)
    return found


def _list_signs(prose: str) -> list[int]:
    folded = fold(prose)
    lorem = find_all(folded, ("lorem",)) if "lorem" in folded else []
    return sorted({*find_all(prose, _LEFTOVER_SIGNS), *lorem})


def _is_host(after: str) -> bool:
    return len(after) == 2 and after[0] == "." and after[1].isalnum()


def _is_for_customers(prose: str, start: int, end: int) -> bool:
    """Tells whether a sign stands in a command, or in advice on what to put in its place."""
    low = prose.rfind("\n", 0, start) + 1
    high = prose.find("\n", end)
    return bool(
        _COMMAND.search(prose, low, high if high >= 0 else len(prose))
        or _TOLD_TO_REPLACE.search(prose, max(low, start - 60), start)
    )


def _is_masked_number(prose: str, start: int, end: int) -> bool:
    """Tells whether X stands for the digits of a number, as in `+44 7XXX XXXXXX`."""
    return bool(_NUMBER_WITH_X.search(prose, max(0, start - 20), start) or _X_OR_DIGIT.match(prose, end))


def _is_own_line(prose: str, start: int, end: int) -> bool:
    low = prose.rfind("\n", 0, start) + 1
    high = prose.find("\n", end)
    return not prose[low:start].strip() and not prose[end : high if high >= 0 else len(prose)].strip()


def _is_variable(shown: str, context: Context) -> bool:
    match = _SIMPLE_VARIABLE.fullmatch(shown)
    return match is not None and match[1] in context.variables


def _find_leftovers(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in reading.once(_list_leftovers):
            shown = reading.text[match.start() : match.end()]
            if not _is_variable(shown, context):
                yield Remark(*match.span(), f"'{shown}' is left over from a template: write what belongs there.", part)


def _find_unfilled(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in reading.once(_list_leftovers):
            shown = reading.text[match.start() : match.end()]
            if _is_variable(shown, context):
                yield Remark(*match.span(), f"'{shown}' is not filled in.", part)
        for match in _NOTHING.finditer(reading.prose):
            group = "at" if match["at"] else 0
            start, end = match.span(group)
            if reading.is_meant(start, end):
                continue
            shown = " ".join(reading.text[start:end].split())
            yield Remark(
                start, end, f"'{shown}': a variable was empty here. Fill it in, or take the sentence out.", part
            )


def _list_brackets(reading: Reading) -> list[tuple[int, int, str, bool]]:
    """Returns the brackets that are no links and not meant, with their words and whether they wait to be filled in."""
    if "[" not in reading.text:
        return []
    taken = [match.span() for match in reading.once(_list_leftovers)] + [
        (link.start, link.end) for link in reading.links
    ]
    text = hide_spans(_LINK.sub(lambda match: MASK * len(match.group()), reading.without_code), taken)
    found: list[tuple[int, int, str, bool]] = []
    for match in _BRACKET.finditer(text):
        start, end = match.span()
        inner = match[1].strip()
        if MASK in inner or _MEANT.fullmatch(inner) or inner.isdigit() or _is_elision(inner, text, start, end):
            continue
        if (start and text[start - 1] in "/=") or text[end : end + 1] in ("/", "="):
            continue
        is_index = len(inner) < 3 and start > 0 and text[start - 1].isalnum()
        if is_index or (inner in ("", "x", "X") and _TASK_BEFORE.search(text, max(0, start - 8), start)):
            continue
        is_waiting = _is_waiting(inner) and not _is_label(text, start, end) and not _is_quoted(text, start, end)
        found.append((start, end, reading.text[start:end], is_waiting))
    return found


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Tells whether a bracket stands within the words of a message that is quoted."""
    low = text.rfind("\n", 0, start) + 1
    high = text.find("\n", end)
    line, rest = text[low:start], text[end : high if high >= 0 else len(text)]
    if line.count('"') % 2 == 1 and '"' in rest:
        return not line.endswith('"')
    return line.rfind("“") > line.rfind("”") and "”" in rest and not line.endswith("“")


def _is_elision(inner: str, text: str, start: int, end: int) -> bool:
    """Tells whether dots in brackets stand for sentences that a quotation leaves out."""
    is_between = text[:start].rstrip()[-1:] in (*'.!?…:"”', "") or text[end:].lstrip()[:1].isupper()
    return is_between and bool(inner) and not inner.strip(".… ")


def _is_waiting(inner: str) -> bool:
    if _PLAIN_AMOUNT.fullmatch(inner):
        return False
    if _LONE_LETTER.search(inner) or _ORDER.match(inner):
        return True
    return bool(_HOLE_WORD.search(inner) and _ONLY_HOLE_WORDS.fullmatch(inner))


def _is_label(text: str, start: int, end: int) -> bool:
    """Tells whether a bracket heads a line that goes on with a capital, as `[Network] Packet loss`."""
    is_first = not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t>*_-")
    following = text[end : end + 3].lstrip(" :-")
    return is_first and following[:1].isupper() and text[start + 1 : start + 2].isupper()


def _list_told(reading: Reading) -> list[tuple[int, int]]:
    """Returns what other remarks of this group speak of already."""
    brackets = [(start, end) for start, end, _, _ in reading.once(_list_brackets)]
    return brackets + [match.span() for match in reading.once(_list_leftovers)]


def _find_brackets_to_fill(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for start, end, shown, is_waiting in reading.once(_list_brackets):
            if is_waiting:
                yield Remark(start, end, f"'{shown}' is not filled in.", part)
        found = [pattern for pattern in (_UNFILLED, _UNKNOWN_AMOUNT) if pattern.may_match(reading.prose)]
        rest = hide_spans(reading.prose, _list_told(reading)) if found else ""
        for match in (match for pattern in found for match in pattern.finditer(rest)):
            yield Remark(*match.span(), f"'{match.group()}' is not filled in.", part)


def _find_other_brackets(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for start, end, shown, is_waiting in reading.once(_list_brackets):
            if not is_waiting:
                text = f"'{shown}' looks like a gap: fill it in, or mark it as meant."
                # Many teams label their titles and the parts of a text so.
                is_label = part is Part.TITLE or _is_own_line(reading.text, start, end)
                level = Level.INFO if is_label else None
                yield Remark(start, end, text, part, Fix("take the brackets off", shown[1:-1].strip()), level)


def _find_instructions(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        told: list[tuple[int, int]] = []
        for match in INSTRUCTION.finditer(reading.prose):
            if _is_quoted(reading.prose, *match.span()):
                continue
            told.append(match.span())
            shown = reading.text[match.start() : match.end()]
            yield Remark(*match.span(), f"'{shown}' is meant for writers, not for customers: take it out.", part)
        for start, end, level in find_drafting(reading):
            if not any(low < end and start < high for low, high in told) and not reading.is_meant(start, end):
                text = f"'{reading.text[start:end]}' stayed from the writing: take it out."
                yield Remark(start, end, text, part, level=level)
        for match in _STARS.finditer(reading.masked):
            if not _is_own_line(reading.masked, *match.span()):
                shown = match.group()
                yield Remark(
                    *match.span(), f"'{shown}' marks something to be edited: take it out.", part, level=Level.WARN
                )


RULES = (
    Rule("PH001", Level.BLOCK, "A bracket that waits to be filled in", _find_brackets_to_fill),
    Rule("PH002", Level.BLOCK, "A leftover of a template", _find_leftovers, is_final=True),
    Rule("PH003", Level.BLOCK, "A variable that was empty", _find_unfilled, is_final=True),
    Rule("PH004", Level.WARN, "A word, a name or a number that went missing", find_missing_words),
    Rule("PH005", Level.BLOCK, "An instruction to the writer", _find_instructions),
    Rule("PH006", Level.WARN, "Another bracket", _find_other_brackets),
    Rule("PH007", Level.WARN, "A foreign name, or a product of ours written another way", find_foreign_names),
)

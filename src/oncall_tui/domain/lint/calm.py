"""What is called well while the probes see otherwise (TR001, TR004): who is well, how, and whether only in part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, ProbeFact, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Post, Reading, Sentence
from oncall_tui.domain.lint.signs import fold
from oncall_tui.domain.lint.truth import join_names, show
from oncall_tui.domain.probe import ProbeStatus

_IS = r"(?:is|are|['’]s|['’]re|has been|have been|looks?|remains?|stays?)"
_HOW = (
    r"(?:now|fully|all|again|completely|entirely|once (?:more|again)|back|already|finally|also|currently|running"
    r"|looking|working|operating|functioning|performing|succeeding|loading|responding|answering|successfully|both) "
)
_USUAL = r"as (?:expected|usual|normal|intended|before|fast as|(?:it|they) should)"
_SMOOTHLY = rf"(?:normally|properly|correctly|smoothly|reliably|perfectly|fine|well|{_USUAL})"
_UNTROUBLED = r"without (?:any )?(?:problems?|errors?|issues?|delays?|trouble|interruptions?)"
_FOR_ALL = r"(?:for (?:all|every\w*)|in (?:all|every)|everywhere|worldwide)\b"
#: Said of what is in order again.
_SURELY = (
    r"operational|restored|recovered|healthy|resolved|repaired|solved|functional|normal|back to"
    r" (?:full |its |their |the )?(?:normal|usual|health|strength|speed|operations?|working order|green|full \w+)"
    rf"|returned to normal|{_SMOOTHLY}|(?:fully |completely )?fixed"
)
#: Said of much besides.
_MAYBE = (
    r"alive|all right|alright|usable|in order|behind us|ok(?:ay)?|good|green|stable|gone|online|reachable|accessible"
    r"|over(?! \w)|up(?! \w)|up and running|up again|up now"
    r"|back(?! \w)|back (?:up|online|again|now|in (?:service|operation)|for (?:all|every\w*)|in all)"
    r"|available(?! (?:to|for|at|in|on|from|via|here|by)\b)|available (?:to|for|in) (?:all|every\w*)"
    r"|working(?! (?:on|to|with|hard|closely|in|towards?|from|together|around|through|as|at|out|diligent|tireless)\w*)"
    r"|working (?:in all|for (?:all|every\w*))|(?:working|running) again"
)
_ACTS = r"(?:works?|succeeds?|runs?|performs?|functions?|operates?|loads?|responds?|answers?|opens?|go(?:es)? through)"
_AGAIN = rf"(?:again|{_SMOOTHLY}|{_UNTROUBLED})"
_WELL = Folded(
    rf"(?:(?<=\w)|\b){_IS} (?:{_HOW}){{0,4}}(?:(?P<sure>{_SURELY})|(?P<maybe>{_MAYBE}))(?!\w)"
    rf"|\b(?:has|have) (?:{_HOW}){{0,3}}(?P<has>recovered|returned to normal|resumed|come back)(?!\w)"
    rf"|\b(?:now )?{_ACTS} (?:now )?(?P<again>{_AGAIN})(?!\w)|\b(?P<scope>works?|succeeds?) {_FOR_ALL}"
    r"|\bnow (?P<now>works?|succeeds?|loads?)(?= ?[.,;!)]|$| for (?:all|every))"
    r"|\b(?P<bare>works?|succeeds?)(?= ?[.;!)]|$)"
    r"|\b(?:fully )?(?P<alone>recovered)(?: fully| completely)?(?= ?[.,;!)]|$| (?:at|now|and|for all|in all)\b)"
    r"|\bno longer (?P<ended>down|fail\w*|slow|unavailable|degraded|occur\w*|happen\w*|affect\w*|unreachable)\b"
    r"|\b(?:can|(?:is|are) able to) (?P<may>(?:now|again|once more) [\w -]{2,40}?"
    rf"|(?P<what>[\w -]{{2,40}}?) (?:again|now|as (?:usual|before)|normally|{_UNTROUBLED}))"
    r"(?= ?[.,;!)]|$| (?:and|in|from|since|for|with)\b)",
    needs=(
        "operational|restored|recovered|healthy|resolved|repaired|solved|functional|normal|back|expected|usual"
        "|intended|before|fast as|should|properly|correctly|smoothly|reliably|perfectly|fine|well|fixed|ok|good|green"
        "|stable|gone|alive|right|usable|in order|behind us|come back|online|reachable|accessible|over|up|available"
        "|working|again|without|resumed|work|succeed"
        "|no longer|can |able to |now load"
    ),
)
#: Said of everything at once.
_ALL_CALM = Folded(
    r"\ball systems go\b|\bnormal (?:service|operations?) (?:(?:has|have|is|are) )?(?:been )?(?:now )?resumed\b"
    r"|\b100 ?% (?:operational|available|recovered|up)\b|\ball (?:is )?(?:green|clear|good|well)\b(?! as)"
    r"|\bno (?:more|further) (?:errors|problems|issues)\b"
    r"|\bno (?:new )?(?:errors|problems|issues|failures|customers|users) (?:are|have been) (?:now |being |any longer )?"
    r"(?:seen|observed|reported|detected|affected|left)\b"
    r"|\bthere (?:are|is) no (?:more |further |longer any )?(?:errors?|problems?|issues?|failures?|failed [\w-]+)\b"
    r"|\bnothing is (?:broken|down|affected|failing) (?:any ?more|now)\b|\bhave (?:full |normal )?(?:access|service)"
    r" (?:again|back)\b"
    r"|\b(?:errors|failures|problems) have (?:now |all |completely )?(?:stopped|ceased|ended|cleared|disappeared)\b"
    r"|\b(?:we (?:have|see|are seeing)|there is) (?:now )?(?:a )?(?:full|complete) recovery\b"
    r"|\b(?:recovery|restoration) (?:is|has been) (?:now )?completed?\b"
    r"|(?:^|(?<=[.!?] ))(?:now )?back to normal\b",
    needs=(
        "all systems go|resumed|100|all green|all clear|all good|all well|all is |no more|no further|no new|no errors"
        "|no problems|no issues|no failures|no customers|no users|have |full recovery|complete recovery|complete"
        "|back to normal|there are no|there is no|nothing is "
    ),
)
_CONSIDERED = Folded(
    r"\bwe (?:now |can )?(?:consider|call|declare) (?P<whom>[\w -]{2,40}?) (?:as |to be )?"
    r"(?:healthy|fixed|resolved|over|closed|solved|stable|recovered)\b",
    needs="consider |call |declare ",
)
#: Where the words on who is well begin.
_BREAK = Folded(r"[,;(–—]|: |\b(?:but|while|that|which|so|because|as|now that|whereas)\b")
_AND = Pattern(r" (?:and|&) ")
_LEAD = Folded(
    r"^(?:(?:now|today|currently|meanwhile|finally|good news|update|as of|since|at|and|also|then|the|our|your|this"
    r"|these|affected|impacted|\d\d:\d\d|utc|-|\*) *)+"
)
_TROUBLE = r"issues?|problems?|incident|outage|disruption|interruption|degradation|fault|errors?|failures?"
_EVERYTHING = Folded(
    r"(?:(?:all|every|each|both|any|of|the|our|your|these|affected|impacted|normal|full|core|main|overall) )*"
    r"(?:everything|all|we|it|they|this|things|services?|systems?|components?|platforms?|sites?|web ?sites?"
    r"|operations?|functions|functionality|features|regions|locations|users|customers|clients|you|everyone|everybody"
    r"|anyone|people"
    rf"|visitors|traffic|performance|availability|{_TROUBLE}|(?:error|success|failure) (?:rates?|levels?)"
    r"|(?:rates?|levels?|number) of (?:errors|failures)|recovery)?"
    r"(?: (?:of|for|in|across|on) (?:all|every)\b.*)?"
)
#: So far before and behind a claim its subject and its limits stand; nobody makes more of them.
_FAR = 200
_MOST_CLAIMS = 50
_SIGN_IN = Pattern(r"\b(?:log|sign)(?:ged|ging|ing)?[ -]?(?:in|on|into)s?\b")
_NAME_WORD = Pattern(r"[a-z0-9]+")


def _name_words(name: str) -> set[str]:
    plain = _SIGN_IN.sub("signin", fold(name))
    found = _NAME_WORD.compiled.findall(plain)
    return {word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found}


#: Words beside the name of a component that make nothing else of it.
_BESIDE = frozenset(
    {"the", "our", "your", "this", "all", "of", "to", "for", "on", "in", "with", "service", "system", "attempt",
     "request", "customer", "user", "everyone", "page", "site", "call", "traffic", "access", "function", "work",
     "use", "using", "every", "each", "issue", "problem", "incident", "outage", "disruption", "interruption",
     "degradation", "fault", "error", "failure"}
)  # fmt: skip


#: Behind the words, what leaves others out.
_IN_PART = Pattern(
    r"\b(?:in|for|on|from|via|using|with|by|to|at) (?!(?:all|every\w*|both|any|no|now|full|normal\w*|our|us|the"
    r" (?:last|past|moment)|UTC|\d\d:\d\d|once|least|this (?:point|time))\b)"
)
_TAIL = Pattern(r"[;.!?]| (?:and|but|while|since|after|because|so|as) |, ")
_CONDITION = Folded(
    r"\b(?:if|once|when|until|unless|as soon as|(?<!as )before|will|(?<!as it )(?<!as they )should|would|may|might"
    r"|hope\w*|expect\w*|try\w*|tries|soon|to (?:ensure|make sure|see|verify|check|confirm|determine)|whether|wait\w*"
    r"|but|however|except|not|still|partial\w*|partly|temporar\w*)\b|n['’]t\b"
)
_SOME = Folded(
    r"\b(?:some|most|many|half|part|nearly|almost|several|few|one of|two of|three of|a (?:third|quarter)|was|were|had"
    r"|previous\w*|earlier|first|\d+ (?:of|out of))\b|\d ?%"
)
_FAILS = Folded(
    r"\b(?:fail(?:s|ing|ures?)?|errors?|down|unavailable|unreachable|offline|cannot|can ?not|unable|isn['’]t|aren['’]t"
    r"|can['’]t|doesn['’]t|don['’]t|still|slow\w*|degraded|affected|impacted|drops?|broken|stuck|missing|delay\w*"
    r"|rejected|declined|refused|lost|time[sd]? ?-?out|remaining|the rest|not (?:work\w*|load\w*|open\w*|reach\w*"
    r"|respond\w*|answer\w*|available|yet|possible|recovered|back)|(?:does|do|is|are) not|being (?:repaired|restored"
    r"|rebuilt|fixed)|(?:investigat\w+|looking into|reports? of|see|seeing) (?:\w+ ){0,2}failed)\b"
)
_NO_FAILURE = Folded(
    r"\b(?:no|without|not affected|unaffected|stopped|if|should|once|when|nobody|fewer|was|were|had|no longer)\b"
)
_IS_SLOW = Folded(r"\b(?:slow\w*|delay\w*|latency|lag\w*|longer|degraded|not as fast|time-?outs?)\b")


class _Claim(Struct, frozen=True):
    """Words that say that something is well: `is_all` leaves nothing out, `is_sure` is said of services alone.

    `is_normal` is whether it is said to be as it should be, so that it may not be slow either.
    """

    start: int
    end: int
    sentence: Sentence
    subject: str
    is_all: bool
    is_sure: bool
    is_normal: bool


def _find_false_calm(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for status, word in ((ProbeStatus.DOWN, "down"), (ProbeStatus.SLOW, "slow")):
        probes = [probe for probe in context.probes or () if probe.status is status]
        if not probes:
            continue
        names = f"{join_names([probe.name for probe in probes])} {word}"
        is_down = status is ProbeStatus.DOWN
        yield from _check_claims(post.body, probes, names) if is_down else _check_speed(post.body, probes, names)
        for probe in probes:
            if probe.component and (context.components or {}).get(probe.component) is ComponentStatus.OPERATIONAL:
                what = "leave it until that is up" if is_down else "set it to degraded performance, or wait"
                text = f"{probe.component} is set to operational, but {probe.name} is {word}: {what}."
                yield Remark(0, 0, text, level=None if is_down else Level.WARN)


def _check_claims(reading: Reading, down: Sequence[ProbeFact], names: str) -> Iterator[Remark]:
    claims = reading.once(_list_claims)
    taken = {claim.sentence.start for claim in claims}
    is_failure_told = any(
        _FAILS.search(each.text) and not _NO_FAILURE.search(each.text)
        for each in reading.sentences
        if each.start not in taken
    ) or any(_is_failure_beside(claim) for claim in claims)
    for claim in claims:
        is_whole = claim.is_all or _is_of(claim.subject, down)
        if is_whole or (claim.is_sure and not is_failure_told):
            shown = show(reading, claim.start, claim.end)
            text = f"'{shown}', but {names}: wait until it is up, or say what still fails."
            yield Remark(claim.start, claim.end, text, level=None if is_whole and not is_failure_told else Level.WARN)


def _is_failure_beside(claim: _Claim) -> bool:
    """Tells whether the sentence of a claim goes on with something that fails."""
    rest = claim.sentence.text[claim.end - claim.sentence.start :][:_FAR]
    sign = re.search(r"[;,]", rest)
    return sign is not None and bool(_FAILS.search(rest, sign.end())) and not _NO_FAILURE.search(rest, sign.end())


def _check_speed(reading: Reading, slow: Sequence[ProbeFact], names: str) -> Iterator[Remark]:
    if _IS_SLOW.search(reading.prose):
        return
    for claim in reading.once(_list_claims):
        if claim.is_normal and (claim.is_all or _is_of(claim.subject, slow)):
            shown = show(reading, claim.start, claim.end)
            text = f"'{shown}', but {names}: say that it still takes longer, or wait."
            yield Remark(claim.start, claim.end, text, level=Level.WARN)


def _list_claims(reading: Reading) -> list[_Claim]:
    doubted = {each.start for each in reading.sentences if _CONDITION.search(each.text)}
    matches = islice(reading.seek(_WELL), _MOST_CLAIMS)
    found = [claim for match in matches if (claim := _read_claim(reading, match, doubted)) is not None]
    for match in reading.seek(_CONSIDERED):
        found += _take(reading, match.start(), match.end(), match["whom"])
    for match in reading.seek(_ALL_CALM):
        found += _take(reading, match.start(), match.end(), "everything")
    reached, kept = -1, list[_Claim]()
    for claim in sorted(found, key=lambda each: (each.start, -each.end)):
        if claim.start >= reached:
            kept.append(claim)
            reached = claim.end
    return kept


def _take(reading: Reading, start: int, end: int, subject: str) -> Iterator[_Claim]:
    sentence = reading.sentence_at(start)
    if sentence is None or _CONDITION.search(sentence.text) or _SOME.search(sentence.text[: start - sentence.start]):
        return
    is_part = _is_in_part(sentence, end)
    is_all = not is_part and _EVERYTHING.fullmatch(_LEAD.sub("", subject)) is not None
    yield _Claim(start, end, sentence, "" if is_part else subject, is_all, is_sure=True, is_normal=True)


def _read_claim(reading: Reading, match: re.Match[str], doubted: set[int]) -> _Claim | None:
    sentence = reading.sentence_at(match.start())
    if sentence is None or sentence.start in doubted:
        return None
    begin = max(sentence.start, match.start() - _FAR)
    for sign in _BREAK.finditer(reading.prose, begin, match.start()):
        begin = sign.end()
    subject = fold(reading.prose[begin : match.start()]).strip()
    if _SOME.search(subject):
        return None
    subject = subject.removesuffix(" is").removesuffix(" are")
    if match["may"]:
        whose = _LEAD.sub("", subject)
        if whose not in ("you", "users", "customers", "clients", "visitors", "people"):
            subject = subject if _EVERYTHING.fullmatch(whose) else f"{subject} - {match['may']}"
        else:
            subject = re.sub(r"\b(?:now|again|once more|use|access|reach|open)\b", "", match["what"] or match["may"])
            subject = " ".join(subject.split())
    parts = [_LEAD.sub("", part).strip() for part in _AND.compiled.split(subject)]
    is_part = _is_in_part(sentence, match.end())
    is_all = not is_part and any(_EVERYTHING.fullmatch(part) for part in parts)
    is_normal = bool(match["sure"] or match["has"] or match["alone"]) or match["again"] not in (None, "again")
    is_normal = is_normal or match.group().endswith(("over", "gone", "fine", "ok", "good"))
    is_sure = not (match["maybe"] or match["bare"]) and not match.group().endswith((" fine", " well"))
    shown = "" if is_part else " and ".join(parts)
    start = match.start() - len(reading.prose[begin : match.start()].lstrip())
    return _Claim(start, match.end(), sentence, shown, is_all, is_sure, is_normal)


def _is_in_part(sentence: Sentence, end: int) -> bool:
    rest = sentence.text[end - sentence.start :][:_FAR]
    tail = _TAIL.search(rest)
    return _IN_PART.search(rest[: tail.start() if tail else len(rest)]) is not None


def _is_of(subject: str, probes: Sequence[ProbeFact]) -> bool:
    """Tells whether some words name the component of one of the probes, and nothing besides."""
    for part in subject.split(" and "):
        words = _name_words(part)
        for probe in probes:
            for name in (probe.component, probe.name):
                known = _name_words(name or "")
                if known and words - _BESIDE and (known <= words <= known | _BESIDE or words - _BESIDE <= known):
                    return True
    return False


def _find_untold_outages(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.components is None or context.status is IncidentStatus.RESOLVED:
        return
    for probe in context.probes or ():
        name = probe.component
        if not name or probe.status is not ProbeStatus.DOWN:
            continue
        said = context.components.get(name) or (context.page_components or {}).get(name)
        if name not in context.components and context.page_components is None:
            said = None
        if (
            said in (None, ComponentStatus.OPERATIONAL)
            and context.components.get(name) is not ComponentStatus.OPERATIONAL
        ):
            yield Remark(0, 0, f"{probe.name} is down, but customers read that {name} is well: set its state.")


RULES = (
    Rule("TR001", Level.BLOCK, "All well, while a probe is down (or slow: warn)", _find_false_calm),
    Rule("TR004", Level.WARN, "A probe is down and its component is told as well", _find_untold_outages),
)

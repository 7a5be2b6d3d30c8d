"""Sizes that contradict the components and the probes: how many are hit, and how badly (TR005, TR007)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, find_worst
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.truth import search, show

#: No text for people has more.
_MOST_SHARES = 50
_FAR_POINTS = 20
_FAR_TIMES = 2
_ALL_HIT = Folded(
    r"(?i:\b(?:no ?(?:body|[- ]?one) is able to|none of (?:our|the) (?:users|customers) can|worldwide (?:outage"
    r"|failure)"
    r"|global outage|all (?:of )?(?:(?:our|the|your) )?(?:users|customers|clients|requests|traffic|services|regions)"
    r"|every (?:user"
    r"|customer|request)|everyone"
    r"|nobody can|no one can|no (?:users?|customers?) can|(?:complete(?:ly)?|total(?:ly)?|full|entire(?:ly)?"
    r"|fully) (?:outage|down|unavailable|unreachable)|(?:down|unavailable) (?:completely|entirely|for everyone|for all)"
    r"|(?:the )?(?:whole|entire) (?:\w+ ){1,2}is|100 ?% of|(?:outage|down) everywhere)\b)",
    needs=(
        " is able| outage| unreach|100 % of|100% of|all |down|entire |every|navailabl|no custo|no one c|no user"
        "|nobody c|none of |whole |worldwid"
    ),
)
_FEW_HIT = Folded(
    r"(?i:\b(?:very few (?:users|customers)|(?:a )?(?:small|limited|tiny) (?:set|number|subset|percentage|fraction"
    r"|share|group)|a few (?:users"
    r"|customers|requests)|some (?:users|customers|requests)"
    r"|a handful of|occasional(?:ly)?|intermittent(?:ly)?|(?:is|are) slow|slower than (?:usual|normal)|slight(?:ly)?"
    r"|minor)\b)",
    needs=" few |a handfu|intermit|limited |me customers|minor|occasion|slight|slow|small |some req|some use|tiny ",
)
_IS_DOWN = Folded(
    r"\bdo(?:es)? not (?:respond|answer)\b|\b(?:is|are) (?:currently |now )?(?:down|unavailable|unreachable|offline)\b",
    needs=" not ans| now dow| offline| unreach|are down|ently do|is down|navailabl|not resp",
)
_UNHIT = Folded(
    r"(?i:\b(?:not|no longer|recovered|restored|resolved|normal|operational|back|notif\w+|inform\w*|recommend"
    r"|advise\w*|apolog\w*|thank|sorry)\b)"
)
_SHARE = Folded(
    r"(?i:(?<![\w.])(?P<share>\d{1,3}(?:\.\d{1,2})?) ?(?:%|per ?cent)(?P<after>[^.!?\n]{0,60}))",
    needs="%|per cent|percent",
)
_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twenty": 20, "fifty": 50, "a hundred": 100, "a thousand": 1_000,
}  # fmt: skip
_COUNT = "|".join(_COUNTS)
_ONE_IN = Folded(
    rf"\b(?P<tiny>(?:less than |under |below )?(?:one|half a|a) per ?cent)\b|\b(?P<most>(?:most|nearly all"
    rf"|almost all) of"
    r" (?:the |our )?(?:requests|calls|users|customers)|(?:most|nearly all|almost all) (?:requests|calls|users"
    rf"|customers))\b|\b(?P<few>\d{{1,2}}|{_COUNT}) (?:in|out of) (?:every )?(?P<many>\d{{1,4}}|{_COUNT})\b(?! ?%)"
    r"|\b(?P<part>half|a third|a quarter|two thirds|three quarters) of (?:the |all |our )?"
    r"(?:requests|calls|users|customers|attempts|logins|sign-ins|traffic)\b"
    rf"|\b(?P<hundredths>{_COUNT}) per ?cent\b",
    needs=" in | out of | quarter| third|cent|half of |most |nearly a",
)
_PARTS = {"half": 50.0, "a third": 33.3, "a quarter": 25.0, "two thirds": 66.7, "three quarters": 75.0}
_FAILING = Folded(
    r"(?i:\b(?:fail\w*|errors?|affected|impacted|unavailable|timing out|time-?outs?|rejected|dropped|lost)\b)"
)
_SUCCEEDING = Folded(r"(?i:\b(?:succe\w+|go(?:es)? through|complete (?:normally|fine))\b)")
_PASSING = Folded(
    r"(?i:\b(?:unaffected|availab(?:le|ility)|uptime|recovered|restored|normal|working|complete\w*|capacity"
    r"|cpu|memory|disk|latency|slower|faster|credit|discount)\b)"
)


def _find_other_size(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    worst = find_worst((context.components or {}).values())
    if context.status is IncidentStatus.RESOLVED or worst is None:
        return
    words = worst.value.replace("_", " ")
    if worst in (ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.DEGRADED_PERFORMANCE):
        for start, end, _ in search(post.body, _ALL_HIT, _UNHIT):
            text = f"'{show(post.body, start, end)}', but the worst component state is {words}: make them agree."
            yield Remark(start, end, text)
        is_slow = worst is ComponentStatus.DEGRADED_PERFORMANCE
        for start, end, _ in search(post.body, _IS_DOWN, _UNHIT, _ALL_HIT, _FEW_HIT) if is_slow else ():
            text = f"'{show(post.body, start, end)}', but the worst component state is {words}: make them agree."
            yield Remark(start, end, text)
    elif worst is ComponentStatus.MAJOR_OUTAGE:
        for start, end, _ in search(post.body, _FEW_HIT, _UNHIT):
            text = f"'{show(post.body, start, end)}', but a component is in {words}: make them agree."
            yield Remark(start, end, text)


def _find_other_share(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    shares = [probe.error_share * 100 for probe in context.probes or () if probe.error_share is not None]
    if not shares or context.status is IncidentStatus.RESOLVED:
        return
    seen = max(shares)
    for match in islice(post.body.seek(_SHARE), _MOST_SHARES):
        sentence = post.body.sentence_at(match.start())
        if sentence is None or _PASSING.search(sentence.text):
            continue
        is_success = _SUCCEEDING.search(sentence.text) is not None
        if is_success or _FAILING.search(sentence.text):
            said = float(match["share"])
            yield from _compare_share(post.body, *match.span("share"), 100 - said if is_success else said, seen)
    for match in islice(post.body.seek(_ONE_IN), _MOST_SHARES):
        sentence = post.body.sentence_at(match.start())
        in_words = _read_share(match)
        if in_words is not None and sentence is not None and not _PASSING.search(sentence.text):
            is_failing = _FAILING.search(sentence.text)
            if is_failing or _SUCCEEDING.search(sentence.text):
                yield from _compare_share(post.body, *match.span(), in_words if is_failing else 100 - in_words, seen)


def _read_share(match: re.Match[str]) -> float | None:
    """Returns a share that is told in words, in percent."""
    if match["tiny"]:
        return 1.0
    if match["most"]:
        return 75.0
    if match["part"]:
        return _PARTS[match["part"]]
    if match["hundredths"]:
        return float(_COUNTS[match["hundredths"]])
    few, many = (_COUNTS.get(said) or int(said) for said in match.group("few", "many"))
    return 100 * few / many if 0 < few <= many else None


def _compare_share(reading: Reading, start: int, end: int, said: float, seen: float) -> Iterator[Remark]:
    low, high = sorted((said, seen))
    if high - low > _FAR_POINTS and high > low * _FAR_TIMES:
        shown = show(reading, start, end)
        text = f"By '{shown}', {said:.0f}% fail, but the probes see {seen:.0f}%: check the figure."
        yield Remark(start, end, text)


RULES = (
    Rule("TR005", Level.WARN, "Words larger or smaller than the components say", _find_other_size),
    Rule("TR007", Level.WARN, "A share that the probes contradict", _find_other_share),
)

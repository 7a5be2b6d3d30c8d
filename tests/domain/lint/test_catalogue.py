from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import RULES, lint
from oncall_tui.domain.lint.model import (
    FIXED_RULES,
    Context,
    LastUpdate,
    Level,
    Part,
    ProbeFact,
    Tuning,
    Window,
    Words,
    is_sendable,
    list_obstacles,
)
from oncall_tui.domain.lint.reading import Reading, hide_spans
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.update import BODY_LIMIT

_NOW = 1_795_358_400_000
_MINUTE = 60_000

# What people write, cut small: any order of it is a text that somebody may paste.
_PIECES = (
    "We are investigating", "errors", "with the API", "since 14:05 UTC", "at 2pm", "by 15:30", "Next update",
    "in 30 minutes",
    "[date]", "{eta}", "{{x}}", "TODO", "__cf_bm", " ,", ". .", "..", "'s", "for  minutes", "team at is", "\n",
    "\n\n", "- ",
    "**bold**", "`code`", "```", "https://example.com/a?b=c", "[link](https://example.com)", "<br/>", "<time>",
    "us-east-1",
    "30% of requests", "some users may", "successful failures", "Sunday 30 Nov 2026", "today", "resolved",
    "still failing",
    "10.0.0.1", "db-prod-03.internal", "someone@example.com", "INC-4821", "AKIAIOSFODNN7EXAMPLE", "due to", "sorry",
    "!", "é",
    "日本", "\U0001f525", "\u202e", "\x00", "%", "(", ")", "[", "]", "<", ">", ".", ",", "The", "This", "the",
)  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join))
_CONTEXTS = st.builds(
    Context,
    now=st.sampled_from([None, _NOW]),
    status=st.sampled_from([None, *IncidentStatus]),
    is_first=st.sampled_from([None, True, False]),
    severity=st.sampled_from([None, *Severity]),
    cause=st.sampled_from([None, *Cause]),
    components=st.sampled_from([None, {}, {"API": ComponentStatus.MAJOR_OUTAGE}]),
    probes=st.sampled_from([None, (ProbeFact("api", ProbeStatus.DOWN, "API", 0.3),)]),
    last=st.sampled_from([None, LastUpdate("We are on it.", IncidentStatus.INVESTIGATING, _NOW - _MINUTE)]),
    has_promise=st.sampled_from([None, True, False]),
    promise_at=st.sampled_from([None, _NOW + 30 * _MINUTE]),
    started_at=st.sampled_from([None, _NOW - 47 * _MINUTE]),
    window=st.sampled_from([None, Window(status=MaintenanceStatus.SCHEDULED)]),
    names=st.lists(st.text(max_size=8), max_size=2).map(tuple),
    variables=st.sampled_from([frozenset[str](), frozenset({"eta"})]),
)


@settings(deadline=None)
@given(_TEXTS, _TEXTS, _CONTEXTS)
def test_any_text_is_judged_and_findings_lie_inside_it(title: str, body: str, context: Context) -> None:
    for finding in lint(title, body, context):
        text = title if finding.part is Part.TITLE else body
        assert 0 <= finding.start <= finding.end <= len(text)
        assert finding.message.strip()
        assert finding.is_final <= (finding.level is Level.BLOCK)


#: Rules whose fix does away with the finding that offered it.
_MENDING = {"PH004", "PH006", "PH007", "MS005", "MS006", "TM001", "TM002", "TM007"}


@settings(deadline=None)
@given(_TEXTS, _CONTEXTS)
def test_a_fix_does_away_with_its_finding(body: str, context: Context) -> None:
    tuning = Tuning(words=Words(products=("DataHub",)))
    before = lint("Title", body, context, tuning)
    for finding in before:
        if finding.fix is not None and finding.rule in _MENDING and finding.part is Part.BODY:
            mended = body[: finding.start] + finding.fix.replacement + body[finding.end :]
            found = {
                (each.rule, each.start, mended[each.start : each.end])
                for each in lint("Title", mended, context, tuning)
            }
            assert (finding.rule, finding.start, body[finding.start : finding.end]) not in found


@given(_TEXTS, st.lists(st.text(min_size=1, max_size=6), max_size=3))
def test_every_view_of_a_text_keeps_its_positions(text: str, names: list[str]) -> None:
    reading = Reading(text, names)
    assert len(reading.masked) == len(reading.without_code) == len(reading.prose) == len(text)
    for link in reading.links:
        assert text[link.start : link.end] == link.url or names
    for sentence in reading.sentences:
        assert reading.prose[sentence.start : sentence.end] == sentence.text
        assert reading.sentence_at(sentence.start) == sentence
    for word in reading.words:
        assert text[word.start : word.end].strip()


@given(st.text(max_size=20), st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=4))
def test_hidden_spans_keep_the_length(text: str, spans: list[tuple[int, int]]) -> None:
    inside = [(low, high) for low, high in spans if low <= high <= len(text)]
    hidden = hide_spans(text, inside)
    assert len(hidden) == len(text)
    for position, sign in enumerate(text):
        assert hidden[position] == sign or any(low <= position < high for low, high in inside)


_UNITS = [
    "[", "[a](", "{", "{{", "<", "_", "[x ", "%(", "${", " ", "\n", "`", "``", "``` ", " .", ". ", ",", "a ", "the ",
    "team at ",
    "12:30 ", "https://a", "http://a.b/(", "(", "Nov 29 ", "In addition to ", "for  ", "*", "<b ", "'s ", "1", "1 ",
    "+1 ", "-",
    "[a][b]", "Monday ", "14:05-", "a.", "www.", "é", "Firstly, ", "!", "a\n", "for The ", "XXX ", "@", "a@",
    "10.0.0.", "A",
    "=", "/", "&", "5 hours ", "will 12:30 by Nov 29 ",
    "successful a ", "we are still ", "every ", "update ", "will be ",
]  # fmt: skip


@pytest.mark.parametrize("unit", _UNITS)
def test_hostile_text_takes_no_time(unit: str) -> None:
    body = unit * (BODY_LIMIT // len(unit))
    context = Context(now=_NOW, status=IncidentStatus.RESOLVED, started_at=_NOW - _MINUTE)
    began = time.process_time()
    lint("Title", body[: BODY_LIMIT // 4], context)
    short_s = time.process_time() - began
    began = time.process_time()
    lint("Title", body, context)
    assert time.process_time() - began < 0.5 + 10 * short_s


def test_every_rule_has_an_id_of_its_own_and_says_what_it_is() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids) >= 74
    assert set(ids) >= FIXED_RULES
    assert all(rule.is_final and rule.level is Level.BLOCK for rule in RULES if rule.id in FIXED_RULES)
    assert all(rule.title and rule.title[0].isupper() and rule.title[-1] != "." for rule in RULES)


def test_a_team_lowers_raises_and_switches_off_rules() -> None:
    text = "Mail fails for [SSO] and [date]."

    def levels(tuning: Tuning) -> dict[str, Level]:
        return {finding.rule: finding.level for finding in lint("Mail", text, tuning=tuning, groups=("PH",))}

    assert levels(Tuning()) == {"PH001": Level.BLOCK, "PH006": Level.WARN}
    assert levels(Tuning({"PH001": Level.INFO, "PH006": Level.BLOCK})) == {"PH001": Level.INFO, "PH006": Level.BLOCK}
    assert levels(Tuning({"PH001": None, "PH006": None})) == {}


def test_what_is_never_meant_cannot_be_lowered() -> None:
    off = Tuning(dict.fromkeys(FIXED_RULES) | {"LN001": Level.INFO}, literals=("{{eta}}",))
    (finding,) = lint("Mail", "back by {{eta}}", tuning=off, groups=("PH",))
    assert (finding.rule, finding.level, finding.is_final) == ("PH002", Level.BLOCK, True)
    (finding,) = lint("Mail", "a" * (BODY_LIMIT + 1), tuning=off, groups=("LN",))
    assert (finding.level, finding.is_final) == (Level.BLOCK, True)


def test_a_phrase_that_is_marked_as_meant_is_passed_wherever_it_stands() -> None:
    tuning = Tuning(literals=("[date]", "the [SSO] page"))
    assert lint("Mail [date]", "Use the [SSO] page until [date].", tuning=tuning, groups=("PH",)) == []
    (finding,) = lint("Mail", "Use [SSO] until [date].", tuning=tuning, groups=("PH",))
    assert finding.rule == "PH006"


def test_a_block_is_passed_with_a_reason_unless_it_is_final() -> None:
    findings = lint("Mail", "Fails for [date] until {{eta}}.", groups=("PH",))
    assert [finding.rule for finding in list_obstacles(findings)] == ["PH001", "PH002"]
    reasons = {"PH001": "the sign on the door says so", "PH002": "it is the name of a product"}
    assert [finding.rule for finding in list_obstacles(findings, reasons)] == ["PH002"]
    assert not is_sendable(findings[:1], {"PH001": "because  "})
    assert is_sendable(findings[:1], reasons)


def test_groups_run_alone() -> None:
    text = "Some users [date] today."
    assert {finding.rule[:2] for finding in lint("T", text, groups=("PH", "TM"))} == {"PH", "TM"}


def test_the_terms_load_without_the_rules_and_compile_nothing() -> None:
    code = (
        "import sys, oncall_tui.domain.lint.model as m; "
        "print([n for n in sys.modules if n.startswith('oncall_tui.domain.lint.') and n != m.__name__])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_patterns_compile_when_they_are_used() -> None:
    code = (
        "import re; made = []; real = re.compile; "
        "import oncall_tui.domain.template, oncall_tui.domain.shortform, oncall_tui.domain.lint.model; "
        "re.compile = lambda *a, **k: made.append(a) or real(*a, **k); "
        "from oncall_tui.domain.lint.catalogue import lint; before = len(made); lint('T', 'We are on it.'); "
        "print(before, len(made) > 20)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "True"]

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.lint import gap_patterns, gaps, holes
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Level
from oncall_tui.domain.lint.pattern import Pattern

# Each is a sentence out of which a name, a number or a subject was taken.
_GAPPED = {
    "The network team at is on it.": "at is",
    "Our colleagues at worked all night.": "at worked",
    "Customers of have no access.": "of have",
    "The fault seen by was short.": "by was",
    "This hit the tool used by to ensure delivery.": "used by to ensure",
    "Shops relied on to take orders.": "relied on to take",
    "A fault noticed by, a large shop, is over.": "by,",
    "The recent loss of, the mail tool, is over.": "of,",
    "A loss of access for, there were two causes.": "for,",
    "No news came from during the fault.": "from during",
    "The fault caused by.": "caused by.",
    "We are working with the.": "the.",
    "We see errors affecting.": "affecting.",
    "Please tell us about the, and wait.": "the, ",
    "The is slow.": "The is",
    "Our is slow.": "Our is",
    "This led to a loss of income for": "for",
    "Orders failed for\n\nWe are sorry.": "for",
    "It broke the link for This means that nothing loads.": "This",
    "The cost for The shop was high.": "The",
    "The shop is not tied to This will help.": "This",
    "Firstly, uses mail to tell customers.": "uses",
    "To prevent this, is adding servers.": "is",
    "Due to the load, immediately launched a check.": "immediately launched",
    "By taking these steps, can lower the risk.": "can",
    "We saw it. responded to it at once.": "responded",
    "All is over. continues to watch it.": "continues",
    "It was late. should invest in tests.": "should",
    "Please note that has told its customers.": "has",
    "It lacks features that offers.": "that offers.",
    "Those who were considering as their supplier left.": "considering as their",
    "A review was held. This allowed to learn a lot.": "This allowed to",
    "We see errors affecting since noon.": "affecting since",
    "It lasted about minutes.": "about minutes",
    "It went on for  minutes.": "for  minutes",
    "Next update in minutes.": "update in minutes",
    "This hits % of requests.": "%",
    "You will hear again by UTC.": "by UTC",
    "Next update by .": "Next update by .",
    "It ran from  to noon.": "from  to",
    "It ran between and noon.": "between and",
    "Some felt let down.'s answer came late.": "'s",
    "This is 's answer.": "'s",
    "This hits sign-in ( ) only.": "( )",
    "Dear , we are sorry.": "Dear ,",
    "Mail is slow , and we are on it.": " ,",
    "It is over .": " .",
    "It is planned. . More follows.": ". .",
    "It is planned.. More follows.": "..",
    "What to know., the tool, is down.": ".,",
    "We see it,, and act.": ",,",
    "Impact:\nStart: 14:05 UTC": "Impact:",
    "Those who work with  may see errors.": "with  ",
    "It hit  users.": "hit  users",
    "This hit about of our shops.": "about of",
    "It was caused by a in the network.": "caused by a in",
    "Please ask our at any time.": "our at",
    "Users in and may see errors.": "Users in and",
    "We are working with to mend it.": "working with to",
    "We have identified in our network.": "identified in our",
    "is looking into it.": "is",
    "The cause was, as told, small.": "cause was,",
    "Mail is slow.\nNext update:": "Next update:",
}


@pytest.mark.parametrize(("text", "shown"), _GAPPED.items())
def test_a_gap_is_found_where_it_is(text: str, shown: str) -> None:
    findings = lint("Mail is slow", text, groups=("PH",))
    assert (shown, Level.WARN) in [
        (text[finding.start : finding.end], finding.level) for finding in findings if finding.rule == "PH004"
    ] or any(finding.rule == "PH003" and text[finding.start : finding.end] == shown for finding in findings)


@pytest.mark.parametrize(
    "text",
    [
        "The team at Acme is on it, and the one at the exchange was asked.",
        "What we are aware of is small.",
        "We will respond at will.",
        "It can be relied on to work.",
        "We waited for it, and it came.",
        "This is what we looked for, and more.",
        "Orders, i.e., those of the shop, etc., fail in the U.S., too.",
        "At 2 p.m., it was over.",
        "We are sorry...  More follows.",
        "To prevent this, we add servers. However, can you wait?",
        "During the work, is there a risk?",
        "During this time, the shop was down.",
        "The New York and The Hague offices work, as does the one for The New York Times.",
        "iOS and macOS work. macOS is fine. eu-west-1 is not.",
        "Use ../path or 1..5, version 2.0., no.",
        "It's ours, and the users' data is safe. The 's' key works.",
        "We lowered it to 5 % of the load.",
        "Shown in UTC: 14:05 UTC until UTC 15:00 or until UTC+2 wakes.",
        "Times are converted from UTC to yours.",
        "Impact:\n- mail is slow\n- orders wait",
        "It is at https://status.example.com .",
        "See `a ,b` and [this](https://example.com/a), please.",
        "<b>Mail</b>, <i>orders</i>. All fine.",
        "Between 14:05 and 15:00 UTC, mail was slow, and from 15:00 to 16:00 UTC orders were.",
        "An update is due within minutes. It lasted for hours.",
        "Allowed to work, this and that.",
        "We are working with Users Inc. on it.",
        "Customers with no orders, customers in Europe and users from Asia are well.",
        "The on-call team and the of-record one agree; an or-gate does not.",
    ],
)
def test_whole_sentences_pass(text: str) -> None:
    assert [finding for finding in lint("Mail is slow", text, groups=("PH",)) if finding.rule == "PH004"] == []


def test_a_wide_blank_is_noted_and_closed() -> None:
    (finding,) = lint("T", "Mail is  slow here.  It is over.", groups=("PH",))
    assert (finding.rule, finding.level, finding.start) == ("PH004", Level.INFO, 7)
    assert finding.fix is not None
    assert finding.fix.replacement == " "


def test_a_name_that_looks_gapped_is_meant() -> None:
    assert lint("T", "The Bring your, shop is down.", Context(names=("Bring your, shop",)), groups=("PH",)) == []
    assert lint("T", "The Bring your, shop is down.", groups=("PH",)) != []


@pytest.mark.parametrize(
    ("text", "mended"),
    [("It is over .", "It is over."), ("Slow , yes.", "Slow, yes."), ("Planned. . More.", "Planned. More."),
     ("So.. More.", "So. More."), ("We see it,, yes.", "We see it, yes.")],
)  # fmt: skip
def test_the_fix_closes_the_gap(text: str, mended: str) -> None:
    (finding,) = lint("T", text, groups=("PH",))
    assert finding.fix is not None
    assert text[: finding.start] + finding.fix.replacement + text[finding.end :] == mended
    assert lint("T", mended, groups=("PH",)) == []


def test_an_article_full_of_gaps_is_found_gap_by_gap() -> None:
    lines = [text for text in _GAPPED if "\n" not in text and text[-1] in ".,"]
    found = lint("T", "\n\n".join(lines), groups=("PH",))
    assert len(found) >= len(lines)


_PATTERNS = [
    *(pattern for pattern, _ in gap_patterns.GAPS),
    *(each for module in (gaps, holes) for each in vars(module).values() if isinstance(each, Pattern)),
]
_VOCABULARY = [
    *sorted({word for text in _GAPPED for word in text.split()}),
    *(
        "XX",
        "xx%",
        "??",
        "None",
        "TODO",
        "{x}",
        "%s",
        "$TIME",
        "REMOVE",
        "BEFORE",
        "internal",
        "only",
        "do",
        "not",
        "post",
    ),
    *("this", "Users", "about", "approximately", "minutes", "Next", "update", "at", "UTC", "an", "The", "Our", "their"),
]


# The first text compiles all patterns.
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_VOCABULARY), st.sampled_from([" ", "  ", "\n", "\t", ""])), max_size=12))
def test_what_a_pattern_needs_is_in_whatever_it_matches(words: list[tuple[str, str]]) -> None:
    text = "".join(word + gap for word, gap in words)
    for pattern in _PATTERNS:
        found = [match.span() for match in pattern.finditer(text)]
        assert found == [match.span() for match in pattern.compiled.finditer(text)]


@pytest.mark.parametrize("text", [*_GAPPED, *(text.lower() for text in _GAPPED), *(text.upper() for text in _GAPPED)])
def test_what_a_pattern_needs_is_in_each_gap(text: str) -> None:
    for pattern in _PATTERNS:
        assert pattern.may_match(text) or pattern.compiled.search(text) is None

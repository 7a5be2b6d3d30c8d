from __future__ import annotations

import pytest

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Fix, Level, Part, Tuning, Words, is_sendable
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT


def _find(body: str, title: str = "Sign-in fails", context: Context | None = None) -> list[Finding]:
    return lint(title, body, context or Context(), groups=("PH", "MS000"))


def _rules(body: str, title: str = "Sign-in fails") -> list[str]:
    return [finding.rule for finding in _find(body, title)]


@pytest.mark.parametrize(
    "hole",
    ["[date]", "[X hours]", "[product]", "[Carrier Network]", "[TIME]", "[insert reason]", "[your name]",
     "[WORKAROUND]", "[n]", "[ ... ]", "[]", "[describe what fails]", "[20% of REGION]", "[component_name]",
     "[service name here]", "[brief description of the issue]", "[HH:MM]", "[region(s)]", "[what went wrong]",
     "[start time - end time]", "[add link]", "[x]", "[XX]", "[number of users]"],
)  # fmt: skip
def test_brackets_that_wait_to_be_filled_block(hole: str) -> None:
    text = f"It lasted for {hole} in all."
    (finding,) = _find(text)
    assert (finding.rule, finding.level, finding.is_final) == ("PH001", Level.BLOCK, False)
    assert text[finding.start : finding.end] == hole


@pytest.mark.parametrize("sign", ["XX minutes", "xx%", "xxx users", "??:??", "??? users", "HH:MM UTC", "YYYY-MM-DD"])
def test_signs_for_what_is_not_known_block(sign: str) -> None:
    (finding,) = _find(f"It began with {sign}.")
    assert (finding.rule, finding.level) == ("PH001", Level.BLOCK)


@pytest.mark.parametrize("pair", ["[product][service]", "[date] [time]"])
def test_each_of_two_brackets_is_told(pair: str) -> None:
    assert _rules(f"It is about {pair} here.") == ["PH001", "PH001"]


@pytest.mark.parametrize(
    "leftover",
    ["{{eta}}", "${eta}", "%(eta)s", "{eta}", "{a.b|lower}", "{ }", "<TODO>", "<time>", "<your name>", "TBD", "TODO",
     "FIXME", "XXX", "xx:xx", "XX:xx", "__", "_____", "＿＿", "_%", "lorem ipsum", "INSERT NAME", "{% if eta %}",
     "{0}", "%s", "%NAME%", "@@ETA@@", "$SERVICE", "<%= eta %>", "<insert reason>"],
)  # fmt: skip
def test_what_a_template_leaves_behind_blocks_for_good(leftover: str) -> None:
    (finding,) = _find(f"back by {leftover} at last")
    assert (finding.rule, finding.level, finding.is_final) == ("PH002", Level.BLOCK, True)


@pytest.mark.parametrize(
    "text",
    ["see [our notice](https://example.com/a_b)", "see [our notice][1]", "[1]: https://example.com", "as said [1]",
     "the __cf_bm cookie and __error__ page", "it works [sic]", "50 % of requests", "a * b_c",
     "**bold** and __bold__",
     "x < y and y > z", "insert the card again", "INSERT INTO fails", "https://example.com/{id",
     "5 to 10 [all times UTC]", "<b>now</b>", "todo lists do not load", "![picture](https://example.com/date.png)",
     "calls to `/v1/{id}` and `{{x}}` fail", "GET /users/{id}/posts fails", "use {region}.example.com instead",
     "<details>more</details>", "numbers such as +44 7XXX XXXXXX", "one\n_____\ntwo", "[RESOLVED] all is well",
     "[Update] mail works", "https://example.com/[slug]/x", "```\n{{x}} [date]\n```", "one\n***\ntwo",
     "set to null again", "None of them fail", "these figures do not include trials", "the internal only network",
     "we removed this line of code", "the disk is 95% full", "5xx errors and 4XX ones", "What?? Really??",
     "three digits, \\d{3}",
     "dates in the format YYYY-MM-DD", "a ***very*** long day"],
)  # fmt: skip
def test_words_that_mean_what_they_say_pass(text: str) -> None:
    assert _rules(text) == []


@pytest.mark.parametrize("bracket", ["[SSO]", "[Client Portal]", "[slug]", "[x.x.x.x]", "[Frankfurt]", "[30 minutes]"])
def test_other_brackets_are_only_told(bracket: str) -> None:
    (finding,) = _find(f"Sign-in with {bracket} fails.")
    assert (finding.rule, finding.level) == ("PH006", Level.WARN)
    assert finding.fix == Fix("take the brackets off", bracket[1:-1])
    assert is_sendable([finding])


def test_two_spellings_of_one_name_are_told() -> None:
    (finding,) = _find("DataHub is slow. We look after Datahub. Data is safe.")
    assert (finding.rule, finding.start, finding.fix) == ("PH007", 31, Fix("write DataHub", "DataHub"))
    assert _rules("Iceland and ICELAND, Acme and acme, GitHub at github.com.") == []


def test_a_label_at_the_head_of_a_title_is_no_gap_but_a_gap_there_is() -> None:
    (label,) = _find("Text.", "[Network] Packet loss")
    assert label.level is Level.INFO
    assert _rules("Text.", "[Network] Packet loss") == ["PH006"]
    assert _rules("Text.", "[product] is slow") == ["PH001"]
    assert _rules("Text.", "[Product] is slow") == ["PH001"]


@pytest.mark.parametrize("shown", ["{next_update}", "{{next_update}}", "{ next_update }"])
def test_a_variable_of_a_template_is_told_as_not_filled(shown: str) -> None:
    (finding,) = _find(f"by {shown}", context=Context(variables=frozenset({"next_update"})))
    assert finding == Finding("PH003", Level.BLOCK, f"'{shown}' is not filled in.", 3, 3 + len(shown), is_final=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The API is down for None.", "None"),
        ("It was reported by undefined and is being checked.", "undefined"),
        ("It ran for NaN minutes.", "NaN"),
        ("A problem affecting  since 14:05 UTC.", "affecting  since"),
        ("It ran from  to 15:00 UTC.", "from  to"),
        ("The value is [object Object] now.", "[object Object]"),
    ],
)
def test_a_variable_that_was_rendered_as_nothing_blocks(text: str, shown: str) -> None:
    findings = [finding for finding in _find(text) if finding.rule == "PH003"]
    assert [text[finding.start : finding.end] for finding in findings] == [shown]


@pytest.mark.parametrize(
    "text",
    ["REMOVE BEFORE UPDATING\nMail works.", "Mail is slow. (Internal only: ask Ops)", "*** check this", "INTERNAL ONLY",
     "Mail is slow. Do not include this in the public post.", "[DO NOT PUBLISH] Mail is slow.",
     "We know that. Please do not include this yet.", "This part is internal only.",
     "Delete this section before posting.", "Internal note: the disk was full",
     "For internal use: the disk was full"],
)  # fmt: skip
def test_an_instruction_to_the_writer_is_found(text: str) -> None:
    assert "PH005" in _rules(text)


def test_foreign_names_and_other_spellings_of_ours_are_told() -> None:
    tuning = Tuning(words=Words(foreign_names=("Canary",), products=("DataHub", "Acme Mail")))
    body = "The canary app, data-hub and Datahub; DataHub and acme mail at datahub.example.com, acme@datahub.example."
    found = lint("T", body, tuning=tuning, groups=("PH",))
    assert [(finding.rule, body[finding.start : finding.end]) for finding in found] == [
        ("PH007", "canary"), ("PH007", "data-hub"), ("PH007", "Datahub"), ("PH007", "acme mail"),
    ]  # fmt: skip
    assert [finding.fix and finding.fix.replacement for finding in found] == [None, "DataHub", "DataHub", "Acme Mail"]
    assert lint("T", "The canary app", groups=("PH",)) == []


@pytest.mark.parametrize("empty", ["", " ", "\n\t "])
def test_empty_words_block(empty: str) -> None:
    assert [finding.rule for finding in lint("Title", empty) if finding.level is Level.BLOCK] == ["MS000"]
    (finding,) = lint(empty, "Text.")
    assert (finding.rule, finding.part, finding.is_final) == ("MS000", Part.TITLE, True)


def test_the_limits_of_the_page_block_and_long_texts_are_told() -> None:
    def rules(body: str, title: str = "Title", context: Context | None = None) -> list[str]:
        return [finding.rule for finding in lint(title, body, context or Context(), groups=("LN",))]

    assert rules("a" * (BODY_LIMIT + 1)) == ["LN001"]
    assert not is_sendable(lint("Title", "a" * (BODY_LIMIT + 1), groups=("LN",)))
    assert is_sendable(lint("Title", "a" * BODY_LIMIT, groups=("LN",)))
    assert not is_sendable(lint("a" * (TITLE_LIMIT + 1), "Text.", groups=("LN",)))
    assert is_sendable(lint("a" * TITLE_LIMIT, "Text.", groups=("LN",)))
    assert rules("a" * 1_001) == ["LN001"]
    assert rules("a" * 1_001, context=Context(status=IncidentStatus.RESOLVED)) == []
    assert rules("Text.", "a" * 81) == ["LN003"]


def test_holes_in_the_title_block_too() -> None:
    (finding,) = _find("Text.", "Problem with [product]")
    assert (finding.rule, finding.part, finding.start) == ("PH001", Part.TITLE, 13)


def test_a_name_with_brackets_is_meant_but_a_gap_beside_it_is_not() -> None:
    context = Context(names=("Shop [product]", "a"))
    assert _find("Shop [product] fails.", "Shop [product]", context) == []
    found = _find("Shop [product] fails for [duration].", "T", context)
    assert [finding.rule for finding in found] == ["PH001"]


def test_blocking_findings_come_first_and_then_the_order_of_the_text() -> None:
    assert _rules("With [SSO] by [time] and TBD.", "Title") == ["PH001", "PH002", "PH006"]

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, Part, is_sendable
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT


def _rules(body: str, title: str = "Sign-in fails") -> list[str]:
    return [finding.rule for finding in lint(title, body)]


@pytest.mark.parametrize(
    "hole",
    ["[date]", "[X hours]", "[product]", "[Carrier Network]", "[TIME]", "[insert reason]", "[your name]",
     "[WORKAROUND]", "[n]", "[ ... ]", "[]", "[describe what fails]", "[20% of REGION]"],
)  # fmt: skip
def test_brackets_that_wait_to_be_filled_block(hole: str) -> None:
    text = f"It lasted for {hole} in all."
    (finding,) = lint("Title", text)
    assert (finding.rule, finding.level) == ("PH001", Level.BLOCK)
    assert text[finding.start : finding.end] == hole


@pytest.mark.parametrize(
    "leftover",
    ["{{eta}}", "${eta}", "%(eta)s", "{eta}", "{a.b|lower}", "{ }", "<TODO>", "<time>", "<your name>", "TBD", "TODO",
     "FIXME", "XXX", "xx:xx", "XX:xx", "__", "_____", "＿＿", "_%", "lorem ipsum", "INSERT NAME"],
)  # fmt: skip
def test_what_a_template_leaves_behind_blocks(leftover: str) -> None:
    (finding,) = lint("Title", f"back by {leftover} today")
    assert (finding.rule, finding.level) == ("PH002", Level.BLOCK)


@pytest.mark.parametrize(
    "text",
    ["see [our notice](https://example.com/a_b)", "see [our notice][1]", "[1]: https://example.com", "as said [1]",
     "the __cf_bm cookie and __error__ page", "it works [sic]", "50 % of requests", "a * b_c", "**bold** and __bold__",
     "x < y and y > z", "insert the card again", "INSERT INTO fails", "https://example.com/{id",
     "5 to 10 [all times UTC]", "<b>now</b>", "todo lists do not load", "![picture](https://example.com/date.png)"],
)  # fmt: skip
def test_words_that_mean_what_they_say_pass(text: str) -> None:
    assert _rules(text) == []


def test_other_brackets_are_only_told() -> None:
    (finding,) = lint("Title", "Sign-in with [SSO] fails.")
    assert (finding.rule, finding.level) == ("PH006", Level.WARN)
    assert is_sendable([finding])


def test_a_variable_of_a_template_is_told_as_not_filled() -> None:
    (finding,) = lint("Title", "by {next_update}", Context(variables=frozenset({"next_update"})))
    assert finding == Finding("PH003", Level.BLOCK, "'{next_update}' is not filled in.", 3, 16, is_final=True)


@pytest.mark.parametrize("empty", ["", " ", "\n\t "])
def test_empty_words_block(empty: str) -> None:
    assert _rules(empty) == ["MS000"]
    (finding,) = lint(empty, "Text.")
    assert (finding.rule, finding.part) == ("MS000", Part.TITLE)


def test_the_limits_of_the_page_block_and_long_texts_are_told() -> None:
    assert _rules("a" * (BODY_LIMIT + 1)) == ["LN001"]
    assert not is_sendable(lint("Title", "a" * (BODY_LIMIT + 1)))
    assert is_sendable(lint("Title", "a" * BODY_LIMIT))
    assert not is_sendable(lint("a" * (TITLE_LIMIT + 1), "Text."))
    assert is_sendable(lint("a" * TITLE_LIMIT, "Text."))
    assert _rules("a" * 1_001) == ["LN001"]
    assert lint("Title", "a" * 1_001, Context(status=IncidentStatus.RESOLVED)) == []
    assert _rules("Text.", "a" * 81) == ["LN003"]


def test_holes_in_the_title_block_too() -> None:
    (finding,) = lint("Problem with [product]", "Text.")
    assert (finding.rule, finding.part, finding.start) == ("PH001", Part.TITLE, 13)


def test_a_name_with_brackets_is_meant_but_a_gap_beside_it_is_not() -> None:
    names = ("Shop [product]", "a")
    assert lint("Shop [product]", "Shop [product] fails.", Context(names=names)) == []
    found = lint("T", "Shop [product] fails for [duration].", Context(names=names))
    assert [finding.rule for finding in found] == ["PH001"]


def test_blocking_findings_come_first_and_then_the_order_of_the_text() -> None:
    found = lint("Title", "With [SSO] by [time] and TBD.")
    assert [finding.rule for finding in found] == ["PH001", "PH002", "PH006"]


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_judged_and_findings_lie_inside_it(title: str, body: str, names: list[str]) -> None:
    for finding in lint(title, body, Context(names=tuple(names))):
        text = title if finding.part is Part.TITLE else body
        assert 0 <= finding.start <= finding.end <= len(text)


@pytest.mark.parametrize("unit", ["[", "[a](", "{", "{{", "<", "_", "[x ", "%(", "${"])
def test_hostile_text_takes_no_time(unit: str) -> None:
    began = time.perf_counter()
    lint("Title", unit * (BODY_LIMIT // len(unit)))
    assert time.perf_counter() - began < 2


def test_a_resolution_says_which_probes_it_passes_over() -> None:
    remarks = lint("Shop", "It is over.", Context(status=IncidentStatus.RESOLVED, red_probes=("shop", "api")))
    assert [(remark.rule, remark.level) for remark in remarks] == [("TR002", Level.WARN)]
    assert "shop, api are not up" in remarks[0].message
    assert lint("Shop", "It is over.", Context(status=IncidentStatus.RESOLVED, red_probes=())) == []
    assert lint("Shop", "We watch it.", Context(red_probes=("shop",))) == []

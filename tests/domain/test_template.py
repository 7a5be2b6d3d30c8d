from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, is_sendable
from oncall_tui.domain.template import Moment, Template, capitalise, join_names, render, say_day, say_length, say_when

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
_HOUR = 3_600_000


def _template(body: str, *needed: str) -> Template:
    return Template("t", "T", (IncidentStatus.INVESTIGATING,), Moment.ANY, body, frozenset(needed))


def test_a_fact_that_is_missing_takes_its_line_with_it() -> None:
    template = _template("First {a}.\nThen {b} and {a}. Together.\n\nLast.\n\n{c}.")
    assert render(template, {"a": "x"}) == "First x.\n\nLast."
    assert render(template, {"a": "x", "b": "y", "c": " "}) == "First x. Then y and x. Together.\n\nLast."


def test_a_needed_fact_that_is_missing_stays_visible_and_blocks() -> None:
    template = _template("We know {cause}.", "cause")
    body = render(template, {"cause": None})
    assert body == "We know {cause}."
    findings = lint("Title", body, Context(variables=template.variables), groups=["PH"])
    assert [finding.rule for finding in findings] == ["PH003"]
    assert not is_sendable(findings)


def test_a_fact_is_never_read_as_a_template() -> None:
    assert render(_template("{a} {b}"), {"a": "{b}", "b": "x\x1b[31m\n"}) == "{b} x␛[31m"


@pytest.mark.parametrize(
    ("body", "value", "text"),
    [
        ("{a}. Next.", "pages fail.", "Pages fail. Next."),
        ("{a}. Next.", "pages fail", "Pages fail. Next."),
        ("{a}. Next.", "why?", "Why? Next."),
        ("Done. {a}.", "pages fail", "Done. Pages fail."),
        ("You see: {a}.", "pages fail;", "You see: pages fail."),
        ("{a}, since 14:05 UTC.", "pages fail.", "Pages fail, since 14:05 UTC."),
        ("{a}.", "iPhone users cannot sign in", "iPhone users cannot sign in."),
        ("{a}.", "API calls fail", "API calls fail."),
        ("{a}{a}.", "x", "Xx."),
    ],
)
def test_a_fact_fits_where_it_stands_however_it_was_typed(body: str, value: str, text: str) -> None:
    assert render(_template(body), {"a": value}) == text


@settings(deadline=None)
@given(st.text())
def test_nothing_but_the_first_sign_changes_with_a_capital(text: str) -> None:
    assert capitalise(text)[1:].endswith(text[1:])


def test_times_name_their_day_only_when_it_is_another() -> None:
    assert say_when(_NOW, _NOW + _HOUR) == "14:05 UTC"
    assert say_when(_NOW - 24 * _HOUR, _NOW) == "14:05 UTC on 21 November"
    assert say_day(_NOW) == "22 November"


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "1 minute"),
        (47 * 60_000, "47 minutes"),
        (2 * _HOUR + 300_000, "2 hours 5 minutes"),
        (74 * _HOUR, "3 days 2 hours"),
    ],
)
def test_lengths_are_said_in_at_most_two_units(ms: int, words: str) -> None:
    assert say_length(ms) == words


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), max_size=5))
def test_names_are_listed_whole(names: list[str]) -> None:
    joined = join_names(names)
    assert all(name in joined for name in names)
    assert join_names(["a", "b", "c"]) == "a, b and c"

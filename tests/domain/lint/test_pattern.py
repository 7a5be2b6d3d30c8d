"""Quick ways to look for words find what the plain ones find."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.lint.pattern import Folded, Pattern, join_pairs
from oncall_tui.domain.lint.reading import Reading

_TEXT = st.lists(
    st.sampled_from(
        ["the", "The", "ETA", "eta", "is", "IS", "at", " ", "  ", "\n", ".", "14:05", "7", "\u0130", "\u00df"]
    )
).map("".join)
_SOURCE = r"(?i:\b(?:ETA|the)\b(?P<rest>\W{0,3}(?:is|AT)\b)?)"


@given(_TEXT)
def test_folded_words_are_found_where_the_engine_finds_them_in_any_case(text: str) -> None:
    plain, folded = re.compile(_SOURCE), Folded(_SOURCE)
    assert [each.span() for each in folded.finditer(text)] == [each.span() for each in plain.finditer(text)]
    assert [each.span("rest") for each in folded.finditer(text)] == [each.span("rest") for each in plain.finditer(text)]
    assert (folded.search(text) is None) == (plain.search(text) is None)
    assert (folded.fullmatch(text) is None) == (plain.fullmatch(text) is None)


@given(_TEXT)
def test_figures_are_found_from_where_they_begin(text: str) -> None:
    source = r"(?<!\d)\d{1,2}(?::\d\d)?"
    reading = Reading(text)
    found = [each.span() for each in Pattern(source).match_at(text, reading.numbers)]
    assert found == [each.span() for each in re.finditer(source, text)]


@given(_TEXT)
def test_words_that_follow_each_other_are_among_the_pairs(text: str) -> None:
    reading = Reading(text)
    matched = re.search(r"(?i:\b(?:the|eta) (?:is|at)\b)", reading.prose)
    assert matched is None or not join_pairs("the|eta", "is|at").isdisjoint(reading.pairs)


@given(_TEXT)
def test_what_is_sought_by_sentences_is_all_that_there_is(text: str) -> None:
    pattern = Folded(r"\b(?:the|is) (?:eta|at)\b(?! is)", needs="the |is ")
    reading = Reading(text * 3)
    found = [each.span() for each in reading.seek(pattern)]
    assert found == [each.span() for each in pattern.finditer(reading.prose)]

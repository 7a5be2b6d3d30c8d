"""A draft follows its facts, and no word of a person is ever lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.content import load_templates
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.sentences import list_handwritten, switch_template, update_draft
from oncall_tui.domain.template import Moment, Template, render, render_sentences
from oncall_tui.domain.template_variables import VARIABLES

_BODY = """
We look into {components}.
Affected: {scope}.
In the meantime: {workaround}.

We are {action}.
You hear again by {next_update}.
"""
_TEMPLATE = Template("t", "T", (IncidentStatus.INVESTIGATING,), Moment.ANY, _BODY)
_FACTS: dict[str, str | None] = {
    "components": "API",
    "scope": "all of you",
    "action": "at work",
    "next_update": "14:35 UTC",
}
_SAMPLES = {name: variable.sample for name, variable in VARIABLES.items()}
_END = "\n\nWe are at work. You hear again by 14:35 UTC."

_names = st.sampled_from(["components", "scope", "workaround", "action", "next_update"])
_values = st.none() | st.sampled_from(["API", "a third of you", "use the app.", "14:35 UTC", "Europe and {scope}", "x"])
_facts = st.dictionaries(_names, _values)
_words = st.sampled_from(["zeta.", "Eta theta", "iota!", "(kappa)", "\nlambda\n", "mu. Nu.", "  xi  "])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"scope": "half of you"},
            "We look into API. Affected: half of you.\n\nWe are at work. You hear again by 14:35 UTC.",
        ),
        ({"scope": None}, "We look into API.\n\nWe are at work. You hear again by 14:35 UTC."),
        (
            {"workaround": "use the app"},
            f"We look into API. Affected: all of you. In the meantime: use the app.{_END}",
        ),
        ({"action": None}, "We look into API. Affected: all of you.\n\nYou hear again by 14:35 UTC."),
        (
            {"next_update": "15:05 UTC", "scope": "you"},
            "We look into API. Affected: you.\n\nWe are at work. You hear again by 15:05 UTC.",
        ),
        ({"components": None, "scope": None}, "We are at work. You hear again by 14:35 UTC."),
    ],
)
def test_an_untouched_draft_reads_as_if_begun_anew(change: dict[str, str | None], text: str) -> None:
    after = {**_FACTS, **change}
    assert update_draft(_TEMPLATE, _FACTS, after, render(_TEMPLATE, _FACTS)) == text == render(_TEMPLATE, after)


def test_a_sentence_that_a_person_changed_stays() -> None:
    text = "We look into API. Affected: nearly all of you.\n\nWe are at work. You hear again by 14:35 UTC."
    after = {**_FACTS, "scope": "half of you", "next_update": "15:00 UTC"}
    assert update_draft(_TEMPLATE, _FACTS, after, text) == text.replace("14:35", "15:00")


def test_a_sentence_that_a_person_took_away_does_not_come_back() -> None:
    text = "We look into API.\n\nWe are at work. You hear again by 14:35 UTC."
    assert update_draft(_TEMPLATE, _FACTS, {**_FACTS, "scope": "half of you"}, text) == text


def test_a_fact_that_a_person_has_put_into_words_is_not_told_twice() -> None:
    before = {**_FACTS, "scope": None}
    text = "We look into API. Affected: Europe, as far as we can see.\n\nYou hear again by 14:35 UTC."
    assert update_draft(_TEMPLATE, before, _FACTS, text) == text


def test_a_sentence_of_the_template_that_reads_alike_is_no_version_of_another() -> None:
    template = replace(_TEMPLATE, body="We look.\nAffected: {scope}.\nNot affected: {workaround}.")
    before = {"workaround": "the app"}
    text = "We look. Not affected: the app. Own words."
    after = update_draft(template, before, {**before, "scope": "you"}, text)
    assert after == "We look. Affected: you. Not affected: the app. Own words."


def test_words_around_a_sentence_stay_where_they_are() -> None:
    text = "Mind this. We look into API. Hm, hm.\nAffected: all of you. And more.\n\nYou hear again by 14:35 UTC.  Bye"
    after = {**_FACTS, "components": "Web", "scope": None, "next_update": "15:00 UTC"}
    assert update_draft(_TEMPLATE, _FACTS, after, text) == (
        "Mind this. We look into Web. Hm, hm.\nAnd more.\n\nYou hear again by 15:00 UTC.  Bye"
    )


def test_a_sentence_within_a_longer_one_is_a_persons() -> None:
    text = "Not as we said: We look into API. It is not so that we think We look into API.\n\nWe are at workshops."
    after = {**_FACTS, "components": "Web", "action": "off"}
    assert update_draft(_TEMPLATE, _FACTS, after, text) == text.replace(
        "said: We look into API", "said: We look into Web"
    )


def test_lines_that_an_editor_broke_are_still_sentences_of_the_template() -> None:
    text = "We look into\nAPI. Affected:\n  all of you.\n\nWe are at work. You hear\nagain by 14:35 UTC."
    after = {**_FACTS, "scope": "half of you", "next_update": None}
    assert update_draft(_TEMPLATE, _FACTS, after, text) == (
        "We look into\nAPI. Affected: half of you.\n\nWe are at work."
    )


def test_an_empty_draft_fills_once_something_is_known_and_stays_empty_when_it_was_emptied() -> None:
    assert update_draft(_TEMPLATE, {}, _FACTS, "") == render(_TEMPLATE, _FACTS)
    assert update_draft(_TEMPLATE, _FACTS, {**_FACTS, "scope": "x"}, " ") == " "


@settings(max_examples=100, deadline=None)
@given(_facts, _facts)
@example({}, {"workaround": "x", "action": "x"})
def test_every_change_of_an_untouched_draft_is_the_new_rendering(
    before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    assert update_draft(_TEMPLATE, before, after, render(_TEMPLATE, before)) == render(_TEMPLATE, after)


def _write_into(text: str, additions: list[tuple[int, str]]) -> str:
    for at, words in additions:
        at = at % (len(text) + 1)
        text = text[:at] + words + text[at:]
    return text


@settings(max_examples=120, deadline=None)
@given(_facts, _facts, st.lists(st.tuples(st.integers(0, 300), _words), max_size=4))
def test_no_word_of_a_person_is_lost_and_a_second_time_changes_nothing(
    before: dict[str, str | None], after: dict[str, str | None], additions: list[tuple[int, str]]
) -> None:
    text = _write_into(render(_TEMPLATE, before), additions)
    done = update_draft(_TEMPLATE, before, after, text)
    left = iter(done)
    hand = "".join("".join(list_handwritten(render_sentences(_TEMPLATE, before), text)).split())
    assert all(sign in left for sign in hand)
    assert update_draft(_TEMPLATE, before, after, done) == done
    assert update_draft(_TEMPLATE, before, before, text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab .\n{}"), max_size=60), _facts, _facts)
def test_a_text_without_a_sentence_of_the_template_is_left_alone(
    text: str, before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    if text.strip():
        assert update_draft(_TEMPLATE, before, after, text) == text


@pytest.mark.parametrize("new", load_templates(), ids=lambda template: template.key)
def test_another_template_keeps_what_a_person_wrote_and_tells_it(new: Template) -> None:
    facts = _SAMPLES
    old = load_templates()[0]
    text = render(old, facts).replace("Affected:", "My words. Affected:").replace("You will hear", "You shall hear")
    switched = switch_template(render_sentences(old, facts), render_sentences(new, facts), text)
    assert switched.kept == ("My words.", "You shall hear from us again by 14:35 UTC.")
    assert all(words in switched.text for words in switched.kept)
    rest = switched.text
    for words in switched.kept:
        rest = rest.replace(words, "")
    assert re.sub(r"\s+", " ", rest).strip() == re.sub(r"\s+", " ", render(new, facts))
    if "{next_update}" in new.body.splitlines()[-1]:
        assert switched.text.endswith("14:35 UTC.")
        assert not switched.text.endswith("You shall hear from us again by 14:35 UTC.")


def test_prepared_words_alone_are_replaced_whole() -> None:
    facts = _SAMPLES
    old, new = load_templates()[:2]
    switched = switch_template(render_sentences(old, facts), render_sentences(new, facts), render(old, facts))
    assert switched.kept == ()
    assert switched.text == render(new, facts)

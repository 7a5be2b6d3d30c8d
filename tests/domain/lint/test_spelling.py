"""Misspelt words are noted with what was meant; names, links, code and words of the trade are left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.domain.lint.remarks import find, words_of

from oncall_tui.domain.lint.model import Context, Fix, Level, Tuning, Words
from oncall_tui.spelling import MOST_SUGGESTIONS, has_word_list, suggest

LOOK_UP = Context(suggest=suggest)


def test_a_misspelt_word_is_noted_with_what_was_meant() -> None:
    assert has_word_list()
    text = "Pasword resets fail intermitently, and customers recieve errrors."
    found = find("SP001", text, LOOK_UP)
    assert [text[each.start : each.end] for each in found] == ["Pasword", "intermitently", "recieve", "errrors"]
    assert {each.level for each in found} == {Level.INFO}
    assert found[0].fix == Fix("write 'Password'", "Password")
    assert all(each.message.count(" or ") < MOST_SUGGESTIONS for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "Webhooks, failovers and the API time out after the rollout; admins apologise for the behaviour.",
        "Sign-in with Kubrnetes and Postgress fails.",
        "See https://status.example.com/pasword or `recieve`, or [the page](https://recieve.example.com).",
        "user_recieve, recieve.py, @recieve, #recieve and RECIEVE",
        "The customers' accounts and what we've done.",
    ],
)
def test_what_is_no_word_of_everyday_passes(text: str) -> None:
    assert words_of("SP001", text, LOOK_UP) == []


def test_names_from_config_and_the_incident_are_known() -> None:
    text = "The recieve queue and acmee are slow."
    assert words_of("SP001", text, LOOK_UP) == ["recieve", "acmee"] or words_of("SP001", text, LOOK_UP) == ["recieve"]
    tuning = Tuning(words=Words(products=("Acmee Shop",)))
    assert words_of("SP001", text, Context(suggest=suggest, names=("Recieve",)), tuning) == []


def test_nothing_is_said_without_a_word_list() -> None:
    assert words_of("SP001", "customers recieve errrors") == []

    def know_all(_word: str) -> Sequence[str] | None:
        return None

    assert words_of("SP001", "customers recieve errrors", Context(suggest=know_all)) == []


def test_a_word_is_told_once() -> None:
    assert words_of("SP001", "errrors and errrors", LOOK_UP) == ["errrors"]

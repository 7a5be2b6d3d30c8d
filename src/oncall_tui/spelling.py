"""Looks words up in the word list of the `spelling` extra, which is loaded when the first word is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spellchecker import SpellChecker

INSTALL = "pip install 'oncall-tui[spelling]'"
MOST_SUGGESTIONS = 3
#: How often a word stands in the texts that the list was counted in, before it is worth suggesting.
_USED_LEAST = 50


def has_word_list() -> bool:
    """Tells whether the extra is installed."""
    return find_spec("spellchecker") is not None


def warm() -> None:
    """Loads the word list, so that `suggest` answers at once; nothing without the extra."""
    _load_words()


def is_warm() -> bool:
    """Tells whether `suggest` answers at once."""
    return _load_words.cache_info().currsize > 0


@cache
def suggest(word: str) -> Sequence[str] | None:
    """Returns what a word of small letters was meant to be, the best first; None when it is known or like no other.

    Without the extra every word is known. The first call takes up to a second.
    """
    words = _load_words()
    if words is None or words.known([word]):
        return None
    found = [each for each in words.edit_distance_1(word) if words[each] >= _USED_LEAST and each.isalpha()]
    return tuple(sorted(found, key=lambda each: (-words[each], each))[:MOST_SUGGESTIONS]) or None


@cache
def _load_words() -> SpellChecker | None:
    if not has_word_list():
        return None
    from spellchecker import SpellChecker

    return SpellChecker(language="en", distance=1)

"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum

from msgspec import Struct

_WORD = re.compile(r"\s*\S+|\s+$")
_SENTENCE = re.compile(r"\s*\S.*?(?:[.!?](?=\s)|\n|\Z)|\s+$", re.DOTALL)
#: Longer texts are compared sentence by sentence: the time grows with the square of the pieces.
_WORDS_LIMIT = 1_500


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(Struct, frozen=True):
    """A stretch of text that stayed, came or went."""

    change: Change
    text: str


def compare_words(before: str, after: str) -> list[Piece]:
    """Returns the pieces of both texts in order: those that are not REMOVED make up `after`.

    Words that differ in the white space before them alone count as the same.
    """
    old, new = _split(before), _split(after)
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            _append(pieces, Change.SAME, new[new_from:new_to])
        else:
            _append(pieces, Change.REMOVED, old[old_from:old_to])
            _append(pieces, Change.ADDED, new[new_from:new_to])
    return pieces


def _split(text: str) -> list[str]:
    words: list[str] = _WORD.findall(text)
    return words if len(words) <= _WORDS_LIMIT else _SENTENCE.findall(text)


def _append(pieces: list[Piece], change: Change, words: Sequence[str]) -> None:
    if words:
        pieces.append(Piece(change, "".join(words)))

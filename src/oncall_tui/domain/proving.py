"""What words that are found in the text of a page prove: that customers read an update of ours, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from oncall_tui.domain.outbox import normalise_body

WORDS_LEAST = 3
"""A page says "Resolved" or "Partial outage" in labels of its own: fewer words prove nothing."""
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()\s]*+\)")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_EDGE = re.compile(r"\n|[.!?\u2026][\"'\u201d\u2019\u00bb)\]*_]*\s|[\u3002\uff01\uff1f]")
_LOOKS_MOST = 100
_TOO_FEW = "cannot be looked up: it has too few words to tell them from others on the page"
_ELSEWHERE = "cannot be looked up: another text of the page has the same words"


class ShownText:
    """The text of a page, each element in a line of its own, prepared for finding words.

    Words are runs of letters and digits, since a page turns line breaks, Markdown marks and quotes into its own.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = [match.span() for match in _WORD.finditer(text)]
        words = [text[begin:end] for begin, end in self._spans]
        self._joined = f" {' '.join(words)} "
        self._numbers: dict[int, int] | None = None

    def holds(self, body: str) -> bool:
        """Tells whether the words of a body stand here in a row, from the edge of a sentence or element to one."""
        words = _list_words(body)
        wanted = f" {' '.join(words)} "
        if not words or wanted not in self._joined:
            return False
        at = -1
        for _ in range(_LOOKS_MOST):  # hostile text may repeat them without end
            at = self._joined.find(wanted, at + 1)
            if at < 0:
                return False
            first = self._number_words()[at]
            if self._is_edge(first) and self._is_edge(first + len(words)):
                return True
        return False

    def _number_words(self) -> dict[int, int]:
        if self._numbers is None:
            self._numbers, at = {}, 0
            for number, (begin, end) in enumerate(self._spans):
                self._numbers[at] = number
                at += end - begin + 1
        return self._numbers

    def _is_edge(self, number: int) -> bool:
        """Tells whether a sentence or an element ends before the word of a number."""
        if number in (0, len(self._spans)):
            return True
        return bool(_EDGE.search(self._text[self._spans[number - 1][1] : self._spans[number][0]]))


def find_doubt(body: str, others: Iterable[str]) -> str:
    """Returns why words found on a page would not prove that it shows this body, empty when they would.

    `others` are all else that the page is known to show.
    """
    if is_too_short(body):
        return _TOO_FEW
    return _ELSEWHERE if any(ShownText(_unlink(other)).holds(body) for other in others) else ""


def is_too_short(body: str) -> bool:
    """Tells whether a body has too few words to prove anything; scripts without blanks have two signs a word."""
    words = _list_words(body)
    return sum(max(1.0, len(_UNSPACED.findall(word)) / 2) for word in words) < WORDS_LEAST


def _list_words(body: str) -> list[str]:
    return _WORD.findall(_unlink(normalise_body(body)))


def _unlink(text: str) -> str:
    return _LINK.sub(r"\1", text)

"""A cheap look before an expensive one: most texts hold none of the words that a pattern is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache


@lru_cache(maxsize=64)
def fold(text: str) -> str:
    """Returns the text in small letters, of the same length: positions stay what they were."""
    folded = text.lower()
    return (
        folded if len(folded) == len(text) else "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)
    )


def holds_any(text: str, signs: Collection[str]) -> bool:
    """Tells whether one of the signs stands anywhere in a text."""
    for sign in signs:  # noqa: SIM110 - a generator would take twice as long, hundreds of times for one text
        if sign in text:
            return True
    return False


def find_all(text: str, signs: Collection[str]) -> list[int]:
    """Returns where the signs begin, in order."""
    found = set[int]()
    for sign in signs:
        at = text.find(sign)
        while at >= 0:
            found.add(at)
            at = text.find(sign, at + 1)
    return sorted(found)


def find_names(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yields where names stand as words of their own; a name of small letters alone is found in any case."""
    if not names or not text:
        return
    for name in names:
        if not name.strip():
            continue
        haystack, needle = (text.lower(), name) if name.islower() and len(text.lower()) == len(text) else (text, name)
        at = haystack.find(needle)
        while at >= 0:
            end = at + len(needle)
            if not _is_letter(text, at - 1) and not _is_letter(text, end):
                yield at, end
            at = haystack.find(needle, end)


def _is_letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")

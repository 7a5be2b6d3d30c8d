"""Patterns that cost nothing until they are used: dozens of them would hold up the start of every command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator


class Pattern:
    """A regular expression that is compiled when it is first asked for something.

    `needs` are strings of which a text has at least one wherever it matches: looking for them is much quicker.
    """

    __slots__ = ("_compiled", "_flags", "_needs", "_source")

    def __init__(self, source: str, flags: re.RegexFlag = re.NOFLAG, *, needs: tuple[str, ...] = ()) -> None:
        self._source = source
        self._flags = flags
        self._needs = needs
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled

    def may_match(self, text: str) -> bool:
        return not self._needs or any(need in text for need in self._needs)

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        if not self.may_match(text):
            return iter(())
        return self.compiled.finditer(text, start, len(text) if end is None else end)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.compiled.search(text, start, len(text) if end is None else end)

    def match(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.compiled.match(text, start, len(text) if end is None else end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.compiled.fullmatch(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        return self.compiled.sub(replacement, text)


def any_word(words: str, flags: re.RegexFlag = re.IGNORECASE) -> Pattern:
    """Returns a pattern for whole words or phrases, which `words` lists with `|` between them."""
    return Pattern(rf"(?<!\w)(?:{words})(?!\w)", flags)


def join_pairs(first: str, second: str, joint: str = " ") -> tuple[str, ...]:
    """Returns each of some words before each of others, for `needs`; both lists have `|` between the words."""
    return tuple(f"{one}{joint}{other}" for one in first.split("|") for other in second.split("|"))

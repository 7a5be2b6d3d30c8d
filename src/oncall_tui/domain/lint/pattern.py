"""Patterns that cost nothing until they are used: dozens of them would hold up the start of every command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from oncall_tui.domain.lint.signs import fold, holds_any


class Pattern:
    """A regular expression that is compiled when it is first asked for something.

    `needs` are strings of which each match holds at least one, or all of them with `|` between: looking for them is
    much quicker. `pairs` are words in small letters of which it has one behind the other, with a blank between them.
    """

    __slots__ = ("_compiled", "_flags", "_is_any_case", "_source", "needs", "pairs")

    def __init__(
        self,
        source: str,
        flags: re.RegexFlag = re.NOFLAG,
        *,
        needs: tuple[str, ...] | str = (),
        pairs: frozenset[str] = frozenset(),
    ) -> None:
        self._source = source
        self._flags = flags
        self.needs = tuple(needs.split("|")) if isinstance(needs, str) else needs
        self._is_any_case = "(?i" in source or bool(flags & re.IGNORECASE)
        if self._is_any_case:
            self.needs = tuple(dict.fromkeys(need.lower() for need in self.needs))
        self.pairs = pairs
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled

    def may_match(self, text: str) -> bool:
        return not self.needs or holds_any(fold(text) if self._is_any_case else text, self.needs)

    def prepare(self, text: str) -> str:
        """Returns a text as it is sought in."""
        return text

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        if not self.may_match(text):
            return iter(())
        return self.compiled.finditer(text, start, len(text) if end is None else end)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.compiled.search(text, start, len(text) if end is None else end)

    def match(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.compiled.match(text, start, len(text) if end is None else end)

    def match_at(self, text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
        """Yields what matches at some places, which are in order, none over another."""
        reached, compiled = -1, self.compiled
        for start in starts:
            if start >= reached and (match := compiled.match(text, start)):
                reached = match.end()
                yield match

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.compiled.fullmatch(text, start, len(text) if end is None else end)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        return self.compiled.sub(replacement, text)


#: Capitals of a source that mean letters: those of classes and of names of groups are kept.
_CAPITAL = Pattern(r"(\\.|\(\?P[<=(])|([A-Z])")


class Folded(Pattern):
    """A pattern for which capitals and small letters are one: groups come back in small letters.

    It is sought in the text in small letters, which takes a third of what the engine takes to compare both.
    """

    __slots__ = ()

    @property
    def compiled(self) -> re.Pattern[str]:
        if self._compiled is None:
            source = _CAPITAL.sub(_to_small, self._source.replace("(?i:", "(?:"))
            self._compiled = re.compile(source, self._flags)
        return self._compiled

    def prepare(self, text: str) -> str:
        return fold(text)

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        return super().finditer(fold(text), start, end)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return super().search(fold(text), start, end)

    def match(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return super().match(fold(text), start, end)

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return super().fullmatch(fold(text), start, end)


def _to_small(match: re.Match[str]) -> str:
    return match[1] or match[2].lower()


def any_word(words: str, *, needs: str = "") -> Folded:
    """Returns a pattern for whole words or phrases in any case, which `words` lists with `|` between them."""
    return Folded(rf"(?<!\w)(?:{words})(?!\w)", needs=needs or ())


def join_pairs(first: str, second: str) -> frozenset[str]:
    """Returns each of some words before each of others, for `pairs`; both lists have `|` between the words."""
    return frozenset(f"{one} {other}" for one in first.split("|") for other in second.split("|"))

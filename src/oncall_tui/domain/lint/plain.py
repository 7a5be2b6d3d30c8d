"""A text as it looks: signs that show nothing and letters that only look like others hide no fault.

What is between two shown signs and shows nothing is left out; blanks, hyphens and wide letters become the plain ones;
letters of other scripts become Latin ones within words that are Latin otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncall_tui.domain.lint.pattern import Pattern

_NOTHING = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
)
_HIDDEN = Pattern(rf"(?<=[ -~])[{_NOTHING}]+(?=[ -~])")
_SPACES = r"\u00a0\u2000-\u200a\u202f\u205f\u3000"
_OTHER = Pattern(
    rf"(?<=\S)[{_SPACES}](?=\S)|[\u2010\u2011\uff10-\uff19\uff21-\uff3a\uff3b\uff3d\uff41-\uff5a\uff5b\uff5d]"
)
_SUSPECT = Pattern(rf"[{_NOTHING}{_SPACES}\u2010\u2011\uff10-\uff5d\u0370-\u03ff\u0400-\u04ff]")
_WORD = Pattern(r"[A-Za-z\u0370-\u03ff\u0400-\u04ff]+")
_LOOKS = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһΑΒΕΖΗΙΚΜΝΟΡΤΥΧον",
    "ABESIJKMHOPCTYXaesijopcyxhABEZHIKMNOPTYXov",
)


class Plain:
    """A text as it looks, and where its signs stand in what was written."""

    __slots__ = ("_places", "_written", "text")

    def __init__(self, written: str) -> None:
        self._written = written
        self._places: Sequence[int] | None = None
        self.text = written
        if _SUSPECT.search(written):
            shown = _WORD.sub(_make_latin, _OTHER.sub(_make_plain, written))
            hidden = [match.span() for match in _HIDDEN.finditer(shown)]
            self.text = "".join(shown[low:high] for low, high in _keep(hidden, len(shown)))
            if hidden:
                kept = _keep(hidden, len(shown))
                self._places = [*(at for low, high in kept for at in range(low, high)), len(shown)]

    @property
    def is_changed(self) -> bool:
        return self.text != self._written

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Returns where a span stands in what was written."""
        if self._places is None:
            return start, end
        low = self._places[start]
        return low, self._places[end - 1] + 1 if end > start else low


def _keep(hidden: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    edges = [0, *(edge for span in hidden for edge in span), size]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _make_plain(match: re.Match[str]) -> str:
    sign = match.group()
    if sign in "\u2010\u2011":
        return "-"
    return chr(ord(sign) - 0xFEE0) if sign > "\uff00" else " "


def _make_latin(match: re.Match[str]) -> str:
    word = match.group()
    is_mixed = not word.isascii() and any(map(str.isascii, word))
    return word.translate(_LOOKS) if is_mixed else word

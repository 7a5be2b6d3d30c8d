"""Names that are longer than their column: cut so that those that differ still look different."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.text import Glyphs

_LEAD = 4
_NAME_LIMIT = 500


class ShortNames:
    """The names of probes as they fit a column; each is cut when it is first drawn, and only once."""

    def __init__(self, probes: Sequence[Probe] = (), width: int = 0) -> None:
        self._probes = probes
        self._width = width
        self._shared = find_shared((probe.name for probe in probes), width)
        self._cut: dict[str, str] = {}

    def fit(self, probes: Sequence[Probe], width: int) -> ShortNames:
        """Returns the names for these probes and a column of so many cells."""
        return self if probes is self._probes and width == self._width else ShortNames(probes, width)

    def __getitem__(self, name: str) -> str:
        if len(name) <= self._width:
            return name
        if name not in self._cut:
            self._cut[name] = shorten_name(name, self._shared, self._width)
        return self._cut[name]


def find_shared(names: Iterable[str], width: int) -> set[str]:
    """Returns what several of the names that are longer than `width` begin with, each as far as they are alike."""
    wide = sorted({clean_line(name, _NAME_LIMIT) for name in names if len(name) > width})
    return {
        one[: next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))]
        for one, other in pairwise(wide)
    }


def shorten_name(name: str, shared: Collection[str], width: int) -> str:
    """Returns a name in at most `width` signs; `shared` is what `find_shared` says of all names.

    Kept is what comes where it parts from another one; one that begins like no other is cut in the middle.
    """
    name = clean_line(name, _NAME_LIMIT)
    if len(name) <= width:
        return name
    mark = Glyphs.show("…")
    kept: set[int] = set()
    used = len(mark)

    def keep(at: int) -> bool:
        """Shows one more sign where there is room for it, and for the marks around it."""
        nonlocal used
        beside = (at == 0 or at - 1 in kept) + (at == len(name) - 1 or at + 1 in kept)
        cost = 1 + len(mark) * (1 - beside)
        if used + cost > width:
            return False
        kept.add(at)
        used += cost
        return True

    def grow(begin: int) -> bool:
        at = next((at for at in range(begin, len(name)) if at not in kept), None)
        return at is not None and keep(at)

    partings = [at for at in range(1, len(name)) if name[:at] in shared]
    starts = [at for at in (0, *(partings or [len(name) - (width - len(mark)) // 2])) if keep(at)]
    for _ in range(_LEAD - 1):
        grow(0)
    while any([grow(begin) for begin in starts[1:]]):  # noqa: C419 -- each of them grows
        pass
    while grow(0):
        pass
    return re.sub("\0+", mark, "".join(name[at] if at in kept else "\0" for at in range(len(name))))

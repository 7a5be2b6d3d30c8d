"""Names that are longer than their column: cut so that those that differ still look different."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.text import Glyphs

_LEAD = 4


def shorten_names(names: Iterable[str], width: int) -> dict[str, str]:
    """Returns each name that is longer than `width` signs in so many, cut in the middle.

    Of those that begin alike, what they have alike is cut.
    """
    inert = {name: clean_line(name, 500) for name in names if len(name) > width}
    wide = {name: each for name, each in inert.items() if len(each) > width}
    mark = Glyphs.show("…")
    room = width - len(mark)
    if room < 2:
        return {}
    tail = room // 2
    cut = {name: each[: room - tail] + mark + each[len(each) - tail :] for name, each in wide.items()}
    for family in _find_alike({name: each[: room - tail] for name, each in wide.items()}):
        cut |= _cut_apart({name: wide[name] for name in family}, mark, width)
    for alike in _find_alike(cut):
        cut |= _cut_apart({name: wide[name] for name in alike}, mark, width)
    return cut


def _find_alike(cut: dict[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name, short in cut.items():
        groups.setdefault(short, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _cut_apart(names: dict[str, str], mark: str, width: int) -> dict[str, str]:
    first, last = min(names.values()), max(names.values())
    start = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    lead = max(1, min(_LEAD, width // 2 - len(mark)))
    cut = {}
    for name, each in names.items():
        rest = each[start:]
        room = width - lead - len(mark)
        if len(rest) <= room:
            cut[name] = each[: width - len(mark) - len(rest)] + mark + rest
        else:
            cut[name] = (each[:lead] + mark + rest[: room - len(mark)] + mark)[:width]
    for alike in _find_alike(cut):
        if len(alike) < len(names):
            cut |= _cut_apart({name: names[name] for name in alike}, mark, width)
    return cut

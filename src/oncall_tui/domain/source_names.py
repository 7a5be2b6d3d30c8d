"""Names of what a source tells of, and thresholds as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from oncall_tui.domain.intake import Labels, Threshold
from oncall_tui.domain.sanitize import clean_line

NAME_LIMIT = 100
_LABEL_LIMIT = 20
_THRESHOLD = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d{1,2})?)\s*", re.ASCII)
_SCHEME = re.compile(r"https?://")
_PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]{0,99})\}")


def parse_threshold(text: str) -> Threshold:
    """Returns the comparison that a text says. Raises ValueError."""
    found = _THRESHOLD.fullmatch(text)
    if found is None:
        raise ValueError("is no comparison with a number, allowed: such as > 0.05 or < 3")
    return Threshold(found[1], float(found[2]))


def list_places(naming: str) -> list[str]:
    """Returns the labels that a naming has places for. Raises ValueError for a stray brace, or none at all."""
    if set("{}") & set(_PLACE.sub("", naming)) or not _PLACE.search(naming):
        raise ValueError('is no name with places for labels, allowed: such as "{source} {instance}"')
    return _PLACE.findall(naming)


def name_targets(naming: str, source: str, targets: Iterable[Labels], taken: Iterable[str] = ()) -> dict[Labels, str]:
    """Returns a name for each target, inert and no two alike, the same whatever order they come in.

    Those that would be called the same, or as one of `taken`, also tell the labels in which they differ.
    """
    wanted: dict[str, list[Labels]] = {}
    for labels in sorted(set(targets)):
        values = {**{key: _shorten(value) for key, value in labels}, "source": source}
        name = " ".join(_PLACE.sub(lambda place, known=values: known.get(place[1], ""), naming).split())  # type: ignore[misc]
        wanted.setdefault(clean_line(name, NAME_LIMIT).strip() or source, []).append(labels)
    names: dict[Labels, str] = {}
    used = set(taken)
    for name, alike in wanted.items():
        if len(alike) == 1 and name not in used:
            names[alike[0]] = name
    used |= set(names.values())
    for name, alike in wanted.items():
        shared = set(alike[0]).intersection(*alike) if len(alike) > 1 else set()
        for labels in alike:
            if labels not in names:
                apart = [pair for pair in labels if pair not in shared]
                names[labels] = _find_free(clean_line(f"{name} {tell_labels(apart)}", NAME_LIMIT - 5), used)
                used.add(names[labels])
    return names


def _shorten(value: str) -> str:
    """What an address says beside its host and path tells nobody anything, and the column is narrow."""
    return _SCHEME.sub("", value).rstrip("/") or value


def _find_free(name: str, used: set[str]) -> str:
    number, free = 2, name
    while free in used:
        free, number = f"{name} {number}", number + 1
    return free


def tell_labels(labels: Iterable[tuple[str, str]]) -> str:
    """Returns labels in one inert line, the first twenty of them."""
    told = [f"{name}={value}" for name, value in labels]
    more = f" and {len(told) - _LABEL_LIMIT} more" if len(told) > _LABEL_LIMIT else ""
    return clean_line(" ".join(told[:_LABEL_LIMIT]) + more)

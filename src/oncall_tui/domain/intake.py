"""What is read from an engine that others run: how a source is asked, and what its targets are called here."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from oncall_tui.domain.sanitize import clean_line

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted; what a source says apart from what else it says."""
THRESHOLD_FORM = 'a comparison such as "> 0.05" or "< 3"'
NAME_LIMIT = 100
_LABEL_LIMIT = 20
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne
}  # fmt: skip
_THRESHOLD = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d{1,2})?)\s*", re.ASCII)
_SCHEME = re.compile(r"https?://")
_PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]{0,99})\}")


class Threshold(Struct, frozen=True):
    """A comparison that is true when something is wrong."""

    sign: str
    bound: float

    def is_passed(self, value: float) -> bool:
        return _SIGNS[self.sign](value, self.bound)

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}"


class Intake(Struct, frozen=True):
    """How a source is asked, and what becomes of what it says.

    With a `query` the probe is one value, degraded or down by its thresholds, in `unit`. Without, each target of the
    source becomes a probe: called by `naming` (`{label}` is replaced), of the component that the label
    `component_label` names among `components`, and kept for `keep_ms` after the source tells of it no more. `match`
    are matchers of labels.
    """

    query: str | None = None
    degraded: Threshold | None = None
    down: Threshold | None = None
    unit: str = ""
    match: str = ""
    naming: str = ""
    component_label: str | None = None
    components: tuple[str, ...] = ()
    keep_ms: int = 3_600_000
    failure_threshold: int = 3
    recovery_threshold: int = 2


def parse_threshold(text: str) -> Threshold:
    """Returns the comparison that a text says. Raises ValueError."""
    found = _THRESHOLD.fullmatch(text)
    if found is None:
        raise ValueError(f"is no comparison with a number, allowed: {THRESHOLD_FORM}")
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


def tell_value(value: float, unit: str = "") -> str:
    """Returns a figure in few signs: `0.42`, `3.1%`, `12k`."""
    size = abs(value)
    for limit, divisor, sign in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= limit:
            return f"{value / divisor:.3g}{sign}{unit}"
    return f"{value:.3g}{unit}" if size < 1000 else f"{value:.0f}{unit}"

"""What is read from an engine that others run: how a source is asked, and what its targets are called here."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from msgspec import Struct

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted; what a source says apart from what else it says."""
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne
}  # fmt: skip


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


def tell_value(value: float, unit: str = "") -> str:
    """Returns a figure in few signs: `0.42`, `3.1%`, `12k`."""
    size = abs(value)
    for limit, divisor, sign in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if limit <= size < 1e15:
            return f"{value / divisor:.3g}{sign}{unit}"
    return f"{value:.3g}{unit}" if size < 1000 or size >= 1e15 else f"{value:.0f}{unit}"

"""What is looked for before a pattern is tried stands in every match of it: shown for each from its own source.

A quick look that asks for too much would hide faults in silence.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules

import pytest

from oncall_tui.domain import lint as package
from oncall_tui.domain.lint.gap_patterns import GAPS
from oncall_tui.domain.lint.pattern import Folded, Pattern

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_constants as op
    import sre_parse

#: So many ways to write one stretch are compared, one by one.
_MOST_WAYS = 400
_MOST_SIGNS = 6
_Node = tuple[object, object]


def _list_patterns() -> Iterator[tuple[str, Pattern]]:
    for each in iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{each.name}")
        for name, value in vars(module).items():
            if isinstance(value, Pattern) and value.needs:
                yield f"{each.name}.{name}", value
    yield from ((f"gap {at}", pattern) for at, (pattern, _) in enumerate(GAPS) if pattern.needs)


def _list_ways(nodes: Sequence[_Node]) -> set[str] | None:
    """Returns all strings that some nodes match, None when they are too many."""
    ways = {""}
    for kind, value in nodes:
        added: set[str] | None = None
        if kind is op.LITERAL:
            assert isinstance(value, int)
            added = {chr(value)}
        elif kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
            added = {""}
        elif kind is op.SUBPATTERN:
            assert isinstance(value, tuple)
            added = _list_ways(list(value[-1]))
        elif kind is op.IN:
            assert isinstance(value, list)
            if len(value) <= _MOST_SIGNS and all(each is op.LITERAL for each, _ in value):
                added = {chr(sign) for _, sign in value}
        elif kind is op.BRANCH:
            assert isinstance(value, tuple)
            branches = [_list_ways(list(branch)) for branch in value[1]]
            known = [branch for branch in branches if branch is not None]
            added = set(chain.from_iterable(known)) if len(known) == len(branches) else None
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            assert isinstance(value, tuple)
            low, high, inner = value
            each = (
                [_list_ways(list(inner) * count) for count in range(low, high + 1)] if high <= _MOST_SIGNS else [None]
            )
            counted = [some for some in each if some is not None]
            added = set(chain.from_iterable(counted)) if len(counted) == len(each) else None
        if added is None or len(ways) * len(added) > _MOST_WAYS:
            return None
        ways = {before + after for before in ways for after in added}
    return ways


def _is_held(nodes: Sequence[_Node], needs: Sequence[str]) -> bool:
    """Tells whether whatever the nodes match holds one of some strings."""
    for start in range(len(nodes)):
        for end in range(start + 1, len(nodes) + 1):
            ways = _list_ways(nodes[start:end])
            if ways is None:
                break
            if all(any(need in way for need in needs) for way in ways):
                return True
    for at, (kind, value) in enumerate(nodes):
        if (
            kind in (op.MAX_REPEAT, op.MIN_REPEAT)
            and isinstance(value, tuple)
            and value[0] == 1 < _MOST_SIGNS < value[1]
        ):
            # Once, it stands between its neighbours; more often, only its first and its last do.
            before, once, behind = list(nodes[:at]), list(value[2]), list(nodes[at + 1 :])
            if _is_held([*before, *once, *behind], needs) and (
                _is_held([*before, *once], needs) or _is_held([*once, *behind], needs)
            ):
                return True
        inner: list[Sequence[_Node]] = []
        if kind is op.SUBPATTERN:
            assert isinstance(value, tuple)
            inner = [list(value[-1])]
        elif kind is op.BRANCH:
            assert isinstance(value, tuple)
            # What follows a branch may complete what it begins, and what leads to it what it ends.
            inner = [[*nodes[max(0, at - 1) : at], *branch, *nodes[at + 1 : at + 2]] for branch in value[1]]
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            assert isinstance(value, tuple)
            inner = [list(value[2]) * value[0]] if value[0] else []
        if inner and all(_is_held(each, needs) for each in inner):
            return True
    return False


def _parse(source: str) -> list[_Node]:
    return [(kind, value) for kind, value in sre_parse.parse(source).data]


_PATTERNS = dict(_list_patterns())


@pytest.mark.parametrize("name", _PATTERNS)
def test_each_match_holds_what_is_looked_for_first(name: str) -> None:
    pattern = _PATTERNS[name]
    is_any_case = bool(pattern.compiled.flags & re.IGNORECASE) or "(?i" in pattern.compiled.pattern
    source = Folded(pattern.compiled.pattern).compiled.pattern if is_any_case else pattern.compiled.pattern
    nodes = _parse(source)
    assert _is_held(nodes, pattern.needs), pattern.needs

"""Sets of time as windows, measured and cut without going through all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import lt, sub

Window = tuple[int, int]
"""(start, end), the end is no part of it."""
NEVER = 2**62


def join_windows(windows: Iterable[Window]) -> list[Window]:
    """Returns the same time as windows in order, none of which touch."""
    ordered = sorted(windows)
    starts, ends = _split(ordered)
    if all(map(lt, ends, starts[1:])):
        return ordered
    joined: list[Window] = []
    for began_at, ended_at in ordered:
        if joined and began_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended_at))
        else:
            joined.append((began_at, ended_at))
    return joined


def _split(windows: Sequence[Window]) -> tuple[list[int], list[int]]:
    return [began_at for began_at, _ in windows], [ended_at for _, ended_at in windows]


def intersect(some: Sequence[Window], others: Sequence[Window]) -> list[Window]:
    """Returns the time that is in both; either is in order and apart."""
    fewer, more = (some, others) if len(some) <= len(others) else (others, some)
    found: list[Window] = []
    at = 0
    for began_at, ended_at in fewer:
        at = max(at, bisect_right(more, (began_at, NEVER), at) - 1)
        while at < len(more) and more[at][0] < ended_at:
            first_at, last_at = max(began_at, more[at][0]), min(ended_at, more[at][1])
            if first_at < last_at:
                found.append((first_at, last_at))
            if more[at][1] > ended_at:
                break
            at += 1
    return found


class Stretches:
    """Some time, made of windows in whatever order; equal ones are best shared, since making one sorts them."""

    __slots__ = ("_before", "_ends", "_starts", "windows")

    def __init__(self, windows: Iterable[Window] = ()) -> None:
        self.windows = join_windows(windows)
        self._starts, self._ends = _split(self.windows)
        self._before = list(accumulate(map(sub, self._ends, self._starts), initial=0))

    def __bool__(self) -> bool:
        return bool(self.windows)

    def measure(self, since: int, until: int) -> int:
        """Returns how many milliseconds of [since, until) it has."""
        return self._measure_until(until) - self._measure_until(since) if self.windows and since < until else 0

    def _measure_until(self, at: int) -> int:
        index = bisect_right(self._starts, at)
        return self._before[index] - max(0, self._ends[index - 1] - at) if index else 0

    def cut_from(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Returns what is left of windows, which are in order and apart, without the time of this."""
        if not self.windows or not windows:
            return windows
        starts, ends, count = self._starts, self._ends, len(self._starts)
        left: list[Window] = []
        for window in windows:
            began_at, ended_at = window
            at = bisect_right(ends, began_at)
            if at == count or starts[at] >= ended_at:
                left.append(window)
                continue
            while at < count and starts[at] < ended_at:
                if began_at < starts[at]:
                    left.append((began_at, starts[at]))
                began_at = ends[at]
                at += 1
            if began_at < ended_at:
                left.append((began_at, ended_at))
        return left

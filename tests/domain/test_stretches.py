from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.stretches import Stretches, Window, intersect, join_windows

END = 80
WINDOWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda each: (each[0], sum(each))), max_size=8)


def list_instants(windows: list[Window]) -> set[int]:
    return {at for began_at, ended_at in windows for at in range(began_at, ended_at)}


def require_order(windows: list[Window]) -> None:
    assert all(began_at < ended_at for began_at, ended_at in windows)
    assert all(before[1] <= after[0] for before, after in pairwise(windows))


@given(WINDOWS, st.integers(-5, END), st.integers(-5, END))
def test_any_part_is_measured_as_its_instants(windows: list[Window], since: int, until: int) -> None:
    held = list_instants(windows)
    assert Stretches(windows).measure(since, until) == sum(since <= at < until for at in held)


@given(WINDOWS, WINDOWS)
def test_what_is_left_and_what_is_shared_are_those_of_the_instants(some: list[Window], others: list[Window]) -> None:
    joined = [each for each in join_windows(some) if each[0] < each[1]]
    left, shared = list(Stretches(others).cut_from(joined)), intersect(joined, join_windows(others))
    require_order(left)
    require_order(shared)
    assert list_instants(left) == list_instants(some) - list_instants(others)
    assert list_instants(shared) == list_instants(some) & list_instants(others)

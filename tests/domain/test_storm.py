from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.storm import find_roots


def make(**above: str) -> list[Probe]:
    return [Probe(name, ProbeKind.TCP, "h:1", depends_on=tuple(parents)) for name, parents in above.items()]


CHAIN = make(r="", s="r", a="s", b="s", c="")


def test_what_falls_behind_a_parent_is_one_trouble() -> None:
    everything = set("rsabc")
    assert find_roots(CHAIN, everything, everything) == {"s": "r", "a": "r", "b": "r"}


def test_a_child_that_falls_alone_is_a_trouble_of_its_own() -> None:
    assert find_roots(CHAIN, {"a"}, {"a"}) == {}
    assert find_roots(CHAIN, {"r", "a"}, {"r", "a"}) == {}


def test_a_parent_that_is_not_down_for_certain_hides_nothing() -> None:
    assert find_roots(CHAIN, {"r", "s"}, {"s"}) == {}


def test_a_circle_hides_nothing() -> None:
    circle = make(x="y", y="x", z="x")
    assert find_roots(circle, set("xyz"), set("xyz")) == {}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.text(alphabet="abcdef", max_size=4), min_size=1),
    st.frozensets(st.sampled_from("abcdef")),
    st.frozensets(st.sampled_from("abcdef")),
)
def test_a_root_is_down_and_shown_itself(above: dict[str, str], red: frozenset[str], down: frozenset[str]) -> None:
    down &= red
    roots = find_roots(make(**above), red, down)
    assert set(roots.values()) <= down
    assert not set(roots.values()) & set(roots)

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.storm import find_grace, find_roots


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


NOW = 1_800_000_000_000
PAIR = make(r="", a="r")
GRACE = find_grace(PAIR[1])


def flap(name: str, well_since_ms: int, verdict: Verdict = Verdict.UP) -> ProbeState:
    return ProbeState(
        name, ProbeStatus.UP, last_verdict=verdict, last_result_at=NOW, streak_at=NOW - well_since_ms, flapping_at=1
    )


def test_what_falls_behind_a_parent_that_flaps_falls_behind_it_whatever_the_parent_is_at_the_moment() -> None:
    fallen = ProbeState("a", ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_result_at=NOW)
    for parent in (flap("r", GRACE - 1), flap("r", GRACE, Verdict.DOWN)):
        assert find_roots(PAIR, {"r", "a"}, {"r", "a"}, {"r": parent, "a": fallen}) == {"a": "r"}
    steady = flap("r", GRACE)
    assert find_roots(PAIR, {"r", "a"}, {"r", "a"}, {"r": steady, "a": flap("a", 1)}) == {"a": "r"}


def test_what_stays_down_while_the_parent_that_flapped_is_well_is_a_trouble_of_its_own() -> None:
    dead = ProbeState("a", ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_result_at=NOW)
    assert find_roots(PAIR, {"r", "a"}, {"r", "a"}, {"r": flap("r", GRACE), "a": dead}) == {}
    chain = make(r="", a="r", b="a")
    states = {"r": flap("r", GRACE), "a": dead, "b": dead}
    assert find_roots(chain, set("rab"), set("rab"), states) == {"b": "a"}


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

"""Work that customers are not told of: when it holds a probe quiet, and what it costs of uptime."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.history import find_planned
from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.upkeep import Upkeep, index_upkeeps, require_span
from oncall_tui.domain.uptime import Trouble, gather_quiet, tell_records

NOW = 1_800_000_000_000
WORK = Upkeep(1, frozenset({"api", "web"}), NOW, NOW + HOUR, "disks", "ann", NOW)
PROBES = [Probe("api", ProbeKind.TCP, "h:1", component="API"), Probe("web", ProbeKind.TCP, "h:2", component="Web"),
          Probe("web-2", ProbeKind.TCP, "h:3", component="Web")]  # fmt: skip


def test_it_holds_from_its_start_to_its_end_by_the_clock() -> None:
    assert [bool(index_upkeeps([WORK], at)) for at in (NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR)] == [
        *(False, True, True, False),
    ]
    assert set(index_upkeeps([WORK], NOW)) == {"api", "web"}


def test_a_probe_that_was_taken_out_rings_and_the_others_do_not() -> None:
    left = replace(WORK, left={"api": NOW + MINUTE})
    assert set(index_upkeeps([left], NOW)) == {"api", "web"}
    assert set(index_upkeeps([left], NOW + MINUTE)) == {"web"}
    assert left.find_span("api") == (NOW, NOW + MINUTE)
    assert replace(WORK, left={"api": NOW - 1}).find_span("api") is None
    assert index_upkeeps([replace(WORK, ended_at=NOW + 1)], NOW + 1) == {}


def test_of_several_the_one_that_ends_last_is_told() -> None:
    longer = replace(WORK, id=2, ends_at=NOW + 2 * HOUR)
    for works in ([WORK, longer], [longer, WORK]):
        assert index_upkeeps(works, NOW)["api"] is longer
    ended = replace(longer, left={"api": NOW + MINUTE})
    assert index_upkeeps([WORK, ended], NOW)["api"] is WORK


def test_it_costs_no_uptime_and_is_told_as_planned() -> None:
    down = Trouble(NOW - DAY, down=[(NOW, NOW + 2 * HOUR)])
    troubles = {"api": down, "web": down, "web-2": Trouble(NOW - DAY)}
    quiet = gather_quiet([(WORK.probes, WORK.left, [(WORK.starts_at, WORK.ends_at)])])
    records = tell_records(PROBES, troubles, [], quiet, [DAY], NOW + 2 * HOUR)
    told = {each.name: each.uptimes[0] for each in records}
    assert (told["api"].down_ms, told["api"].planned_ms) == (HOUR, HOUR)
    assert (told["API"].down_ms, told["API"].planned_ms) == (HOUR, HOUR)
    assert (told["Web"].down_ms, told["Web"].planned_ms) == (HOUR, 0)
    assert told["web-2"].planned_ms == 0
    assert find_planned([], [WORK, replace(WORK, ended_at=NOW + MINUTE)], "api").windows == [(NOW, NOW + HOUR)]


def test_a_stretch_without_length_or_in_the_past_is_refused() -> None:
    for starts_at, ends_at in ((NOW, NOW), (NOW + 5, NOW), (NOW - HOUR, NOW)):
        with pytest.raises(RefusedError, match=r"later than the start|in the past"):
            require_span(starts_at, ends_at, NOW)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50), st.none() | st.integers(0, 99)), max_size=6),
    st.lists(st.integers(0, 120), min_size=1, max_size=30),
)
def test_no_clock_makes_it_outlast_its_end(works: list[tuple[int, int, int | None]], clock: list[int]) -> None:
    upkeeps = [
        Upkeep(number, frozenset({"api"}), start, start + length, "", "ann", start, ended_at=ended)
        for number, (start, length, ended) in enumerate(works)
    ]
    for now in clock:
        told = index_upkeeps(upkeeps, now).get("api")
        begun = [each for each in upkeeps if each.starts_at <= now]
        ends = [min(each.ends_at, each.ends_at if each.ended_at is None else each.ended_at) for each in begun]
        assert (told is not None) == any(now < end for end in ends)

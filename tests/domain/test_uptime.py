"""Uptime of probes and components against a model that looks at every single instant."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.history import Uptime, find_window
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, Notice, NoticeKind
from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.stretches import Stretches, Window, join_windows
from oncall_tui.domain.upkeep import Upkeep
from oncall_tui.domain.uptime import Quiet, Trouble, gather_quiet, merge_troubles, sum_troubles, tell_records

NOW = 60
PROBES = [
    Probe(name, ProbeKind.TCP, "h:1", component)
    for name, component in (("a", "one"), ("b", "one"), ("c", "one"), ("d", "two"), ("e", None))
]
NAMES = [probe.name for probe in PROBES]
MEMBERS = {
    "one": ["a", "b", "c"],
    "two": ["d"],
}
KINDS = ("up", "slow", "down", "unknown")
PIECES = st.lists(st.tuples(st.integers(1, 25), st.sampled_from(KINDS)), max_size=8)
TIMES = st.tuples(st.integers(-20, NOW + 10), st.integers(1, 30)).map(lambda each: (each[0], sum(each)))
SETS = st.sets(st.sampled_from(NAMES), min_size=1)
UPKEEPS = st.builds(
    lambda names, time, ended_at, left: Upkeep(
        1, frozenset(names), time[0], time[1], "", "me", 0, ended_at=ended_at, left=left
    ),
    SETS | st.just(set(NAMES)),
    TIMES,
    st.none() | st.integers(0, NOW),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, NOW), max_size=2),
)
WORKS = st.builds(
    lambda names, components, time, over_at: Maintenance(
        1,
        "m",
        "T",
        MaintenanceStatus.COMPLETED,
        time[0],
        time[1],
        tuple(components),
        tuple(names),
        1,
        "me",
        notices=(Notice("n", NoticeKind.FINISH, "", False, time[1], True, "me", 1, fired_at=over_at),),
    ),
    SETS,
    st.sets(st.sampled_from(["one", "two", "gone"])),
    TIMES,
    st.none() | st.integers(0, NOW),
)


def gather(upkeeps: Sequence[Upkeep]) -> Quiet:
    """Returns what the file tells of some work."""
    ends = [each.ends_at if each.ended_at is None else min(each.ends_at, each.ended_at) for each in upkeeps]
    return gather_quiet(
        (each.probes, each.left, [(each.starts_at, ended_at)])
        for each, ended_at in zip(upkeeps, ends, strict=True)
        if each.starts_at < ended_at
    )


def make_trouble(first_at: int, pieces: Sequence[tuple[int, str]]) -> Trouble:
    """Returns trouble that begins with `first_at` and is up after the last piece, until now."""
    held: dict[str, list[Window]] = {kind: [] for kind in KINDS}
    at = first_at
    for length, kind in pieces:
        held[kind].append((at, min(NOW, at + length)))
        at += length
        if at >= NOW:
            break
    told = {kind: [each for each in join_windows(held[kind]) if each[0] < each[1]] for kind in KINDS[1:]}
    return Trouble(first_at, told["down"], told["slow"], told["unknown"])


TROUBLES = st.none() | st.builds(make_trouble, st.integers(0, NOW - 1), PIECES)


def see(trouble: Trouble | None, at: int) -> str | None:
    """Returns what a probe is at an instant, None before it was watched."""
    if trouble is None or trouble.first_at is None or at < trouble.first_at:
        return None
    for kind in ("down", "slow", "unknown"):
        if any(began_at <= at < ended_at for began_at, ended_at in getattr(trouble, kind)):
            return kind
    return "up"


def is_worked_on(name: str, at: int, works: Sequence[Maintenance], upkeeps: Sequence[Upkeep]) -> bool:
    spans = [find_window(work) for work in works if name in work.probes]
    spans += [upkeep.find_span(name) for upkeep in upkeeps]
    return any(span is not None and span[0] <= at < span[1] for span in spans)


def is_whole(component: str, at: int, works: Sequence[Maintenance], upkeeps: Sequence[Upkeep]) -> bool:
    """Tells whether work on all of a component goes on: one that names it, or takes in each of its probes."""
    for work in works:
        span = find_window(work)
        if component in work.components and span is not None and span[0] <= at < span[1]:
            return True
    for upkeep in upkeeps:
        mine = [upkeep.find_span(name) for name in MEMBERS[component] if name not in upkeep.left]
        if len(mine) == len(MEMBERS[component]) and all(span is not None and span[0] <= at < span[1] for span in mine):
            return True
    return False


def count(kinds: Sequence[str | None]) -> Uptime:
    return Uptime(*(sum(kind == wanted for kind in kinds) for wanted in (*KINDS, "planned")))


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, TROUBLES)),
    st.lists(WORKS, max_size=3),
    st.lists(UPKEEPS, max_size=5),
    st.lists(st.integers(1, NOW), min_size=1, max_size=3),
)
def test_records_are_those_of_every_single_instant(
    told: dict[str, Trouble | None], works: list[Maintenance], upkeeps: list[Upkeep], lengths: list[int]
) -> None:
    troubles = {name: trouble for name, trouble in told.items() if trouble is not None}
    records = {each.name: each for each in tell_records(PROBES, troubles, works, gather(upkeeps), lengths, NOW)}
    assert list(records) == ["one", "two", *NAMES]
    ranks = ["unknown", "up", "slow", "down"]
    for name, record in records.items():
        members = MEMBERS.get(name, [name])
        first_at = min((troubles[each].first_at or 0 for each in members if each in troubles), default=None)
        assert (record.first_at, record.is_component) == (first_at, name in MEMBERS)
        for length, uptime in zip(lengths, record.uptimes, strict=True):
            kinds: list[str | None] = []
            for at in range(max(NOW - length, NOW if first_at is None else first_at), NOW):
                held = [
                    "unknown" if is_worked_on(each, at, works, upkeeps) else see(troubles.get(each), at)
                    for each in members
                ]
                worst = max((each for each in held if each is not None), key=ranks.index, default="unknown")
                if name in MEMBERS:
                    kinds.append("planned" if is_whole(name, at, works, upkeeps) else worst)
                else:
                    kinds.append("planned" if is_worked_on(name, at, works, upkeeps) else worst)
            assert uptime == count(kinds), (name, length)


@given(st.lists(st.tuples(TROUBLES, st.lists(TIMES, max_size=3)), max_size=4), st.booleans())
def test_a_component_is_the_worst_of_its_probes(
    parts: list[tuple[Trouble | None, list[Window]]], is_shared: bool
) -> None:
    shared = Stretches(parts[0][1] if parts else ())
    given_parts = [(trouble or Trouble(), shared if is_shared else Stretches(windows)) for trouble, windows in parts]
    merged = merge_troubles(given_parts, NOW)
    ranks = ["unknown", "up", "slow", "down"]
    for at in range(NOW if merged.first_at is None else merged.first_at, NOW):
        held = [
            "unknown" if any(starts <= at < ends for starts, ends in planned.windows) else see(trouble, at) or "unknown"
            for trouble, planned in given_parts
        ]
        assert see(merged, at) == max(held, key=ranks.index)


def test_what_began_before_the_first_result_counts_from_the_first_result() -> None:
    told = sum_troubles(Trouble(20, down=[(30, 40)]), Stretches([(0, 35)]), [(0, NOW)])
    assert told == [Uptime(up_ms=20, down_ms=5, planned_ms=15)]


def test_probes_with_the_same_work_are_merged_once() -> None:
    """What this costs is measured by benchmarks/history.py; here, that the result does not depend on the sharing."""
    upkeeps = [Upkeep(number, frozenset(NAMES), number * 10, number * 10 + 5, "", "me", 0) for number in range(9)]
    troubles = {name: make_trouble(0, [(12, "up"), (30, "down")]) for name in NAMES}
    apart = [replace(each, probes=frozenset([name])) for each in upkeeps for name in NAMES]
    together = tell_records(PROBES, troubles, [], gather(upkeeps), [NOW], NOW)
    single = tell_records(PROBES, troubles, [], gather(apart), [NOW], NOW)
    assert [each for each in together if not each.is_component] == [each for each in single if not each.is_component]
    assert together[0].uptimes[0] == together[2].uptimes[0]

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.domain.probe import Probe, ProbeKind, Result, Verdict
from oncall_tui.engine.scheduler import next_due, run_schedule, spread_beats


def make_probes(count: int, every_ms: int) -> list[Probe]:
    return [Probe(f"p{number}", ProbeKind.TCP, "x:1", every_ms=every_ms) for number in range(count)]


class Runs:
    """Takes `run_s` for each run and remembers when each began."""

    def __init__(self, run_s: float = 0.0) -> None:
        self.run_s = run_s
        self.starts: dict[str, list[float]] = {}
        self.at_once: dict[str, int] = {}
        self.most_at_once = 0
        self.most_of_one = 0
        self.recorded: list[Result] = []

    async def run(self, probe: Probe) -> Result:
        self.starts.setdefault(probe.name, []).append(asyncio.get_running_loop().time())
        self.at_once[probe.name] = self.at_once.get(probe.name, 0) + 1
        self.most_of_one = max(self.most_of_one, self.at_once[probe.name])
        self.most_at_once = max(self.most_at_once, sum(self.at_once.values()))
        try:
            await asyncio.sleep(self.run_s)
        finally:
            self.at_once[probe.name] -= 1
        return Result(probe.name, 0, Verdict.UP, self.run_s * 1000)

    def go(
        self,
        probes: list[Probe],
        for_s: float,
        record: Callable[[Result], float | None] | None = None,
        *,
        limit: int = 50,
        hold_s: float = 60.0,
        most: int | None = None,
        is_busy: bool = False,
        pause_after_s: float | None = None,
    ) -> float:
        """Runs the schedule on a clock that leaps over waiting and returns how long it took by that clock.

        A busy loop uses its core all the time; a pause, after so many seconds, is one of 2.5 s of the whole process.
        """

        async def keep(loop: WarpLoop) -> float:
            stop, began = asyncio.Event(), loop.time()
            loop.call_later(for_s, stop.set)
            if pause_after_s is not None:
                loop.call_later(pause_after_s, loop.leap, 2.5)
            await run_schedule(
                *(probes, self.run, record or self.recorded.append),
                stop=stop,
                rng=Random(7),
                limit=limit,
                hold_s=hold_s,
                most=most,
                cpu_s=loop.time if is_busy else lambda: 0.0,
            )
            return loop.time() - began

        return run_warped(keep)


times = st.floats(0, 1e7, allow_nan=False)


@given(anchor=times, after=times, every_s=st.floats(0.1, 86_400))
def test_the_next_beat_is_later_on_the_grid_and_at_most_an_interval_away(
    anchor: float, after: float, every_s: float
) -> None:
    due = next_due(anchor, after, every_s)
    assert due > after or due == anchor > after
    if after >= anchor:
        assert due - after <= every_s * 1.001 + 1e-6
    beats = (due - anchor) / every_s
    assert abs(beats - round(beats)) < 1e-3


def test_a_pause_skips_the_missed_beats() -> None:
    assert next_due(0.0, 5.0, 10.0) == 10.0
    assert next_due(0.0, 125.0, 10.0) == 130.0


@given(st.integers(1, 300), st.integers(500, 60_000))
def test_beats_divide_the_interval_evenly(count: int, every_ms: int) -> None:
    beats = spread_beats(make_probes(count, every_ms), 100.0, Random(3))
    share = every_ms / 1000 / count
    for index, (first, anchor) in enumerate(beats):
        assert index * share <= anchor - 100.0 <= (index + 1) * share + 1e-9
        assert 100.0 <= first <= anchor + 1e-9
        assert first - 100.0 <= 0.05 * count + 1e-9


def test_beats_keep_their_rate_without_drift() -> None:
    runs = Runs(run_s=0.03)
    runs.go(make_probes(5, 100), 1.05)
    for starts in runs.starts.values():
        assert 8 <= len(starts) <= 11
        phases = [start % 0.1 for start in starts[1:]]
        assert min(max(phases) - min(phases), 0.1 - max(phases) + min(phases)) < 0.001
    assert len(runs.recorded) >= 40


def test_a_probe_never_runs_twice_at_once() -> None:
    runs = Runs(run_s=0.25)
    runs.go(make_probes(3, 100), 0.9)
    assert runs.most_of_one == 1
    assert {result.verdict for result in runs.recorded} == {Verdict.UP}


def test_no_more_than_the_limit_run_at_once_and_who_waits_too_long_is_not_run() -> None:
    runs = Runs(run_s=0.3)
    runs.go(make_probes(20, 200), 1.2, limit=2)
    assert runs.most_at_once == 2
    missed = [result for result in runs.recorded if result.verdict is Verdict.UNKNOWN]
    assert missed
    assert missed[0].reason == "not run: all 2 places for probes were taken for 0.2 s"
    assert len(runs.starts) >= 6


class SomeDead(Runs):
    """Of the probes, all whose number is below ten wait for ever."""

    async def run(self, probe: Probe) -> Result:
        if len(probe.name) == 2:
            await asyncio.sleep(60)
        return await super().run(probe)


def test_targets_that_are_dead_leave_their_places_to_the_others() -> None:
    runs = SomeDead()
    runs.go(make_probes(40, 500), 2.2, limit=4, hold_s=0.05)
    assert len(runs.starts) == 30
    assert min(len(starts) for starts in runs.starts.values()) >= 3
    assert {result.verdict for result in runs.recorded} == {Verdict.UP}


def test_a_busy_loop_gives_no_places_away() -> None:
    """What takes long then is the work of those who run: more of them would only make it longer."""
    runs = Runs(run_s=0.3)
    runs.go(make_probes(20, 1000), 1.0, limit=2, hold_s=0.05, is_busy=True)
    assert runs.most_at_once == 2


def test_descriptors_bound_how_many_wait() -> None:
    runs = Runs(run_s=60)
    runs.go(make_probes(20, 200), 1.0, limit=2, hold_s=0.02, most=7)
    assert runs.most_at_once == 7


def test_after_a_pause_there_is_no_burst() -> None:
    runs = Runs()
    runs.go(make_probes(40, 2000), 3.2, pause_after_s=0.3)
    after = [start for starts in runs.starts.values() for start in starts if start > 2.7]
    assert after
    in_one_instant = max(sum(1 for other in after if 0 <= other - start < 0.05) for start in after)
    # Beats less than a second late are still kept: half of an interval of two seconds.
    assert in_one_instant <= 22


def test_stop_cancels_what_is_under_way() -> None:
    runs = Runs(run_s=60)
    assert runs.go(make_probes(3, 1000), 0.3) < 0.4
    assert runs.recorded == []
    assert sum(runs.at_once.values()) == 0


def test_without_probes_it_waits_for_the_stop() -> None:
    assert Runs().go([], 0.1) >= 0.09


def test_a_failure_is_looked_at_again_before_the_next_beat() -> None:
    runs = Runs()
    seen: list[Result] = []

    def record(result: Result) -> float | None:
        seen.append(result)
        return 0.2 if len(seen) < 3 else None

    runs.go(make_probes(1, 60_000), 1.0, record)
    first, *others = runs.starts["p0"]
    assert [round(start - first, 1) for start in others] == [0.2, 0.4]


def test_a_beat_that_is_near_is_what_looks_again() -> None:
    """Runs must not come closer together than the pause: they would count one short fault several times."""
    runs = Runs()
    runs.go(make_probes(1, 500), 1.3, lambda _: 0.3)
    starts = runs.starts["p0"]
    assert min(after - before for before, after in pairwise(starts)) > 0.25


def test_what_the_recorder_raises_is_not_swallowed() -> None:
    def refuse(result: Result) -> None:
        raise OSError("disk")

    with pytest.raises(ExceptionGroup) as caught:
        Runs().go(make_probes(2, 100), 5.0, refuse)
    assert caught.group_contains(OSError)

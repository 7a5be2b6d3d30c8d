"""Starts each probe on its own beat: evenly spread, at a fixed rate, never twice at once."""

from __future__ import annotations

import asyncio
import gc
import heapq
import math
import resource
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import Probe, Result
from oncall_tui.engine.probes import make_not_run

RUN_LIMIT = 50
"""How many probes may work at once: a thousand at a time stop the loop for seconds, fifty do the same work sooner."""
HOLD_S = 0.05
"""Who runs longer waits for its target, and leaves its place to others: dead targets must not hold up live ones."""
BUSY_SHARE = 0.8
"""Of a core: a loop that uses so much is what its runs wait for, and no target."""
_LOOK_S = 0.01
_WALK_EVERY = 500
LATE_LIMIT_S = 1.0
"""A beat noticed later than this is skipped: after a pause of this host all probes would start at one instant."""
_WARM_UP_GAP_S = 0.05
_KEPT_FREE = 64
"""File descriptors that no run may take."""
_JITTER = 0.25
"""So small that neighbours seldom run at once: what one run computes, another would measure as latency."""

Run = Callable[[Probe], Awaitable[Result]]
Record = Callable[[Result], float | None]
"""Takes in a result; returns the seconds after which it should be looked at again, None for the next beat."""


def spare_collections() -> None:
    """Lets the garbage collector walk through all that lives a twentieth as often as by itself.

    With 5,000 probes that walk stops the loop for 0.1 s, which would be told as the latency of whatever is asked just
    then. The collections of what is young go on as before.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _WALK_EVERY)


def next_due(anchor: float, after: float, every_s: float) -> float:
    """Returns the first beat later than `after`. Beats stand on a fixed grid, so that delays do not add up."""
    if after < anchor:
        return anchor
    due = anchor + (math.floor((after - anchor) / every_s) + 1) * every_s
    return due if due > after else due + every_s


def spread_beats(probes: Sequence[Probe], now: float, rng: Random) -> list[tuple[float, float]]:
    """Returns for each probe its first start and the anchor of its grid.

    Anchors divide the interval evenly, with a jitter of a part of one share. A short list starts twenty a second first,
    so that a new screen need not wait for an interval; the beat right after such a start is left out.
    """
    beats = []
    for index, probe in enumerate(probes):
        every_s = probe.every_ms / 1000
        share = (index + rng.random() * _JITTER) / len(probes)
        warm_up_s = min(every_s, _WARM_UP_GAP_S * len(probes))
        beats.append((now + share * warm_up_s, now + share * every_s))
    return beats


async def run_schedule(
    probes: Sequence[Probe],
    run: Run,
    record: Record,
    *,
    stop: asyncio.Event,
    rng: Random,
    limit: int = RUN_LIMIT,
    hold_s: float = HOLD_S,
    most: int | None = None,
    cpu_s: Callable[[], float] = time.thread_time,
    wall_ms: Callable[[], int] = now_ms,
) -> None:
    """Runs probes until `stop` is set, then cancels what is under way; a cancelled run has no result.

    At most `limit` run at once, not counting those that wait for their targets: they have run for `hold_s`, and the
    loop has time to spare by `cpu_s`. With those there are at most `most`, by default as many as file descriptors
    allow. A probe that still waits for a place at its next beat is recorded as not run and keeps its turn. What should
    be confirmed soon is run between two beats, unless the next one is near. `run` must return a result for whatever
    happens; what it or `record` raises ends the schedule as an ExceptionGroup.
    """
    async with asyncio.TaskGroup() as group:
        places = _Places(limit, hold_s, most or count_sockets())
        schedule = _Schedule(group, run, record, places, cpu_s, wall_ms)
        try:
            await schedule.keep_time(probes, stop, rng)
        finally:
            schedule.end()


def count_sockets() -> int:
    """Returns how many runs the file descriptors of this process allow: two each, while two addresses race.

    Some are left for the file, the pages and the hooks, which are needed most when everything hangs.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (soft - min(_KEPT_FREE, soft // 2)) // 2)


class _Places:
    """Who holds a place, the longest holder first, and who runs without one since it only waits."""

    def __init__(self, limit: int, hold_s: float, most: int) -> None:
        self.limit = limit
        self.hold_s = hold_s
        self._most = most
        self._held: dict[asyncio.Task[None], float] = {}
        self.running: set[asyncio.Task[None]] = set()

    def is_free(self) -> bool:
        return len(self._held) < self.limit and len(self.running) < self._most

    def take(self, task: asyncio.Task[None], now: float) -> None:
        self._held[task] = now
        self.running.add(task)

    def leave(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)
        self.running.discard(task)

    def find_due(self, now: float) -> float:
        """Returns when the longest holder has to give its place up, or else is to be looked at again."""
        return max(next(iter(self._held.values()), now) + self.hold_s, now + _LOOK_S)

    def give_up(self, now: float) -> None:
        """Takes their places from those that have had them for long."""
        for task in [task for task, taken_at in self._held.items() if now - taken_at >= self.hold_s]:
            del self._held[task]


@dataclass(slots=True, eq=False)
class _Turn:
    probe: Probe
    anchor: float
    is_running: bool = False
    is_waiting: bool = False
    again: asyncio.TimerHandle | None = None

    def forget_again(self) -> None:
        if self.again is not None:
            self.again.cancel()
            self.again = None


class _Schedule:
    def __init__(
        self,
        group: asyncio.TaskGroup,
        run: Run,
        record: Record,
        places: _Places,
        cpu_s: Callable[[], float],
        wall_ms: Callable[[], int],
    ) -> None:
        self._group = group
        self._run = run
        self._record = record
        self._places = places
        self._cpu_s = cpu_s
        self._wall_ms = wall_ms
        self._waiting: deque[_Turn] = deque()
        self._turns: list[_Turn] = []
        self._look: asyncio.TimerHandle | None = None

    async def keep_time(self, probes: Sequence[Probe], stop: asyncio.Event, rng: Random) -> None:
        loop = asyncio.get_running_loop()
        heap: list[tuple[float, int, _Turn]] = []
        for order, (first, anchor) in enumerate(spread_beats(probes, loop.time(), rng)):
            self._turns.append(_Turn(probes[order], anchor))
            heap.append((first, order, self._turns[-1]))
        heapq.heapify(heap)
        if not heap:
            await stop.wait()
        while not stop.is_set():
            due, order, turn = heap[0]
            if due > loop.time():
                await _wait_until(due, stop)
                continue
            every_s = turn.probe.every_ms / 1000
            late_s = loop.time() - due
            following = next_due(turn.anchor, due + max(late_s, every_s / 2), every_s)
            heapq.heapreplace(heap, (following, order, turn))
            if late_s <= LATE_LIMIT_S:
                self._beat(turn)

    def end(self) -> None:
        self._waiting.clear()
        if self._look is not None:
            self._look.cancel()
        for turn in self._turns:
            turn.forget_again()
        for task in self._places.running:
            task.cancel()

    def _beat(self, turn: _Turn) -> None:
        turn.forget_again()
        if turn.is_running:
            return
        if turn.is_waiting:
            why = f"all {self._places.limit} places for probes were taken for {turn.probe.every_ms / 1000:g} s"
            self._record(make_not_run(turn.probe, self._wall_ms(), why))
            return
        turn.is_waiting = True
        self._waiting.append(turn)
        self._fill()

    def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._places.is_free():
            turn = self._waiting.popleft()
            turn.is_waiting, turn.is_running = False, True
            task = self._group.create_task(self._run_turn(turn))
            self._places.take(task, loop.time())
            task.add_done_callback(self._free)
        if self._waiting and self._look is None:
            now = loop.time()
            self._look = loop.call_at(self._places.find_due(now), self._look_for_place, now, self._cpu_s())

    def _look_for_place(self, since: float, used_s: float) -> None:
        self._look = None
        now = asyncio.get_running_loop().time()
        if self._cpu_s() - used_s < BUSY_SHARE * (now - since):
            self._places.give_up(now)
        self._fill()

    def _free(self, task: asyncio.Task[None]) -> None:
        self._places.leave(task)
        if not task.cancelled() and task.exception() is None:
            self._fill()

    async def _run_turn(self, turn: _Turn) -> None:
        again_s: float | None = None
        try:
            again_s = self._record(await self._run(turn.probe))
        finally:
            turn.is_running = False
        now = asyncio.get_running_loop().time()
        # The beat itself does it when it is near: runs closer together than the pause would count one fault twice.
        if again_s is not None and next_due(turn.anchor, now, turn.probe.every_ms / 1000) - now > 2 * again_s:
            turn.again = asyncio.get_running_loop().call_later(again_s, self._beat, turn)


async def _wait_until(due: float, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout_at(due):
            await stop.wait()
    except TimeoutError:
        return

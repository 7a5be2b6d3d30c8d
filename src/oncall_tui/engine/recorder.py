"""Turns results into states, and both into few transactions; what cannot be saved just now waits in memory."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.history import Span, take_run
from oncall_tui.domain.keeping import REFER_MS, Ledger
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.verdict import is_unconfirmed, next_state
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.probes import Transition, list_states, record_results
from oncall_tui.store.results import list_kept

FLUSH_EVERY_S = 0.25
BUFFER_LIMIT = 20_000
"""Results kept while nothing can be saved: half an hour of a hundred probes at ten seconds."""
BATCH_LIMIT = 2_000
_READ_AT_ONCE = 50
_BAD = (ProbeStatus.DOWN, ProbeStatus.SLOW)

_log = logging.getLogger(__name__)


def tell_transition(old: ProbeState, new: ProbeState, probe: Probe) -> Transition | None:
    """Returns the sentence on a change of status for the timelines, None where there is nothing to tell.

    A first green is no news: it happens at every start. Of what flaps, the beginning and the end are told.
    """
    if (old.flapping_at is None) != (new.flapping_at is None):
        shown = "OK" if new.status is ProbeStatus.UP else new.status.upper()
        if new.flapping_at is not None:
            return Transition(probe.name, f"{probe.name} began to flap, at the moment {shown}", new.flapping_at)
        return Transition(probe.name, f"{probe.name} flaps no more: it is {shown}", new.streak_at)
    if new.flapping_at is not None:
        return None
    if new.status is old.status or new.status not in (ProbeStatus.UP, *_BAD):
        return None
    if new.status is ProbeStatus.UP:
        if old.status not in _BAD:
            return None
        return Transition(probe.name, f"{probe.name} is UP again", new.since_at)
    runs = f"{min(new.streak, probe.failure_threshold)} of {probe.failure_threshold}"
    why = new.last_reason or "no reason given"
    return Transition(probe.name, f"{probe.name} went {new.status.upper()}: {why} ({runs})", new.since_at)


class Recorder:
    """Takes results from the scheduler at once and saves them in batches.

    `error` says why nothing is being saved, empty while all is well. A fault of the file changes no state and stops no
    probe: states live here, and the newest results wait for the file.
    """

    def __init__(
        self,
        store: StoreThread,
        probes: Sequence[Probe],
        *,
        wall_ms: Callable[[], int] = now_ms,
        buffer_limit: int = BUFFER_LIMIT,
    ) -> None:
        self.error = ""
        self._store = store
        self._probes = {probe.name: probe for probe in probes}
        self._wall_ms = wall_ms
        self._states: dict[str, ProbeState] = {}
        self._changed: set[str] = set()
        self._results: deque[Result] = deque(maxlen=buffer_limit)
        self._transitions: deque[Transition] = deque(maxlen=buffer_limit)
        self._spans: deque[Span] = deque(maxlen=buffer_limit)
        self._lasts: deque[Result] = deque(maxlen=buffer_limit)
        self._ledgers: dict[str, Ledger] = {}
        self._flushing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many results are not saved yet."""
        return len(self._results)

    def follow(self, probes: Iterable[Probe], gone: Iterable[str] = ()) -> None:
        """Takes on probes that a source tells of, or tells otherwise of, and forgets those that are gone."""
        self._probes |= {probe.name: probe for probe in probes}
        dropped = set(gone)
        self._changed -= dropped
        for name in dropped:
            self._probes.pop(name, None)
            self._states.pop(name, None)
            self._ledgers.pop(name, None)
        self._results = deque((each for each in self._results if each.probe not in dropped), self._results.maxlen)

    def state_of(self, probe: str) -> ProbeState:
        """Returns where a probe stands, saved or not."""
        return self._states.get(probe) or ProbeState(probe)

    async def restore(self) -> None:
        """Goes on from the states in the file, so that a new engine forgets neither a streak nor a red probe."""
        states, _ = await self._store.call(list_states)
        self._states = {state.probe: state for state in states if state.probe in self._probes}
        names = list(self._states)
        for at in range(0, len(names), _READ_AT_ONCE):
            kept = await self._store.call(list_kept, names[at : at + _READ_AT_ONCE], self._wall_ms() - REFER_MS)
            for name, failures in kept.items():
                self._ledgers[name] = Ledger()
                self._ledgers[name].restore(failures, is_failing=self._states[name].last_verdict is not Verdict.UP)

    def record(self, result: Result) -> float | None:
        """Takes in one result; never blocks and never fails. Returns seconds after which it should be confirmed."""
        probe = self._probes[result.probe]
        old = self._states.get(probe.name) or ProbeState(probe.name)
        spans, new = take_run(old, next_state(old, result, probe), result, probe.every_ms)
        self._spans.extend(spans)
        self._states[probe.name] = new
        self._changed.add(probe.name)
        self._results.append(self._thin(result))
        transition = tell_transition(old, new, probe)
        if transition is not None:
            _log.info("%s", transition.text)
            self._transitions.append(transition)
        return probe.confirm_every_ms / 1000 if is_unconfirmed(new, probe) else None

    def _thin(self, result: Result) -> Result:
        """Returns a run without what an earlier one said already."""
        ledger = self._ledgers.get(result.probe)
        if ledger is None:
            if result.verdict is Verdict.UP:
                return result
            ledger = self._ledgers[result.probe] = Ledger()
        if len(self._results) == self._results.maxlen:
            self._lose(self._results[0])
        saved, last = ledger.take(result)
        if last is not None:
            self._lasts.append(last)
        return saved

    def _lose(self, result: Result) -> None:
        """Lets no run be told by one that has to go before it was saved."""
        if result.verdict is not Verdict.UP and result.evidence_at is None and result.probe in self._ledgers:
            self._ledgers[result.probe].forget()

    async def run(self, stop: asyncio.Event) -> None:
        """Flushes until `stop` is set, and once more then."""
        while not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_EVERY_S):
                    await stop.wait()
            await self.flush()

    async def flush(self) -> None:
        """Saves what waits, in batches; what cannot be saved goes on waiting and `error` says why."""
        async with self._flushing:
            while self._results:
                results = [self._results.popleft() for _ in range(min(BATCH_LIMIT, len(self._results)))]
                changed, self._changed = self._changed, set()
                transitions, spans = list(self._transitions), list(self._spans)
                self._transitions.clear()
                self._spans.clear()
                lasts = [] if self._results else list(self._lasts)
                if lasts:
                    self._lasts.clear()
                states = [self._states[name] for name in changed]
                try:
                    await self._store.call(record_results, results, states, transitions, self._wall_ms(), spans, lasts)
                except StoreError as error:
                    self._put_back(results, changed, transitions, spans)
                    self._lasts = deque((*lasts, *self._lasts), self._lasts.maxlen)
                    self._note(str(error))
                    return
            self._note("")

    def _put_back(
        self, results: list[Result], changed: Iterable[str], transitions: list[Transition], spans: list[Span]
    ) -> None:
        """Lets wait what could not be saved; a probe that went in the meantime has nothing left to save."""
        still = [each for each in results if each.probe in self._states]
        waiting = (*still, *self._results)
        for each in waiting[: max(0, len(waiting) - (self._results.maxlen or 0))]:
            self._lose(each)
        self._results = deque(waiting, self._results.maxlen)
        self._transitions = deque((*transitions, *self._transitions), self._transitions.maxlen)
        self._spans = deque((*spans, *self._spans), self._spans.maxlen)
        self._changed.update(name for name in changed if name in self._states)

    def _note(self, error: str) -> None:
        if error and not self.error:
            _log.warning("not saving: %s", error)
        elif self.error and not error:
            _log.info("saving again")
        self.error = error

"""The desk where sightings become probes and results.

Targets come and go while the engine runs: their probes are stored like configured ones, and fall behind their source.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec.structs import replace

from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.intake import Labels
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.source_names import NAME_LIMIT, name_targets
from oncall_tui.domain.verdict import SILENT_INTERVALS, Observation
from oncall_tui.engine.probes import Tools, make_not_run, open_tools, run_probe
from oncall_tui.engine.probes.faults import REASON_LIMIT
from oncall_tui.engine.probes.tools import FACT_LIMIT
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.sources.losses import explain_unscraped, find_quiet, tell_losses, tell_unscraped
from oncall_tui.engine.sources.sighting import Sighting
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import Vantage
from oncall_tui.store.sources import change_probes, list_sourced, list_unsettled

BATCH = 100
BATCH_PAUSE_S = 0.02
"""A hundred results take three milliseconds, which other probes do not feel; two thousand at once would be a lag."""
_TARGET_LIMIT = 300
_FACTS_LIMIT = 12
_SET_BACK = 20

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Target:
    """One target as it is known; `labels` are None for one of an earlier engine that was not told of since."""

    probe: Probe
    seen_at: int
    labels: Labels | None = None
    stamp: int = 0
    sighting: Sighting | None = None


@dataclass(slots=True)
class Source:
    """One source: its targets by name, and how many readings have failed in a row.

    `has_silences` tells that silences of ours may be there, which is so until it has been looked up. `lost` are targets
    that had trouble when the source told of them last, `quiet` counts by job those of jobs that fell silent whole.
    """

    probe: Probe
    targets: dict[str, Target] = field(default_factory=dict)
    names: dict[Labels, str] = field(default_factory=dict)
    failures: int = 0
    has_silences: bool = True
    lost: tuple[str, ...] = ()
    quiet: Mapping[str, int] = field(default_factory=dict)


class Desk:
    """Takes in what the sources of a config tell; `take` and `note` never block, `run` does the work."""

    def __init__(
        self,
        store: StoreThread,
        recorder: Recorder,
        probes: Iterable[Probe],
        *,
        clock: Callable[[], int],
    ) -> None:
        probes = tuple(probes)
        self.sources = {
            probe.name: Source(probe) for probe in probes if probe.intake and probe.kind is not ProbeKind.QUERY
        }
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._taken = {probe.name for probe in probes}
        self._told: dict[str, Sequence[Sighting]] = {}
        self._waiting: dict[str, tuple[Result, Sequence[Sighting] | None]] = {}
        self._news = asyncio.Event()

    async def restore(self) -> None:
        """Goes on with the targets in the file. Raises StoreError."""
        for probe in await self._store.call(list_sourced):
            source = self.sources.get(probe.source)
            if source is not None:
                source.targets[probe.name] = Target(probe, self._clock())
        self._recorder.follow(target.probe for source in self.sources.values() for target in source.targets.values())

    @property
    def has_alerts(self) -> bool:
        """Tells whether there is an Alertmanager, where silences can be made."""
        return any(source.probe.kind is ProbeKind.ALERTMANAGER for source in self.sources.values())

    async def run_probe(self, probe: Probe, tools: Tools) -> Result:
        """Runs a probe; if it is a source, what it has read is worked on afterwards."""
        result = await run_probe(probe, tools)
        self.note(result)
        return result

    async def keep_silences(self, vantage: Vantage, wake: asyncio.Event, stop: asyncio.Event) -> None:
        """Keeps silences at the sources as they are on the board, until the stop."""
        from oncall_tui.engine.sources.silencing import Silencer

        tools = await open_tools(vantage=vantage)
        await Silencer(self._store, self._recorder, self, tools).run(wake, stop)

    def take(self, probe: Probe, sightings: Sequence[Sighting]) -> Observation:
        """Takes what a run of a source has read, until the result of the run is known; returns what is lost of it."""
        source = self.sources[probe.name]
        seen = [each for each in sightings if not each.is_blind]
        blind = self._keep_known(source, [each for each in sightings if each.is_blind], seen)
        self._told[probe.name] = [*seen, *blind]
        if not (blind or source.lost or source.quiet):
            return Observation()
        unscraped = {each.labels for each in blind}
        return tell_losses(unscraped, unscraped | {each.labels for each in seen}, source.lost, source.quiet)

    def _keep_known(self, source: Source, blind: Sequence[Sighting], seen: Sequence[Sighting]) -> list[Sighting]:
        """Returns the failed scrapes of targets; other things that Prometheus scrapes are none."""
        if not blind:
            return []
        known = {target.labels for target in source.targets.values()}
        if None in known:
            # Of an earlier engine the names are known, not the labels.
            intake = source.probe.intake
            assert intake is not None
            asked = {each.labels for each in (*blind, *seen)} | {labels for labels in known if labels is not None}
            names = name_targets(intake.naming, source.probe.name, asked, self._list_taken(source))
            known |= {labels for labels, name in names.items() if name in source.targets}
        return [each for each in blind if each.labels in known]

    def _list_taken(self, source: Source) -> dict[str, None]:
        others = (name for each in self.sources.values() if each is not source for name in each.targets)
        return {**dict.fromkeys(others), **dict.fromkeys(self._taken)}

    def note(self, result: Result) -> None:
        """Takes the result of a run of a source."""
        if result.probe in self.sources:
            told = self._told.pop(result.probe, None)
            self._waiting[result.probe] = (result, None if result.verdict is Verdict.UNKNOWN else told)
            self._news.set()

    def take_waiting(self, name: str) -> tuple[Result, Sequence[Sighting] | None]:
        """Returns the latest reading of a source, which is then worked on no more."""
        return self._waiting.pop(name)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until the stop; a file that cannot be written is tried again at the next reading."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait((news, stopping), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                self._news.clear()
                while self._waiting and not stop.is_set():
                    name = next(iter(self._waiting))
                    await self.absorb(self.sources[name], *self.take_waiting(name))
        finally:
            stopping.cancel()
            with suppress(asyncio.CancelledError):
                await stopping

    async def absorb(self, source: Source, result: Result, sightings: Sequence[Sighting] | None) -> None:
        """Makes probes and results of one reading."""
        if sightings is None:
            source.failures += 1
            # Before that it may be a blip: what is known is believed for 2.5 intervals anyway.
            if source.failures >= source.probe.failure_threshold:
                why = f"{source.probe.name} cannot be read: {result.reason.removeprefix('not run: ')}"
                await self._record(
                    make_not_run(each.probe, result.started_at, why) for each in tuple(source.targets.values())
                )
            return
        source.failures = 0
        try:
            await self._follow(source, sightings)
        except StoreError as error:
            _log.warning("targets of %s are not saved: %s", source.probe.name, error)
            return
        await self._record(
            found
            for sighting in sightings
            for found in self._judge(source.probe, source.targets[source.names[sighting.labels]], sighting)
        )
        if source.probe.kind is ProbeKind.ALERTMANAGER:
            firing = {sighting.labels for sighting in sightings}
            over = [target for target in source.targets.values() if target.labels not in firing]
            for target in over:
                target.sighting = None
            await self._record(Result(target.probe.name, self._clock(), Verdict.UP, 0.0) for target in over)

    async def _follow(self, source: Source, sightings: Sequence[Sighting]) -> None:
        """Adds probes for targets that are new, and drops those that have been gone for long. Raises StoreError."""
        now = self._clock()
        intake = source.probe.intake
        assert intake is not None
        latest = {each.labels: each for each in sightings}
        over = {name for name, target in source.targets.items() if now - target.seen_at > intake.keep_ms}
        kept = {each.labels for name, each in source.targets.items() if each.labels is not None and name not in over}
        if source.names.keys() != latest.keys() | kept:
            # Twenty thousand take a tenth of a second.
            source.names = await asyncio.to_thread(
                name_targets, intake.naming, source.probe.name, latest.keys() | kept, self._list_taken(source)
            )
        is_parted = bool(tell_unscraped({each.labels for each in sightings if each.is_blind}, latest).wrong)
        changed: list[Probe] = []
        for order, (labels, sighting) in enumerate(latest.items(), 1):
            if order % BATCH == 0:
                await asyncio.sleep(0)
            # What is still seen falls by itself while the source is down for what it cannot see.
            is_behind = sighting.is_blind or not is_parted
            probe = make_target(source.probe, source.names[labels], sighting, is_behind=is_behind)
            known = source.targets.get(probe.name)
            if known is None or known.probe != probe:
                changed.append(probe)
        told = {source.names[labels] for labels in latest}
        await self._find_lost(source, latest, told)
        gone = over - told - set(source.lost)
        if changed or gone:
            await self._store.call(change_probes, changed, gone)
            for name in gone:
                del source.targets[name]
            self._recorder.follow(changed, gone)
        for probe in changed:
            known = source.targets.get(probe.name)
            source.targets[probe.name] = replace_probe(known, probe) if known else Target(probe, now)
        for labels, sighting in latest.items():
            target = source.targets[source.names[labels]]
            target.labels, target.seen_at, target.sighting = labels, now, sighting

    async def _find_lost(self, source: Source, latest: Mapping[Labels, Sighting], told: Collection[str]) -> None:
        """Notes which targets are told of no more without that anybody has silenced them. Raises StoreError."""
        source.lost, source.quiet = (), {}
        if source.probe.kind is ProbeKind.ALERTMANAGER:
            return  # what fires no more is over
        now = self._clock()
        silent_ms = SILENT_INTERVALS * source.probe.every_ms
        silent = [
            name
            for name, target in source.targets.items()
            if name not in told and target.labels not in latest and now - target.seen_at > silent_ms
        ]
        if not silent:
            return
        hooked, silenced = await self._store.call(list_unsettled, silent, now)
        missed = [name for name in silent if name not in silenced]
        source.lost = tuple(name for name in missed if name in hooked or is_red(self._recorder.state_of(name)))
        if source.probe.kind is ProbeKind.PROMETHEUS:
            known = (target.labels for target in source.targets.values())
            source.quiet = find_quiet((source.targets[name].labels for name in missed), known)

    def _judge(self, source: Probe, target: Target, sighting: Sighting) -> list[Result]:
        """Returns the results that a sighting makes: none for one that is old, or was told before."""
        now = self._clock()
        if sighting.is_blind:
            return [make_not_run(target.probe, sighting.at, explain_unscraped(sighting.labels))]
        known = self._recorder.state_of(target.probe.name)
        # One that is far behind the last comes from a clock that was set back.
        is_known = target.stamp - _SET_BACK * source.every_ms < sighting.stamp <= target.stamp or (
            not target.stamp and known.last_result_at is not None and sighting.at <= known.last_result_at
        )
        if is_known or now - sighting.at > SILENT_INTERVALS * source.every_ms:
            return []
        target.stamp = sighting.stamp
        result = make_result(target.probe, sighting)
        began_at = sighting.began_at
        if began_at is not None and began_at < sighting.at and began_at > (known.last_result_at or 0):
            return [replace(result, started_at=began_at), result]
        return [result]

    async def _record(self, results: Iterable[Result]) -> None:
        for order, result in enumerate(results, 1):
            self._recorder.record(result)
            if order % BATCH == 0:
                await asyncio.sleep(BATCH_PAUSE_S)


def replace_probe(target: Target, probe: Probe) -> Target:
    """Returns a target that is told otherwise of than before."""
    return Target(probe, target.seen_at, target.labels, target.stamp, target.sighting)


def is_red(state: ProbeState) -> bool:
    """Tells whether a probe had trouble when something was last known of it."""
    return state.status in (ProbeStatus.DOWN, ProbeStatus.SLOW) or state.flapping_at is not None


def make_target(source: Probe, name: str, sighting: Sighting, *, is_behind: bool = True) -> Probe:
    """Returns the probe of a target, which falls behind its source."""
    intake = source.intake
    assert intake is not None
    component = dict(sighting.labels).get(intake.component_label or "")
    return Probe(
        name=name,
        kind=source.kind,
        target=clean_line(sighting.target, _TARGET_LIMIT),
        component=component if component in intake.components else source.component,
        every_ms=source.every_ms,
        timeout_ms=source.timeout_ms,
        runbook=source.runbook,
        failure_threshold=intake.failure_threshold,
        recovery_threshold=intake.recovery_threshold,
        confirm_every_ms=source.every_ms,
        depends_on=(source.name,) if is_behind else (),
        source=source.name,
    )


def make_result(probe: Probe, sighting: Sighting) -> Result:
    """Returns the result of a sighting, every text of it inert."""
    facts = sighting.facts[:_FACTS_LIMIT]
    return Result(
        probe=probe.name,
        started_at=sighting.at,
        verdict=sighting.verdict,
        duration_ms=sighting.duration_ms,
        reason=clean_line(sighting.reason, REASON_LIMIT),
        phases=sighting.phases,
        facts=tuple((clean_line(name, NAME_LIMIT), clean_line(value, FACT_LIMIT)) for name, value in facts),
    )

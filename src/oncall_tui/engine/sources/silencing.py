"""Silences between the board and Alertmanager: those of the board are made there, those made there are shown here.

What is there is looked up each time, so that a restart forgets no silence and makes none twice. An acknowledgement is
renewed in short stretches: an engine that died leaves no silence for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import NotFoundError, StoreError
from oncall_tui.domain.intake import Labels
from oncall_tui.domain.probe import Probe, ProbeKind, Result
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.silence import Silence
from oncall_tui.engine.probes.faults import FORESEEN, REASON_LIMIT, explain, explain_timeout
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.sources.alertmanager import RemoteSilence, list_remote_silences, write_silence
from oncall_tui.engine.sources.desk import Desk, Source, Target, make_result
from oncall_tui.engine.sources.line import ask, read_instant
from oncall_tui.engine.sources.sighting import Quiet
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.incidents import read_origin
from oncall_tui.store.sources import end_mirrored, list_silences_of, mirror_silence

ACK_STRETCH_MS = 15 * MINUTE
_RENEW_BELOW_MS = ACK_STRETCH_MS * 2 // 3
_SAME_WITHIN_MS = 2_000
_AHEAD_MS = MINUTE
"""Our clock may be ahead of theirs, where what begins later is not silent yet."""
_CALLS_A_ROUND = 50

_log = logging.getLogger(__name__)


class Silencer:
    """Makes, renews and ends silences in the Alertmanagers of a config, after each reading and when it is woken."""

    def __init__(self, store: StoreThread, recorder: Recorder, desk: Desk, tools: Tools) -> None:
        self._store = store
        self._recorder = recorder
        self._desk = desk
        self._tools = tools
        self._mark = ""

    async def run(self, wake: asyncio.Event, stop: asyncio.Event) -> None:
        """Works until the stop; what cannot be done is told on the board and tried again."""
        sources = [each for each in self._desk.sources.values() if each.probe.kind is ProbeKind.ALERTMANAGER]
        if not sources:
            await stop.wait()
            return
        every_s = min(each.probe.every_ms for each in sources) / 1000
        while not stop.is_set():
            wake.clear()
            for source in sources:
                await self.settle(source)
            await _wait_for_any((wake, stop), every_s)

    async def settle(self, source: Source) -> None:
        """Makes what is silenced there agree with the board, once."""
        try:
            local = await self._store.call(list_silences_of, frozenset(source.targets), self._tools.wall_ms())
            if not self._mark:
                self._mark = f"[oncall-tui {(await self._store.call(read_origin))[:8]}]"
        except StoreError as error:
            _log.warning("silences for %s wait: %s", source.probe.name, error)
            return
        firing = {each.labels: each for each in source.targets.values() if each.sighting is not None and each.labels}
        prefix = f"{source.probe.name}: "
        wanted = {
            target.labels: silence
            for target in firing.values()
            if target.labels is not None
            and (silence := local.get(target.probe.name)) is not None
            and not silence.actor.startswith(prefix)
        }
        if source.failures == 0 and (wanted or source.has_silences or any(_quiet_of(each) for each in firing.values())):
            await self._push(source, wanted, firing)
        await self._mirror(tuple(source.targets.values()), local, prefix)

    async def _push(self, source: Source, wanted: dict[Labels, Silence], firing: dict[Labels, Target]) -> None:
        trace = Trace(self._tools.monotonic)
        try:
            async with asyncio.timeout(source.probe.timeout_ms / 1000):
                remote = await list_remote_silences(source.probe, self._tools, trace)
        except (*FORESEEN, TimeoutError) as error:
            self._tell(source, [firing[labels] for labels in wanted], _explain(error, trace, source.probe))
            return
        ours: dict[Labels, list[RemoteSilence]] = {}
        for held in remote:
            if self._mark in held.comment and held.labels is not None:
                ours.setdefault(held.labels, []).append(held)
        calls = 0
        for labels, silence in wanted.items():
            known = max(ours.get(labels, ()), key=lambda each: each.until_at, default=None)
            until_at = self._find_end(silence, known)
            if until_at is not None and calls < _CALLS_A_ROUND:
                calls += 1
                await self._make(source, firing[labels], silence, until_at, known)
            for double in ours.pop(labels, ()):
                if double is not known:
                    await self._end(source, double, firing.get(labels))
        for labels, unwanted in ours.items():
            for each in unwanted:
                await self._end(source, each, firing.get(labels))
        source.has_silences = bool(wanted)

    def _find_end(self, silence: Silence, known: RemoteSilence | None) -> int | None:
        """Returns until when a silence should be made or changed there, None where it is as it should be."""
        now = self._tools.wall_ms()
        if silence.until_at is None:
            is_enough = known is not None and known.until_at - now >= _RENEW_BELOW_MS
            return None if is_enough else now + ACK_STRETCH_MS
        is_same = known is not None and abs(known.until_at - silence.until_at) <= _SAME_WITHIN_MS
        return None if is_same else silence.until_at

    async def _make(
        self, source: Source, target: Target, silence: Silence, until_at: int, known: RemoteSilence | None
    ) -> None:
        assert target.labels is not None
        body = write_silence(
            target.labels,
            by=silence.actor or "oncall-tui",
            comment=f"{silence.note or 'acknowledged on the board'} {self._mark}",
            since_at=self._tools.wall_ms() - _AHEAD_MS if known is None else read_instant(known.starts_at),
            until_at=until_at,
            silence_id=None if known is None else known.id,
        )
        why = await self._call(source.probe, "/api/v2/silences", "POST", body)
        if why:
            self._tell(source, [target], why)
        else:
            _log.info("%s silenced in %s", target.probe.name, source.probe.name)

    async def _end(self, source: Source, silence: RemoteSilence, target: Target | None) -> None:
        if not all(sign.isalnum() or sign == "-" for sign in silence.id):
            return
        why = await self._call(source.probe, f"/api/v2/silence/{silence.id}", "DELETE")
        if why:
            source.has_silences = True
            self._tell(source, [target] if target is not None else [], f"the silence could not be ended: {why}")
        else:
            _log.info("a silence ended in %s", source.probe.name)

    async def _call(self, probe: Probe, path: str, method: str, body: str | None = None) -> str:
        """Returns why it failed, empty when it did not."""
        trace = Trace(self._tools.monotonic)
        try:
            async with asyncio.timeout(probe.timeout_ms / 1000):
                await ask(probe, self._tools, trace, path, method=method, body=body)
        except (*FORESEEN, TimeoutError) as error:
            return _explain(error, trace, probe)
        return ""

    def _tell(self, source: Source, targets: Iterable[Target], why: str) -> None:
        """Says it where the person looks who asked for the silence: beside the alert."""
        _log.warning("silences in %s: %s", source.probe.name, why)
        for target in targets:
            if target.sighting is None:
                continue
            result = make_result(target.probe, target.sighting)
            told = clean_line(f"NOT silenced in {source.probe.name}: {why}; {result.reason}", REASON_LIMIT)
            now = self._tools.wall_ms()
            self._recorder.record(Result(target.probe.name, now, result.verdict, 0.0, told, facts=result.facts))

    async def _mirror(self, targets: Iterable[Target], local: dict[str, Silence], prefix: str) -> None:
        now = self._tools.wall_ms()
        for target in targets:
            quiet, known = _quiet_of(target), local.get(target.probe.name)
            if quiet is not None and self._mark in quiet.note:
                quiet = None
            is_mirrored = known is not None and known.actor.startswith(prefix)
            try:
                if quiet is not None and (known is None or (is_mirrored and known.until_at != quiet.until_at)):
                    by = clean_line(prefix + quiet.by, 60)
                    await self._store.call(
                        mirror_silence, target.probe.name, by, quiet.note, until_at=quiet.until_at, now=now
                    )
                elif quiet is None and is_mirrored:
                    await self._store.call(end_mirrored, target.probe.name, prefix.rstrip(": "), now)
            except (NotFoundError, StoreError) as error:
                _log.warning("silence of %s is not shown: %s", target.probe.name, error)


def _quiet_of(target: Target) -> Quiet | None:
    return None if target.sighting is None else target.sighting.quiet


def _explain(error: Exception, trace: Trace, probe: Probe) -> str:
    is_overrun = isinstance(error, TimeoutError) and error.errno is None
    _, words = explain_timeout(trace.phase, probe.timeout_ms / 1000) if is_overrun else explain(error)
    return trace.hide(words).removeprefix("not run: ")


async def _wait_for_any(events: Sequence[asyncio.Event], timeout_s: float) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()

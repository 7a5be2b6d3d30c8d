"""The push probe: has a job given a sign of life, by touching a file or by `oncall-tui beat`."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.probe import Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.tools import Tools, Trace

FUTURE_MS = 60_000
"""Clocks of two hosts differ by so much; a beat that is further ahead would count for too long."""


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Looks how old the latest beat is. Before the first one through the database nothing is known, so nothing red."""
    if probe.file is not None:
        beat_at = await asyncio.to_thread(_read_file, Path(probe.file))
    else:
        beat_at = await _read_store(probe, tools, trace)
    age_ms = tools.wall_ms() - beat_at
    if age_ms < -FUTURE_MS:
        raise NotRunError("the latest beat is from the future: compare the clocks")
    trace.note("latest beat", f"{format_duration(max(age_ms, 0))} ago")
    return Observation(age_ms=age_ms)


def _read_file(path: Path) -> int:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TargetError("no beat: the file is not there") from error
    except OSError as error:
        raise NotRunError(f"the file cannot be looked at: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise NotRunError("what stands at the path is not a regular file")
    return status.st_mtime_ns // 1_000_000


async def _read_store(probe: Probe, tools: Tools, trace: Trace) -> int:
    if tools.read_beat is None:
        raise NotRunError("its beats are in the database, which was not opened")
    try:
        beat = await tools.read_beat(probe.name)
    except StoreError as error:
        raise NotRunError(f"its beats cannot be read: {error}") from error
    if beat is None:
        raise NotRunError(f"no beat has come yet; the job sends one by `oncall-tui beat '{probe.name}'`")
    trace.note("from", beat.actor)
    if beat.note:
        trace.note("note", beat.note)
    return beat.at

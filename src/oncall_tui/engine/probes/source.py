"""The probes that read sources: their code is loaded by the configs that have some."""

from __future__ import annotations

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.tools import Tools, Trace


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Reads a source; what it tells of its targets goes to `tools.take_sightings`."""
    from oncall_tui.engine.sources import kinds

    return await kinds.RUNS[probe.kind](probe, tools, trace)

"""The tcp probe: does somebody take a connection."""

from __future__ import annotations

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import open_wire, split_target


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Connects and closes: nothing is sent, since a port without a protocol has no right question."""
    host, port = split_target(probe.target)
    wire = await open_wire(host, port, tools, trace)
    wire.close()
    return Observation()

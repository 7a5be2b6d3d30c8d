"""The tls probe: a handshake with every check on, and how long the certificate lasts."""

from __future__ import annotations

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import open_wire, split_target, start_tls


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Shakes hands and closes; what the certificate says is kept as facts."""
    host, port = split_target(probe.target, default_port=443)
    started = tools.monotonic()
    wire = await open_wire(host, port, tools, trace)
    try:
        budget_s = probe.timeout_ms / 1000 - (tools.monotonic() - started)
        certificate = await start_tls(wire, host, tools, trace, budget_s)
        await wire.flush()
    finally:
        wire.close()
    return Observation(expires_in_ms=certificate.ends_at - tools.wall_ms())

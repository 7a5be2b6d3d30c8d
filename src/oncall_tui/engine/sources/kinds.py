"""What reads each kind of source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.sources import alertmanager, gatus, prometheus

RUNS: Mapping[ProbeKind, Callable[[Probe, Tools, Trace], Awaitable[Observation]]] = {
    ProbeKind.PROMETHEUS: prometheus.run,
    ProbeKind.QUERY: prometheus.run_query,
    ProbeKind.ALERTMANAGER: alertmanager.run,
    ProbeKind.GATUS: gatus.run,
}

"""Probes: one file a kind, one signature, and the supervisor that runs them.

A kind is `async def run(probe, tools, trace) -> Observation`: it looks, raises when the target is not what it
should be, and leaves deadlines, classification and verdicts to `run_probe`. To add one: a file here, a line in
`_KINDS`, a word in `ProbeKind`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from oncall_tui.domain.probe import Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation, judge
from oncall_tui.engine.probes import dns, domain, grpc, http, icmp, mail, push, source, tcp, tls, upstream, websocket
from oncall_tui.engine.probes.advice import advise
from oncall_tui.engine.probes.evidence import READ_LIMIT, collect_evidence, tell_addresses, tell_chain
from oncall_tui.engine.probes.faults import FORESEEN, REASON_LIMIT, explain, explain_timeout
from oncall_tui.engine.probes.tools import Tools, Trace, load_module, open_tools
from oncall_tui.engine.vantage import is_exempt

__all__ = ["Tools", "make_not_run", "open_tools", "run_probe"]

PAUSE_S = 0.25
"""A deadline noticed so much later means that this host slept, and what it then found is not the target's fault."""
_REACHED = ("tls", "first_byte", "transfer")
"""Phases that begin only once the target has answered."""
_log = logging.getLogger(__name__)
_KINDS: dict[ProbeKind, Callable[[Probe, Tools, Trace], Awaitable[Observation]]] = {
    ProbeKind.HTTP: http.run,
    ProbeKind.TCP: tcp.run,
    ProbeKind.TLS: tls.run,
    ProbeKind.DNS: dns.run,
    ProbeKind.PUSH: push.run,
    ProbeKind.UPSTREAM: upstream.run,
    ProbeKind.SMTP: mail.run,
    ProbeKind.IMAP: mail.run,
    ProbeKind.ICMP: icmp.run,
    ProbeKind.DOMAIN: domain.run,
    ProbeKind.PROMETHEUS: source.run,
    ProbeKind.QUERY: source.run,
    ProbeKind.ALERTMANAGER: source.run,
    ProbeKind.GATUS: source.run,
    ProbeKind.WEBSOCKET: websocket.run,
    ProbeKind.GRPC: grpc.run,
}
_LIBRARIES = {ProbeKind.WEBSOCKET: "wsproto", ProbeKind.GRPC: "h2.connection"}
_HEARSAY = {
    ProbeKind.UPSTREAM: "the status page cannot be read",
    ProbeKind.DOMAIN: "the registry cannot be asked",
    ProbeKind.QUERY: "the source cannot be asked",
}
"""Kinds that ask somebody else about the target, whose silence says nothing about it."""


async def run_probe(probe: Probe, tools: Tools) -> Result:
    """Returns the result of one run, within its deadline whatever the target does; never raises but when cancelled.

    A failure while this host is offline or paused says nothing about the target.
    """
    if probe.kind in _LIBRARIES:
        # Before the clock starts: what takes long to load here is no latency of the target.
        with suppress(ImportError):
            await load_module(_LIBRARIES[probe.kind])
    trace = Trace(tools.monotonic, family=probe.family)
    started_at = tools.wall_ms()
    started = tools.monotonic()
    timeout_s = probe.timeout_ms / 1000
    seen: Observation | None = None
    try:
        async with asyncio.timeout(timeout_s) as deadline:
            seen = await _KINDS[probe.kind](probe, tools, trace)
        took_s = tools.monotonic() - started
        verdict, reason = judge(probe, seen, took_s * 1000)
    except TimeoutError as error:
        took_s = tools.monotonic() - started
        is_overrun = deadline.expired() or error.errno is None
        verdict, reason = explain_timeout(trace.phase, timeout_s) if is_overrun else explain(error)
        if is_overrun and trace.tell_overrun is not None:
            reason = trace.tell_overrun()
    except Exception as error:  # noqa: BLE001 - the supervisor: whatever goes wrong in a run becomes its result
        took_s = tools.monotonic() - started
        verdict, reason = explain(error)
        if not isinstance(error, FORESEEN):
            _log.error("probe %s failed by an error of ours", clean_line(probe.name), exc_info=error)
    trace.leave()
    if seen is None and probe.kind in _HEARSAY and verdict is Verdict.DOWN:
        verdict, reason = Verdict.UNKNOWN, f"not run: {_HEARSAY[probe.kind]}: {reason}"
    if verdict is not Verdict.UP and took_s > timeout_s + PAUSE_S:
        verdict, reason = Verdict.UNKNOWN, f"not run: this host was paused or overloaded for {took_s - timeout_s:.1f} s"
    if probe.kind is not ProbeKind.PUSH and not is_exempt(trace.ip or probe.target):
        verdict, reason = await _doubt_vantage(probe, tools, trace, verdict, reason)
    if reason and (step := advise(reason)):
        trace.note("next", step)
    return Result(
        probe=probe.name,
        started_at=started_at,
        verdict=verdict,
        duration_ms=took_s * 1000,
        reason=clean_line(trace.hide(reason), REASON_LIMIT),
        phases=trace.phases(),
        facts=tuple(trace.facts.items()),
        value=None if seen is None else seen.value,
        evidence=() if verdict is Verdict.UP else _collect(trace),
    )


def _collect(trace: Trace) -> tuple[tuple[str, str], ...]:
    return (
        *collect_evidence(trace.headers, bytes(trace.body[:READ_LIMIT]), trace.hide),
        *tell_addresses(trace.addresses),
        *(() if trace.tls is None else tell_chain(trace.tls)),
    )


async def _doubt_vantage(
    probe: Probe, tools: Tools, trace: Trace, verdict: Verdict, reason: str
) -> tuple[Verdict, str]:
    """A target outside that is down says nothing while it is this host that cannot reach it."""
    is_reached = verdict in (Verdict.UP, Verdict.DEGRADED) or trace.phase in _REACHED
    if verdict is Verdict.UNKNOWN:
        return verdict, reason
    if trace.ip or not is_reached:
        tools.vantage.note(probe.name, trace.ip, is_reached=is_reached)
    if verdict is not Verdict.DOWN:
        return verdict, reason
    if not tools.is_online():
        return Verdict.UNKNOWN, "not run: this host is offline"
    if not is_reached and await tools.vantage.is_cut_off(probe.name):
        return Verdict.UNKNOWN, "not run: nothing outside can be reached from this host"
    return verdict, reason


def make_not_run(probe: Probe, now: int, why: str) -> Result:
    """Returns the result of a run that could not be made; `why` completes the sentence `not run: ...`."""
    return Result(probe.name, now, Verdict.UNKNOWN, 0.0, clean_line(f"not run: {why}", REASON_LIMIT))

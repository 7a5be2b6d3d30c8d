"""Whether dead targets delay live ones: `python -m benchmarks.dead_targets`.

Four hundred live probes at ten seconds, alone and beside a hundred more whose SYNs are dropped, in pairs. The dead ones
point at a listening socket whose queue is full: the kernel drops what comes, as a firewall does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import sys
from collections.abc import Iterator

from benchmarks.probe_start import find_percentile, open_constant_server, run_probes
from oncall_tui.domain.probe import Probe, ProbeKind, Verdict

LIVE = 400
DEAD = 100
EVERY_S = 10.0
TIMEOUT_MS = 9_000
FOR_S = 22.0
TRUE_MS = 3.0
PAIRS = 5
LATE_BOUND_MS = 5.0
LATENCY_BOUND = 1.25
_CALLERS = 8


@contextlib.contextmanager
def open_dead_port() -> Iterator[int]:
    """Yields a port of loopback on which connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = int(full.getsockname()[1])
        for _ in range(_CALLERS):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        yield port


def measure(live_port: int, dead_port: int | None) -> dict[str, float]:
    """Returns lateness and latency of the live probes in ms; they are spread alike with and without dead ones."""
    step = LIVE // DEAD
    probes: list[Probe] = []
    for number in range(LIVE):
        url = f"http://127.0.0.1:{live_port}/"
        probes.append(Probe(f"live {number}", ProbeKind.HTTP, url, every_ms=round(EVERY_S * 1000)))
        if dead_port is not None and number % step == 0:
            url = f"http://127.0.0.1:{dead_port}/"
            probes.append(
                Probe(f"dead {number}", ProbeKind.HTTP, url, every_ms=round(EVERY_S * 1000), timeout_ms=TIMEOUT_MS)
            )
    results, late_ms = asyncio.run(run_probes(probes, FOR_S))
    live = [result for result in results if result.probe.startswith("live")]
    took_ms = [result.duration_ms for result in live]
    late = [late for name, late in late_ms if name.startswith("live")]
    return {
        "late p50": find_percentile(late, 0.5),
        "late p99": find_percentile(late, 0.99),
        "latency p50": find_percentile(took_ms, 0.5),
        "latency p99": find_percentile(took_ms, 0.99),
        "not up": sum(result.verdict is not Verdict.UP for result in live),
        "dead that are down": sum(result.verdict is Verdict.DOWN for result in results) if dead_port else 0,
    }


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    alone: list[dict[str, float]] = []
    beside: list[dict[str, float]] = []
    with open_constant_server(TRUE_MS / 1000) as live_port, open_dead_port() as dead_port:
        for _ in range(PAIRS):
            alone.append(measure(live_port, None))
            beside.append(measure(live_port, dead_port))
    figures = {
        name: (statistics.median(each[name] for each in alone), statistics.median(each[name] for each in beside))
        for name in alone[0]
    }
    later_ms = figures["late p99"][1] - figures["late p99"][0]
    slower = max(figures[name][1] / figures[name][0] for name in ("latency p50", "latency p99"))
    is_seen = all(each["dead that are down"] >= DEAD for each in beside)
    is_ok = later_ms <= LATE_BOUND_MS and slower <= LATENCY_BOUND and figures["not up"][1] == 0 and is_seen
    print(f"{LIVE} live http probes at {EVERY_S:g} s, {PAIRS} pairs of {FOR_S:g} s, medians in ms")
    print(f"{'name':<34}{'alone':>12}{f'and {DEAD} dead':>14}")
    for name, (without, with_dead) in figures.items():
        print(f"{name:<34}{without:>12.2f}{with_dead:>14.2f}")
    print(
        f"start p99 later by {later_ms:.2f} ms, bound {LATE_BOUND_MS:g}: {'yes' if later_ms <= LATE_BOUND_MS else 'NO'}"
    )
    print(f"latency at most {slower:.2f} x, bound {LATENCY_BOUND:g}: {'yes' if slower <= LATENCY_BOUND else 'NO'}")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

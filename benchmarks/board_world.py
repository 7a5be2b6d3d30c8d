"""A file full of believable probes without an engine, for benchmarks of the terminal.

Commands of `python -m benchmarks.board_world`: `fill DB COUNT` writes the probes, `live DB COUNT RATE` goes on writing
results until it is ended.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import Phases, Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lease import beat_lease, take_lease
from oncall_tui.store.probes import record_results, replace_probes

EVERY_MS = 10_000
_BATCH_S = 0.1
_DOWN_SHARE = 0.01


def list_world_probes(count: int) -> list[Probe]:
    """Returns so many probes, the first of which are bad."""
    return [
        Probe(f"host-{index:04}", ProbeKind.HTTP, f"https://h{index}.example.com/health", "API", EVERY_MS)
        for index in range(count)
    ]


def write_config(path: Path, count: int) -> None:
    """Writes the same probes as a config file."""
    tables = [
        f'[[probe]]\nname = "{probe.name}"\nkind = "http"\nurl = "{probe.target}"\ncomponent = "API"\nevery = "10s"\n'
        for probe in list_world_probes(count)
    ]
    path.write_text("\n".join(['[[component]]\nname = "API"\n', *tables]), encoding="utf-8")


def fill(db: Database, count: int, now: int, rng: random.Random) -> dict[str, ProbeState]:
    """Writes probes with a past: the first down, the second slow, all others up."""
    probes = list_world_probes(count)
    replace_probes(db, probes, [("API", None)])
    states: dict[str, ProbeState] = {}
    for index, probe in enumerate(probes):
        runs = [(Verdict.UP, rng.gauss(80, 15)) for _ in range(60)]
        status, verdict, reason = ProbeStatus.UP, Verdict.UP, ""
        if index == 0:
            runs[-8:] = [(Verdict.DOWN, 3.0)] * 8
            status, verdict, reason = ProbeStatus.DOWN, Verdict.DOWN, "HTTP 500 Internal Server Error"
        elif index == 1:
            runs[-9:] = [(Verdict.DEGRADED, 2100.0)] * 9
            status, verdict, reason = ProbeStatus.SLOW, Verdict.DEGRADED, "slow: 2.1 s, expected at most 1 s"
        states[probe.name] = ProbeState(
            probe=probe.name,
            status=status,
            since_at=now - rng.randint(10**7, 10**9),
            streak=8,
            last_verdict=verdict,
            last_result_at=now,
            last_duration_ms=runs[-1][1],
            last_reason=reason,
            last_reason_at=now if reason else None,
            phases=Phases(1.2, 12.0, 31.0, 20.0, 3.0),
            recent=tuple(runs),
        )
    record_results(db, [], list(states.values()), [], now)
    return states


def make_result(probe: Probe, at: int, rng: random.Random) -> Result:
    """Returns a run as an http probe tells it, now and then one that failed."""
    facts = (
        ("address", "192.0.2.14:443"),
        ("certificate", "61 days left"),
        ("issuer", "R11"),
        ("names", probe.target),
        ("tls", "TLSv1.3"),
        ("status", "200 OK"),
        ("body", "2048 bytes"),
    )
    took = rng.gauss(80, 15)
    result = Result(probe.name, at, Verdict.UP, took, "", Phases(1.2, 12.0, 31.5, took / 3, 3.1), facts)
    if rng.random() < _DOWN_SHARE:
        evidence = (("server:", "nginx"), ("body", "x" * 500))
        return replace(result, verdict=Verdict.DOWN, reason="HTTP 503 Service Unavailable", evidence=evidence)
    return result


def run_once(state: ProbeState, now: int, rng: random.Random) -> tuple[Result, ProbeState]:
    """Returns one more run of a probe that goes on as before."""
    verdict = state.last_verdict or Verdict.UP
    duration = rng.gauss(80, 15) if verdict is Verdict.UP else state.last_duration_ms or 3.0
    recent = (*state.recent[1:], (verdict, duration))
    after = replace(state, last_result_at=now, last_duration_ms=duration, recent=recent)
    return Result(state.probe, now, verdict, duration, state.last_reason), after


def run_live(db: Database, count: int, rate: float, rng: random.Random) -> None:
    """Writes `rate` results a second in batches, round and round, and beats like an engine."""
    states = fill(db, count, now_ms(), rng)
    epoch = take_lease(db, pid=1, host="bench", boot_id="", version="0", mode="stay", now=now_ms())
    names = list(states)
    at, due, started, beaten = 0, 0.0, time.monotonic(), 0.0
    while True:
        elapsed = time.monotonic() - started
        if elapsed - beaten >= 1.0:
            beaten = elapsed
            beat_lease(db, epoch, now_ms(), is_online=True, note="")
        wanted = int(elapsed * rate - due)
        if wanted > 0:
            now = now_ms()
            done = [run_once(states[names[(at + step) % count]], now, rng) for step in range(min(wanted, count))]
            states |= {state.probe: state for _, state in done}
            at, due = at + len(done), due + wanted
            record_results(db, [result for result, _ in done], [state for _, state in done], [], now)
        time.sleep(_BATCH_S)


@contextmanager
def open_live(db: Path, count: int, rate: float) -> Iterator[int]:
    """Runs `live` as a process of its own and yields its pid."""
    command = [sys.executable, "-m", "benchmarks.board_world", "live", str(db), str(count), str(rate)]
    with subprocess.Popen(command) as process:
        try:
            yield process.pid
        finally:
            process.kill()


if __name__ == "__main__":
    with open_database(Path(sys.argv[2])) as opened:
        if sys.argv[1] == "live":
            run_live(opened, int(sys.argv[3]), float(sys.argv[4]), random.Random(1))
        else:
            fill(opened, int(sys.argv[3]), now_ms(), random.Random(1))

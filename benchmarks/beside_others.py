"""Detection delay and false alarms beside blackbox_exporter: `python -m benchmarks.beside_others`.

Both look at the same targets at the same interval, a fifteenth of the usual 30 s, and so is the pause before ours looks
again. What ours shows on the board stands against the rule that is usual for the exporter: `probe_success` is 0 three
times in a row. Of each kind of target there are some; those that fail do so at a moment of their own.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import trustme

from benchmarks.check_cost import EXPORTER, ask_exporter, open_exporter
from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result
from oncall_tui.domain.verdict import is_unconfirmed, next_state, status_at
from oncall_tui.engine.probes import open_tools, run_probe
from oncall_tui.engine.scheduler import run_schedule

EVERY_S = 2.0
CONFIRM_S = EVERY_S / 6
FOR_S = 90.0
EACH = 12
IN_A_ROW = 3
SLOW_S = 1.0
CHANCE_BOUND = 1
"""Three wrong answers in a row come by chance once in 8,000 looks at 5%: one is no sign of a worse rule, two are."""
KINDS = ("well", "wrong in 5%", "slow in 10%", "changing", "failing")
_GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_BAD = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Targets:
    """A server whose paths `/KIND/NUMBER` behave by their kind, the same way to whoever asks."""

    def __init__(self, rng: Random) -> None:
        now = time.monotonic()
        self.fails_at = [now + rng.uniform(0.2, 0.7) * FOR_S for _ in range(EACH)]
        self._rng = rng
        self._asked: Counter[tuple[int, int, bool]] = Counter()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        kind, number = (int(part) for part in head.split(b" ")[1].split(b"/")[1:])
        is_ours = b"oncall-tui" in head
        self._asked[kind, number, is_ours] += 1
        is_bad = False
        match KINDS[kind]:
            case "wrong in 5%":
                is_bad = self._rng.random() < 0.05
            case "slow in 10%" if self._rng.random() < 0.1:
                await asyncio.sleep(SLOW_S)
            case "changing":
                is_bad = self._asked[kind, number, is_ours] % 2 == 0
            case "failing":
                is_bad = time.monotonic() >= self.fails_at[number]
        writer.write(_BAD if is_bad else _GOOD)
        await writer.drain()
        writer.close()


class Alarms:
    """When which target was first said to be down, by name, and which were said to flap."""

    def __init__(self) -> None:
        self.down_at: dict[str, float] = {}
        self.flapping: set[str] = set()
        self.words = ""


def _name(kind: int, number: int) -> str:
    return f"{kind}/{number}"


async def watch_ours(port: int, stop: asyncio.Event) -> Alarms:
    """Runs the engine's scheduler, probes and rules."""
    alarms, tools = Alarms(), await open_tools()
    probes = [
        Probe(
            _name(kind, number),
            ProbeKind.HTTP,
            f"http://127.0.0.1:{port}/{kind}/{number}",
            every_ms=round(EVERY_S * 1000),
            confirm_every_ms=round(CONFIRM_S * 1000),
        )
        for kind in range(len(KINDS))
        for number in range(EACH)
    ]
    by_name = {probe.name: probe for probe in probes}
    states: dict[str, ProbeState] = {}

    def record(result: Result) -> float | None:
        probe = by_name[result.probe]
        state = next_state(states.get(probe.name) or ProbeState(probe.name), result, probe)
        states[probe.name] = state
        status = status_at(state, probe.every_ms, now_ms())
        if status is ProbeStatus.DOWN:
            alarms.down_at.setdefault(probe.name, time.monotonic())
            alarms.words = state.last_reason
        elif status is ProbeStatus.FLAPPING:
            alarms.flapping.add(probe.name)
        return CONFIRM_S if is_unconfirmed(state, probe) else None

    await run_schedule(probes, lambda probe: run_probe(probe, tools), record, stop=stop, rng=Random(2))
    return alarms


async def watch_theirs(port: int, exporter_port: int, stop: asyncio.Event, rng: Random) -> Alarms:
    """Asks the exporter at the same interval, each target at a moment of its own as Prometheus does."""
    alarms = Alarms()

    async def watch(name: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", exporter_port)
        due, row = time.monotonic() + rng.random() * EVERY_S, 0
        while not stop.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            told = await ask_exporter(reader, writer, f"http://127.0.0.1:{port}/{name}")
            row = 0 if b"\nprobe_success 1\n" in told else row + 1
            if row == IN_A_ROW:
                alarms.down_at.setdefault(name, time.monotonic())
                code = next(line for line in told.decode().splitlines() if line.startswith("probe_http_status_code"))
                alarms.words = f"probe_success 0, {code}"
            due += EVERY_S
        writer.close()

    names = [_name(kind, number) for kind in range(len(KINDS)) for number in range(EACH)]
    await asyncio.gather(*map(watch, names))
    return alarms


async def compare(exporter_port: int) -> tuple[Targets, Alarms, Alarms]:
    """Returns the targets, and what ours and theirs said of them."""
    rng, stop = Random(11), asyncio.Event()
    targets = Targets(rng)
    server = await asyncio.start_server(targets.answer, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    asyncio.get_running_loop().call_later(FOR_S, stop.set)
    ours, theirs = await asyncio.gather(watch_ours(port, stop), watch_theirs(port, exporter_port, stop, Random(3)))
    server.close()
    return targets, ours, theirs


def _delays(targets: Targets, alarms: Alarms) -> list[float]:
    """Returns how many intervals passed from each failure to its alarm; those without one count as endless."""
    kind = KINDS.index("failing")
    return [
        (alarms.down_at.get(_name(kind, number), float("inf")) - at) / EVERY_S
        for number, at in enumerate(targets.fails_at)
    ]


def main() -> bool:
    """Prints the table and returns whether ours is no later and raises no more false alarms."""
    if shutil.which(EXPORTER) is None:
        print(f"skipped: {EXPORTER} is not installed (Debian: apt install {EXPORTER})")
        return True
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder) / "ca.pem"
        trustme.CA().cert_pem.write_to_path(authority)
        with open_exporter(Path(folder), authority) as (exporter_port, _):
            targets, ours, theirs = asyncio.run(compare(exporter_port))
    print(f"{EACH} targets of each kind, every {EVERY_S:g} s for {FOR_S:g} s")
    print(f"{'said to be down':<34}{'ours':>12}{'exporter':>12}")
    false_alarms = [0, 0]
    for kind, told in enumerate(KINDS):
        counts = [sum(name.startswith(f"{kind}/") for name in alarms.down_at) for alarms in (ours, theirs)]
        flapping = sum(name.startswith(f"{kind}/") for name in ours.flapping)
        if told not in ("failing", "changing"):
            false_alarms = [total + count for total, count in zip(false_alarms, counts, strict=True)]
        print(f"{told:<34}{counts[0]:>12}{counts[1]:>12}" + (f"  ours says that {flapping} flap" if flapping else ""))
    delays = [_delays(targets, alarms) for alarms in (ours, theirs)]
    for told, tell in (("p50", statistics.median), ("most", max)):
        print(f"{f'intervals from failure to down, {told}':<34}{tell(delays[0]):>12.2f}{tell(delays[1]):>12.2f}")
    print(f"in words: {ours.words!r} beside {theirs.words!r}")
    is_ok = statistics.median(delays[0]) <= statistics.median(delays[1]) and false_alarms[0] <= max(
        CHANCE_BOUND, false_alarms[1]
    )
    print(f"no later, and no more false alarms than come by chance: {'yes' if is_ok else 'NO'}")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""Detection delay and false alarms beside blackbox_exporter and Nagios: `python -m benchmarks.beside_others`.

All look at the same targets at the same interval, a fifth of the usual 30 s; ours and Nagios look again after a sixth
of it. What ours shows on the board stands against the rule that is usual for the exporter, `probe_success` is 0 three
times in a row, and against what Nagios logs: hard down at the third wrong answer, or flapping. Of each kind of target
there are some; those that fail do so at a moment of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from random import Random

import trustme

from benchmarks.check_cost import EXPORTER, ask_exporter, open_exporter
from benchmarks.nagios import find_missing, follow_log, open_nagios
from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result
from oncall_tui.domain.verdict import is_unconfirmed, next_state, status_at
from oncall_tui.engine.probes import open_tools, run_probe
from oncall_tui.engine.scheduler import run_schedule

EVERY_S = 6.0
AGAIN_S = EVERY_S / 6
FOR_S = 240.0
EACH = 12
IN_A_ROW = 3
SLOW_S = 1.0
CHANCE_BOUND = 1
"""Three wrong answers in a row come by chance once in 8,000 looks at 5%: one is no sign of a worse rule, two are."""
LATER_BOUND = 0.1
"""Of an interval: with the same pauses, chance alone says which of two looked first."""
KINDS = ("well", "wrong in 5%", "slow in 10%", "changing", "failing")
_GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_BAD = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Targets:
    """A server whose paths `/KIND/NUMBER` behave by their kind, the same way to whoever asks."""

    def __init__(self, rng: Random) -> None:
        now = time.monotonic()
        self.fails_at = [now + rng.uniform(0.2, 0.7) * FOR_S for _ in range(EACH)]
        self._rng = rng
        self._asked: Counter[tuple[int, int, bytes]] = Counter()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        kind, number = (int(part) for part in head.split(b" ")[1].split(b"/")[1:])
        asker = next(line for line in head.splitlines() if line.lower().startswith(b"user-agent:"))
        self._asked[kind, number, asker] += 1
        is_bad = False
        match KINDS[kind]:
            case "wrong in 5%":
                is_bad = self._rng.random() < 0.05
            case "slow in 10%" if self._rng.random() < 0.1:
                await asyncio.sleep(SLOW_S)
            case "changing":
                is_bad = self._asked[kind, number, asker] % 2 == 0
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

    def take_down(self, name: str, words: str) -> None:
        self.down_at.setdefault(name, time.monotonic())
        self.words = words


def _name(kind: int, number: int) -> str:
    return f"{kind}/{number}"


NAMES = [_name(kind, number) for kind in range(len(KINDS)) for number in range(EACH)]


async def watch_ours(port: int, stop: asyncio.Event) -> Alarms:
    """Runs the engine's scheduler, probes and rules."""
    alarms, tools = Alarms(), await open_tools()
    probes = [
        Probe(
            name,
            ProbeKind.HTTP,
            f"http://127.0.0.1:{port}/{name}",
            every_ms=round(EVERY_S * 1000),
            confirm_every_ms=round(AGAIN_S * 1000),
        )
        for name in NAMES
    ]
    by_name = {probe.name: probe for probe in probes}
    states: dict[str, ProbeState] = {}

    def record(result: Result) -> float | None:
        probe = by_name[result.probe]
        state = next_state(states.get(probe.name) or ProbeState(probe.name), result, probe)
        states[probe.name] = state
        status = status_at(state, probe.every_ms, now_ms())
        if status is ProbeStatus.DOWN:
            alarms.take_down(probe.name, state.last_reason)
        elif status is ProbeStatus.FLAPPING:
            alarms.flapping.add(probe.name)
        return AGAIN_S if is_unconfirmed(state, probe) else None

    await run_schedule(probes, lambda probe: run_probe(probe, tools), record, stop=stop, rng=Random(2))
    return alarms


async def watch_exporter(port: int, exporter_port: int, stop: asyncio.Event, rng: Random) -> Alarms:
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
                code = next(line for line in told.decode().splitlines() if line.startswith("probe_http_status_code"))
                alarms.take_down(name, f"probe_success 0, {code}")
            due += EVERY_S
        writer.close()

    await asyncio.gather(*map(watch, NAMES))
    return alarms


async def watch_nagios(port: int, folder: Path, stop: asyncio.Event) -> Alarms:
    """Lets Nagios look, and reads what it logs."""
    alarms = Alarms()

    def take(name: str, kind: str, words: str) -> None:
        if kind == "down":
            alarms.take_down(name, words)
        else:
            alarms.flapping.add(name)

    with open_nagios(folder, port, NAMES, EVERY_S, AGAIN_S) as log:
        await follow_log(log, stop, take)
    return alarms


async def compare(folder: Path, exporter_port: int | None) -> tuple[Targets, dict[str, Alarms]]:
    """Returns the targets, and what each of those that are installed said of them."""
    targets, stop = Targets(Random(11)), asyncio.Event()
    server = await asyncio.start_server(targets.answer, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    asyncio.get_running_loop().call_later(FOR_S, stop.set)
    watches = {"ours": watch_ours(port, stop)}
    if exporter_port is not None:
        watches["exporter"] = watch_exporter(port, exporter_port, stop, Random(3))
    if not find_missing():
        watches["Nagios"] = watch_nagios(port, folder, stop)
    alarms = await asyncio.gather(*watches.values())
    server.close()
    return targets, dict(zip(watches, alarms, strict=True))


def _delays(targets: Targets, alarms: Alarms) -> list[float]:
    """Returns how many intervals passed from each failure to its alarm; those without one count as endless."""
    kind = KINDS.index("failing")
    return [
        (alarms.down_at.get(_name(kind, number), float("inf")) - at) / EVERY_S
        for number, at in enumerate(targets.fails_at)
    ]


def _count(names: Collection[str], kind: int) -> int:
    return sum(name.startswith(f"{kind}/") for name in names)


def _print_row(told: str, cells: Iterable[object]) -> None:
    print(f"{told:<36}" + "".join(f"{cell:>12}" for cell in cells))


def main() -> bool:
    """Prints the table and returns whether ours is no later and raises no more false alarms than each of the others."""
    has_exporter = shutil.which(EXPORTER) is not None
    for name in (() if has_exporter else (EXPORTER,)) + tuple(find_missing().split()):
        print(f"without {name}: it is not installed (Debian: apt install {name})")
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as opened:
        folder = Path(made)
        exporter_port = None
        if has_exporter:
            authority = folder / "ca.pem"
            trustme.CA().cert_pem.write_to_path(authority)
            exporter_port, _ = opened.enter_context(open_exporter(folder, authority))
        targets, told = asyncio.run(compare(folder, exporter_port))
    print(f"{EACH} targets of each kind, every {EVERY_S:g} s for {FOR_S:g} s")
    _print_row("said to be down (+ to flap)", told)
    false_alarms = dict.fromkeys(told, 0)
    for kind, words in enumerate(KINDS):
        cells = []
        for name, alarms in told.items():
            down, flapping = _count(alarms.down_at, kind), _count(alarms.flapping, kind)
            cells.append(f"{down} + {flapping}" if flapping else str(down))
            if words not in ("failing", "changing"):
                false_alarms[name] += down + flapping
        _print_row(words, cells)
    delays = {name: _delays(targets, alarms) for name, alarms in told.items()}
    for words, tell in (("p50", statistics.median), ("most", max)):
        _print_row(f"intervals from failure to down, {words}", (f"{tell(each):.2f}" for each in delays.values()))
    print("in words: " + " beside ".join(repr(alarms.words) for alarms in told.values()))
    ours = statistics.median(delays["ours"])
    is_ok = all(
        ours <= statistics.median(delays[name]) + LATER_BOUND
        and false_alarms["ours"] <= max(CHANCE_BOUND, false_alarms[name])
        for name in told
    )
    print(f"no later, and no more false alarms than come by chance: {'yes' if is_ok else 'NO'}")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

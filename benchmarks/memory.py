"""What engine and terminal hold in memory over a week of 500 probes: `python -m benchmarks.memory`.

A process with the engine's modules takes a week of results through the recorder, the store and the roller as fast as it
can, on a clock of its own; at each look it also makes 500 real TLS checks. A real terminal on a pty shows the file
meanwhile. Counted is PSS (proc(5), smaps_rollup): what both share counts once. The first argument sets the seconds
between two results of a probe: 30 is the true week of ten million results and takes half an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import select
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import trustme
from msgspec.structs import replace

from benchmarks.board_world import fill, list_world_probes, make_result, write_config
from benchmarks.probe_start import open_secure_server
from benchmarks.screen import SIZE, describe, start_on_pty
from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.probe import Probe, ProbeKind, Verdict
from oncall_tui.engine import roller
from oncall_tui.engine.probes import Tools, open_tools, run_probe
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import beat_lease, take_lease
from oncall_tui.store.lock import engine_lock

PROBES = 500
DAYS = 7
EVERY_S = 900
BOUND_MB = 150.0
GROWTH_BOUND = 1.05
"""Of day 7 over day 1."""
_LOOK_AT = (0, 1, 2, 4, DAYS)
_SETTLE_S = 5.0
_AT_ONCE = 50


async def _check_all(url: str, tools: Tools) -> None:
    """Makes a real check for each probe, as many at once as the engine would."""
    probes = [Probe(f"p{number}", ProbeKind.HTTP, f"{url}{number}", timeout_ms=60_000) for number in range(PROBES)]
    places = asyncio.Semaphore(_AT_ONCE)

    async def check(probe: Probe) -> Verdict:
        async with places:
            return (await run_probe(probe, tools)).verdict

    verdicts = await asyncio.gather(*map(check, probes))
    if set(verdicts) != {Verdict.UP}:
        raise RuntimeError("the real checks failed")


async def live_a_week(db: Path, every_s: int, url: str, authority: str) -> None:
    """Takes a week that ends now through the engine's parts; says each day that is to be looked at, and waits."""
    import_module("oncall_tui.engine.service")
    # The pauses leave the loop to probes, which here is idle.
    roller.STEP_PAUSE_S = roller.PRUNE_PAUSE_S = 0.0
    probes = [replace(probe, every_ms=every_s * 1000) for probe in list_world_probes(PROBES)]
    rng = random.Random(5)
    store = StoreThread(db)
    await store.start()
    epoch = await store.call(take_lease, pid=1, host="bench", boot_id="", version="0", mode="stay", now=now_ms())
    began_at = now_ms() - DAYS * DAY
    at = began_at

    async def beat() -> None:
        while True:
            await store.call(beat_lease, epoch, now_ms(), is_online=True, note="")
            await asyncio.sleep(1)

    async def look(day: int) -> None:
        await _check_all(url, tools)
        print(day, flush=True)
        if not await asyncio.to_thread(sys.stdin.readline):
            raise EOFError("nobody looks any more")

    tools = await open_tools(tls=ssl.create_default_context(cafile=authority))
    recorder = Recorder(store, probes)
    await recorder.restore()
    history = roller.Roller(store, clock=lambda: at, stop=asyncio.Event())
    beating = asyncio.create_task(beat())
    await look(0)
    for day in range(1, DAYS + 1):
        for hour in range(24):
            for second in range(0, 3600, every_s):
                at = began_at + (day - 1) * DAY + hour * HOUR + second * 1000
                for number, probe in enumerate(probes):
                    recorder.record(make_result(probe, at + number * every_s * 1000 // PROBES, rng))
                await recorder.flush()
            await history.roll()
        if day in _LOOK_AT:
            await look(day)
    beating.cancel()
    await store.close()


def list_family(pid: int) -> list[int]:
    """Returns a process and all that it started."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += list_family(int(child))
    return found


def read_pss_mb(pid: int) -> float:
    """Returns the proportional set size of a process and all that it started."""
    total_kb = 0
    for member in list_family(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024


@contextlib.contextmanager
def open_terminal(db: Path, config: Path) -> Iterator[int]:
    """Yields the pid of a dashboard whose paint is read all the time, as its user's terminal would."""
    command, env = describe(db, config)
    pid, fd = start_on_pty(command, SIZE, env)
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if select.select([fd], [], [], 0.2)[0]:
                os.read(fd, 1 << 16)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield pid
    finally:
        stop.set()
        reader.join()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def measure(folder: Path, every_s: int) -> list[tuple[int, float, float]]:
    """Returns for each day that was looked at what the engine and the terminal held, in MB."""
    db, config = folder / "oncall.db", folder / "oncall.toml"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    write_config(config, PROBES)
    with open_database(db) as opened:
        fill(opened, PROBES, now_ms() - DAYS * DAY, random.Random(3))
    looks = []
    with engine_lock(db) as lock, open_secure_server(folder / "server.pem") as port:
        lock.acquire()
        command = [sys.executable, "-m", "benchmarks.memory", "live", str(db), str(every_s)]
        command += [f"https://127.0.0.1:{port}/", str(folder / "ca.pem")]
        with (
            open_terminal(db, config) as terminal,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine,
        ):
            assert engine.stdin is not None
            assert engine.stdout is not None
            for said in engine.stdout:
                time.sleep(_SETTLE_S)
                looks.append((int(said), read_pss_mb(engine.pid), read_pss_mb(terminal)))
                engine.stdin.write("\n")
                engine.stdin.flush()
    return looks


def main(every_s: int = EVERY_S) -> bool:
    """Prints the table and returns whether the bounds hold."""
    if not Path("/proc/self/smaps_rollup").exists():
        print("skipped: this system does not tell what a process shares (/proc/PID/smaps_rollup)")
        return True
    with tempfile.TemporaryDirectory() as folder:
        looks = measure(Path(folder), every_s)
    count = DAYS * DAY // 1000 // every_s * PROBES
    print(f"PSS with {PROBES} probes, a result each {every_s} s: {count:,} in {DAYS} days")
    print(f"{'after day':<12}{'engine':>12}{'terminal':>12}{'together':>12}")
    for day, engine, terminal in looks:
        print(f"{day:<12}{engine:>9.1f} MB{terminal:>9.1f} MB{engine + terminal:>9.1f} MB")
    together = {day: engine + terminal for day, engine, terminal in looks}
    if DAYS not in together:
        print("the week did not come to its end")
        return False
    most, growth = max(together.values()), together[DAYS] / together[1]
    for told, figure, bound in (
        ("most, MB", most, BOUND_MB),
        (f"day {DAYS} over day 1", growth, GROWTH_BOUND),
    ):
        print(f"{told:<24}{figure:>12.2f}{bound:>12.2f}  {'yes' if figure <= bound else 'NO'}")
    return most <= BOUND_MB and growth <= GROWTH_BOUND


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["live", db_text, every_text, url_text, authority_text]:
            asyncio.run(live_a_week(Path(db_text), int(every_text), url_text, authority_text))
        case arguments:
            sys.exit(0 if main(*map(int, arguments[:1])) else 1)

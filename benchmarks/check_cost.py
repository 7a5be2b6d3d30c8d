"""CPU of one check on a fresh connection, beside blackbox_exporter's: `python -m benchmarks.check_cost`.

Both ask the same servers (in processes of their own) in turns, one round after the other, with as many checks under way
at once. Ours is the engine's whole path: run, verdict, state, and the result saved in a file. The exporter's is one
`/probe` a check, on connections kept alive as Prometheus keeps them; who asks it is not charged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import trustme

from benchmarks.probe_start import open_constant_server, open_secure_server
from oncall_tui.domain.probe import Probe, ProbeKind, Verdict
from oncall_tui.engine.probes import open_tools, run_probe
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.store_thread import StoreThread

EXPORTER = "prometheus-blackbox-exporter"
ROUNDS = 6
CHECKS = 1_000
AT_ONCE = 8
PLAIN_BOUND = 0.7
TLS_BOUND = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")
_CONFIG = """
modules:
  http:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
"""


class Case(NamedTuple):
    """One target, the name it has in the table, and the most that our share may be."""

    told: str
    url: str
    bound: float


@contextlib.contextmanager
def open_exporter(folder: Path, authority: Path) -> Iterator[tuple[int, int]]:
    """Yields the port and the process id of an exporter."""
    config = folder / "blackbox.yml"
    config.write_text(_CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [EXPORTER, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    # As the system's own authorities, which it reads once: a file in its config would be read for every check.
    trust = os.environ | {"SSL_CERT_FILE": str(authority)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=trust) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/-/healthy")
            yield port, process.pid
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def read_cpu_s(pid: int) -> float:
    """Returns the seconds that a process has used, in user and system together (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _repeat(check: Callable[[int], Awaitable[None]]) -> None:
    """Makes CHECKS checks, AT_ONCE of them at a time; each worker is told its number."""

    async def work(worker: int) -> None:
        for _ in range(CHECKS // AT_ONCE):
            await check(worker)

    await asyncio.gather(*(work(worker) for worker in range(AT_ONCE)))


async def measure_ours(url: str, authority: Path, folder: Path) -> float:
    """Returns the milliseconds of CPU of this process for a check that is run, judged and saved."""
    probes = [Probe(f"p{number}", ProbeKind.HTTP, url) for number in range(AT_ONCE)]
    tools = await open_tools(tls=ssl.create_default_context(cafile=authority))
    store = StoreThread(folder / "oncall.db", is_durable=False)
    await store.start()
    recorder, stop = Recorder(store, probes), asyncio.Event()

    async def check(worker: int) -> None:
        result = await run_probe(probes[worker], tools)
        if result.verdict is not Verdict.UP:
            raise RuntimeError(result.reason)
        recorder.record(result)

    began = time.process_time()
    saving = asyncio.create_task(recorder.run(stop))
    await _repeat(check)
    stop.set()
    await saving
    used_s = time.process_time() - began
    await store.close()
    return used_s * 1000 / CHECKS


async def ask_exporter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str) -> bytes:
    """Returns what the exporter tells of one `/probe`, on a connection that stays open."""
    writer.write(f"GET /probe?module=http&target={quote(url, safe='')} HTTP/1.1\r\nHost: exporter\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    body = bytearray()
    # In chunks, since it is longer than what the exporter writes at once.
    while length := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(length + 2))[:length]
    await reader.readexactly(2)
    return bytes(body)


async def measure_exporter(url: str, port: int, pid: int) -> float:
    """Returns the milliseconds of CPU of the exporter for one `/probe`."""
    wires = [await asyncio.open_connection("127.0.0.1", port) for _ in range(AT_ONCE)]

    async def check(worker: int) -> None:
        told = await ask_exporter(*wires[worker], url)
        if b"\nprobe_success 1\n" not in told:
            raise RuntimeError(told.decode())

    before = read_cpu_s(pid)
    await _repeat(check)
    used_s = read_cpu_s(pid) - before
    for _, writer in wires:
        writer.close()
        await writer.wait_closed()
    return used_s * 1000 / CHECKS


def _tell(figures: list[float]) -> str:
    return f"{statistics.median(figures):.3f} ({min(figures):.3f} to {max(figures):.3f})"


def _run(folder: Path) -> bool:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    with (
        open_constant_server(0.0) as plain,
        open_secure_server(folder / "server.pem") as secure,
        open_exporter(folder, folder / "ca.pem") as (port, pid),
    ):
        cases = (
            Case("plain HTTP", f"http://127.0.0.1:{plain}/", PLAIN_BOUND),
            Case("TLS", f"https://127.0.0.1:{secure}/", TLS_BOUND),
        )
        for _ in range(ROUNDS):
            for case in cases:
                theirs.setdefault(case.told, []).append(asyncio.run(measure_exporter(case.url, port, pid)))
                ours.setdefault(case.told, []).append(asyncio.run(measure_ours(case.url, folder / "ca.pem", folder)))
    print(f"CPU ms of a check, {CHECKS} a round, {AT_ONCE} at once, medians of {ROUNDS} rounds (least to most)")
    print(f"{'target':<12}{'ours':>26}{'blackbox_exporter':>26}{'ratio':>8}{'bound':>8}  ok")
    is_held = True
    for told, _, bound in cases:
        ratio = statistics.median(our / their for our, their in zip(ours[told], theirs[told], strict=True))
        is_ok = ratio <= bound
        is_held &= is_ok
        print(
            f"{told:<12}{_tell(ours[told]):>26}{_tell(theirs[told]):>26}{ratio:>6.2f} x{bound:>6.2f} x"
            f"  {'yes' if is_ok else 'NO'}"
        )
    return is_held


def main() -> bool:
    """Prints the table and returns whether the bounds hold; true with the reason where there is no exporter."""
    if shutil.which(EXPORTER) is None:
        print(f"skipped: {EXPORTER} is not installed (Debian: apt install {EXPORTER})")
        return True
    with tempfile.TemporaryDirectory() as folder:
        return _run(Path(folder))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

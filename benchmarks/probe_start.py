"""How late a due probe starts: a thousand http probes at ten seconds, and five thousand with TLS.

Run as `python -m benchmarks.probe_start`. Every check shakes hands anew with a real server, which needs a core of its
own.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import trustme

from benchmarks.secure_server import ANSWER, serve
from oncall_tui.domain.probe import Probe, ProbeKind, Result, Verdict
from oncall_tui.engine.probes import open_tools, run_probe
from oncall_tui.engine.scheduler import next_due, run_schedule, spare_collections, spread_beats

PROBES = 1_000
TLS_PROBES = 5_000
EVERY_S = 10.0
FOR_S = 25.0
BOUND_MS = 50.0
SEED = 7


class _Constant(asyncio.Protocol):
    """Answers each connection once, `delay_s` after its request."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, payload: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay_s, self._answer)

    def _answer(self) -> None:
        if self._transport is not None:
            self._transport.write(ANSWER)
            self._transport.close()


async def serve_constant(delay_s: float) -> None:
    """Serves until the process is ended and prints its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Constant(delay_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def open_constant_server(delay_s: float) -> AbstractContextManager[int]:
    """Yields the port of a server in a process of its own."""
    return _open_server("serve", str(delay_s))


def open_secure_server(certificate: Path) -> AbstractContextManager[int]:
    """Yields the port of a server with TLS in a process of its own, given a file of its key and chain."""
    return _open_server("secure", str(certificate))


@contextlib.contextmanager
def _open_server(*arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.probe_start", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def find_percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that a share (0 to 1) of the values does not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def make_probe(number: int, url: str, every_s: float = EVERY_S) -> Probe:
    return Probe(f"p{number}", ProbeKind.HTTP, url, every_ms=round(every_s * 1000))


async def run_engine(port: int, count: int, every_s: float, for_s: float) -> tuple[list[Result], list[float]]:
    """Runs http probes of one server; returns the results and how late each start was, in ms."""
    url = f"http://localhost:{port}/"
    probes = [make_probe(number, url, every_s) for number in range(count)]
    results, late_ms = await run_probes(probes, for_s)
    return results, [late for _, late in late_ms]


async def run_probes(
    probes: Sequence[Probe], for_s: float, tls: ssl.SSLContext | None = None
) -> tuple[list[Result], list[tuple[str, float]]]:
    """Runs the engine's own scheduler and probes; returns the results and how late each start was, (name, ms)."""
    spare_collections()
    tools = await open_tools(tls=tls)
    results: list[Result] = []
    late_ms: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.call_later(for_s, stop.set)
    beats = spread_beats(probes, loop.time(), Random(SEED))
    due_at = {probe.name: first for probe, (first, _) in zip(probes, beats, strict=True)}
    anchors = {probe.name: anchor for probe, (_, anchor) in zip(probes, beats, strict=True)}

    async def run(probe: Probe) -> Result:
        due, every_s = due_at[probe.name], probe.every_ms / 1000
        late_ms.append((probe.name, (loop.time() - due) * 1000))
        due_at[probe.name] = next_due(anchors[probe.name], due + every_s / 2, every_s)
        return await run_probe(probe, tools)

    await run_schedule(probes, run, results.append, stop=stop, rng=Random(SEED))
    return results, late_ms


def _measure(told: str, probes: Sequence[Probe], tls: ssl.SSLContext | None) -> bool:
    """Prints the table of one case and returns whether its bounds hold."""
    began, used = time.monotonic(), time.process_time()
    results, lates = asyncio.run(run_probes(probes, FOR_S, tls))
    used_s, took_s = time.process_time() - used, time.monotonic() - began
    late_ms = [late for _, late in lates]
    p50, p99 = find_percentile(late_ms, 0.5), find_percentile(late_ms, 0.99)
    failed = sum(result.verdict is not Verdict.UP for result in results)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost_ms = used_s * 1000 / max(1, len(results))
    print(f"{len(probes)} {told} probes at {EVERY_S:g} s for {FOR_S:g} s")
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    print(
        f"{'start of a due probe, p99 late':<34}{p99:>9.1f} ms{BOUND_MS:>9.1f} ms  {'yes' if p99 <= BOUND_MS else 'NO'}"
    )
    print(f"{'runs that were not up':<34}{failed:>12}{0:>12}  {'yes' if failed == 0 else 'NO'}")
    print(f"{'start of a due probe, p50 late':<34}{p50:>9.1f} ms{'':>12}")
    print(f"{'start of a due probe, latest':<34}{max(late_ms):>9.1f} ms{'':>12}")
    print(f"{'runs, of those that were due':<34}{len(results):>12}{round(len(probes) / EVERY_S * FOR_S):>12}")
    print(f"{'share of one core':<34}{used_s / took_s:>11.0%}{'':>12}")
    print(f"{'CPU of a check':<34}{cost_ms:>9.2f} ms{EVERY_S * 1000 / len(probes):>9.2f} ms, at which a core is full")
    print(f"{'memory at most':<34}{memory_mb:>9.0f} MB{'':>12}", flush=True)
    return p99 <= BOUND_MS and failed == 0


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Returns a file of a key and its chain for 127.0.0.1, and a context that trusts it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder / "server.pem", ssl.create_default_context(cafile=folder / "ca.pem")


def main() -> bool:
    """Prints the tables and returns whether the bounds hold."""
    with tempfile.TemporaryDirectory() as folder, open_constant_server(0.0) as plain:
        certificate, tls = make_certificate(Path(folder))
        with open_secure_server(certificate) as secure:
            is_kept = [
                _measure(told, [make_probe(number, url) for number in range(count)], tls)
                for told, count, url in (
                    ("http", PROBES, f"http://localhost:{plain}/"),
                    ("TLS", TLS_PROBES, f"https://127.0.0.1:{secure}/"),
                )
            ]
    return all(is_kept)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        match sys.argv[1:]:
            case ["serve", delay]:
                asyncio.run(serve_constant(float(delay)))
            case ["secure", file]:
                serve(Path(file))
            case _:
                sys.exit(0 if main() else 1)

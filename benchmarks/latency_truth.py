"""Whether the latency that is told is the target's own: `python -m benchmarks.latency_truth`.

Five hundred probes at ten seconds measure a server that takes three milliseconds, while another process is as busy as a
board that draws all the time. A bare blocking socket in a process of its own asks the same server meanwhile: what its
slowest answers show is the jitter of the server and the machine, which no prober can leave out.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.probe_start import find_percentile, open_constant_server, run_engine
from oncall_tui.domain.probe import Verdict

PROBES = 500
EVERY_S = 10.0
FOR_S = 22.0
TRUE_MS = 3.0
BOUND = 2.0
_DRAW_S = 0.02
_DRAWS_A_SECOND = 20
_CONTROL_GAP_S = 0.03


def draw_for_ever() -> None:
    """Works two fifths of the time in pieces, as a board with live probes does at most."""
    while True:
        until = time.monotonic() + _DRAW_S
        while time.monotonic() < until:
            sum(range(1000))
        time.sleep(1 / _DRAWS_A_SECOND - _DRAW_S)


def ask_bare(port: int, for_s: float) -> float:
    """Returns p99 over p50 of the latency that a blocking socket sees."""
    took_ms = []
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        time.sleep(_CONTROL_GAP_S)
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while sock.recv(65536):
                pass
        took_ms.append((time.monotonic() - started) * 1000)
    return find_percentile(took_ms, 0.99) / find_percentile(took_ms, 0.5)


@contextlib.contextmanager
def start(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Yields this module as a process of its own."""
    command = [sys.executable, "-m", "benchmarks.latency_truth", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def main() -> bool:
    """Prints the table and returns whether the bound holds."""
    with (
        open_constant_server(TRUE_MS / 1000) as port,
        start("draw"),
        start("control", str(port), str(FOR_S - 2)) as control,
    ):
        results, _ = asyncio.run(run_engine(port, PROBES, EVERY_S, FOR_S))
        told, _ = control.communicate(timeout=30)
    bare = float(told)
    took_ms = [result.duration_ms for result in results if result.verdict is Verdict.UP]
    p50, p99 = find_percentile(took_ms, 0.5), find_percentile(took_ms, 0.99)
    ratio = p99 / p50
    is_ok = ratio <= BOUND
    print(f"{PROBES} http probes at {EVERY_S:g} s against a server that takes {TRUE_MS:g} ms, beside a busy process")
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    print(f"{'latency told, p99 / p50':<34}{ratio:>10.2f} x{BOUND:>10.2f} x  {'yes' if is_ok else 'NO'}")
    print(f"{'the same by a bare socket':<34}{bare:>10.2f} x")
    print(f"{'latency told, p50':<34}{p50:>9.1f} ms")
    print(f"{'latency told, p99':<34}{p99:>9.1f} ms")
    print(f"{'runs that were up':<34}{len(took_ms):>12} of {len(results)}")
    if bare > BOUND:
        print("Not even a bare socket keeps the bound here: the jitter is the machine's.")
    return is_ok


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        match sys.argv[1:]:
            case ["draw"]:
                draw_for_ever()
            case ["control", port_text, seconds_text]:
                print(ask_bare(int(port_text), float(seconds_text)))
            case _:
                sys.exit(0 if main() else 1)

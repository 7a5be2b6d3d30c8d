"""The real dashboard on a pty, on a file without an engine, for tests that look at what reaches the terminal."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.ptyscreen import PtyScreen

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.lock import engine_lock
from oncall_tui.store.probes import record_results, replace_probes

PROGRAM = (sys.executable, "-P", "-m", "oncall_tui")


def make_probes(count: int) -> list[Probe]:
    return [
        Probe(f"probe-{index:03}", ProbeKind.HTTP, f"https://h{index}.example.com/", None, 3_600_000)
        for index in range(count)
    ]


def make_state(probe: str, now: int, **changes: object) -> ProbeState:
    """Returns the state of a probe that is up, with changes."""
    rng = random.Random(probe)
    values: dict[str, object] = {
        "status": ProbeStatus.UP,
        "since_at": now - 7_200_000,
        "streak": 60,
        "last_verdict": Verdict.UP,
        "last_result_at": now,
        "last_duration_ms": 80.0,
        "recent": tuple((Verdict.UP, rng.gauss(80, 10)) for _ in range(60)),
    }
    return ProbeState(probe, **{**values, **changes})  # type: ignore[arg-type] # a table of defaults has one type


def write_world(folder: Path, probes: Sequence[Probe], states: Sequence[ProbeState]) -> tuple[Path, Path]:
    """Writes a file with probes and states and a config that fits; returns both paths."""
    db, config = folder / "oncall.db", folder / "oncall.toml"
    config.write_text(
        "\n".join(
            f'[[probe]]\nname = "probe-{index:03}"\nkind = "tcp"\ntarget = "h{index}.example.com:1"\nevery = "1h"\n'
            for index in range(max(1, len(probes)))
        ),
        encoding="utf-8",
    )
    with open_database(db) as opened:
        replace_probes(opened, probes, [])
        record_results(opened, [], states, [], now_ms())
    return db, config


@contextmanager
def open_dashboard(
    db: Path,
    config: Path,
    *,
    columns: int = 80,
    rows: int = 24,
    is_in_shell: bool = False,
    program: Sequence[str] = PROGRAM,
    env: dict[str, str] | None = None,
) -> Iterator[PtyScreen]:
    """Runs the program while its engine's lock is held here, so that nothing but the terminal is at work."""
    command = [*program, "--db", str(db), "--config", str(config)]
    if is_in_shell:
        command = ["/bin/sh", "-c", '"$@"; echo "ended with $?"; sleep 30', "sh", *command]
    folder = str(db.parent)
    with (
        engine_lock(db) as lock,
        PtyScreen(
            command, columns=columns, rows=rows, env={"XDG_CONFIG_HOME": folder, "LC_ALL": "C.UTF-8", **(env or {})}
        ) as screen,
    ):
        assert lock.acquire()
        yield screen


def find_children(pid: int) -> list[int]:
    """Returns the direct children of a process (proc_pid_stat(5), field 4)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found

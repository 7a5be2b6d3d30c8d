"""Bytes to the terminal are a budget: it may stand at the end of a slow link."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeState, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import record_results

ONE_PROBE_BYTES = 300
IDLE_MINUTE_BYTES = 6_000
_CLOCK_BYTES = 100


def count_bytes(screen: PtyScreen, seconds: float) -> int:
    before = len(screen.received)
    screen.pump(seconds)
    return len(screen.received) - before


def open_still(tmp_path: Path, count: int) -> tuple[Path, Path, list[ProbeState]]:
    probes = make_probes(count)
    states = [make_state(probe.name, now_ms()) for probe in probes]
    return *write_world(tmp_path, probes, states), states


def test_an_idle_screen_sends_the_clock_alone(tmp_path: Path) -> None:
    db, config, _ = open_still(tmp_path, 20)
    with open_dashboard(db, config, columns=200, rows=60) as screen:
        screen.wait_for("probe-019")
        screen.pump(7)
        seconds = 6
        assert count_bytes(screen, seconds) * 60 / seconds <= IDLE_MINUTE_BYTES


def test_one_changed_probe_repaints_its_cells_alone(tmp_path: Path) -> None:
    db, config, states = open_still(tmp_path, 20)
    with open_dashboard(db, config, columns=200, rows=60) as screen, open_database(db) as opened:
        screen.wait_for("probe-019")
        screen.pump(7)
        sent = []
        for number in range(1, 6):
            state = states[10]
            changed = replace(
                state,
                last_result_at=now_ms(),
                last_duration_ms=80.0 + number,
                recent=(*state.recent[number:], *[(Verdict.UP, 80.0 + number)] * number),
            )
            record_results(opened, [], [changed], [], now_ms())
            sent.append(count_bytes(screen, 0.5))
        assert min(sent) > 0
        assert sum(sent) / len(sent) <= ONE_PROBE_BYTES + _CLOCK_BYTES / 2

from __future__ import annotations

import re
from pathlib import Path

from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.board import Row
from oncall_tui.domain.incident import Component, ComponentStatus
from oncall_tui.domain.probe import Phases, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import record_results
from oncall_tui.tui.widgets.probe_detail import Details, draw_details, draw_phases, share_cells

NOW = 1_800_000_000_000


def make_red(name: str, now: int) -> ProbeState:
    return make_state(
        name,
        now,
        status=ProbeStatus.DOWN,
        last_verdict=Verdict.DOWN,
        last_reason="connection refused",
        last_reason_at=now,
        recent=((Verdict.DOWN, 1.0),) * 60,
    )


def test_shares_fill_the_room_and_hide_nothing() -> None:
    assert share_cells([1, 1, 98], 50) == [1, 1, 48]
    assert sum(share_cells([0.1, 12, 31, 20, 3], 60)) == 60


def test_phases_are_a_bar_and_words() -> None:
    for width in (70, 40):
        bar, *rows = draw_phases(Phases(1.2, 12, 31, 1955, 3), width)
        words = " ".join(row.plain for row in rows)
        assert bar.cell_length == min(60, width)
        for said in ("resolve 1ms", "tls 31ms", "first byte 2.0s", "transfer 3ms"):
            assert said in words
    assert draw_phases(Phases(), 70) == []


def test_details_tell_what_customers_see_and_what_to_do() -> None:
    probe = make_probes(1)[0]
    component = Component("API", {"main": ComponentStatus.OPERATIONAL})
    failures = [Result(probe.name, NOW, Verdict.DOWN, 1.0, "connection refused")]
    details = Details(Row(probe, make_red(probe.name, NOW), ProbeStatus.DOWN, None), component, None, failures)
    text = "\n".join(part.plain.rstrip() for part in draw_details(details, 100, NOW))
    assert "probe-000  ✖ DOWN   customers see API ● operational" in text
    assert "http https://h0.example.com/" in text
    assert "connection refused 08:00:00 UTC" in text
    assert "i opens an incident" in text
    assert "LAST ERRORS\n08:00:00 UTC  connection refused" in text
    assert all(part.cell_length == 30 for part in draw_details(details, 30, NOW))


def test_errors_filter_and_empty_board_on_a_terminal(tmp_path: Path) -> None:
    now = now_ms()
    probes = make_probes(6)
    states = [make_red("probe-000", now), *[make_state(probe.name, now) for probe in probes[1:]]]
    db, config = write_world(tmp_path, probes, states)
    with open_database(db) as opened:
        record_results(opened, [Result("probe-000", now, Verdict.DOWN, 1.0, "refused for the test")], [], [], now)
    with open_dashboard(db, config, columns=130, rows=45) as screen:
        screen.wait_for("refused for the test")
        screen.press("/", "h3.exam")
        while "probe-004" in screen.text():
            screen.pump(0.05)
        assert "probe-003" in screen.text()
        screen.press("esc")
        screen.wait_for("probe-004")
        screen.press("z")
        screen.wait_for("5 more OK")


def test_an_empty_config_says_what_to_add(tmp_path: Path) -> None:
    db, config = write_world(tmp_path, [], [])
    config.write_text("")
    with open_dashboard(db, config) as screen:
        screen.wait_for("No probes yet")
        assert "[[probe]]" in screen.text()
        assert "oncall.toml" in screen.text()


def test_a_red_probe_is_acknowledged_with_one_key_and_a_note(tmp_path: Path) -> None:
    now = now_ms()
    probes = make_probes(3)
    states = [make_red("probe-000", now), *[make_state(probe.name, now) for probe in probes[1:]]]
    db, config = write_world(tmp_path, probes, states)
    with open_dashboard(db, config, columns=130, rows=45) as screen:
        screen.wait_for("connection refused")
        screen.press("a")
        screen.wait_for("Look after probe-000")
        screen.press("lost disk", "enter")
        screen.wait_for("acknowledged: lost disk")
        screen.press("a")
        screen.wait_for("probe-000 rings again")
        screen.wait_for("i opens an incident with this")
        while "acknowledged:" in screen.text():
            screen.pump(0.05)
        screen.press("Z")
        screen.wait_for("Keep probe-000 quiet")
        screen.press("enter")
        screen.wait_for("snoozed 29m")


def count_rings(screen: PtyScreen) -> int:
    """The same byte ends an operating system command, which is no ring."""
    return re.sub(rb"\x1b\][^\a]*\a", b"", bytes(screen.received)).count(b"\a")


def test_what_is_newly_down_rings_once_and_what_is_down_at_the_start_does_not(tmp_path: Path) -> None:
    now = now_ms()
    probes = make_probes(3)
    db, config = write_world(tmp_path, probes, [make_red("probe-000", now), make_state("probe-001", now)])
    with open_dashboard(db, config, columns=130, rows=45) as screen:
        screen.wait_for("1 DOWN")
        screen.pump(1.5)
        assert count_rings(screen) == 0
        with open_database(db) as opened:
            record_results(opened, [], [make_red("probe-001", now_ms())], [], now_ms())
        screen.wait_for("2 DOWN")
        screen.pump(0.5)
        assert count_rings(screen) == 1
        screen.press("M")
        screen.wait_for("muted 14m")
        screen.press("M")
        while "muted" in screen.text():
            screen.pump(0.05)

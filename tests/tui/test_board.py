from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.tui.dashboards import make_probes, make_state
from textual.app import App, ComposeResult
from textual.content import Content

from oncall_tui.domain.board import judge_row
from oncall_tui.domain.change import AFTERMATH_MS, Change
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.silence import Silence, SilenceKind
from oncall_tui.domain.upkeep import Upkeep
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs
from oncall_tui.tui.themes import VARIABLE_DEFAULTS
from oncall_tui.tui.widgets.board import Board
from oncall_tui.tui.widgets.board_rows import draw_row, lay_columns
from oncall_tui.tui.widgets.head_words import list_counts
from oncall_tui.tui.widgets.latency_strip import draw_strip

NOW = 1_800_000_000_000


class Shown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.board = Board()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    def compose(self) -> ComposeResult:
        yield self.board


def make_snapshot(states: Sequence[ProbeState], probes: Sequence[Probe] | None = None) -> Snapshot:
    return Snapshot(probes=tuple(probes or make_probes(len(states))), states={state.probe: state for state in states})


def bad(name: str, status: ProbeStatus, since_at: int) -> ProbeState:
    verdict = Verdict.DOWN if status is ProbeStatus.DOWN else Verdict.DEGRADED
    runs = ((verdict, 2.0),) * 60
    return make_state(
        name, NOW, status=status, since_at=since_at, last_verdict=verdict, last_reason="refused", recent=runs
    )


def read_lines(app: Shown) -> list[str]:
    return [app.board.render_line(y).text for y in range(app.board.size.height)]


async def test_worst_first_and_newest_first_inside() -> None:
    states = [
        make_state("probe-000", NOW),
        bad("probe-001", ProbeStatus.SLOW, NOW - 100_000),
        bad("probe-002", ProbeStatus.DOWN, NOW - 900_000),
        bad("probe-003", ProbeStatus.DOWN, NOW - 100_000),
        make_state("probe-004", NOW, last_result_at=NOW - 3_600_000 * 3),
        make_state("probe-005", NOW),
    ]
    app = Shown()
    async with app.run_test(size=(100, 12)):
        app.board.show(make_snapshot(states), NOW)
        order = [name[-1] for name in app.board.order]
        assert order == ["3", "2", "1", "4", "0", "5"]
        lines = read_lines(app)
        assert lines[1].startswith("✖ probe-003  DOWN     1m")
        assert "refused" in lines[1]
        assert lines[3].startswith("▲ probe-001  SLOW")
        assert lines[4].startswith("? probe-004  STALE")
        assert "silent 3h 00m" in lines[4]
        assert lines[5].startswith("● probe-000  OK       2h 00m     80ms")


async def test_silence_buries_nothing_that_was_red() -> None:
    """An engine that stops leaves every probe stale: what was down is still what matters."""
    probes = [replace(probe, every_ms=10_000) for probe in make_probes(20)]
    probes[5] = replace(probes[5], depends_on=("probe-004",))
    states = [make_state(probe.name, NOW, since_at=NOW - 1_000) for probe in probes]
    states[3] = bad("probe-003", ProbeStatus.SLOW, NOW - 900_000)
    states[4] = bad("probe-004", ProbeStatus.DOWN, NOW - 900_000)
    states[5] = bad("probe-005", ProbeStatus.DOWN, NOW - 800_000)
    states[6] = replace(states[6], flapping_at=NOW - 900_000, last_reason="refused")
    states[7] = bad("probe-007", ProbeStatus.DOWN, NOW - 950_000)
    app = Shown()
    async with app.run_test(size=(118, 12)) as pilot:
        app.board.show(make_snapshot(states, probes), NOW)
        app.board.tick(NOW + 180_000)
        assert [name[-1] for name in app.board.order[:4]] == ["4", "7", "6", "3"]
        lines = read_lines(app)
        assert lines[1].startswith("? probe-004  STALE    18m")
        assert "silent 3m, was DOWN, +1 behind it: refused" in lines[1]
        assert "silent 3m, was DOWN: refused" in lines[2]
        assert "silent 3m, was FLAPPING: refused" in lines[3]
        assert lines[5].rstrip().endswith("silent 3m")
        assert app.board.alarms == frozenset()
        counted = app.board.tally()
        assert (counted.counts[ProbeStatus.STALE], counted.behind, counted.was_down) == (19, 1, 2)
        await pilot.resize_terminal(66, 12)
        await pilot.pause()
        assert "was DOWN: refus…" in read_lines(app)[2]
    told = [each.plain for each in list_counts(counted)]
    assert told == ["? 19 STALE (2 were DOWN)", "+1 behind"]


async def test_what_this_host_cannot_see_is_told_with_what_it_was() -> None:
    blind = ((Verdict.DOWN, 2.0),) * 5 + ((Verdict.UNKNOWN, 0.0),) * 3
    states = [
        make_state("probe-000", NOW, last_verdict=Verdict.UNKNOWN, recent=blind, last_reason="this host is offline"),
        replace(
            bad("probe-001", ProbeStatus.DOWN, NOW - 900_000),
            last_verdict=Verdict.UNKNOWN,
            last_reason="this host is offline",
            recent=blind,
        ),
    ]
    app = Shown()
    async with app.run_test(size=(118, 6)):
        app.board.show(make_snapshot(states), NOW)
        assert app.board.order == ("probe-001", "probe-000")
        assert "was DOWN: this host is offline" in read_lines(app)[1]
        assert "was" not in read_lines(app)[2]


async def test_the_cursor_stays_on_its_probe_once_a_person_moved_it() -> None:
    probes = make_probes(4)
    states = [make_state(probe.name, NOW) for probe in probes]
    app = Shown()
    async with app.run_test(size=(80, 12)) as pilot:
        app.board.focus()
        app.board.show(make_snapshot(states), NOW)
        assert app.board.selected == "probe-000"
        red = bad("probe-003", ProbeStatus.DOWN, NOW)
        app.board.show(make_snapshot([*states[:3], red]), NOW)
        assert app.board.selected == "probe-003"
        await pilot.press("j")
        assert app.board.selected == "probe-000"
        app.board.show(make_snapshot([*states[:2], bad("probe-002", ProbeStatus.DOWN, NOW + 1), red]), NOW)
        assert app.board.selected == "probe-000"
        assert app.board.order[:2] == ("probe-002", "probe-003")


async def test_keys_move_within_bounds_and_scroll() -> None:
    states = [make_state(probe.name, NOW) for probe in make_probes(500)]
    app = Shown()
    async with app.run_test(size=(80, 20)) as pilot:
        app.board.focus()
        app.board.show(make_snapshot(states), NOW)
        for key, expected in [
            ("k", 0),
            ("j", 1),
            ("down", 2),
            ("ctrl+d", 11),
            ("ctrl+u", 2),
            ("G", 499),
            ("j", 499),
            ("up", 498),
            ("g", 0),
        ]:
            await pilot.press(key)
            assert app.board.selected == f"probe-{expected:03}", key
        await pilot.press("G")
        assert "probe-499" in read_lines(app)[19]
        await pilot.click(Board, offset=(5, 3))
        assert app.board.selected == "probe-483"


async def test_fold_and_filter() -> None:
    states = [make_state(probe.name, NOW) for probe in make_probes(10)]
    states[7] = bad("probe-007", ProbeStatus.DOWN, NOW)
    app = Shown()
    async with app.run_test(size=(80, 20)) as pilot:
        app.board.focus()
        app.board.show(make_snapshot(states), NOW)
        await pilot.press("z")
        assert app.board.order == ("probe-007",)
        assert "9 more OK" in read_lines(app)[2]
        await pilot.press("z")
        app.board.set_filter("H3.EXAMPLE")
        assert app.board.order == ("probe-003",)
        app.board.set_filter("nothing like it")
        assert any("No probe matches" in text for text in read_lines(app))
        app.board.select("probe-005")
        assert app.board.selected == "probe-005"


async def test_only_what_changed_is_drawn_again() -> None:
    probes = make_probes(5)
    states = [make_state(probe.name, NOW) for probe in probes]
    app = Shown()
    async with app.run_test(size=(80, 20)):
        app.board.show(make_snapshot(states, probes), NOW)
        before = app.board._draw()
        states[2] = replace(states[2], last_duration_ms=91.0)
        app.board.show(make_snapshot(states, probes), NOW)
        after = app.board._draw()
        changed = [y for y in range(len(before)) if before[y][0] is not after[y][0]]
        assert changed in ([3], [0, 3])


async def test_empty_states() -> None:
    app = Shown()
    async with app.run_test(size=(80, 20)):
        app.board.empty_text = Content("No probes yet")
        app.board.show(Snapshot(), NOW)
        assert any("No probes yet" in text for text in read_lines(app))
        app.board.show(make_snapshot([], make_probes(1)), NOW)
        assert "WAITING" in read_lines(app)[1]


async def test_an_incident_stands_in_the_row_of_its_probe() -> None:
    incident = Incident(
        id=42,
        uid="u",
        title="t",
        status=IncidentStatus.INVESTIGATING,
        phase=Phase.ACTIVE,
        impact_override=None,
        severity=Severity.SEV2,
        cause=Cause.UNKNOWN,
        started_at=NOW,
        declared_at=NOW,
        revision=1,
        probes=("probe-000",),
    )
    app = Shown()
    async with app.run_test(size=(100, 10)):
        snapshot = make_snapshot([bad("probe-000", ProbeStatus.DOWN, NOW)])
        app.board.show(replace(snapshot, incidents=(incident,)), NOW)
        assert "#42 refused" in read_lines(app)[1]


async def test_ascii_twins_where_the_locale_has_no_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Glyphs, "is_ascii", True)
    states = [
        bad("probe-000", ProbeStatus.DOWN, NOW),
        bad("probe-001", ProbeStatus.SLOW, NOW),
        make_state("probe-002", NOW),
    ]
    app = Shown()
    async with app.run_test(size=(100, 10)):
        app.board.show(make_snapshot(states), NOW)
        lines = read_lines(app)
        assert all(text.isascii() for text in lines)
        assert [text[0] for text in lines[1:4]] == ["X", "^", "o"]
        assert "XXXXXXXX" in lines[1]
        assert "^^^^^^^^" in lines[2]


def test_a_pass_on_retry_has_a_mark_of_its_own() -> None:
    runs = [(verdict, 5.0) for verdict in (Verdict.UP, Verdict.DOWN, Verdict.UP, Verdict.UP)]
    strip = draw_strip(runs, 4, Probe("p", ProbeKind.HTTP, "http://x/"))
    assert [sign == "~" for sign in strip.plain] == [False, False, True, False]


def read_status(app: Shown, probe: str) -> ProbeStatus:
    row = app.board.row_of(probe)
    assert row is not None
    return row.status


async def test_a_change_stands_beside_what_turned_red_after_it() -> None:
    runs = (*((Verdict.UP, 5.0),) * 5, *((Verdict.DOWN, 2.0),) * 3)
    down = replace(bad("probe-000", ProbeStatus.DOWN, NOW - 60_000), recent=runs)
    probes = [replace(probe, component="Website") for probe in make_probes(1)]
    deploy = Change(1, "deploy web 2.14", "Website", NOW - 180_000, None, "ci")
    app = Shown()
    async with app.run_test(size=(118, 12)):
        app.board.show(replace(make_snapshot([down], probes), changes=(deploy,)), NOW)
        row = read_lines(app)[1]
        assert row.startswith("✖ probe-000  DOWN")
        assert "2m after deploy web 2.14: refused" in row
        assert "◇×××" in row
        announced = replace(deploy, until_at=NOW)
        app.board.show(replace(make_snapshot([down], probes), changes=(announced,)), NOW + 1_000)
        assert read_lines(app)[1].startswith("◇ probe-000  EXPECTED")
        assert app.board.tally().counts[ProbeStatus.DOWN] == 0
        app.board.tick(NOW + AFTERMATH_MS)
        assert read_lines(app)[1].startswith("✖ probe-000  DOWN")


async def test_what_somebody_looks_after_stays_red_and_is_no_alarm() -> None:
    states = [bad(f"probe-00{number}", ProbeStatus.DOWN, NOW - 60_000 * number) for number in range(3)]
    ack = Silence("probe-000", SilenceKind.ACK, "lost disk", "ann", NOW)
    nap = Silence("probe-001", SilenceKind.SNOOZE, "", "bob", NOW, NOW + 1_500_000)
    app = Shown()
    async with app.run_test(size=(118, 12)):
        app.board.show(replace(make_snapshot(states), silences={each.probe: each for each in (ack, nap)}), NOW)
        assert app.board.order == ("probe-002", "probe-000", "probe-001")
        assert app.board.alarms == {"probe-002"}
        lines = read_lines(app)
        assert "ack lost disk: refused" in lines[2]
        assert lines[2].startswith("✖ probe-000  DOWN")
        assert "snoozed 25m: refused" in lines[3]
        app.board.tick(NOW + 1_500_000)
        assert app.board.alarms == {"probe-001", "probe-002"} or read_status(app, "probe-001") is ProbeStatus.STALE


async def test_what_is_under_maintenance_says_which_work_it_is_and_how_long() -> None:
    states = [bad(f"probe-00{number}", ProbeStatus.DOWN, NOW - 60_000) for number in range(4)]
    hour, names = 3_600_000, [f"probe-00{number}" for number in range(4)]
    mine = Upkeep(1, frozenset(names[:2]), NOW, NOW + hour // 2, "", "ann", NOW, left={names[1]: NOW})
    noted = replace(mine, id=2, probes=frozenset(names[1:2]), note="[red]new\x1b disks", left={})
    weekly = replace(mine, id=3, probes=frozenset(names[2:3]), ends_at=NOW + 2 * hour, window="backup")
    status = MaintenanceStatus.IN_PROGRESS
    planned = Maintenance(7, "u", "New racks", status, NOW - hour, NOW, (), tuple(names[3:]), NOW, "ann")
    app = Shown()
    async with app.run_test(size=(118, 12)):
        snapshot = replace(make_snapshot(states), upkeeps=(mine, noted, weekly))
        app.board.show(snapshot, NOW)
        assert app.board.alarms == {names[3]}
        app.board.show(replace(snapshot, maintenances=(planned,)), NOW + 60_000)
        assert app.board.alarms == frozenset()
        rows = {row.split()[1]: row for row in read_lines(app)[1:5]}
        assert all("MAINT" in row for row in rows.values())
        assert "29m left, by ann" in rows[names[0]]
        assert "29m left, [red]new" in rows[names[1]]
        assert "1h 59m left, backup" in rows[names[2]]
        assert "over by 1m, M7 New racks" in rows[names[3]]
        narrow = judge_row(snapshot, make_probes(3)[2], states[2], None, NOW, {names[2]: weekly})
        assert "2h 00m, back" in draw_row(narrow, lay_columns(52, 9), NOW).plain
        app.board.tick(NOW + hour // 2)
        assert {names[0], names[1]} <= app.board.alarms or read_status(app, names[0]) is ProbeStatus.STALE


async def test_a_green_probe_says_that_it_is_still_kept_quiet() -> None:
    well = replace(make_state("probe-000", NOW), streak=2, streak_at=NOW, last_verdict=Verdict.UP)
    ack = Silence("probe-000", SilenceKind.ACK, "lost disk", "ann", NOW)
    nap = Silence("probe-001", SilenceKind.SNOOZE, "", "bob", NOW, NOW + 1_500_000)
    app = Shown()
    async with app.run_test(size=(118, 12)):
        snapshot = make_snapshot([well, make_state("probe-001", NOW)])
        app.board.show(replace(snapshot, silences={each.probe: each for each in (ack, nap)}), NOW)
        lines = "\n".join(read_lines(app))
        assert "ack lost disk, 3 more good" in lines
        assert "snoozed 25m" in lines
        app.board.show(snapshot, NOW + 1)
        assert "ack" not in "\n".join(read_lines(app))


async def test_what_flaps_is_told_with_what_it_is_at_the_moment() -> None:
    runs = ((Verdict.UP, 5.0), (Verdict.DOWN, 2.0)) * 5
    flapping = make_state(
        "probe-000", NOW, last_verdict=Verdict.DOWN, last_reason="refused", recent=runs, flapping_at=NOW - 720_000
    )
    app = Shown()
    async with app.run_test(size=(118, 12)):
        app.board.show(make_snapshot([flapping, make_state("probe-001", NOW)]), NOW)
        assert read_status(app, "probe-000") is ProbeStatus.FLAPPING
        row = read_lines(app)[1]
        assert row.startswith("● probe-000  FLAPPING 12m")
        assert "now OK, last fault: refused" in row

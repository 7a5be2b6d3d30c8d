"""What falls behind another probe is one line and one alarm on the board."""

from __future__ import annotations

from msgspec.structs import replace
from tests.tui.dashboards import make_probes, make_state
from tests.tui.test_board import NOW, Shown, bad, make_snapshot, read_lines, read_status

from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.storm import find_grace
from oncall_tui.domain.upkeep import Upkeep


async def test_what_falls_behind_another_is_one_line_and_one_alarm() -> None:
    probes = make_probes(4)
    probes[1:] = [replace(probe, depends_on=("probe-000",)) for probe in probes[1:]]
    states = [bad(probe.name, ProbeStatus.DOWN, NOW - 60_000 * at) for at, probe in enumerate(probes[:3])]
    app = Shown()
    async with app.run_test(size=(118, 12)) as pilot:
        app.board.focus()
        app.board.show(make_snapshot([*states, make_state("probe-003", NOW)], probes), NOW)
        assert app.board.order == ("probe-000", "probe-003")
        assert app.board.alarms == {"probe-000"}
        assert (app.board.tally().counts[ProbeStatus.DOWN], app.board.tally().behind) == (1, 2)
        assert "+2 behind it: refused" in read_lines(app)[1]
        assert sorted(app.board.list_behind("probe-000")) == ["probe-001", "probe-002"]
        await pilot.press("space")
        assert list(app.board.order[:3]) == ["probe-000", "probe-001", "probe-002"]
        assert "behind probe-000: refused" in read_lines(app)[2]
        await pilot.press("j", "space")
        assert len(app.board.order) == 2
        app.board.select("probe-002")
        assert app.board.selected == "probe-002"
        await pilot.resize_terminal(66, 12)
        await pilot.pause()
        assert "+2 behind: refu…" in read_lines(app)[1]
        app.board.show(make_snapshot([make_state("probe-000", NOW), *states[1:]], probes), NOW)
        assert app.board.alarms == {"probe-001", "probe-002"}


async def test_what_falls_behind_one_that_flaps_is_one_line_and_ends_with_it() -> None:
    probes = make_probes(4)
    probes[:3] = [replace(probe, depends_on=("probe-003",)) for probe in probes[:3]]
    flapping = [replace(make_state(probe.name, NOW), flapping_at=NOW - 60_000) for probe in probes]
    flapping[0] = bad("probe-000", ProbeStatus.DOWN, NOW)
    app = Shown()
    async with app.run_test(size=(118, 12)):
        app.board.show(make_snapshot(flapping, probes), NOW)
        assert list(app.board.order) == ["probe-003"]
        assert "+3 behind it" in read_lines(app)[1]
        assert app.board.alarms | app.board.flapping == {"probe-003"}
        left = [*flapping[1:3], make_state("probe-003", NOW)]
        app.board.show(make_snapshot(left, probes), NOW + 1)
        assert list(app.board.order[:2]) == ["probe-001", "probe-002"]
        assert not app.board.flapping
        grace_ms = find_grace(probes[1])
        left = [replace(state, last_result_at=NOW + grace_ms) for state in left]
        app.board.show(make_snapshot(left, probes), NOW + grace_ms)
        assert app.board.flapping == {"probe-001", "probe-002"}


async def test_what_falls_behind_work_rings_no_more_than_the_work() -> None:
    probes = make_probes(2)
    probes[1] = replace(probes[1], depends_on=("probe-000",))
    states = [bad(probe.name, ProbeStatus.DOWN, NOW - 60_000) for probe in probes]
    work = Upkeep(1, frozenset({"probe-000"}), NOW - 120_000, NOW + 120_000, "new disks", "ann", NOW - 120_000)
    app = Shown()
    async with app.run_test(size=(118, 12)):
        app.board.show(replace(make_snapshot(states, probes), upkeeps=(work,)), NOW)
        assert read_status(app, "probe-000") is ProbeStatus.MAINTENANCE
        assert app.board.alarms == frozenset()
        assert app.board.list_behind("probe-000") == ["probe-001"]
        assert "+1 behind it: 2m left, new disks" in read_lines(app)[1]
        app.board.show(make_snapshot([make_state("probe-000", NOW), states[1]], probes), NOW)
        assert app.board.alarms == {"probe-001"}

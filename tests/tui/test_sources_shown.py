"""What sources tell, on the screens: values, targets that fold, and trouble that is nobody else's."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.tui.dashboards import make_state
from tests.tui.test_board import Shown, make_snapshot, read_lines
from tests.tui.test_header import CALM, FACTS, read

from oncall_tui.content import load_templates
from oncall_tui.domain.board import Row, Tally, find_behind, tally_rows
from oncall_tui.domain.declare import plan_declaration
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.intake import Intake
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.probes import replace_probes
from oncall_tui.tui.probe_story import read_story
from oncall_tui.tui.widgets.probe_words import draw_story

NOW = 1_800_000_000_000
EU = Probe("eu", ProbeKind.PROMETHEUS, "http://p:9090", intake=Intake(naming="{instance}"))
LOAD = Probe("load", ProbeKind.QUERY, "http://p:9090", intake=Intake(query="node_load1", unit="%"))
TARGETS = [Probe(f"t{n}", ProbeKind.PROMETHEUS, f"t{n}", source="eu", depends_on=("eu",)) for n in range(3)]


def down(name: str) -> ProbeState:
    return make_state(
        name, NOW, status=ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_duration_ms=9_500.0, last_reason="refused"
    )


def tally(*probes: Probe) -> Tally:
    """Counts probes that are all down."""
    rows = {probe.name: Row(probe, down(probe.name), ProbeStatus.DOWN, None) for probe in probes}
    return tally_rows(rows.values(), find_behind(probes, rows))


def test_a_dead_source_counts_once_with_its_targets_behind_it() -> None:
    counted = tally(EU, *TARGETS)
    assert (counted.counts[ProbeStatus.DOWN], counted.behind, counted.failing) == (1, 3, 0)
    head = read(CALM, FACTS._replace(tally=counted))
    assert head[1].endswith("✖ 1 DOWN  +3 behind ")
    assert not any("customers have not been told" in row for row in head)


async def test_a_value_is_shown_in_its_unit_when_it_is_bad_too() -> None:
    app = Shown()
    async with app.run_test(size=(100, 6)):
        app.board.show(make_snapshot([make_state("load", NOW, last_duration_ms=420.0)], [LOAD]), NOW)
        assert " 0.42%  " in read_lines(app)[1]
        app.board.show(make_snapshot([down("load")], [LOAD]), NOW)
        assert " 9.5%  " in read_lines(app)[1]


async def test_targets_that_nobody_can_see_fold_behind_their_source() -> None:
    unseen = [
        make_state("t0", NOW, last_verdict=Verdict.UNKNOWN, recent=((Verdict.UNKNOWN, 0.0),) * 3),
        make_state("t1", NOW, last_result_at=NOW - HOUR),
        down("t2"),
    ]
    app = Shown()
    async with app.run_test(size=(100, 8)):
        app.board.show(make_snapshot([down("eu"), *unseen], [EU, *TARGETS]), NOW)
        assert list(app.board.order) == ["eu"]
        assert "+3 behind it" in read_lines(app)[1]
        assert app.board.alarms == {"eu"}
        # An engine that is gone, or a host that is cut off: nothing is known of the source either.
        stale = make_state("eu", NOW, last_result_at=NOW - HOUR)
        app.board.show(make_snapshot([stale, *unseen], [EU, *TARGETS]), NOW)
        assert list(app.board.order) == ["t2", "eu"]
        app.board.show(make_snapshot([make_state("eu", NOW), *unseen], [EU, *TARGETS]), NOW)
        assert set(app.board.order) == {"eu", "t0", "t1", "t2"}


def test_a_source_that_cannot_be_read_is_no_news_for_customers() -> None:
    snapshot = replace(CALM, probes=(EU,), states={"eu": down("eu")})
    facts = FACTS._replace(tally=tally(EU))
    assert not any("customers have not been told" in row for row in read(snapshot, facts))
    facts = FACTS._replace(tally=tally(EU, LOAD))
    assert any("1 probe is down and customers have not" in row for row in read(snapshot, facts))
    assert plan_declaration(EU, down("eu"), load_templates(), NOW).effect is None
    assert plan_declaration(TARGETS[0], down("t0"), load_templates(), NOW).effect == "Requests have been failing"


async def test_the_history_of_a_value_is_in_its_unit(tmp_path: Path) -> None:
    now = NOW + HOUR // 2
    store = StoreThread(tmp_path / "oncall.db", is_durable=False)
    await store.start()
    await store.call(replace_probes, [LOAD], [])
    recorder = Recorder(store, [LOAD], wall_ms=lambda: now)
    recorder.record(Result("load", now - 60_000, Verdict.UP, 3.0, value=31.5))
    recorder.record(Result("load", now - 30_000, Verdict.DOWN, 3.0, "value is 97%", value=97.0))
    await recorder.flush()
    story = await store.call(read_story, "load", now)
    await store.close()
    assert story is not None
    text = "\n".join(row.plain for row in draw_story(story, 100))
    assert "VALUE, 24 h" in text
    assert "97%" in text.split("LAST ERRORS")[0], "the plot has the value that was too high"
    assert "value is 97%  97%" in text
    assert "BY PHASE" not in text

from __future__ import annotations

from msgspec.structs import replace
from tests.saved import list_results

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.history import Span, Uptime
from oncall_tui.domain.probe import Phases, Probe, ProbeKind, ProbeState, ProbeStatus, Result, SpanKind, Verdict
from oncall_tui.store.database import Database
from oncall_tui.store.history import drop_past, list_spans, read_past, read_records, save_rollup
from oncall_tui.store.probes import list_states, record_results, replace_probes
from oncall_tui.store.results import prune_results

API = Probe("api", ProbeKind.TCP, "127.0.0.1:1", every_ms=10)


def test_spans_are_kept_with_the_open_one(db: Database) -> None:
    state = ProbeState("api", ProbeStatus.UP, last_result_at=95, span=SpanKind.UP, span_at=80)
    spans = [Span("api", 0, 50, SpanKind.UP), Span("api", 50, 80, SpanKind.DOWN)]
    replace_probes(db, [API], [])
    record_results(db, [], [state], [], 1, spans)
    assert list_states(db)[0] == [state]
    open_ = [Span("api", 80, 120, SpanKind.UP), Span("api", 120, 200, SpanKind.UNKNOWN)]
    assert list_spans(db, [API], 0, 200) == {"api": [*spans, *open_]}
    assert list_spans(db, [API], 60, 90) == {"api": [spans[1], Span("api", 80, 90, SpanKind.UP)]}


def test_what_was_told_of_a_time_is_told_anew_after_the_clock_was_set_back_save_downtime(db: Database) -> None:
    replace_probes(db, [API], [])
    told = [(0, 50, SpanKind.UP), (50, 70, SpanKind.DOWN), (70, 80, SpanKind.SLOW)]
    record_results(db, [], [], [], 1, [Span("api", *each) for each in told])
    back = ProbeState("api", ProbeStatus.UP, last_result_at=40, span=SpanKind.UP, span_at=30)
    record_results(db, [], [back], [], 1)
    assert list_spans(db, [API], 0, 40) == {"api": [Span("api", 0, 30, SpanKind.UP), Span("api", 30, 40, SpanKind.UP)]}
    record_results(db, [], [], [], 1, [Span("api", 30, 60, SpanKind.SLOW)])
    rows = [tuple(row) for row in db.rows("SELECT began_at, ended_at, kind FROM span ORDER BY ended_at")]
    assert rows == [(0, 30, "up"), (30, 50, "slow"), (50, 70, "down")]
    record_results(db, [], [], [], 1, [Span("api", 60, 90, SpanKind.UP), Span("api", 90, 95, SpanKind.DOWN)])
    rows = [tuple(row) for row in db.rows("SELECT began_at, ended_at, kind FROM span WHERE ended_at > 50 ORDER BY 2")]
    assert rows == [(50, 70, "down"), (70, 90, "up"), (90, 95, "down")]


def test_what_a_clock_told_that_ran_days_ahead_is_not_believed(db: Database) -> None:
    replace_probes(db, [API], [])
    record_results(db, [], [], [], 1, [Span("api", 0, 50, SpanKind.UP), Span("api", DAY + 60, DAY + 90, SpanKind.DOWN)])
    record_results(db, [], [], [], 1, [Span("api", 50, 60, SpanKind.SLOW)])
    rows = [tuple(row) for row in db.rows("SELECT began_at, ended_at, kind FROM span ORDER BY ended_at")]
    assert rows == [(0, 50, "up"), (50, 60, "slow")]


def test_a_probe_that_leaves_the_config_closes_its_span(db: Database) -> None:
    replace_probes(db, [API], [])
    record_results(db, [], [ProbeState("api", last_result_at=95, span=SpanKind.UP, span_at=80)], [], 1)
    replace_probes(db, [], [])
    replace_probes(db, [API], [])
    assert list_spans(db, [API], 0, 200) == {"api": [Span("api", 80, 95, SpanKind.UP)]}


def test_planned_work_is_no_part_of_the_base(db: Database) -> None:
    probes = [API, Probe("web", ProbeKind.TCP, "127.0.0.1:1", component="Shop", every_ms=10)]
    replace_probes(db, probes, [("Shop", None)])
    spans = [Span("web", 0, 600, SpanKind.UP), Span("web", 600, 700, SpanKind.DOWN), Span("web", 700, 900, SpanKind.UP)]
    record_results(db, [], [], [], 1, spans)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO maintenance(uid, title, status, starts_at, ends_at, components, probes, created_at, "
            """created_by) VALUES ('m', 'T', 'completed', 650, 800, '["Shop"]', '["web"]', 1, 'me')"""
        )
    shop, api, web = read_records(db, [1000, 300], 1000)
    assert (shop.name, shop.is_component, api.first_at, web.first_at) == ("Shop", True, None, 0)
    assert shop.uptimes == web.uptimes == (Uptime(700, 0, 50, 100, 150), Uptime(100, 0, 0, 100, 100))
    assert api.uptimes == (Uptime(), Uptime())


def test_an_hour_that_is_over_shows_before_it_is_rolled_up(db: Database) -> None:
    replace_probes(db, [API], [])
    now = 1_000 * DAY + 20 * HOUR + 30_000
    runs = [now - 3 * HOUR, now - HOUR, now - HOUR + 1, now]
    record_results(db, [Result("api", at, Verdict.UP, 5.0) for at in runs], [], [], now)

    def count(length_ms: int, since: int) -> list[tuple[int, int]]:
        return [(each.began_at, each.runs) for each in read_past(db, "api", length_ms, since, now).rollups]

    hours = [(1_000 * DAY + 17 * HOUR, 1), (1_000 * DAY + 19 * HOUR, 2), (1_000 * DAY + 20 * HOUR, 1)]
    assert count(HOUR, now - DAY) == hours
    save_rollup(db, "api", HOUR, 1_000 * DAY + 17 * HOUR)
    assert count(HOUR, now - DAY) == hours
    save_rollup(db, "api", HOUR, 1_000 * DAY + 19 * HOUR)
    assert count(HOUR, now - DAY) == hours
    assert count(HOUR, now - HOUR) == hours[1:]
    assert count(DAY, now - 5 * DAY) == [(1_000 * DAY, 4)]


def test_of_a_run_that_was_up_only_its_times_are_kept(db: Database) -> None:
    facts = (("status", "200 OK"),)
    up = Result("api", 1, Verdict.UP, 5.25, phases=Phases(1.5, None, 0.25), facts=facts)
    down = Result("api", 2, Verdict.DOWN, 7.0, "HTTP 500", Phases(2.0), facts, (("body", "oops"),))
    record_results(db, [up, down], [], [], 1)
    assert list_results(db, "api") == [down, replace(up, facts=())]


def test_a_number_of_a_probe_goes_with_its_last_run_and_its_past(db: Database) -> None:
    record_results(db, [Result("old", 1, Verdict.UP, 5.0), Result("api", 2, Verdict.UP, 5.0)], [], [], 1)
    drop_past(db, "old", 2)
    assert [row["name"] for row in db.rows("SELECT name FROM probe_number ORDER BY 1")] == ["api", "old"]
    prune_results(db, 2)
    drop_past(db, "old", 2)
    assert [row["name"] for row in db.rows("SELECT name FROM probe_number ORDER BY 1")] == ["api"]

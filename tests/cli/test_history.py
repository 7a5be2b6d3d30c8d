from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.cli.program import Program

from oncall_tui.cli.history import show_share
from oncall_tui.cli.output import show_time
from oncall_tui.clock import now_ms
from oncall_tui.domain.history import Span
from oncall_tui.domain.probe import Phases, Probe, ProbeKind, Result, SpanKind, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.history import save_rollup
from oncall_tui.store.probes import record_results, replace_probes

HOUR = 3_600_000


@pytest.fixture
def program(program: Program, tmp_path: Path) -> Program:
    now = now_ms()
    spans = [
        Span("=web", now - 52 * HOUR, now - 3 * HOUR, SpanKind.UP),
        Span("=web", now - 3 * HOUR, now - 2 * HOUR, SpanKind.DOWN),
    ]
    with open_database(tmp_path / "oncall.db") as db:
        replace_probes(db, [Probe("=web", ProbeKind.TCP, "127.0.0.1:1", component="Shop")], [("Shop", None)])
        record_results(db, [], [], [], now, spans)
    return program


def test_uptime_is_told_for_people_and_programs(program: Program) -> None:
    shop, web = program.run("uptime", "--json").rows()
    assert (shop["name"], shop["kind"], web["kind"]) == ("Shop", "component", "probe")
    assert [each["last"] for each in web["periods"]] == ["24h", "7d", "30d", "90d"]
    assert web["periods"][2]["uptime"] == pytest.approx(0.98)
    assert web["periods"][2]["unknown_ms"] == pytest.approx(2 * HOUR, rel=0.01)
    assert "98.0" in program.run("uptime").out
    rows = list(csv.DictReader(io.StringIO(program.run("uptime", "--csv").out)))
    assert rows[-1]["name"] == "'=web"
    assert float(rows[-1]["uptime"]) == pytest.approx(0.98)
    assert program.run("uptime", "--csv", "--json").status == 2


def test_a_share_is_never_rounded_up() -> None:
    assert [show_share(share) for share in (None, 1.0, 0.999999, 0.0)] == ["-", "100%", "99.999%", "0.000%"]


def test_history_is_told_by_hour_and_by_day(program: Program) -> None:
    hours = program.run("history", "=web", "--json").rows()
    assert len(hours) in (24, 25)
    assert sum(hour["down_ms"] for hour in hours) == HOUR
    assert hours[-1] | {"uptime": None, "runs": 0, "tls_p95_ms": None} == hours[-1]
    days = list(csv.DictReader(io.StringIO(program.run("history", "--last", "30d", "--csv").out)))
    assert len(days) in (30, 31)
    assert sum(int(day["down_ms"]) for day in days) == HOUR
    assert "100%" in program.run("history", "--last", "7d").out
    assert program.run("history", "nowhere").status == 3
    assert program.run("history", "--last", "2d").status == 2


def test_errors_are_told_with_what_came_back(program: Program, tmp_path: Path) -> None:
    chain = ("certificate 1 of 1", "subject CN=web\nsha256 00ff")
    evidence = (("server:", "nginx"), ("body", "try\nlater"), ("addresses", "192.0.2.1, 192.0.2.2"), chain)
    good = Result("=web", now_ms() - 2, Verdict.UP, 80.0)
    phases, facts = Phases(connect_ms=3.25), (("address", "192.0.2.1:443"),)
    bad = Result("=web", now_ms() - 1, Verdict.DOWN, 20.0, "=HTTP 503", phases, facts, evidence)
    with open_database(tmp_path / "oncall.db") as db:
        record_results(db, [good, bad], [], [], now_ms())
    (error,) = program.run("history", "=web", "--errors", "--json").rows()
    assert (error["verdict"], error["reason"], error["connect_ms"]) == ("down", "=HTTP 503", 3.25)
    assert error["facts"] == ["address: 192.0.2.1:443"]
    assert error["headers"] == ["server: nginx"]
    assert (error["body"], error["addresses"]) == ("try\nlater", ["192.0.2.1", "192.0.2.2"])
    assert error["certificates"] == ["subject CN=web\nsha256 00ff"]
    (row,) = csv.DictReader(io.StringIO(program.run("history", "--errors", "--csv").out))
    assert (row["probe"], row["reason"], row["body"]) == ("'=web", "'=HTTP 503", "try later")
    assert row["certificates"] == "subject CN=web sha256 00ff"
    told = program.run("history", "--errors").out
    assert "=web  =HTTP 503\n    address  192.0.2.1:443\n    server:  nginx\n    body  try\n      later" in told
    assert program.run("history", "nowhere", "--errors").status == 3


def test_an_error_that_repeats_another_tells_when_that_was(program: Program, tmp_path: Path) -> None:
    at = now_ms() - HOUR
    first = Result("=web", at, Verdict.DOWN, 20.0, "HTTP 503", evidence=(("body", "try later"),))
    again = Result("=web", at + 10, Verdict.DOWN, 20.0, "HTTP 503", evidence_at=at)
    bare = Result("=web", at + 20, Verdict.DOWN, 20.0, "HTTP 500")
    with open_database(tmp_path / "oncall.db") as db:
        record_results(db, [first, again, bare], [], [], now_ms())
    errors = program.run("history", "=web", "--errors", "--json").rows()
    kept_at = show_time(at)
    assert [(error["at"], error["evidence_at"], error["body"]) for error in errors] == [
        (show_time(at + 20), None, None),
        (show_time(at + 10), kept_at, "try later"),
        (kept_at, kept_at, "try later"),
    ]
    told = program.run("history", "=web", "--errors").out
    assert f"HTTP 503\n    as at {kept_at}\n{kept_at}  =web  HTTP 503\n    body  try later" in told
    assert told.count("try later") == 1
    more = [Result("=web", at + 100 + number, Verdict.DOWN, 20.0, "HTTP 503", evidence_at=at) for number in range(60)]
    with open_database(tmp_path / "oncall.db") as db:
        record_results(db, more, [], [], now_ms())
    assert program.run("history", "=web", "--errors").out.count("try later") == 1


def test_each_hour_stands_beside_the_same_one_of_the_day_before(tmp_path: Path) -> None:
    now = now_ms() // HOUR * HOUR + 1
    program = Program(tmp_path)
    with open_database(tmp_path / "oncall.db") as db:
        replace_probes(db, [Probe("web", ProbeKind.TCP, "127.0.0.1:1")], [])
        runs = [Result("web", now - 24 * HOUR, Verdict.DOWN, 9.0, "refused"), Result("web", now, Verdict.UP, 80.0)]
        record_results(db, [Result("web", now - 24 * HOUR, Verdict.UP, 40.0), *runs], [], [], now)
        save_rollup(db, "web", HOUR, now - 24 * HOUR - 1)
    began_at = show_time(now - 1)
    (hour,) = [each for each in program.run("history", "web", "--json").rows() if each["at"] == began_at]
    assert (hour["p50_ms"], hour["day_before_p50_ms"]) == (80.0, 40.0)
    assert (hour["day_before_runs"], hour["day_before_runs_down"]) == (2, 1)

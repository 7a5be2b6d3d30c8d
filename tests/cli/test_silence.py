from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.program import Program
from tests.store.planned import plan

from oncall_tui.cli.group import run_command
from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.errors import NotFoundError, RefusedError, UsageError
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import record_results, replace_probes


@pytest.fixture
def program(program: Program, tmp_path: Path) -> Program:
    with open_database(tmp_path / "oncall.db") as db:
        probes = [Probe(name, ProbeKind.TCP, "127.0.0.1:1", component="API") for name in ("gone", "api-eu")]
        replace_probes(db, [*probes, Probe("dns", ProbeKind.DNS, "h.example")], [])
    return program


def test_a_probe_is_silenced_and_rings_again(program: Program) -> None:
    assert "No probe is silent" in program.run("silence", "list").out
    made = program.run("silence", "ack", "gone", "--note", "ann looks", "--json").shape()
    assert (made["kind"], made["note"], made["until"], made["left_s"]) == ("ack", "ann looks", None, None)
    assert program.run("silence", "list", "--json").rows() == [made]
    assert "until it is well again" in program.run("silence", "ack", "gone").out
    snoozed = program.run("silence", "snooze", "gone", "--for", "30m", "--json").shape()
    assert snoozed["until"] > snoozed["made_at"]
    assert 1_700 < program.run("silence", "list", "--json").rows()[0]["left_s"] <= 1_800
    assert "29m" in program.run("silence", "list").out
    assert program.run("silence", "end", "gone", "--json").shape() == {"probe": "gone", "was_silent": True}
    assert "was not silent" in program.run("silence", "end", "gone").out


class Inside:
    """Runs commands in this process: what they print, or the error that they end with."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> str:
        self._capsys.readouterr()
        run_command(args)
        return self._capsys.readouterr().out

    def shape(self, *args: str) -> dict[str, Any]:
        shape = json.loads(self(*args, "--json"))
        assert isinstance(shape, dict)
        return shape

    def rows(self, *args: str) -> list[dict[str, Any]]:
        rows = json.loads(self(*args, "--json"))
        assert isinstance(rows, list)
        return rows


@pytest.fixture
def run(program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    monkeypatch.setenv("ONCALL_TUI_DB", str(program.folder / "oncall.db"))
    return Inside(capsys)


def test_probes_go_under_maintenance_and_come_back(run: Inside) -> None:
    made = run.shape("silence", "maintenance", "--component", "api", "--note", "\x1b[31mdisks")
    assert (made["probes"], made["window"]) == (["api-eu", "gone"], None)
    assert 1_700 < made["left_s"] <= 1_800
    assert "\x1b" not in made["note"]
    assert f"until {made['until']}: " in run("status")
    (gone, *_) = run.shape("status")["probes"]
    assert (gone["status"], gone["maintenance_id"], gone["maintenance_until"]) == ("maintenance", None, made["until"])
    told = run("silence", "list")
    assert "api-eu, gone" in told
    assert "29m" in told
    assert "gone rings again" in run("silence", "end", "gone")
    assert run.rows("silence", "list")[0]["probes"] == ["api-eu"]
    assert [each["probe"] for each in run.rows("silence", "end", "--all") if each["was_silent"]] == ["api-eu"]
    assert run.rows("silence", "list") == []


def test_maintenance_can_be_planned_and_says_that_customers_do_not_read_of_it(run: Inside) -> None:
    told = run("silence", "maintenance", "dns", "gone", "--from", "in 1h", "--for", "2h")
    assert told.startswith("gone, dns: under maintenance from ")
    assert "Customers are not told." in told
    assert run.shape("status")["probes"][0]["status"] == "unknown"
    assert "from 2" in run("silence", "list")
    assert 5_300 < run.shape("silence", "maintenance", "--all", "--to", "in 90m")["left_s"] <= 5_400


def test_planned_work_is_told_and_not_ended_here(run: Inside, program: Program) -> None:
    now = now_ms()
    with open_database(program.folder / "oncall.db") as db:
        work = plan(db, starts_at=now, ends_at=now + HOUR, now=now)
    assert f"M{work.id} Disks" in run("silence", "list")
    assert run.rows("silence", "list")[0]["maintenance_id"] == work.id
    assert f"finish M{work.id}" in run("silence", "end", *work.probes)


def test_an_acknowledgement_tells_how_many_good_results_it_lasts(run: Inside, program: Program) -> None:
    run("silence", "ack", "gone")
    made_at = now_ms()
    well = ProbeState("gone", ProbeStatus.UP, streak=3, streak_at=made_at, last_verdict=Verdict.UP)
    with open_database(program.folder / "oncall.db") as db:
        record_results(db, [], [well], [], made_at)
    assert run.rows("silence", "list")[0]["more_good"] == 2
    assert "2 more good" in run("silence", "list")


def test_what_cannot_be_silenced_is_refused(run: Inside) -> None:
    for wrong in (
        ("snooze", "gone"),
        ("maintenance",),
        ("maintenance", "gone", "--for", "0m"),
        ("maintenance", "gone", "--for", "soon"),
        ("maintenance", "gone", "--for", "99999999d"),
        ("maintenance", "gone", "--for", "1h", "--to", "in 2h"),
        ("maintenance", "gone", "--to", "yesterday"),
        ("maintenance", "gone", "--from", "2020-01-01T00:00Z"),
        ("end",),
    ):
        with pytest.raises(UsageError):
            run("silence", *wrong)
    for name in ("ack", "maintenance", "end"):
        with pytest.raises(NotFoundError, match="no probe now"):
            run("silence", name, "now\x1bhere")
    for name in ("maintenance", "end"):
        with pytest.raises(RefusedError, match="no component Nowhere"):
            run("silence", name, "--component", "Nowhere")
    assert run.rows("silence", "list") == []

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.program import Program

from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import replace_probes


@pytest.fixture
def program(program: Program, tmp_path: Path) -> Program:
    with open_database(tmp_path / "oncall.db") as db:
        replace_probes(db, [Probe("gone", ProbeKind.TCP, "127.0.0.1:1")], [])
    return program


def test_a_probe_is_silenced_and_rings_again(program: Program) -> None:
    assert "No probe is silent" in program.run("silence", "list").out
    made = program.run("silence", "ack", "gone", "--note", "ann looks", "--json").shape()
    assert (made["kind"], made["note"], made["until"]) == ("ack", "ann looks", None)
    assert program.run("silence", "list", "--json").rows() == [made]
    assert "until it is up again" in program.run("silence", "ack", "gone").out
    snoozed = program.run("silence", "snooze", "gone", "--for", "30m", "--json").shape()
    assert snoozed["until"] > snoozed["made_at"]
    assert program.run("silence", "end", "gone", "--json").shape() == {"probe": "gone", "was_silent": True}
    assert "was not silent" in program.run("silence", "end", "gone").out


def test_what_cannot_be_silenced_is_refused(program: Program) -> None:
    assert program.run("silence", "ack", "nowhere").status == 3
    assert program.run("silence", "snooze", "gone").status == 2

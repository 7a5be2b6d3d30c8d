"""Sources on the command line: doctor and check speak of them, a value is told in its unit."""

from __future__ import annotations

from tests.cli.program import CONFIG, Program

SOURCES = """
[[source]]
name = "eu"
kind = "prometheus"
url = "http://127.0.0.1:1"
[[source]]
name = "load"
kind = "prometheus"
url = "http://127.0.0.1:1"
query = "node_load1"
down = "> 8"
unit = "%"
"""


def test_doctor_and_check_speak_of_sources(program: Program) -> None:
    program.write_config(CONFIG + SOURCES)
    answer = program.run("doctor")
    assert "fail  source eu: http://127.0.0.1:1: connection refused" in answer.out
    assert (
        "fail  source load: http://127.0.0.1:1: not run: the source cannot be asked: connection refused" in answer.out
    )
    assert "3 probes (2 sources among them)" in program.run("check").out
    assert program.run("check", "--json").shape()["sources"] == 2


def test_a_source_can_be_read_by_hand(program: Program) -> None:
    program.write_config(CONFIG + SOURCES)
    answer = program.run("probe", "eu", "load")
    assert answer.status == 1
    assert "down      eu" in answer.out
    assert "unknown   load" in answer.out

from __future__ import annotations

from tests.cli.program import Program


def test_a_pipeline_tells_a_change_and_everybody_reads_it(program: Program) -> None:
    made = program.run("change", "add", "deploy web 2.14", "--component", "api", "--for", "5m", "--json").shape()
    assert (made["id"], made["text"], made["component"]) == (1, "deploy web 2.14", "API")
    assert made["until"] > made["at"]
    assert program.run("change", "list", "--json").rows() == [made]
    assert "deploy web 2.14" in program.run("change", "list").out
    assert program.run("change", "end", "1", "--json").shape()["until"] < made["until"]


def test_a_change_of_the_past_can_be_told(program: Program) -> None:
    made = program.run("change", "add", "deploy", "--at", "2026-01-02T03:04Z", "--json").shape()
    assert made["at"] == "2026-01-02T03:04:00.000Z"


def test_what_cannot_be_told_is_refused(program: Program) -> None:
    unknown = program.run("change", "add", "deploy", "--component", "Wib")
    assert (unknown.status, "There is no component Wib" in unknown.err) == (3, True)
    assert program.run("change", "add", " ").status == 2
    assert program.run("change", "end", "7").status == 3
    assert "No change has been told yet" in program.run("change", "list").out

"""Incidents by the command line: one shape, and the rules of the screens."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from tests.cli.program import CONFIG, Program

PAGE = '[page]\napi_url = "http://127.0.0.1:1/v1"\npage_id = "p"\ntoken = { env = "NO_TOKEN" }\n'
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def open_incident(program: Program, *more: str, message: str = "We are looking.") -> dict[str, Any]:
    answer = program.run("incident", "open", "--title", "API is slow", "--message", message, "--json", *more)
    assert answer.status == 0, answer.out + answer.err
    return answer.shape()


def test_an_incident_from_open_to_resolved(program: Program) -> None:
    opened = open_incident(
        program, "--component", "api=partial_outage", "--component", "Web [beta]=degraded-performance"
    )
    assert opened["id"] == 1
    assert opened["status"] == "investigating"
    assert opened["impact"] == "major"
    assert opened["components"] == [
        {"name": "API", "status": "partial_outage"},
        {"name": "Web [beta]", "status": "degraded_performance"},
    ]
    (first,) = opened["updates"]
    assert first["delivery"] == "pending"
    assert first["author"] == "tester@here"
    assert first["seen_at"] is None
    assert ISO.fullmatch(first["created_at"])
    answer = program.run("incident", "update", "#1", "--status", "identified", "--message", "Found.", "--next", "30m")
    assert answer.status == 0
    assert "no engine is running" in answer.err
    shown = program.run("incident", "show", "1", "--json").shape()
    promised = datetime.fromisoformat(str(shown["next_update_at"]))
    assert 1700 < (promised - datetime.fromisoformat(str(shown["updates"][1]["created_at"]))).total_seconds() <= 1800
    resolved = program.run("incident", "resolve", "1", "--message", "Repaired.", "--json").shape()
    assert resolved["status"] == "resolved"
    assert resolved["components"] == [
        {"name": "API", "status": "operational"},
        {"name": "Web [beta]", "status": "operational"},
    ]
    again = program.run("incident", "resolve", "1", "--message", "Repaired.", "--json")
    assert again.status == 3
    assert "already-resolved" in again.out
    assert program.run("incident", "update", "1", "--status", "monitoring", "--message", "Back.").status == 0
    listed = program.run("incident", "list", "--json").rows()
    assert listed[0]["status"] == "monitoring"
    assert [update["body"] for update in listed[0]["updates"]] == ["We are looking.", "Found.", "Repaired.", "Back."]
    kinds = [entry["kind"] for entry in program.run("timeline", "1", "--json").rows()]
    assert kinds == ["declared", "queued", "queued", "queued", "queued"]


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("  \n ", "MS000"),
        ("Next update at [time].", "PH001"),
        ("Fixed in {{ until }}.", "PH002"),
        ("Fixed in {eta}.", "PH003"),
        ("x" * 25_001, "LN001"),
    ],
)
def test_words_that_customers_must_not_read_are_refused_by_name(program: Program, message: str, rule: str) -> None:
    answer = program.run("incident", "open", "--title", "Mail is slow", "--message", message, "--json")
    assert answer.status == 3
    error = answer.shape()["error"]
    assert isinstance(error, dict)
    assert error["rule"] == rule
    assert program.run("incident", "list", "--json").json() == []


def test_a_long_title_and_an_unknown_component_are_refused(program: Program) -> None:
    assert "[LN003]" in program.run("incident", "open", "--title", "t" * 256, "--message", "M").err
    answer = program.run("incident", "open", "--title", "T", "--message", "M", "--component", "APl=partial_outage")
    assert answer.status == 3
    assert "did you mean API?" in answer.err
    assert "[unknown-component]" in answer.err


@pytest.mark.parametrize(
    ("stdin", "body"),
    [
        (b"Two lines,\r\nof text.\n", "Two lines,\nof text."),
        (b"caf\xe9 \xff\xfe", "caf\ufffd \ufffd\ufffd"),
        (b"a\0b\x1b[2Jc\x9b", "a\u2400b\u241b[2Jc\ufffd"),
        ("right\u202eleft".encode(), "right<U+202E>left"),
    ],
)
def test_stdin_is_taken_inert(program: Program, stdin: bytes, body: str) -> None:
    answer = program.run("incident", "open", "--title", "T", "--message", "-", "--json", stdin=stdin)
    assert answer.status == 0, answer.out
    assert answer.shape()["updates"][0]["body"] == body
    shown = program.run("incident", "show", "1").out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_stdin_beyond_the_limit_is_refused_without_reading_it_all(program: Program) -> None:
    answer = program.run("incident", "open", "--title", "T", "--message", "-", stdin=b"x" * 3_000_000)
    assert answer.status == 3
    assert "[LN001]" in answer.err


def test_arguments_that_are_no_text_are_shown_inert(program: Program) -> None:
    answer = program.run("incident", "open", "--title", b"T\xff\x1b]0;x\x07", "--message", b"M\xfe", "--json")
    assert answer.status == 0, answer.err
    shape = answer.shape()
    assert shape["title"] == "T\ufffd\u241b]0;x\u2407"
    assert shape["updates"][0]["body"] == "M\ufffd"


def test_the_queue_is_listed_dropped_and_not_retried_for_nothing(program: Program) -> None:
    open_incident(program)
    (waiting,) = program.run("outbox", "list", "--json").rows()
    assert (waiting["state"], waiting["body"]) == ("pending", "We are looking.")
    refused = program.run("outbox", "retry", "1", "--json")
    assert refused.status == 3
    assert "not-waiting" in refused.out
    assert program.run("outbox", "drop", "1", "--json").shape()["state"] == "dropped"
    assert program.run("outbox", "list").out == "The outbox is empty.\n"
    assert program.run("outbox", "drop", "5").status == 3


def test_sync_without_a_page_names_what_is_left(program: Program) -> None:
    assert program.run("sync").status == 0
    open_incident(program)
    answer = program.run("sync", "--wait", "1s")
    assert answer.status == 1
    assert "no [page]" in answer.out
    assert "delivery 1 of #1 is pending" in answer.out


def test_status_and_probe_tell_what_is_down(program: Program) -> None:
    open_incident(program)
    shape = program.run("status", "--json").shape()
    assert shape["engine"] == {"is_running": False, "state": "off"}
    assert [each["id"] for each in shape["incidents"]] == [1]
    assert "#1" not in program.run("status").err
    answer = program.run("probe", "--json")
    assert answer.status == 1
    (result,) = answer.rows()
    assert (result["verdict"], result["reason"]) == ("down", "connection refused")
    assert program.run("probe", "nobody").status == 3


def test_doctor_has_advice_for_each_fault(program: Program) -> None:
    program.write_config(PAGE)
    answer = program.run("doctor", "--json")
    assert answer.status == 1
    checks = {check["what"]: check for check in answer.rows()}
    assert checks["token"]["level"] == "fail"
    assert "NO_TOKEN" in checks["token"]["finding"]
    assert all(check["advice"] for check in checks.values() if check["level"] in ("warn", "fail"))
    answer = program.run("doctor", NO_TOKEN="canary-6c1d")
    assert answer.status == 1
    assert "canary" not in answer.out + answer.err
    assert "fail  page: " in answer.out


def test_words_that_wait_for_a_page_of_later_are_looked_at_as_if_it_were_there(program: Program) -> None:
    number = str(program.run("incident", "open", "-t", "API", "-m", "The API fails.", "--json").shape()["id"])
    queued = len(program.run("outbox", "list", "--json").rows())
    update = ("incident", "update", number, "--status", "identified", "-m")
    assert "DR001" in program.run(*update, "This is a drill.").err
    program.run("incident", "mark", number, "private")
    assert "SE003" in program.run(*update, "The cause is known.").err
    assert len(program.run("outbox", "list", "--json").rows()) == queued


def test_a_drill_is_told_to_nobody_and_a_private_incident_only_when_it_is_cleared(program: Program) -> None:
    program.write_config(PAGE + CONFIG)
    drill = program.run("incident", "open", "-t", "Drill: sign-in", "-m", "Sign-in fails.", "--drill", "--json").shape()
    assert drill["reach"] == "drill"
    assert program.run("outbox", "list", "--json").rows() == []
    assert "DRILL: customers are not told" in program.run("incident", "show", str(drill["id"])).out
    real = program.run("incident", "open", "-t", "API", "-m", "The API fails.", "--json").shape()
    assert program.run("incident", "mark", str(real["id"]), "private", "--json").shape()["reach"] == "private"
    update = ("incident", "update", str(real["id"]), "--status", "identified", "-m", "The cause is known.")
    answer = program.run(*update)
    assert answer.status == 3
    assert "SE003" in answer.err
    assert program.run("incident", "mark", str(real["id"]), "drill").status == 3
    program.run("incident", "mark", str(real["id"]), "public")
    assert program.run(*update).status == 0


def test_a_note_is_written_down_and_a_fix_is_known_as_one(program: Program) -> None:
    opened = program.run("incident", "open", "-t", "API", "-m", "The API fails.", "--json").shape()
    number = str(opened["id"])
    claim = ("lint", "--incident", number, "-s", "monitoring", "--json")
    assert "TR009" in {row["rule"] for row in program.run(*claim, stdin=b"We have deployed a fix.").rows()}
    (row,) = program.run("incident", "note", number, "fix: rolled back", "--json").rows()
    assert (row["kind"], row["text"]) == ("fix", "rolled back")
    assert "TR009" not in {row["rule"] for row in program.run(*claim, stdin=b"We have deployed a fix.").rows()}
    assert program.run("incident", "note", number, " ").status == 2
    assert program.run("incident", "note", "99", "so").status == 3

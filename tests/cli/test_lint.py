"""`oncall-tui lint`: what editors, hooks and CI get to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.program import CONFIG, Program


@pytest.fixture
def text(program: Program) -> Path:
    path = program.folder / "update.md"
    path.write_text("\ufeffMail is slow.\r\nIt will last for [duration]\r\nand ends by {eta}.\r\n", encoding="utf-8")
    return path


def test_each_remark_is_a_line_that_editors_can_jump_to(program: Program, text: Path) -> None:
    answer = program.run("lint", str(text))
    assert answer.status == 1
    assert answer.out.splitlines() == [
        f"{text}:2:18: block PH001 '[duration]' is not filled in.",
        f"{text}:3:13: block PH002 '{{eta}}' is left over from a template: write what belongs there.",
    ]


def test_clean_words_say_nothing(program: Program) -> None:
    answer = program.run("lint", "-", stdin=b"Mail arrives ten minutes late since 14:05 UTC.\n")
    assert (answer.status, answer.out, answer.err) == (0, "", "")


def test_a_warning_alone_is_no_failure(program: Program) -> None:
    answer = program.run("lint", stdin=b"Mail is slow , and we are on it.")
    assert answer.status == 0
    assert answer.out.startswith("-:1:13: warn PH004 ")


def test_the_title_and_the_state_are_checked_with_the_text(program: Program) -> None:
    answer = program.run("lint", "-t", "Mail [x]", "-s", "resolved", stdin=b"We are still investigating the errors.")
    assert answer.status == 1
    assert [line.split(" ", 3)[:3] for line in answer.out.splitlines() if " block " in line] == [
        ["title:1:6:", "block", "PH001"],
        ["-:1:1:", "block", "TR003"],
    ]


def test_times_are_checked_against_the_clock_that_is_given(program: Program) -> None:
    text = b"We are looking into API errors in Europe. You will hear from us again by 14:05 UTC."
    asked = ("lint", "-s", "investigating")
    assert program.run(*asked, stdin=text).out == ""
    assert program.run(*asked, "--at", "2026-11-22T13:50Z", stdin=text).out == ""
    late = program.run(*asked, "--at", "2026-11-22T14:30Z", stdin=text)
    assert (late.status, late.out.split(" ", 3)[:3]) == (1, ["-:1:74:", "block", "TM001"])
    assert program.run(*asked, "--at", "soon", stdin=text).status == 2


def test_the_incident_tells_what_the_text_does_not(program: Program) -> None:
    opened = program.run(
        "incident", "open", "-t", "T", "-m", "M", "--component", "API=partial_outage", "--json"
    ).shape()
    answer = program.run("lint", "--incident", str(opened["id"]), "--json", stdin=b"All users get errors.")
    assert {"TR005", "CD003"} <= {row["rule"] for row in answer.rows()}
    assert program.run("lint", "--incident", "99", stdin=b"Text.").status == 3


def test_json_tells_all_of_a_remark(program: Program) -> None:
    (row,) = program.run("lint", "--json", stdin=b"One.\nIt is over .").rows()
    assert row.pop("message").startswith("' .'")
    assert row == {
        "rule": "PH004", "level": "warn", "is_final": False, "part": "body", "line": 2, "column": 11, "start": 15,
        "end": 17, "fix": {"label": "close the gap", "replacement": "."},
    }  # fmt: skip


def test_a_config_tunes_the_rules(program: Program, text: Path) -> None:
    program.write_config(f'{CONFIG}\n[lint]\noff = ["PH001"]\nforeign_names = ["Mail"]\n')
    answer = program.run("lint", str(text))
    assert [line.split()[2] for line in answer.out.splitlines()] == ["PH002", "PH007"]
    levels = {row["rule"]: row["level"] for row in program.run("lint", "--rules", "--json").rows()}
    assert (levels["PH001"], levels["PH002"]) == ("off", "block")


def test_the_rules_are_listed(program: Program) -> None:
    answer = program.run("lint", "--rules")
    assert answer.status == 0
    assert "MS000  block, for good  No title or no text" in answer.out
    assert len(answer.out.splitlines()) > 74


@pytest.mark.parametrize("wrong", [["no-such-file"], ["-s", "broken"], ["-c", "fax"], ["."]])
def test_wrong_use_is_told(program: Program, wrong: list[str]) -> None:
    answer = program.run("lint", *wrong, stdin=b"Text.")
    assert answer.status == 2
    assert answer.err


def test_bytes_that_are_no_text_are_judged_as_they_can_be(program: Program) -> None:
    path = program.folder / "bytes"
    path.write_bytes(b"\xff\x00 [date] \x1b[31m")
    answer = program.run("lint", str(path))
    assert answer.status == 1
    assert "PH001" in answer.out
    assert "\x1b" not in answer.out
    path.write_bytes(b"a" * 1_000_001)
    assert program.run("lint", str(path)).status == 2

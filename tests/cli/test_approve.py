"""A second person sends what the first wrote, by the rules that held when it was written and by those of now."""

from __future__ import annotations

from tests.cli.program import CONFIG, Program


def test_a_second_person_sends_what_the_first_wrote(program: Program) -> None:
    program.write_config(CONFIG + "[updates]\nsecond_person = [1]\n")
    words = ("--title", "T", "--message", "A disk is full.", "--severity", "1")
    asked = program.run("incident", "open", *words, ONCALL_TUI_ACTOR="ann")
    assert (asked.status, "SEV1 needs a second person" in asked.err) == (3, True)
    number = str(program.run("incident", "list", "--json").rows()[0]["id"])
    own = program.run("incident", "approve", number, ONCALL_TUI_ACTOR="ann")
    assert (own.status, "Nobody else has asked" in own.err) == (3, True)
    sent = program.run("incident", "approve", number, "--json", ONCALL_TUI_ACTOR="bob").shape()
    assert sent["updates"][-1]["body"] == "A disk is full."
    told = program.run("timeline", number).out
    assert "approved what ann wrote" in told
    assert program.run("incident", "approve", number, ONCALL_TUI_ACTOR="bob").status == 3


def test_what_waits_is_shown_with_its_words_and_checked_once_more(program: Program) -> None:
    program.write_config(CONFIG + "[updates]\nsecond_person = [1]\n")
    opening = ("incident", "open", "-t", "API fails", "--severity", "1", "-m", "Requests to ACME-NORD fail.")
    quiet = program.run(*opening, "--no-notify", ONCALL_TUI_ACTOR="ann")
    assert (quiet.status, "leave --no-notify out" in quiet.err) == (3, True)
    assert program.run("incident", "list", "--json").rows() == []
    assert program.run(*opening, ONCALL_TUI_ACTOR="ann").status == 3
    number = str(program.run("incident", "list", "--json").rows()[0]["id"])
    (asked,) = program.run("incident", "show", number, "--json").shape()["asked"]
    assert (asked["author"], asked["body"]) == ("ann", "Requests to ACME-NORD fail.")
    shown = program.run("incident", "show", number).out
    assert "NOT SENT: ann asks a second person to" in shown
    assert "    Requests to ACME-NORD fail." in shown
    rule = '[lint]\nforeign_names = ["ACME-NORD"]\nblock = ["PH007"]\n'
    program.write_config(CONFIG + "[updates]\nsecond_person = [1]\n" + rule)
    refused = program.run("incident", "approve", number, ONCALL_TUI_ACTOR="bob")
    assert refused.status == 3, refused.out
    assert "Not sent, and kept" in refused.err
    assert len(program.run("incident", "show", number, "--json").shape()["asked"]) == 1

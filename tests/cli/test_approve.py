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

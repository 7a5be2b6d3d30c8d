from __future__ import annotations

from tests.cli.program import Program

PUSH = """
[[probe]]
name = "backup"
kind = "push"
every = "1s"
expect = { max_age = "1h" }
[[probe]]
name = "stamp"
kind = "push"
file = "stamp"
"""


def test_a_job_beats_and_the_probe_is_up(program: Program) -> None:
    with (program.folder / "oncall.toml").open("a") as config:
        config.write(PUSH)
    before = program.run("probe", "backup", "--json").rows()[0]
    assert (before["verdict"], "its beats cannot be read" in before["reason"]) == ("unknown", True)
    made = program.run("beat", "backup", "--note", "7 GB", "--json").shape()
    assert (made["probe"], made["note"], made["author"]) == ("backup", "7 GB", "tester@here")
    after = program.run("probe", "backup", "--json").rows()[0]
    assert (after["verdict"], after["facts"]["note"]) == ("up", "7 GB")
    assert program.run("beat", "backup").out.startswith("Beat of backup at ")


def test_a_beat_that_nobody_waits_for_is_refused(program: Program) -> None:
    with (program.folder / "oncall.toml").open("a") as config:
        config.write(PUSH)
    unknown = program.run("beat", "bakup")
    assert (unknown.status, "There is no probe bakup" in unknown.err, "backup" in unknown.err) == (3, True, True)
    other = program.run("beat", "gone")
    assert (other.status, "only push probes" in other.err) == (2, True)
    touched = program.run("beat", "stamp")
    assert (touched.status, f"touch {program.folder / 'stamp'}" in touched.err) == (2, True)

"""What a page cannot hold of planned work is said by the command line before it is sent."""

from __future__ import annotations

import pytest
from tests.cli.program import CONFIG, Program

from oncall_tui.engine.pages.betterstack import CAPABILITIES as BETTER_STACK
from oncall_tui.engine.pages.incidentio import CAPABILITIES as INCIDENT_IO
from oncall_tui.store.database import open_database
from oncall_tui.store.page import replace_pages

PAGES = """
[[page]]
name = "io"
adapter = "incident.io"
api_url = "http://127.0.0.1:9"
page_id = "p"
token = { env = "NONE" }

[[page]]
name = "bs"
adapter = "betterstack"
api_url = "http://127.0.0.1:9"
page_id = "p"
token = { env = "NONE" }
"""
WHEN = ("--from", "tomorrow 02:00 UTC", "--for", "2h", "--effect", "none", "--back-out", "the old disks stay in")


@pytest.fixture
def planned(program: Program) -> Program:
    (program.folder / "oncall.toml").write_text(CONFIG + PAGES)
    with open_database(program.folder / "oncall.db") as db:
        replace_pages(db, [("io", INCIDENT_IO), ("bs", BETTER_STACK)])
    return program


def test_what_a_page_would_refuse_is_not_planned(planned: Program) -> None:
    answer = planned.run("maintenance", "plan", "--title", "New disks", *WHEN)
    assert answer.status == 3
    assert "bs: betterstack takes no planned work without a component." in answer.err
    answer = planned.run("maintenance", "plan", "--title", "x" * 201, "--component", "API", *WHEN)
    assert answer.status == 3
    assert "io: the title has 201 characters, incident.io takes 200." in answer.err
    assert planned.run("maintenance", "list").out.startswith("No planned work.")


def test_what_a_page_will_not_show_is_a_warning(planned: Program) -> None:
    answer = planned.run("maintenance", "plan", "--title", "New disks", "--component", "API", *WHEN)
    assert answer.status == 0
    assert "bs: betterstack starts and ends it by its own clock without a word: yours need an engine." in answer.err
    answer = planned.run("maintenance", "extend", "M1", "--for", "30m")
    assert answer.status == 0
    assert "io: incident.io shows for ever what was announced: there your words alone tell the new end." in answer.err

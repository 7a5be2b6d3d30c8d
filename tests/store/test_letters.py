"""What is told to one client or a supplier."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import Desk, declare, make_desk

from oncall_tui.clock import now_ms
from oncall_tui.content import load_templates
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.template_choice import find_template
from oncall_tui.domain.template_variables import Team
from oncall_tui.store.drafts import keep_facts
from oncall_tui.store.letters import fill_letter


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def test_a_letter_knows_what_the_file_knows_and_shows_what_only_a_person_does(desk: Desk) -> None:
    number = declare(desk)
    letter = find_template(load_templates(), "out.client")
    told = fill_letter(desk.db, number, letter, "Dana", now_ms())
    assert told.startswith("Hello {contact}.")
    assert "requests have been failing since" in told
    assert "Dana is ready to help you now" in told
    assert "is ready to help" not in fill_letter(desk.db, number, letter, "root@vm", now_ms())
    keep_facts(desk.db, number, Facts(impact="Your shop is closed."))
    assert "your shop is closed since" in fill_letter(desk.db, number, letter, "Dana", now_ms())
    credit = find_template(load_templates(), "credit")
    assert "help@example.com" in fill_letter(
        desk.db, number, credit, "Dana", now_ms(), team=Team(support="help@example.com")
    )
    with pytest.raises(NotFoundError):
        fill_letter(desk.db, 99, letter, "Dana", now_ms())

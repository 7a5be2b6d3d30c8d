"""The documents say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from oncall_tui.tui.actions import ACTIONS
from oncall_tui.tui.reference import render_keys

ROOT = Path(__file__).parents[2]


def test_the_page_of_keys_is_made_from_the_registry() -> None:
    assert (ROOT / "docs" / "keys.md").read_text() == render_keys(), "write it anew with `make docs`"


def test_no_action_that_leaves_the_machine_has_a_single_letter() -> None:
    sending = [action for action in ACTIONS if re.search(r"\bsend|publish", action.title)]
    assert sending
    for action in sending:
        assert not any(len(key) == 1 for key in action.keys.split(",")), action.id


def test_links_between_documents_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"

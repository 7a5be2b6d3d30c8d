"""The list of rules says what is checked, and every id is told once."""

from __future__ import annotations

from pathlib import Path

from oncall_tui.domain.lint.catalogue import RULES
from oncall_tui.domain.lint.reference import render_rules

ROOT = Path(__file__).parents[3]


def test_the_list_of_rules_is_made_from_the_rules() -> None:
    assert (ROOT / "docs" / "lint.md").read_text() == render_rules(), "write it anew from render_rules()"


def test_every_rule_stands_in_the_list_once() -> None:
    listed = render_rules()
    assert all(listed.count(f"| {rule.id} |") == 1 for rule in RULES)
    assert len({rule.id for rule in RULES}) == len(RULES)

"""What the tests of the rules share: the remarks of one rule on a text."""

from __future__ import annotations

from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, Tuning

PLAIN = Context()
UNTUNED = Tuning()


def find(
    rule: str, body: str, context: Context = PLAIN, tuning: Tuning = UNTUNED, title: str = "Sign-in fails"
) -> list[Finding]:
    """Returns the findings of one rule."""
    return [each for each in lint(title, body, context, tuning, groups=[rule[:2]]) if each.rule == rule]


def words_of(rule: str, body: str, context: Context = PLAIN, tuning: Tuning = UNTUNED) -> list[str]:
    """Returns the words that one rule speaks of."""
    return [body[each.start : each.end] for each in find(rule, body, context, tuning)]


def level_of(rule: str, body: str, context: Context = PLAIN, tuning: Tuning = UNTUNED) -> Level | None:
    """Returns the worst level of one rule, None when it says nothing."""
    return next((each.level for each in find(rule, body, context, tuning)), None)

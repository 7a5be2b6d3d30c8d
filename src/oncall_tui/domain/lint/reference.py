"""Makes docs/lint.md from the rules, so that the list cannot drift from what is checked."""

from __future__ import annotations

from oncall_tui.domain.lint.catalogue import RULES
from oncall_tui.domain.lint.model import FIXED_RULES, Level

_INTRODUCTION = """\
# Rules on words

<!-- Made from src/oncall_tui/domain/lint/; a test compares the two. -->

Every update is read by these rules while it is written, and by `oncall-tui lint [FILE|-]`.

* **block** stops sending. With a reason of ten characters it goes all the same, and the reason stays in the timeline;
  a block marked *final* goes away only with the words.
* **warn** is told and stops nothing, **info** is a note.

A rule says less where less is known: what real updates often do is a note in a text alone, and more once the incident,
its probes or your config tell that it matters. A rule about what is not known says nothing.

Each id is a promise: in config, `[lint]` moves a rule to another level or turns it off by its id
([config.md](config.md)), all but those marked *fixed*.
"""
_GROUPS = {
    "PH": "Placeholders and holes",
    "MS": "Missing parts",
    "TM": "Times",
    "TR": "Truth: state and probes",
    "SC": "Scope and certainty",
    "BL": "Blame",
    "JR": "Leaks and jargon",
    "SE": "Secrets and customer data",
    "TN": "Tone",
    "LN": "Lengths and channels",
    "LK": "Links",
    "CD": "Cadence and repetition",
    "DR": "Drills",
    "MW": "Maintenance",
    "SP": "Spelling",
}


def render_rules() -> str:
    """Returns the text of docs/lint.md."""
    parts = [_INTRODUCTION]
    for group, title in _GROUPS.items():
        rules = sorted((rule for rule in RULES if rule.id.startswith(group)), key=lambda rule: rule.id)
        if rules:
            parts.append(f"## {title}\n\n| rule | level | finds |\n|---|---|---|")
            parts += [
                f"| {rule.id} | {_show_level(rule.id, rule.level, rule.is_final)} | {rule.title} |" for rule in rules
            ]
            parts.append("")
    return "\n".join(parts)


def _show_level(rule: str, level: Level, is_final: bool) -> str:
    marks = (", final" if is_final else "") + (", fixed" if rule in FIXED_RULES else "")
    return f"{level.value}{marks}"

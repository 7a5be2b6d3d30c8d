"""What a team tuned about the rules on words: checked against the rules there are, and made one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oncall_tui.config.faults import find_nearest, quote
from oncall_tui.config.form import Path
from oncall_tui.config.schema.lint import LintTable
from oncall_tui.config.values import RULE_ID
from oncall_tui.domain.lint.model import FIXED_RULES, Level, Limits, Tuning, Words

LEVEL_KEYS = ("block", "warn", "info", "off")


def check_tuning(document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Yields every fault of the lists of rules: a rule that is none, that is fixed, or that stands twice."""
    table = document.get("lint")
    lists = {key: table.get(key) for key in LEVEL_KEYS} if isinstance(table, Mapping) else {}
    if not any(lists.values()):
        return
    # All rules are loaded for this alone.
    from oncall_tui.domain.lint.catalogue import RULES

    known = {rule.id for rule in RULES}
    seen: dict[str, str] = {}
    for key, rules in lists.items():
        for index, rule in enumerate(rules if isinstance(rules, list) else ()):
            if not isinstance(rule, str) or RULE_ID.fullmatch(rule) is None:
                # The schema tells about the form of each.
                continue
            path: Path = ("lint", key, index)
            if rule not in known:
                nearest = find_nearest(rule, known)
                hint = f" (did you mean {nearest}?)" if nearest else ""
                yield path, f"{quote(rule)} is no rule{hint}, allowed: a rule of docs/lint.md"
            elif rule in FIXED_RULES:
                yield path, f"{rule} cannot be changed, allowed: any rule but {', '.join(sorted(FIXED_RULES))}"
            elif rule in seen:
                yield path, f"{rule} is already in {seen[rule]}, allowed: each rule once"
            seen.setdefault(rule, key)


def convert_tuning(table: LintTable) -> Tuning:
    """Returns the record that the rules are given."""
    levels: dict[str, Level | None] = dict.fromkeys(table.off)
    for level, rules in ((Level.BLOCK, table.block), (Level.WARN, table.warn), (Level.INFO, table.info)):
        levels |= dict.fromkeys(rules, level)
    return Tuning(
        levels=levels,
        words=Words(
            products=table.products,
            foreign_names=table.foreign_names,
            people=table.people,
            clients=table.clients,
            acronyms=table.acronyms,
            jargon=table.jargon,
            contacts=table.contacts,
            private_hosts=table.private_hosts,
            public_hosts=table.public_hosts,
            regions=table.regions,
            suppliers=table.suppliers,
        ),
        limits=Limits(
            long_title=table.long_title,
            long_body=table.long_body,
            long_sentence_words=table.long_sentence,
            hard_grade=table.hard_grade,
            very_hard_grade=table.very_hard_grade,
        ),
        literals=table.literals,
    )

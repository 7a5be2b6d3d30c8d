"""All rules on words, and `lint`, which runs them over one update as a team has tuned them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from msgspec.structs import replace

from oncall_tui.domain.lint import (
    blame,
    cadence,
    calm,
    channels,
    clock,
    credentials,
    holes,
    hosts,
    jargon,
    leaks,
    missing,
    output,
    repairs,
    scope,
    sizes,
    slips,
    spelling,
    tone,
    truth,
)
from oncall_tui.domain.lint.model import FIXED_RULES, Context, Finding, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.plain import Plain
from oncall_tui.domain.lint.reading import Post, Reading

RULES: tuple[Rule, ...] = (
    *holes.RULES,
    *missing.RULES,
    *clock.RULES,
    *calm.RULES,
    *truth.RULES,
    *repairs.RULES,
    *sizes.RULES,
    *scope.RULES,
    *blame.RULES,
    *hosts.RULES,
    *leaks.RULES,
    *output.RULES,
    *jargon.RULES,
    *credentials.RULES,
    *tone.RULES,
    *channels.RULES,
    *cadence.RULES,
    *spelling.RULES,
    *slips.RULES,
)
_ORDER = {Level.BLOCK: 0, Level.WARN: 1, Level.INFO: 2}
#: Nobody reads more remarks of one kind.
_MOST_REMARKS = 100
_PLAIN_CONTEXT = Context()
_PLAIN_TUNING = Tuning()


def lint(
    title: str,
    body: str,
    context: Context = _PLAIN_CONTEXT,
    tuning: Tuning = _PLAIN_TUNING,
    *,
    groups: Collection[str] = (),
) -> list[Finding]:
    """Returns what stands against sending: blocks before warnings before notes, each kind in the order of the text.

    `groups` are the first two letters of the rules to run, all when there are none.
    """
    chosen = [rule for rule in RULES if not groups or rule.id[:2] in groups]
    written = Post(Reading(title, context.names), Reading(body, context.names))
    plain_title, plain_body = Plain(title), Plain(body)
    if not plain_title.is_changed and not plain_body.is_changed:
        found = [finding for rule in chosen for finding in _run(rule, written, context, tuning)]
    else:
        names = [Plain(name).text for name in context.names]
        shown = Post(Reading(plain_title.text, names), Reading(plain_body.text, names))
        # What takes room counts, whether it shows or not.
        found = [finding for rule in chosen if rule.id[:2] == "LN" for finding in _run(rule, written, context, tuning)]
        for finding in (each for rule in chosen if rule.id[:2] != "LN" for each in _run(rule, shown, context, tuning)):
            plain = plain_title if finding.part is Part.TITLE else plain_body
            start, end = plain.place(finding.start, finding.end)
            found.append(replace(finding, start=start, end=end))
    return sorted(found, key=lambda finding: (_ORDER[finding.level], finding.part is Part.BODY, finding.start))


def _run(rule: Rule, post: Post, context: Context, tuning: Tuning) -> Iterator[Finding]:
    is_fixed = rule.id in FIXED_RULES
    tuned = rule.level if is_fixed else tuning.levels.get(rule.id, rule.level)
    if tuned is None:
        return
    is_tuned = rule.id in tuning.levels and not is_fixed
    for remark in islice(rule.check(post, context, tuning), _MOST_REMARKS):
        level = remark.level or rule.level
        is_final = rule.is_final and level is Level.BLOCK
        if not is_final and is_tuned:
            level = tuned
        if is_final or not _is_literal(remark, post, tuning):
            yield Finding(
                rule.id, level, remark.message, remark.start, remark.end, remark.part, remark.fix, is_final=is_final
            )


def _is_literal(remark: Remark, post: Post, tuning: Tuning) -> bool:
    if remark.start == remark.end or not tuning.literals:
        return False
    text = (post.title if remark.part is Part.TITLE else post.body).text
    for phrase in tuning.literals:
        at = text.find(phrase, max(0, remark.end - len(phrase)), remark.start + len(phrase))
        if phrase and at >= 0:
            return True
    return False

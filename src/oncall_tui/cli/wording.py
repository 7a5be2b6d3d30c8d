"""Words for customers as the command line takes them: cleaned and checked by the rules of the screens."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from oncall_tui.domain.errors import RefusedError, UsageError
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import BODY_LIMIT

if TYPE_CHECKING:
    from oncall_tui.domain.lint.model import Context, Finding, Tuning

#: More bytes than this are more than 25,000 characters, whatever they say.
_STDIN_LIMIT = 4 * BODY_LIMIT
_KEEP = 40 * BODY_LIMIT
_Word = TypeVar("_Word", bound=StrEnum)


def read_message(text: str) -> str:
    """Returns a message, inert and without blanks at its ends; `-` reads it from stdin.

    Bytes that are no UTF-8 become replacement signs. Raises UsageError when stdin is a terminal or closed, RefusedError
    (`LN001`) when stdin brings more than a page takes.
    """
    if text == "-":
        text = _read_stdin()
    return clean_block(_repair(text), _KEEP).strip()


def read_title(text: str) -> str:
    """Returns a title as one inert line without blanks at its ends."""
    return clean_line(_repair(text), _KEEP).strip()


def _repair(text: str) -> str:
    """Arguments carry bytes that are no UTF-8 as lone surrogates, which no page and no file would take."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _read_stdin() -> str:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise UsageError("`--message -` reads stdin: pipe the text in, or give it as an argument.")
    content = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(content) > _STDIN_LIMIT:
        raise RefusedError("LN001", f"The text on stdin is longer than the {BODY_LIMIT} characters that a page takes.")
    return content.decode("utf-8", "replace")


def judge_wording(
    title: str, body: str, context: Context, tuning: Tuning | None, reasons: Mapping[str, str]
) -> tuple[list[Finding], list[str], dict[str, str]]:
    """Returns what blocks, what is worth a warning, and those of the reasons that were needed, by their rules."""
    from oncall_tui.domain.lint.catalogue import lint
    from oncall_tui.domain.lint.model import Level, Tuning, list_obstacles

    findings = lint(title, body, context, tuning or Tuning())
    passed = {finding.rule for finding in findings if finding.level is Level.BLOCK}
    remarks = [
        f"{finding.part}: {finding.message} [{finding.rule}]" for finding in findings if finding.level is Level.WARN
    ]
    needed = {rule: reason for rule, reason in reasons.items() if rule in passed}
    return list(list_obstacles(findings, reasons)), remarks, needed


def read_reasons(settings: Sequence[str]) -> dict[str, str]:
    """Returns the reasons of texts such as `MW001=the disk fails`, by rule. Raises UsageError."""
    from oncall_tui.domain.lint.catalogue import RULES

    reasons: dict[str, str] = {}
    rules = {rule.id for rule in RULES} if settings else set()
    for setting in settings:
        rule, sign, reason = _repair(setting).partition("=")
        rule, shown = rule.strip().upper(), clean_line(setting, 100)
        if not sign or not rule:
            raise UsageError(f"--reason {shown}: give the rule and why, such as MW001='the disk is failing'.")
        if rule not in rules:
            raise UsageError(f"--reason {shown}: there is no rule {clean_line(rule, 20)}; `oncall-tui lint --rules`.")
        reasons[rule] = clean_line(reason, 500).strip()
    return reasons


def read_word(kind: type[_Word], text: str, allowed: Sequence[_Word], what: str) -> _Word:
    """Returns the member that a text names. Raises UsageError with the nearest one and all that are allowed."""
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    if word in {member.value for member in allowed}:
        return kind(word)
    shown = clean_line(text, 60)
    raise UsageError(f"{shown} is no {what}{suggest(word, allowed)}; allowed: {', '.join(allowed)}.")


def read_components(settings: Sequence[str], known: Collection[str]) -> dict[str, ComponentStatus]:
    """Returns components and their status from texts such as `API=partial_outage`.

    Raises UsageError for a text of another form or an unknown status, RefusedError (`unknown-component`) for a name
    that neither the page nor the config has.
    """
    components: dict[str, ComponentStatus] = {}
    for setting in settings:
        name, sign, status = _repair(setting).rpartition("=")
        if not sign or not name.strip():
            shown = clean_line(setting, 100)
            raise UsageError(f"--component {shown}: give a name and a status, such as API=partial_outage.")
        name = find_component(clean_line(name).strip(), known)
        components[name] = read_word(ComponentStatus, status, list(ComponentStatus), "component status")
    return components


def find_component(name: str, known: Collection[str]) -> str:
    """Returns the component that a person means, whatever its case. Raises RefusedError."""
    if name in known:
        return name
    alike = [candidate for candidate in known if candidate.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    if not known:
        raise RefusedError(
            "unknown-component",
            f"{name}: no component is known yet. Add [[component]] to the config, or run `oncall-tui sync`.",
        )
    raise RefusedError(
        "unknown-component",
        f"There is no component {name}{suggest(name, known)}; known: {', '.join(clean_line(each) for each in known)}.",
    )


def suggest(word: str, allowed: Iterable[str]) -> str:
    """Returns ` (did you mean X?)` for the nearest of the allowed words, empty when none is near."""
    found = difflib.get_close_matches(word.lower(), {each.lower(): each for each in allowed}, n=1, cutoff=0.5)
    names = {each.lower(): each for each in allowed}
    return f" (did you mean {clean_line(names[found[0]])}?)" if found else ""

"""How the findings of an update are said: how many of each kind, then the worst of them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from oncall_tui.domain.lint.model import Finding, Level, Part
from oncall_tui.tui.checks import Checked
from oncall_tui.tui.text import Glyphs, join, wrap

_SHOWN = 4
#: shape, word and style of a level.
LEVEL_LOOK: dict[Level, tuple[str, str, str]] = {
    Level.BLOCK: ("✖", "block", "$state-down"),
    Level.WARN: ("▲", "warn ", "$state-slow"),
    Level.INFO: ("i", "info ", "$muted"),
}


def draw_findings(checked: Checked | None, current: Finding | None, width: int, rows: int = _SHOWN) -> list[Content]:
    """Returns the checks, worst first, cut to `width` cells; a text without findings says so."""
    if checked is None:
        return [join(("checking", "$muted"))]
    findings, losses = checked.findings, checked.losses
    counts = _count(checked)
    passed = f"{len(checked.passed)} let pass" if checked.passed else ""
    if not counts[Level.BLOCK] and not counts[Level.WARN]:
        told = ", ".join(word for word in (f"{counts[Level.INFO]} info" if counts[Level.INFO] else "", passed) if word)
        head = join(
            (f"{Glyphs.show('✓')} nothing blocks sending", "$state-ok"),
            (f"   {told}" if told else "", "$muted"),
            ("   ctrl+s review", "$muted"),
        )
    else:
        told = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
        keys = f"   f8 next{_name_keys(findings, current)}"
        head = join(
            ("checks ", "$muted"), (told, "bold"), (f", {passed}" if passed else "", "$muted"), (keys, "$muted")
        )
    lines = [head]
    shown = _choose(findings, current, rows)
    for finding in shown:
        lines += _wrap(*_tell_finding(finding, finding is current), width)
    losses_shown = losses[: rows - len(shown)]
    for item in losses_shown:
        level = Level.BLOCK if item.loss.is_blocking else Level.WARN
        lines += _wrap(join("  ", _draw_level(level, item.name)), item.loss.message, width)
    hidden = len(findings) + len(losses) - len(shown) - len(losses_shown)
    if hidden > 0:
        lines.append(join((f"  and {hidden} more", "$muted")))
    return lines


def _count(checked: Checked) -> dict[Level, int]:
    counts = {level: sum(finding.level is level for finding in checked.findings) for level in Level}
    for item in checked.losses:
        counts[Level.BLOCK if item.loss.is_blocking else Level.WARN] += 1
    return counts


def _choose(findings: Sequence[Finding], current: Finding | None, rows: int) -> list[Finding]:
    """Returns the worst findings, and the one that was jumped to in any case."""
    shown = list(findings[:rows])
    if current is not None and current in findings and current not in shown:
        shown[-1] = current
    return shown


def _name_keys(findings: Sequence[Finding], current: Finding | None) -> str:
    """Returns what can be done about the finding in view, as keys."""
    finding = current or next(iter(findings), None)
    if finding is None:
        return ""
    fix = f"   ^r {finding.fix.label}" if finding.fix is not None and finding.part is Part.BODY else ""
    if finding.is_final:
        return fix
    return f"{fix}   ^g {'send in spite of it' if finding.level is Level.BLOCK else 'dismiss'}"


def _tell_finding(finding: Finding, is_current: bool) -> tuple[Content, str]:
    where = f"at {finding.start + 1}  " if finding.end > finding.start else ""
    if finding.part is Part.TITLE:
        where = "title  "
    mark = Glyphs.show("▸") if is_current else " "
    return join(f"{mark} ", _draw_level(finding.level, finding.rule), (where, "$muted")), finding.message


def _wrap(lead: Content, message: str, width: int) -> list[Content]:
    first, *more = wrap(message, max(20, width - lead.cell_length)) or [""]
    return [join(lead, first), *(join(" " * lead.cell_length, row) for row in more[:1])]


def _draw_level(level: Level, name: str) -> Content:
    shape, word, style = LEVEL_LOOK[level]
    return join((f"{Glyphs.show(shape)} {word} {name} ", style))

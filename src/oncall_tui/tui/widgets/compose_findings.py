"""How the findings of an update are said: how many of each kind, then the worst of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.content import Content

from oncall_tui.domain.lint.model import Finding, Level, Part
from oncall_tui.tui.checks import Checked
from oncall_tui.tui.text import Glyphs, cut, join, line, wrap

_SHOWN = 3
#: The finding in view is told in so many rows, the others in one.
_FULL_ROWS = 3
_ORDER = {Level.BLOCK: 0, Level.WARN: 1, Level.INFO: 2}
#: shape, word and style of a level.
LEVEL_LOOK: dict[Level, tuple[str, str, str]] = {
    Level.BLOCK: ("✖", "block", "$state-down"),
    Level.WARN: ("▲", "warn ", "$state-slow"),
    Level.INFO: ("i", "info ", "$muted"),
}


class _Row(NamedTuple):
    """One remark of the strip, `finding` None for what a page cannot hold."""

    level: Level
    lead: Content
    message: str
    finding: Finding | None = None


def draw_findings(
    checked: Checked | None, current: Finding | None, width: int, *, is_brief: bool = False, is_large: bool = False
) -> list[Content]:
    """Returns the checks in at most `width` cells: a summary, then the worst, and the one that was jumped to.

    Of the worst, or of the one in view, `is_brief` leaves one row; where there is room, what blocks is told in full.
    """
    if checked is None:
        return [join(("checking", "$muted"))]
    rows = sorted(_list_rows(checked, current), key=lambda row: _ORDER[row.level])
    shown = rows[: 1 if is_brief else _SHOWN]
    if current is not None and all(row.finding is not current for row in shown):
        shown = [*shown[:-1], *(row for row in rows if row.finding is current)]
    in_full = next((at for at, row in enumerate(shown) if current is not None and row.finding is current), 0)
    lines = [_draw_summary(checked, rows, current, width)]
    for at, row in enumerate(shown):
        is_full = not is_brief and (at == in_full or (is_large and row.level is Level.BLOCK))
        lines += _wrap(row.lead, row.message, width, _FULL_ROWS if is_full else 1)
    if len(rows) > len(shown) and not is_brief:
        lines.append(join((f"  and {len(rows) - len(shown)} more", "$muted")))
    return lines


def _list_rows(checked: Checked, current: Finding | None) -> Iterator[_Row]:
    for finding in checked.findings:
        where = f"at {finding.start + 1}  " if finding.end > finding.start else ""
        if finding.part is Part.TITLE:
            where = "title  "
        mark = Glyphs.show("▸") if finding is current else " "
        lead = join(f"{mark} ", _draw_level(finding.level, finding.rule), (where, "$muted"))
        yield _Row(finding.level, lead, finding.message, finding)
    for item in checked.losses:
        level = Level.BLOCK if item.loss.is_blocking else Level.WARN
        yield _Row(level, join("  ", _draw_level(level, item.name)), item.loss.message)


def _draw_summary(checked: Checked, rows: Sequence[_Row], current: Finding | None, width: int) -> Content:
    counts = [(sum(row.level is level for row in rows), level) for level in Level]
    told = ", ".join(f"{count} {level}" for count, level in counts if count)
    passed = f"{len(checked.passed)} let pass" if checked.passed else ""
    if all(row.level is Level.INFO for row in rows):
        also = ", ".join(word for word in (told, passed) if word)
        return join(
            (f"{Glyphs.show('✓')} nothing blocks sending", "$state-ok"),
            (f"   {also}" if also else "", "$muted"),
            ("   ^s review", "$muted"),
        )
    keys = f"   f8 next{_name_keys(checked.findings, current)}"
    words = join((told, "bold"), (f", {passed}" if passed else "", "$muted"), (keys, "$muted"))
    named = join(("checks ", "$muted"), words)
    return named if named.cell_length <= width else cut(words, width)


def _name_keys(findings: Sequence[Finding], current: Finding | None) -> str:
    """Returns what can be done about the finding in view, as keys."""
    finding = current or next(iter(findings), None)
    if finding is None:
        return ""
    fix = f"   ^r {finding.fix.label}" if finding.fix is not None and finding.part is Part.BODY else ""
    if finding.is_final:
        return fix
    return f"{fix}   ^g {'say why' if finding.level is Level.BLOCK else 'dismiss'}"


def _wrap(lead: Content, message: str, width: int, rows: int) -> list[Content]:
    """Returns a finding in at most so many rows; what is cut off is marked."""
    room = max(12, width - lead.cell_length)
    wrapped = wrap(message, room) or [""]
    if len(wrapped) > rows:
        wrapped = [*wrapped[: rows - 1], f"{wrapped[rows - 1]} {wrapped[rows]}"]
    first, *more = wrapped
    return [join(lead, cut(line(first), room)), *(join(" " * lead.cell_length, cut(line(row), room)) for row in more)]


def _draw_level(level: Level, name: str) -> Content:
    shape, word, style = LEVEL_LOOK[level]
    return join((f"{Glyphs.show(shape)} {word} {name} ", style))

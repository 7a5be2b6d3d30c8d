"""Draws a runbook as a list of steps with their ticks; the step under the cursor is open."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from msgspec import Struct
from textual import events
from textual.content import Content
from textual.message import Message

from oncall_tui.domain.runbook import Runbook, Step
from oncall_tui.store.steps import StepTick
from oncall_tui.tui.text import Glyphs, clock_utc, fit, join, line
from oncall_tui.tui.widgets.lines import Lines

_BOX = {"done": ("☑", "$state-ok"), "skipped": ("☒", "$muted"), "todo": ("☐", "")}
_BODY_LINES = 30
_PROSE_WIDTH = 100
_ROLE_WIDTH = 9


class Drawn(Struct, frozen=True):
    """The whole runbook in lines; `starts` are the first line of each step, `ends` the line after its last."""

    lines: list[Content]
    starts: list[int]
    ends: list[int]


def draw_runbook(
    runbook: Runbook, ticks: Mapping[str, StepTick], cursor: int, *, is_unfolded: bool, width: int
) -> Drawn:
    """Returns the lines of a runbook, as wide as prose reads well."""
    width = min(max(30, width), _PROSE_WIDTH)
    lines: list[Content] = []
    if runbook.context:
        names = ", ".join(context.title or "words before the steps" for context in runbook.context)
        hint = "z hides it" if is_unfolded else "z shows it"
        lines.append(join((f"context: {names}", "$muted"), (f"   {hint}", "$muted")))
        if is_unfolded:
            for context in runbook.context:
                lines.append(line(context.title, "bold"))
                lines += [line(f"  {row}") for row in _wrap(context.text, width - 2)]
        lines.append(Content(""))
    starts, ends, section = [], [], ""
    for number, step in enumerate(runbook.steps):
        if step.section != section:
            section = step.section
            if number:
                lines.append(Content(""))
            lines.append(line(section, "$title"))
        starts.append(len(lines))
        lines += _draw_step(step, number, ticks.get(step.anchor), is_here=number == cursor, width=width)
        ends.append(len(lines))
    if runbook.is_cut:
        lines.append(line("The file is longer than this: the rest is not shown.", "$state-slow"))
    return Drawn(lines, starts, ends)


def _draw_step(step: Step, number: int, tick: StepTick | None, *, is_here: bool, width: int) -> list[Content]:
    box, style = _BOX[tick.state if tick else "todo"]
    text_style = "$muted" if tick else "bold" if is_here else ""
    mark = Glyphs.show("▸") if is_here else " "
    head = f"{number + 1:>3} "
    lead = len(Glyphs.show(box)) + len(head) + 3
    rows = _wrap(step.title, width - lead - _ROLE_WIDTH) or [""]
    first = fit(line(rows[0], text_style), width - lead - _ROLE_WIDTH)
    role = (step.role[: _ROLE_WIDTH - 1], "$muted")
    lines = [join((f"{mark} ", "bold $line-focus"), (Glyphs.show(box), style), (head, "$muted"), first, " ", role)]
    lines += [join(" " * (lead - 1), (row, text_style)) for row in rows[1:]]
    if tick is not None:
        why = f": {tick.reason}" if tick.reason else ""
        word = f"{tick.state} {clock_utc(tick.ticked_at, has_seconds=False)} {tick.actor}{why}"
        lines.append(join(" " * (lead - 1), (word, style or "$muted")))
    if is_here and step.body:
        body = _wrap(step.body, width - lead)
        lines += [join(" " * (lead - 1), (f"{Glyphs.show('│')} ", "$line-focus"), row) for row in body[:_BODY_LINES]]
        if len(body) > _BODY_LINES:
            lines.append(join(" " * (lead - 1), (f"and {len(body) - _BODY_LINES} more lines in the file", "$muted")))
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """Wraps prose and commands alike, under their own margin; the marks around commands are left out."""
    rows: list[str] = []
    for part in text.splitlines():
        if part.lstrip().startswith(("```", "~~~")):
            continue
        indent = part[: len(part) - len(part.lstrip(" "))]
        hanging = f"{indent}  " if part.lstrip().startswith(("- ", "* ")) else indent
        rows += textwrap.wrap(part, max(20, width), subsequent_indent=hanging, drop_whitespace=True) or [""]
    return rows


class RunbookView(Lines, can_focus=True):
    """Scrolls by itself, so that the open step stays in sight."""

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Resized(Message):
        """There is another amount of room, so the lines wrap anew."""

    def __init__(self) -> None:
        super().__init__(id="runbook-steps")
        self._drawn = Drawn([], [], [])
        self._top = 0

    def show_drawn(self, drawn: Drawn, cursor: int, *, is_from_top: bool = False) -> None:
        """Shows the part around the cursor; at the first step, or where that is wanted, from the very top."""
        self._drawn = drawn
        height = max(1, self.size.height)
        if drawn.starts and 0 <= cursor < len(drawn.starts):
            start, end = drawn.starts[cursor], drawn.ends[cursor]
            if is_from_top or (cursor == 0 and end <= height):
                self._top = 0
            else:
                self._top = min(max(self._top, end - height), start)
        self._top = max(0, min(self._top, len(drawn.lines) - height))
        self.show_lines(drawn.lines[self._top : self._top + height])

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        row = self._top + event.y
        for number, (start, end) in enumerate(zip(self._drawn.starts, self._drawn.ends, strict=True)):
            if start <= row < end:
                self.post_message(self.Chosen(number))

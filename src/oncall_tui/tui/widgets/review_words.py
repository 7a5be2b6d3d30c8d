"""What every last look before sending says alike: labelled rows, what stands against it, and the keys."""

from __future__ import annotations

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from oncall_tui.domain.capability import Loss
from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.tui.text import Glyphs, fit, join, line, look, wrap
from oncall_tui.tui.widgets.promise_line import PromiseLine

LABEL_WIDTH = 13
_FINDING_LOOK = {Level.BLOCK: ("✖", "$state-down"), Level.WARN: ("▲", "$state-slow"), Level.INFO: ("○", "$muted")}
_WORDS_AT_LEAST, _FACTS_AT_LEAST = 2, 2


def fit_words(screen: Screen[bool], words: Widget, facts: Widget, *others: Widget) -> None:
    """Shares the room that the `others` leave: the keys are always seen, then the facts, then the words."""
    box = words.parent
    frame = box.gutter.height if isinstance(box, Widget) else 0
    taken = sum(widget.outer_size.height + widget.styles.margin.height for widget in others)
    taken += facts.styles.margin.height + sum(promise.display for promise in screen.query(PromiseLine))
    room = screen.size.height - frame - taken
    needed = facts.virtual_size.height
    words.styles.max_height = max(_WORDS_AT_LEAST, room - needed)
    facts.styles.max_height = max(_FACTS_AT_LEAST, room - min(words.virtual_size.height, max(2, room - needed)))


def scroll_words(words: Widget, facts: Widget, pages: int) -> None:
    """Scrolls the words, and the facts once the words are at their end."""
    is_at_end = words.scroll_y >= words.max_scroll_y if pages > 0 else facts.scroll_y > 0
    side = facts if is_at_end and facts.max_scroll_y else words
    side.scroll_relative(y=pages * max(1, side.size.height - 1), animate=False)


def draw_labelled(label: str, value: Content) -> Content:
    """Returns one row of facts."""
    return join(fit(line(label, "$muted"), LABEL_WIDTH), value)


def draw_rows(label: str, words: str, width: int, style: str = "") -> list[Content]:
    """Returns words behind a label, in as many rows as they need."""
    rows = wrap(words, max(12, width - LABEL_WIDTH)) or [""]
    return [draw_labelled("" if at else label, line(row, style)) for at, row in enumerate(rows)]


def draw_loss(loss: Loss, width: int) -> list[Content]:
    """Returns a loss in as many rows as it needs."""
    shape, style = ("✖", "$state-down") if loss.is_blocking else ("▲", "$state-slow")
    rows = wrap(loss.message, max(12, width - 2))
    return [line(f"{' ' if at else Glyphs.show(shape)} {row}", style) for at, row in enumerate(rows)]


def draw_finding(finding: Finding, width: int) -> list[Content]:
    """Returns a finding in as many rows as it needs."""
    shape, style = _FINDING_LOOK[finding.level]
    level = look(shape, finding.level.value, style)
    first, *more = wrap(f"{finding.rule} {finding.message}", max(12, width - LABEL_WIDTH - level.cell_length - 1))
    rows = [draw_labelled("Check", join(level, f" {first}"))]
    return [*rows, *(draw_labelled("", join(" " * (level.cell_length + 1), row)) for row in more)]


def draw_verdict(window_ms: int, *, is_sendable: bool, severity: int | None = None) -> Content:
    """Returns the keys, or that it cannot be sent; a `severity` is one that a second person has to send."""
    if not is_sendable:
        return join(
            (f"{Glyphs.show('✖')} Not sendable: the findings above block it.  ", "bold $state-down"),
            ("esc ", "bold"), ("back to the text", "$muted"),
        )  # fmt: skip
    if severity is not None:
        words = f"ask a second person to send it, as a SEV{severity} needs"
        return join(("enter ", "bold $state-ok"), words, ("     esc ", "bold"), "back to the text")
    delay = f"send, with {format_duration(window_ms)} to take it back" if window_ms else "send at once"
    return join(("enter ", "bold $state-ok"), delay, ("     esc ", "bold"), "back to the text")

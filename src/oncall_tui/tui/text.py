"""The only way from data to the screen: text made inert, shapes with ASCII twins, ages and clocks.

A plain string is markup to Textual, and raw control bytes pass every widget, so nothing but `Content` made here is
handed to one.
"""

from __future__ import annotations

import locale
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from textual.content import Content

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import DeliveryState

Part = Content | tuple[str, str] | str


def is_utf8_locale() -> bool:
    """Tells whether the terminal's locale can show more than ASCII."""
    return locale.getencoding().lower().replace("-", "") == "utf8"


_TWINS = {
    "✖": "X", "▲": "^", "◐": "%", "●": "o", "■": "=", "◇": "c", "?": "?", "…": "...", "→": "->", "·": ".", "✓": "+",
    "│": "|", "─": "-", "▸": ">", "◌": ".", "○": "o", "↻": "~", "✎": "*", "▁": "_", "▂": "_", "▃": ".", "▄": "-",
    "▅": "-", "▆": "=", "▇": "=", "█": "#", "×": "x", "≈": "~", "☐": "[ ]", "☑": "[x]", "☒": "[-]", "–": "-", "—": "-",
}  # fmt: skip


class Glyphs:
    """The shapes of the screens, in Unicode or in their ASCII twins (`is_ascii` is set once at start)."""

    is_ascii = False

    @classmethod
    def show(cls, sign: str) -> str:
        """Returns the sign, or its twin where only ASCII can be shown."""
        return _TWINS.get(sign, "?") if cls.is_ascii and not sign.isascii() else sign


#: shape, word and style of every probe status; a status never travels by colour alone.
PROBE_LOOK: dict[ProbeStatus, tuple[str, str, str]] = {
    ProbeStatus.DOWN: ("✖", "DOWN", "$state-down"),
    ProbeStatus.FLAPPING: ("≈", "FLAPPING", "$state-slow"),
    ProbeStatus.SLOW: ("▲", "SLOW", "$state-slow"),
    ProbeStatus.EXPECTED: ("◇", "EXPECTED", "$state-expected"),
    ProbeStatus.STALE: ("?", "STALE", "$state-unknown"),
    ProbeStatus.UNKNOWN: ("?", "UNKNOWN", "$state-unknown"),
    ProbeStatus.MAINTENANCE: ("■", "MAINT", "$state-maintenance"),
    ProbeStatus.UP: ("●", "OK", "$state-ok"),
}
COMPONENT_LOOK: dict[ComponentStatus, tuple[str, str, str]] = {
    ComponentStatus.OPERATIONAL: ("●", "operational", "$state-ok"),
    ComponentStatus.UNDER_MAINTENANCE: ("■", "under maintenance", "$state-maintenance"),
    ComponentStatus.DEGRADED_PERFORMANCE: ("▲", "degraded performance", "$state-slow"),
    ComponentStatus.PARTIAL_OUTAGE: ("◐", "partial outage", "$state-partial"),
    ComponentStatus.MAJOR_OUTAGE: ("✖", "major outage", "$state-down"),
}
STATUS_LOOK: dict[IncidentStatus, tuple[str, str, str]] = {
    IncidentStatus.INVESTIGATING: ("✖", "INVESTIGATING", "$state-down"),
    IncidentStatus.IDENTIFIED: ("◐", "IDENTIFIED", "$state-partial"),
    IncidentStatus.MONITORING: ("▲", "MONITORING", "$state-slow"),
    IncidentStatus.RESOLVED: ("●", "RESOLVED", "$state-ok"),
    IncidentStatus.POSTMORTEM: ("●", "POSTMORTEM", "$state-ok"),
}
IMPACT_LOOK: dict[Impact, tuple[str, str, str]] = {
    Impact.NONE: ("●", "none", "$state-ok"),
    Impact.MINOR: ("▲", "minor", "$state-slow"),
    Impact.MAJOR: ("◐", "major", "$state-partial"),
    Impact.CRITICAL: ("✖", "critical", "$state-down"),
    Impact.MAINTENANCE: ("■", "maintenance", "$state-maintenance"),
}
DELIVERY_LOOK: dict[DeliveryState, tuple[str, str, str]] = {
    DeliveryState.PENDING: ("◌", "QUEUED", "$state-slow"),
    DeliveryState.SENDING: ("↻", "SENDING", "$state-slow"),
    DeliveryState.RETRY_WAIT: ("↻", "RETRYING", "$state-slow"),
    DeliveryState.UNCERTAIN: ("?", "UNCERTAIN", "$state-partial"),
    DeliveryState.FAILED: ("✖", "FAILED", "$state-down"),
    DeliveryState.DROPPED: ("×", "DROPPED", "$state-unknown"),
    DeliveryState.DELIVERED: ("✓", "ON THE PAGE", "$state-ok"),
}


def line(text: str, style: str = "", limit: int = 500) -> Content:
    """Returns one inert line of data in one style."""
    return Content.styled(clean_line(text, limit), style) if style else Content(clean_line(text, limit))


def block(text: str, style: str = "") -> Content:
    """Returns inert text of several lines in one style."""
    return Content.styled(clean_block(text), style) if style else Content(clean_block(text))


def join(*parts: Part) -> Content:
    """Puts contents, data and (data, style) pairs together; the data is made inert."""
    return Content("").join(
        part if isinstance(part, Content) else line(*part) if isinstance(part, tuple) else line(part) for part in parts
    )


def look(shape: str, word: str, style: str) -> Content:
    """Returns a state as shape and word in its colour."""
    return join((f"{Glyphs.show(shape)} {word}", style))


def fit(content: Content, width: int) -> Content:
    """Returns the content in exactly `width` cells, cut or padded on the right."""
    content = cut(content, width)
    return content.pad_right(max(0, width - content.cell_length))


def cut(content: Content, width: int) -> Content:
    """Returns the content in at most `width` cells; what is cut off is marked."""
    if content.cell_length <= width:
        return content
    if Glyphs.is_ascii and width > 3:
        return join(content.truncate(width - 3), "...")
    return content.truncate(width, ellipsis=not Glyphs.is_ascii)


def pack(parts: Sequence[Content], width: int, gap: str = "   ") -> list[Content]:
    """Returns the parts beside each other in rows of at most `width` cells; one that is wider has rows of its own."""
    rows: list[Content] = []
    for part in parts:
        together = join(rows[-1], gap, part) if rows else None
        if together is not None and together.cell_length <= width:
            rows[-1] = together
        else:
            rows += part.wrap(max(2, width))
    return rows


def find_top(cursor: int, count: int, rows: int) -> int:
    """Returns the first of `count` entries to show in so many rows, so that the one under the cursor is in view."""
    return max(0, min(cursor - rows // 2, count - rows))


def wrap(text: str, width: int) -> list[str]:
    """Returns inert text in rows of at most `width` cells, broken between words where that is possible."""
    rows: list[str] = []
    for part in clean_block(text).splitlines():
        row = ""
        for word in part.split(" "):
            longer = f"{row} {word}" if row else word
            if cell_len(longer) <= width:
                row = longer
                continue
            if row:
                rows.append(row)
            *full, row = _fold(word, width)
            rows += full
        rows.append(row)
    return rows


def _fold(word: str, width: int) -> list[str]:
    """Returns a word in pieces of at most `width` cells; a sign wider than that stands alone."""
    pieces, start, taken = [], 0, 0
    for at, sign in enumerate(word):
        size = cell_len(sign)
        if taken + size > width and at > start:
            pieces.append(word[start:at])
            start, taken = at, 0
        taken += size
    return [*pieces, word[start:]]


def clock_utc(at: int, *, has_seconds: bool = True) -> str:
    """Returns an instant as a clock time with its zone, such as `14:03:07 UTC`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M:%S UTC" if has_seconds else "%H:%M UTC")


def date_utc(at: int) -> str:
    """Returns an instant as date and clock time, such as `22 Nov 14:03 UTC`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%d %b %H:%M UTC")

"""What a text changes against another: added and removed words each in their own brackets, style and colour."""

from __future__ import annotations

from textual.content import Content

from oncall_tui.domain.difference import Change, compare_words
from oncall_tui.tui.text import block, line

#: Opening and closing sign and the style: a change never travels by colour alone.
_LOOK = {
    Change.ADDED: ("{+", "+}", "bold underline $state-ok"),
    Change.REMOVED: ("[-", "-]", "strike $state-down"),
}


def draw_difference(before: str, after: str) -> Content:
    """Returns the new text with what went and what came marked in it; without an old one all of it is new."""
    if not before.strip():
        return Content("\n").join([line("The first words to customers: all of it is new.", "$muted"), block(after)])
    pieces = compare_words(before, after)
    if all(piece.change is Change.SAME for piece in pieces):
        return Content("\n").join([line("The same words as the last update.", "$state-slow"), block(after)])
    parts = []
    for piece in pieces:
        if piece.change is Change.SAME:
            parts.append(block(piece.text))
            continue
        opening, closing, style = _LOOK[piece.change]
        words = piece.text.strip()
        lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
        parts.append(block(lead))
        parts.append(block(f"{opening}{words}{closing}", style))
    return Content("").join(parts)

"""Digits that are read from across a room."""

from __future__ import annotations

from oncall_tui.tui.text import Glyphs

#: Rows of three (two for a colon) cells, top to bottom.
_SHAPES = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", " ##", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", " # ", " # "),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ":": (" ", "#", " ", "#", " "),
    "-": ("   ", "   ", "###", "   ", "   "),
}
HEIGHT = 5


def draw_clock(text: str, scale: int) -> list[str]:
    """Returns `text` of digits, colons and dashes in `HEIGHT * scale` rows; a dot is twice as wide as high."""
    dot = Glyphs.show("█") * 2 * scale
    gap = " " * 2 * scale
    rows: list[str] = []
    for level in range(HEIGHT):
        cells = ["".join(dot if sign == "#" else gap for sign in _SHAPES[char][level]) for char in text]
        rows += ["  ".join(cells)] * scale
    return rows

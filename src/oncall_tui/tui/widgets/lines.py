"""Lines of content that repaint only the cells that changed: the terminal is at the end of a slow link."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style

from oncall_tui.tui.widgets.measured import Measured

_NO_LINE = Content("")


def find_changed_cells(old: Content, new: Content) -> tuple[int, int] | None:
    """Returns the first and the last changed cell plus one, None when both lines look the same."""
    if old is new or (old.plain == new.plain and old.spans == new.spans):
        return None
    before, after = _list_cells(old), _list_cells(new)
    length = max(len(before), len(after))
    blank = (" ", "")
    before += [blank] * (length - len(before))
    after += [blank] * (length - len(after))
    changed = [index for index in range(length) if before[index] != after[index]]
    if not changed:
        return None
    first, last = changed[0], changed[-1] + 1
    text = new.plain
    if (text.isascii() and old.plain.isascii()) or (
        cell_len(text) == len(text) and cell_len(old.plain) == len(old.plain)
    ):
        return first, last
    return cell_len(text[:first]), max(cell_len(text), cell_len(old.plain))


def _list_cells(content: Content) -> list[tuple[str, str]]:
    text = content.plain
    styles = [""] * len(text)
    for span in content.spans:
        styles[span.start : span.end] = [str(span.style)] * (min(span.end, len(text)) - span.start)
    return list(zip(text, styles, strict=True))


def _parse_style(style: str | Style) -> Style:
    return Style.parse(style) if isinstance(style, str) else style


class Lines(Measured):
    """Shows lines one below the other, cut at the right edge."""

    DEFAULT_CSS = """
    Lines { width: 1fr; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id, classes=classes)
        self._lines: list[Content] = []

    @property
    def lines(self) -> Sequence[Content]:
        return self._lines

    def show_lines(self, lines: Sequence[Content]) -> None:
        """Replaces the lines and repaints what differs."""
        old, self._lines = self._lines, list(lines)
        if not old:
            self.refresh()
            return
        for y in range(min(max(len(old), len(lines)), self.size.height)):
            before = old[y] if y < len(old) else _NO_LINE
            after = lines[y] if y < len(lines) else _NO_LINE
            if (cells := find_changed_cells(before, after)) is not None:
                self.refresh(Region(cells[0], y, cells[1] - cells[0], 1))

    def redraw(self) -> None:
        """Draws again for another size; for those whose lines depend on it."""

    def on_resize(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        return self.paint(self._lines[y] if y < len(self._lines) else _NO_LINE)

    def paint(self, content: Content, ground: str = "") -> Strip:
        """Returns one line in the widget's colours, over `ground` where one is given, as wide as the widget."""
        base = self.visual_style + Style.parse(ground) if ground else self.visual_style
        segments = [
            Segment(text, (base + style).rich_style)
            for text, style in content.render(base, end="", parse_style=_parse_style)
        ]
        return Strip(segments, content.cell_length).adjust_cell_length(self.size.width, base.rich_style)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(1, len(self._lines))


class Flow(Lines):
    """Shows lines that are made for a width, and makes them anew for another."""

    _make: Callable[[int], Sequence[Content]] | None = None
    _made: tuple[int, list[Content]] = (0, [])

    def show_flow(self, make: Callable[[int], Sequence[Content]]) -> None:
        """Shows what `make` returns for the width of the widget, as soon as it has one."""
        self._make, self._made = make, (0, [])
        self.redraw()

    def redraw(self) -> None:
        width, count = self.size.width, len(self._lines)
        if self._make is not None and width:
            lines = self._measure(width)
            self.show_lines(lines)
            if len(lines) not in (count, self.size.height):
                self.refresh(layout=True)

    def _measure(self, width: int) -> list[Content]:
        """Returns the lines for a width, made once."""
        if self._make is not None and self._made[0] != width:
            self._made = (width, list(self._make(width)))
        return self._made[1]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Knows the number of lines as soon as there is a width: one layout, and not a second one for it."""
        return max(1, len(self._measure(width))) if self._make is not None and width else 1

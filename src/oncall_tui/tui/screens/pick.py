"""Picks some of many names: components that work touches, pages that are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import Glyphs, cut, join, line
from oncall_tui.tui.widgets.lines import Flow


class PickScreen(Overlay[tuple[str, ...] | None]):
    """Gives back the names that were taken, in their order, None when left without a change."""

    BINDINGS = bindings_of("pick")

    def __init__(self, title: str, names: Sequence[str], chosen: Collection[str], empty: str) -> None:
        super().__init__()
        self._title = title
        self._names = list(dict.fromkeys((*names, *chosen)))
        self._chosen = set(chosen)
        self._empty = empty
        self._cursor = 0
        self._list = Flow(id="pick-list")

    def compose(self) -> ComposeResult:
        with Vertical(id="pick-box") as box:
            box.border_title = line(self._title)
            box.border_subtitle = line("space takes   enter done   esc back")
            yield VerticalScroll(self._list, id="pick-scroll", can_focus=False)

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self._list.show_flow(self._tell)

    def _tell(self, width: int) -> list[Content]:
        if not self._names:
            return [line(self._empty, "$muted")]
        return [cut(self._row(at, name), width) for at, name in enumerate(self._names)]

    def _row(self, at: int, name: str) -> Content:
        is_here = at == self._cursor
        mark = Glyphs.show("▸") if is_here else " "
        box = Glyphs.show("☑" if name in self._chosen else "☐")
        return join((f"{mark} ", "bold $line-focus"), f"{box} ", (name, "bold" if is_here else ""))

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        self._cursor = min(max(self._cursor + by, 0), max(0, len(self._names) - 1))
        scroll = self.query_one(VerticalScroll)
        if not scroll.scroll_y <= self._cursor < scroll.scroll_y + scroll.size.height:
            scroll.scroll_to(y=max(0, self._cursor - scroll.size.height // 2), animate=False)
        self._draw()

    def action_take(self) -> None:
        if self._names:
            self._chosen ^= {self._names[self._cursor]}
            self._draw()

    def action_done(self) -> None:
        self.dismiss(tuple(name for name in self._names if name in self._chosen))

    def action_back(self) -> None:
        self.dismiss(None)

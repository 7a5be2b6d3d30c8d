"""Chooses among all prepared words; each is shown as it reads now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.template import Template
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import Glyphs, block, cut, fit, join, line
from oncall_tui.tui.widgets.lines import Flow

_KEY_WIDTH = 14


class TemplatesScreen(Overlay[Template | None]):
    """Gives back the chosen template, None when left without one; `read` returns what one reads like."""

    scope = "templates"
    BINDINGS = bindings_of("templates")

    def __init__(
        self, templates: Sequence[Template], status: IncidentStatus, current: str, read: Callable[[Template], str]
    ) -> None:
        super().__init__()
        self._templates = sorted(templates, key=lambda template: status not in template.states)
        self._status = status
        self._current = current
        self._read = read
        self._cursor = next((at for at, item in enumerate(self._templates) if item.key == current), 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="templates-box") as box:
            box.border_title = line("Templates")
            box.border_subtitle = line("enter takes it around your words   esc back")
            with VerticalScroll(id="templates-scroll", can_focus=False):
                yield Static(id="templates-list", markup=False)
            yield Flow(id="templates-text")

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = max(40, self.query_one("#templates-box").content_size.width - 2)
        rows = [cut(self._draw_row(at, template), width) for at, template in enumerate(self._templates)]
        self.query_one("#templates-list", Static).update(Content("\n").join(rows))
        words = self._read(self._templates[self._cursor]) if self._templates else ""
        self.query_one("#templates-text", Flow).show_flow(block(words).wrap)
        scroll = self.query_one("#templates-scroll", VerticalScroll)
        if not scroll.scroll_y <= self._cursor < scroll.scroll_y + scroll.size.height:
            scroll.scroll_to(y=max(0, self._cursor - scroll.size.height // 2), animate=False)

    def _draw_row(self, at: int, template: Template) -> Content:
        mark = Glyphs.show("▸") if at == self._cursor else " "
        states = ", ".join(template.states)
        other = "" if self._status in template.states else f"  for {states}"
        note = "  in use" if template.key == self._current else other
        style = "bold" if at == self._cursor else ""
        return join((f"{mark} ", "bold"), fit(line(template.key, style), _KEY_WIDTH), template.title, (note, "$muted"))

    def action_down(self) -> None:
        self._cursor = min(self._cursor + 1, max(0, len(self._templates) - 1))
        self._draw()

    def action_up(self) -> None:
        self._cursor = max(0, self._cursor - 1)
        self._draw()

    def action_choose(self) -> None:
        self.dismiss(self._templates[self._cursor] if self._templates else None)

    def action_back(self) -> None:
        self.dismiss(None)

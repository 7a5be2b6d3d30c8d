"""Chooses among all prepared words; each is shown as it reads now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.template import Audience, Template
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import Glyphs, block, cut, fit, join, line
from oncall_tui.tui.widgets.footer import draw_box_keys
from oncall_tui.tui.widgets.lines import Flow

_KEY_WIDTH = 16
#: The widest box, as in styles/drafts.tcss.
_BOX_WIDTH = 110
_FAULTS_SHOWN = 3
_READERS = {Audience.CLIENT: "  one client reads it", Audience.SUPPLIER: "  the supplier reads it"}


class TemplatesScreen(Overlay[Template | None]):
    """Gives back the chosen template, None when left without one; `read` returns what one reads like."""

    scope = "templates"
    BINDINGS = bindings_of("templates")

    def __init__(
        self,
        templates: Sequence[Template],
        status: IncidentStatus,
        current: str,
        read: Callable[[Template], str],
        *,
        title: str = "Templates",
        faults: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._templates = sorted(
            templates, key=lambda each: (each.audience is not Audience.CUSTOMERS, status not in each.states)
        )
        self._title = title
        self._faults = faults
        self._status = status
        self._current = current
        self._read = read
        self._cursor = next((at for at, item in enumerate(self._templates) if item.key == current), 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="templates-box") as box:
            box.border_title = line(self._title)
            yield Flow(id="templates-faults")
            with VerticalScroll(id="templates-scroll", can_focus=False):
                yield Static(id="templates-list", markup=False)
            yield Flow(id="templates-text")

    def on_mount(self) -> None:
        faults = self.query_one("#templates-faults", Flow)
        faults.display = bool(self._faults)
        faults.show_flow(self._draw_faults)
        self._draw()

    def _draw_faults(self, width: int) -> list[Content]:
        """Returns what keeps files from being used, so that nobody looks for their words in vain."""
        shown = [f"{Glyphs.show('▲')} not used: {_cut_folder(fault)}" for fault in self._faults[:_FAULTS_SHOWN]]
        if len(self._faults) > len(shown):
            shown.append(f"  and {len(self._faults) - len(shown)} more: `oncall-tui check` tells all")
        return [cut(line(row, "$state-slow"), width) for row in shown]

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        box = self.query_one("#templates-box")
        outer = min(_BOX_WIDTH, self.app.size.width)
        width = max(20, outer - box.gutter.width - 2)
        rows = [cut(self._draw_row(at, template), width) for at, template in enumerate(self._templates)]
        self.query_one("#templates-list", Static).update(Content("\n").join(rows))
        words = self._read(self._templates[self._cursor]) if self._templates else ""
        self.query_one("#templates-text", Flow).show_flow(block(words).wrap)
        letter = "copies it: it goes to one reader, not to a page"
        is_letter = bool(self._templates) and self._templates[self._cursor].audience is not Audience.CUSTOMERS
        taken = letter if is_letter else "takes it around your words"
        if len(taken) + 22 > outer:
            taken = "copies it" if is_letter else "takes it"
        box.border_subtitle = draw_box_keys((("enter", taken), ("esc", "back")), outer)
        scroll = self.query_one("#templates-scroll", VerticalScroll)
        if not scroll.scroll_y <= self._cursor < scroll.scroll_y + scroll.size.height:
            scroll.scroll_to(y=max(0, self._cursor - scroll.size.height // 2), animate=False)

    def _draw_row(self, at: int, template: Template) -> Content:
        mark = Glyphs.show("▸") if at == self._cursor else " "
        states = ", ".join(template.states)
        other = "" if self._status in template.states else f"  for {states}"
        reader = _READERS.get(template.audience, "")
        note = "  in use" if template.key == self._current else other
        style = "bold" if at == self._cursor else ""
        return join(
            (f"{mark} ", "bold"),
            fit(line(template.key, style), _KEY_WIDTH),
            template.title,
            (reader, "$state-slow"),
            (note, "$muted"),
        )

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


def _cut_folder(fault: str) -> str:
    """Returns a fault without the folder of its file, which is the same for all."""
    file, colon, rest = fault.partition(":")
    return file.rpartition("/")[2] + colon + rest

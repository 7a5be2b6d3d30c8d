"""Chooses the state of every component at once, for an incident or for one update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from oncall_tui.domain.incident import Component, ComponentStatus
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import COMPONENT_LOOK, Glyphs, cut, find_top, fit, join, line, look
from oncall_tui.tui.widgets.footer import draw_box_keys

_STATE_WIDTH = 23
#: The widest box, as in styles/review.tcss, and from where on what the page shows stands beside each state.
_BOX_WIDTH, _NARROW = 100, 58
_KEYS = (("up/down", "move"), ("left/right", "state"), ("enter", "done"), ("esc", "back"))
_STATES = (None, *ComponentStatus)


def component_words(status: ComponentStatus | None) -> Content:
    """Returns a component's state as shape and word; one that an incident does not touch says so."""
    return line("not affected", "$muted") if status is None else look(*COMPONENT_LOOK[status])


class ComponentsScreen(Overlay[dict[str, ComponentStatus] | None]):
    """Gives back the chosen states by name, None when left without a change."""

    BINDINGS = bindings_of("components")

    def __init__(self, components: Sequence[Component], chosen: Mapping[str, ComponentStatus]) -> None:
        super().__init__()
        known = [component.name for component in components]
        self._names = [*chosen, *(name for name in known if name not in chosen)]
        self._page = {component.name: component.page_status for component in components}
        self._chosen: dict[str, ComponentStatus | None] = {name: chosen.get(name) for name in self._names}
        self._before = dict(self._chosen)
        self._cursor = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="components-box") as box:
            box.border_title = line("Components: what customers see")
            yield Static(id="components-list", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        box = self.query_one("#components-box")
        width = min(_BOX_WIDTH, self.app.size.width)
        box.border_subtitle = draw_box_keys(_KEYS, width)
        room = max(20, width - box.gutter.width)
        has_page = room >= _NARROW
        name_width = max(10, room - 2 - (2 if has_page else 1) * _STATE_WIDTH)
        beside = "page now" if has_page else ""
        head = join("  ", fit(line("component"), name_width), fit(line("this update"), _STATE_WIDTH), beside)
        rows = [cut(head.stylize("$muted"), room)]
        places = max(1, self.app.size.height - box.gutter.height - 2 - (not has_page))
        top = find_top(self._cursor, len(self._names), places)
        shown = list(enumerate(self._names))[top : top + places]
        rows += [cut(self._row(index, name, name_width, has_page=has_page), room) for index, name in shown]
        if not has_page and self._names:
            rows.append(cut(join(("page now  ", "$muted"), self._tell_page(self._names[self._cursor])), room))
        empty = line("No components yet: add [[component]] to the config, or sync with the page.", "$muted")
        self.query_one("#components-list", Static).update(Content("\n").join(rows) if self._names else empty)

    def _tell_page(self, name: str) -> Content:
        now = self._page.get(name)
        return cut(component_words(now), _STATE_WIDTH) if now else line("not known yet", "$muted")

    def _row(self, index: int, name: str, name_width: int, *, has_page: bool) -> Content:
        is_here = index == self._cursor
        mark = Glyphs.show("▸") if is_here else " "
        state = fit(component_words(self._chosen[name]), _STATE_WIDTH)
        page = self._tell_page(name) if has_page else Content("")
        shown = fit(line(name, "bold" if is_here else ""), name_width - 1)
        return join((f"{mark} ", "bold"), shown, " ", state, page)

    def action_down(self) -> None:
        self._cursor = min(self._cursor + 1, len(self._names) - 1)
        self._draw()

    def action_up(self) -> None:
        self._cursor = max(self._cursor - 1, 0)
        self._draw()

    def action_next_state(self) -> None:
        self._turn(1)

    def action_previous_state(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if self._names:
            name = self._names[self._cursor]
            at = _STATES.index(self._chosen[name])
            self._chosen[name] = _STATES[(at + step) % len(_STATES)]
            self._draw()

    def action_done(self) -> None:
        chosen = {name: status for name, status in self._chosen.items() if status is not None}
        self.dismiss(chosen if self._chosen != self._before else None)

    def action_back(self) -> None:
        self.dismiss(None)

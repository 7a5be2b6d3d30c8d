"""One probe and its past: how much of the time it was up, how fast it was, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work
from oncall_tui.tui.probe_story import read_story
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.text import join, line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.probe_words import draw_story

if TYPE_CHECKING:
    from oncall_tui.tui.probe_story import Story

_READ_EVERY_S = 10.0


def open_probe(screen: Screen[None] | Screen[object], probe: str) -> None:
    """Shows the past of a probe."""
    host_of(screen).load_styles("probe")
    screen.app.push_screen(ProbeScreen(probe))


class ProbeScreen(OverScreen):
    """Reads the past of its probe when it opens, and every ten seconds."""

    scope = "probe"
    title_of_help = "The past of a probe"
    BINDINGS = bindings_of("probe")

    def __init__(self, probe: str) -> None:
        super().__init__()
        self._probe = probe
        self._story: Story | None = None
        self._problem = ""
        self._text = Flow(id="probe-text")
        self.scroll_box = VerticalScroll(self._text, id="probe-box", can_focus=False)

    def compose_body(self) -> ComposeResult:
        self.scroll_box.border_title = line(self._probe)
        yield self.scroll_box

    def on_mount(self) -> None:
        super().on_mount()
        self._text.show_flow(self._draw_text)
        self._begin_reading()
        self.set_interval(_READ_EVERY_S, self._begin_reading)

    def _begin_reading(self) -> None:
        start_work(self, self._read, "probe", is_exclusive=True)

    async def _read(self) -> None:
        try:
            self._story = await host_of(self).feed.call(read_story, self._probe, now_ms())
            self._problem = "" if self._story else f"{self._probe} is configured no more."
        except OncallError as error:
            self._problem = str(error)
        self._text.show_flow(self._draw_text)

    def _draw_text(self, width: int) -> list[Content]:
        if self._problem:
            return [join((self._problem, "$state-down"))]
        if self._story is None:
            return [join(("Reading the past of this probe.", "$muted"))]
        probe = next((each for each in self.oncall.snapshot.probes if each.name == self._probe), None)
        head = [] if probe is None else [join((f"{probe.kind} ", "$muted"), line(probe.target)), Content("")]
        return [*head, *draw_story(self._story, width)]

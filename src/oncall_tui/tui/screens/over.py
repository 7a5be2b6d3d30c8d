"""The base of the screens that lie over the main one: the same head and keys, so that an incident stays in view."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from oncall_tui.tui.screens.layout import TIGHT_BELOW
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.widgets.footer import KeyFooter
from oncall_tui.tui.widgets.status_header import StatusHeader

if TYPE_CHECKING:
    from oncall_tui.tui.app import OncallApp


class OverScreen(Screen[None]):
    """Draws head and keys; a subclass yields what stands between them in `compose_body`, and draws it in `draw`."""

    scope = ""
    scroll_box: VerticalScroll
    title_of_help = ""
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-high")]  # noqa: RUF012 -- as the base class has it
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (150, "-beside")]  # noqa: RUF012 -- as the base class has it

    @property
    def oncall(self) -> OncallApp:
        return cast("OncallApp", self.app)

    def compose(self) -> ComposeResult:
        yield StatusHeader(id="head", small_rows=1)
        with Vertical(id="over-body"):
            yield from self.compose_body()
        yield KeyFooter(id="keys")

    def compose_body(self) -> ComposeResult:
        """Yields the widgets between head and keys."""
        yield Widget()

    def draw(self) -> None:
        """Draws what shows the time or the file."""

    def on_mount(self) -> None:
        self.set_interval(1.0, self.draw_all)
        self.draw_all()
        self.call_after_refresh(self.draw_all)

    def draw_all(self) -> None:
        """Lets time pass in head and body, and shows the keys of the focus."""
        if self.is_current or not self.oncall.screen_stack:
            self.draw_frame()
            self.draw()

    def draw_frame(self) -> None:
        """Draws head and keys."""
        app = self.oncall
        self.query_one(StatusHeader).show_head(
            self.list_news(app.snapshot), app.main.list_facts(app.now())._replace(way="esc ")
        )
        here = self.focused or self
        for field in self.query(".field"):
            field.set_class(here in field.walk_children(), "-here")
        self.query_one(KeyFooter).show_keys(here, is_main=False)

    def list_news(self, snapshot: Snapshot) -> Snapshot:
        """Returns what the head tells of; what the screen itself shows need not stand there."""
        return snapshot

    def on_resize(self) -> None:
        self.set_class(self.size.height < TIGHT_BELOW, "-tight")
        self.call_after_refresh(self.draw_all)

    @property
    def is_tight(self) -> bool:
        """Whether rows are so few that the text under the cursor comes before all that is told about it."""
        return self.app.size.height < TIGHT_BELOW

    def on_descendant_focus(self) -> None:
        self.draw_frame()

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self.draw_frame)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.draw_all)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Follows the file."""
        self.draw_all()

    def action_line_down(self) -> None:
        self._scroll(2)

    def action_line_up(self) -> None:
        self._scroll(-2)

    def action_page_down(self) -> None:
        self._scroll(max(1, self.scroll_box.size.height - 1))

    def action_page_up(self) -> None:
        self._scroll(-max(1, self.scroll_box.size.height - 1))

    def _scroll(self, rows: int) -> None:
        self.scroll_box.scroll_relative(y=rows, animate=False)

    def action_help(self) -> None:
        from oncall_tui.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.scope, self.title_of_help, has_app=False))

    def action_back(self) -> None:
        self.dismiss()

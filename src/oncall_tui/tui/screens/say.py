"""The last look at anything but an update: what customers will read when, where it goes, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from textual.app import App, ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.order_bar import show_order_bars
from oncall_tui.tui.widgets.review_words import draw_verdict, fit_words


class Said(Struct, frozen=True):
    """What is looked at: `draw_words` is what customers read, `draw_facts` what else is true of it, for a width.

    `obstacle` says why it cannot be sent, empty when it can; `text` is what copying takes. `words` stand for
    what is drawn, where there are any.
    """

    title: str
    text: str
    draw_words: Callable[[int], Sequence[Content]]
    draw_facts: Callable[[int], Sequence[Content]]
    obstacle: str = ""
    words: Content | None = None


class SayScreen(Overlay[bool]):
    """Gives back whether a person said yes; what blocks is named and cannot be passed."""

    BINDINGS = bindings_of("review")

    def __init__(self, said: Said) -> None:
        super().__init__()
        self._said = said
        self._words, self._facts = Flow(id="say-words"), Flow(id="say-facts")

    def compose(self) -> ComposeResult:
        with Vertical(id="review-box") as box:
            box.border_title = line(self._said.title)
            with VerticalScroll(id="review-scroll", can_focus=False):
                yield self._words if self._said.words is None else Static(self._said.words, markup=False)
            yield self._facts
            verdict = draw_verdict(host_of(self).config.send_window_ms, is_sendable=not self._said.obstacle)
            yield Static(verdict, id="review-verdict", markup=False)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        fit_words(self, self.query_one(VerticalScroll), self._facts, self.query_one("#review-verdict"))

    def on_mount(self) -> None:
        if self._said.words is None:
            self._words.show_flow(self._said.draw_words)
        self._facts.show_flow(self._draw_facts)

    def _draw_facts(self, width: int) -> Sequence[Content]:
        self.call_after_refresh(self._fit)
        return self._said.draw_facts(width)

    def action_send(self) -> None:
        if self._said.obstacle:
            tell(self.app, f"Not sent: {self._said.obstacle}", "error")
        else:
            self.dismiss(True)

    def action_back(self) -> None:
        self.dismiss(False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._said.text)
        tell(self.app, "The text is on the clipboard, where the terminal allows it.")

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        side = self.query_one(VerticalScroll)
        side.scroll_relative(y=pages * max(1, side.size.height - 1), animate=False)


async def begin_order(app: App[object], order: Order) -> None:
    """Begins the window of what was confirmed, with a bar on every screen."""
    await show_order_bars(app)
    await host_of(app).orders.start(order)

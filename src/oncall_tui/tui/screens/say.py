"""The last look at anything but an update: what customers will read when, where it goes, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from msgspec import Struct
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.domain.lint.model import REASON_LEAST, Finding, list_obstacles
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import Glyphs, join, line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.order_bar import show_order_bars
from oncall_tui.tui.widgets.review_words import draw_rows, draw_verdict, fit_words, scroll_words


class Said(Struct, frozen=True):
    """What is looked at: `draw_words` is what customers read, `draw_facts` what else is true of it, for a width.

    `obstacle` says why it cannot be sent, empty when it can; `findings` are of the rules, and a block among them that
    takes a reason is passed with one. `text` is what copying takes. `words` stand for what is drawn, where there are
    any.
    """

    title: str
    text: str
    draw_words: Callable[[int], Sequence[Content]]
    draw_facts: Callable[[int], Sequence[Content]]
    obstacle: str = ""
    words: Content | None = None
    findings: Sequence[Finding] = ()


class SayScreen(Overlay[bool]):
    """Gives back whether a person said yes, in spite of what is in `reasons` by its rule; what else blocks is named."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("review"), *bindings_of("said")]

    def __init__(self, said: Said) -> None:
        super().__init__()
        self._said = said
        self.reasons: dict[str, str] = {}
        self._words, self._facts = Flow(id="say-words"), Flow(id="say-facts")

    def compose(self) -> ComposeResult:
        with Vertical(id="review-box") as box:
            box.border_title = line(self._said.title)
            with VerticalScroll(id="review-scroll", can_focus=False):
                yield self._words if self._said.words is None else Static(self._said.words, markup=False)
            with VerticalScroll(id="review-facts", can_focus=False):
                yield self._facts
            yield Static(self._draw_verdict(), id="review-verdict", markup=False)

    @property
    def _obstacles(self) -> list[Finding]:
        return list_obstacles(self._said.findings, self.reasons)

    @property
    def _obstacle(self) -> str:
        return self._said.obstacle or next((finding.message for finding in self._obstacles), "")

    def _draw_verdict(self) -> Content:
        obstacles = self._obstacles
        if obstacles and not self._said.obstacle and not any(finding.is_final for finding in obstacles):
            return join(
                (f"{Glyphs.show('✖')} Not sendable as it is.  ", "bold $state-down"),
                *(("^g ", "bold"), "say why all the same   ", ("esc ", "bold"), ("back to the text", "$muted")),
            )
        return draw_verdict(host_of(self).config.send_window_ms, is_sendable=not self._obstacle)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        words, facts = self.query_one("#review-scroll"), self.query_one("#review-facts")
        fit_words(self, words, facts, self.query_one("#review-verdict"))

    def on_mount(self) -> None:
        if self._said.words is None:
            self._words.show_flow(self._said.draw_words)
        self._facts.show_flow(self._draw_facts)

    def _draw_facts(self, width: int) -> Sequence[Content]:
        self.call_after_refresh(self._fit)
        rows = [*self._said.draw_facts(width)]
        for rule, reason in self.reasons.items():
            rows += draw_rows("Let pass", f"{rule}: {reason}", width, "$muted")
        return rows

    def action_let_pass(self) -> None:
        """Asks for the reason of the first block that takes one."""
        finding = next((each for each in self._obstacles if not each.is_final), None)
        if finding is None:
            tell(self.app, "Nothing here takes a reason.")
            return
        from oncall_tui.tui.screens.ask import AskScreen

        host_of(self).load_styles("drafts")
        hint = f"{finding.message} The reason goes into the timeline."
        screen = AskScreen(f"Send in spite of {finding.rule}: why?", hint, least=REASON_LEAST)
        self.app.push_screen(screen, partial(self._take_reason, finding.rule))

    def _take_reason(self, rule: str, reason: str | None) -> None:
        if reason:
            self.reasons[rule] = reason
            self._facts.show_flow(self._draw_facts)
            self.query_one("#review-verdict", Static).update(self._draw_verdict())

    def action_send(self) -> None:
        if self._obstacle:
            tell(self.app, f"Not sent: {self._obstacle}", "error")
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
        scroll_words(self.query_one("#review-scroll"), self.query_one("#review-facts"), pages)


async def begin_order(app: App[object], order: Order) -> None:
    """Begins the window of what was confirmed, with a bar on every screen."""
    await show_order_bars(app)
    await host_of(app).orders.start(order)

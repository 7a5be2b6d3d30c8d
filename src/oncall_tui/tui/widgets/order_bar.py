"""The line that counts the window of an order down, on every screen that is open meanwhile, and says how it ended."""

from __future__ import annotations

from textual.app import App
from textual.content import Content
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work
from oncall_tui.tui.orders import Order, OrderPassage
from oncall_tui.tui.outgoing import Stage
from oncall_tui.tui.text import Glyphs, clock_utc, join
from oncall_tui.tui.widgets.footer import KeyFooter
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.send_bar import draw_window

_LOOK_EVERY_S = 0.25
_SHOWN_AFTER_END_S = 8.0


async def show_order_bars(app: App[object]) -> None:
    """Puts a bar above the keys of every screen that has none yet: the window outlives the screen that began it."""
    for screen in app.screen_stack:
        if screen.query(KeyFooter) and not screen.query(OrderBar):
            await screen.mount(OrderBar(), before=screen.query_one(KeyFooter))


class OrderBar(Lines, can_focus=True):
    """Shows the newest order of this terminal while its window runs, and for a moment after."""

    scope = "send"
    BINDINGS = bindings_of("send")

    def __init__(self) -> None:
        super().__init__(classes="order-bar")
        self._order: Order | None = None
        self._before: Widget | None = None

    def on_mount(self) -> None:
        self.display = False
        orders = host_of(self).orders
        orders.passages.subscribe(self, self._follow)
        self.set_interval(_LOOK_EVERY_S, self._look)
        if orders.waiting:
            self._begin(orders.waiting[-1])

    def _begin(self, order: Order) -> None:
        self._order = order
        self.display = True
        if not self.has_focus:
            self._before = self.screen.focused
        self.focus()
        self._look()

    def _follow(self, passage: OrderPassage) -> None:
        order = passage.order
        if passage.stage is Stage.WINDOW:
            self._begin(order)
        elif self._order is not None and self._order.key == order.key:
            name = (f"{order.name}  ", "bold")
            if passage.stage is Stage.CONFIRMED:
                at = (f"{clock_utc(now_ms())}  ", "$muted")
                self._end(join((f"{Glyphs.show('◌')} QUEUED ", "bold $state-slow"), at, name, passage.words))
            else:
                self._end(join((f"{Glyphs.show('×')} NOT SENT ", "bold $state-partial"), name, passage.words))

    def _look(self) -> None:
        if self._order is not None:
            self.show_lines([draw_window(host_of(self).orders.left_s(self._order.key), self._order.name)])

    def _end(self, words: Content) -> None:
        self._order = None
        self.show_lines([words])
        if self.has_focus:
            self._give_focus_back()
        self.set_timer(_SHOWN_AFTER_END_S, self._hide)

    def _give_focus_back(self) -> None:
        before, screen = self._before, self.screen
        if before is not None and before.is_attached and before.focusable:
            before.focus()
        else:
            screen.set_focus(next((widget for widget in screen.focus_chain if widget is not self), None))

    def _hide(self) -> None:
        if self._order is None:
            self.display = False

    def action_take_back(self) -> None:
        start_work(self, self._take_back, "send-keys")

    async def _take_back(self) -> None:
        if self._order is not None:
            await host_of(self).orders.take_back(self._order.key)

    def action_send_now(self) -> None:
        start_work(self, self._send_now, "send-keys")

    async def _send_now(self) -> None:
        if self._order is not None:
            await host_of(self).orders.send_now(self._order.key)

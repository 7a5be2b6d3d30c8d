"""What else than an update a person confirms: notices of planned work, corrections, reviews; each waits in a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.app import App
from textual.signal import Signal

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import ConflictError, OncallError
from oncall_tui.tui.feed import Feed
from oncall_tui.tui.outgoing import Stage
from oncall_tui.tui.windows import Windows

if TYPE_CHECKING:
    from oncall_tui.store.database import Database


class Order(Struct, frozen=True):
    """A yes of a person: `store` puts it into the file at the end of the window and says what was queued.

    `key` names what has one window at most, `name` is what the bar calls it.
    """

    key: str
    name: str
    store: Callable[[Database, int], str]


class OrderPassage(Struct, frozen=True):
    """News of one order; `words` say what was queued, or why nothing was."""

    order: Order
    stage: Stage
    words: str = ""


class Orders:
    """Holds the windows of one terminal; `passages` tells what becomes of them."""

    def __init__(self, app: App[object], feed: Feed, window_ms: int) -> None:
        self._feed = feed
        self._windows = Windows(app, window_ms, self._send, self._give_back)
        self.passages: Signal[OrderPassage] = Signal(app, "orders")

    @property
    def waiting(self) -> tuple[Order, ...]:
        """The orders whose window runs, oldest first."""
        return self._windows.waiting

    def left_s(self, key: str) -> float:
        """Returns the seconds left in a window, 0 without one."""
        return self._windows.left_s(key)

    async def start(self, order: Order) -> None:
        """Begins a window."""
        begun = OrderPassage(order, Stage.WINDOW)
        await self._windows.open(order.key, order, lambda: self.passages.publish(begun))

    async def take_back(self, key: str | None = None) -> bool:
        """Ends a window, or the latest one, without sending; returns False when there is none."""
        return await self._windows.take_back(key)

    async def send_now(self, key: str) -> None:
        """Ends a window early, with sending; a press too soon after the first one does nothing."""
        await self._windows.send_now(key)

    async def _give_back(self, order: Order, reason: str) -> None:
        self.passages.publish(OrderPassage(order, Stage.UNSENT, reason))

    async def _send(self, order: Order) -> None:
        try:
            words = await self._feed.call(order.store, now_ms())
        except ConflictError as error:
            self.passages.publish(OrderPassage(order, Stage.CONFLICT, str(error)))
        except OncallError as error:
            self.passages.publish(OrderPassage(order, Stage.UNSENT, str(error)))
        else:
            self.passages.publish(OrderPassage(order, Stage.CONFIRMED, words))

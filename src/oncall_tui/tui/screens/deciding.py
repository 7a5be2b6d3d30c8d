"""The screen in which a person decides about what failed, or what may or may not have arrived."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.update import DeliveryState
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.uncertain_words import Shown, Unsettled, draw_keys, draw_tried, tell_ending

if TYPE_CHECKING:
    from oncall_tui.store.database import Database

_DROP_WITHIN_S = 5.0
#: A key that is still held down from the decision before decides nothing about the next one.
_HELD_KEY_S = 0.5
#: What is compared needs more room than other words.
_TIGHT_BELOW = 22
#: The rows of the keys, where there is no room for what stands below them.
_TIGHT_NOTE = 2

SentT = TypeVar("SentT", bound=Unsettled)
ShownT = TypeVar("ShownT", bound=Shown)


class Calls(NamedTuple, Generic[SentT, ShownT]):
    """How the file is asked about one delivery, and told what a person decided."""

    read: Callable[[Database, int], SentT]
    adopt: Callable[[Database, int, ShownT, str, int], SentT]
    retry: Callable[[Database, int, str, int], SentT]
    drop: Callable[[Database, int, str, int], SentT]


class DecidingScreen(Overlay[None], Generic[SentT, ShownT]):
    """Shows one delivery after the other; it follows the file, so a decision made elsewhere closes the keys here.

    `noun` is what the deliveries are, `loss` what giving one up means.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tight"), (_TIGHT_BELOW, "-tall")]  # noqa: RUF012 -- as the base class has it
    noun: ClassVar[str]
    loss: ClassVar[str]

    def __init__(self, snapshot: Snapshot, delivery_id: int | None, calls: Calls[SentT, ShownT]) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._calls = calls
        found = self.list_open()
        self.delivery = next((item for item in found if item.id == delivery_id), found[0])
        self.chosen: ShownT | None = None
        self._ending: SentT | None = None
        self._problem = ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._is_deciding = False
        self._opens_at = 0.0
        self._tried, self._note = Flow(id="uncertain-tried"), Flow(id="uncertain-note")

    @abstractmethod
    def list_waiting(self) -> Sequence[SentT]:
        """Returns what waits for a person."""

    def list_open(self) -> Sequence[SentT]:
        """Returns what can be looked at."""
        return self.list_waiting()

    @abstractmethod
    def list_evidence(self, delivery: SentT) -> list[ShownT]:
        """Returns what the page shows that could be the delivery, newest first."""

    @abstractmethod
    def name_subject(self) -> tuple[str, str, str]:
        """Returns number and title of what the delivery is about, and what kind of word it is."""

    @abstractmethod
    def compose_texts(self) -> Iterable[Widget]:
        """Yields what stands between what was tried and the keys."""

    @abstractmethod
    def draw_texts(self) -> None:
        """Draws our words and what the page shows."""

    @abstractmethod
    def list_scrolled(self) -> tuple[Widget, ...]:
        """Returns what the scrolling keys move."""

    def compose(self) -> ComposeResult:
        with Vertical(id="uncertain-box"):
            yield self._tried
            yield from self.compose_texts()
            yield self._note

    def on_mount(self) -> None:
        self._choose(self.delivery)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Follows the file: what was found meanwhile, and what settled without this screen."""
        self._snapshot = snapshot
        if self._is_deciding:
            return
        found = next((item for item in self.list_open() if item.id == self.delivery.id), None)
        if found is None:
            start_work(self, partial(self._read_ending, self.delivery.id), "ending", is_exclusive=True)
        elif found != self.delivery or self._ending is not None:
            self._choose(found)

    async def _read_ending(self, delivery_id: int) -> None:
        try:
            ending = await host_of(self).feed.call(self._calls.read, delivery_id)
        except OncallError as error:
            self._problem, ending = str(error), None
        if delivery_id == self.delivery.id:
            self._ending = ending
            self._draw()

    def _choose(self, delivery: SentT) -> None:
        """Goes over to a delivery; of one that is shown already the chosen message stays chosen."""
        found, old = self.list_evidence(delivery), self.chosen if delivery.id == self.delivery.id else None
        self.chosen = next((item for item in found if _is_same(item, old)), found[0] if found else None)
        self.delivery, self._ending, self._problem = delivery, None, ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._draw()

    # -- drawing

    def _draw(self) -> None:
        found = self.list_open()
        box = self.query_one("#uncertain-box")
        is_failed = self.delivery.state is DeliveryState.FAILED
        box.border_title = line(f"This {self.noun} {'failed' if is_failed else 'may or may not have arrived'}")
        place = next((at for at, item in enumerate(found, 1) if item.id == self.delivery.id), 0)
        box.border_subtitle = line(f"{place} of {len(found)}   n next" if place and len(found) > 1 else "")
        self._tried.show_flow(self._draw_tried)
        self.draw_texts()
        self._note.show_flow(self._draw_note)

    def _draw_tried(self, width: int) -> list[Content]:
        number, title, kind = self.name_subject()
        page = self._snapshot.name_page(self.delivery.page)
        return draw_tried(self.delivery, f"{number} {title}", kind, page, width, is_brief=self.has_class("-tight"))

    def _draw_note(self, width: int) -> list[Content]:
        if self._ending is not None:
            return tell_ending(self._ending, width, has_more=bool(self.list_open()))
        asked = f"d again gives this {self.noun} up: {self.loss}. It cannot be taken back." if self._is_dropping else ""
        rows = draw_keys(self.delivery, width, problem=self._problem, can_adopt=self._is_adoptable, asked=asked)
        return rows if not self.has_class("-tight") or asked or self._problem else rows[:_TIGHT_NOTE]

    # -- deciding

    @property
    def _is_looked_up(self) -> bool:
        """Before the page has been looked at there is nothing to decide but to give it up."""
        return self.delivery.state is DeliveryState.FAILED or self.delivery.asked_at is not None

    @property
    def _is_adoptable(self) -> bool:
        return self._is_looked_up and self.delivery.state is DeliveryState.UNCERTAIN and self.chosen is not None

    @property
    def _takes_keys(self) -> bool:
        return self._ending is None and not self._is_deciding and time.monotonic() >= self._opens_at

    @property
    def _is_dropping(self) -> bool:
        return time.monotonic() - self._drop_asked_at < _DROP_WITHIN_S

    def action_adopt(self) -> None:
        if self._takes_keys and self._is_adoptable and self.chosen is not None:
            adopt, number, chosen = self._calls.adopt, self.delivery.id, self.chosen
            self._decide(
                lambda db, actor, now: adopt(db, number, chosen, actor, now), "is taken as sent: it is on the page"
            )

    def action_again(self) -> None:
        if self._takes_keys and self._is_looked_up:
            retry, number = self._calls.retry, self.delivery.id
            self._decide(lambda db, actor, now: retry(db, number, actor, now), "is queued again")

    def action_drop(self) -> None:
        if not self._takes_keys:
            return
        if self._is_dropping:
            drop, number = self._calls.drop, self.delivery.id
            self._decide(lambda db, actor, now: drop(db, number, actor, now), f"is given up: {self.loss}")
            return
        self._drop_asked_at = time.monotonic()
        self._draw()
        self.set_timer(_DROP_WITHIN_S, self._draw)

    def _decide(self, decision: Callable[[Database, str, int], SentT], done: str) -> None:
        self._is_deciding = True
        start_work(self, partial(self._carry_out, decision, done), "decide")

    async def _carry_out(self, decision: Callable[[Database, str, int], SentT], done: str) -> None:
        host, delivery, number = host_of(self), self.delivery, self.name_subject()[0]
        try:
            await host.feed.call(decision, host.actor, now_ms())
        except OncallError as error:
            self._is_deciding = False
            self._problem = str(error)
            self._draw()
            return
        tell(self.app, f"The {self.noun} of {number} {done}.")
        self._is_deciding = False
        rest = [item for item in self.list_waiting() if item.id != delivery.id]
        if rest:
            self._opens_at = time.monotonic() + _HELD_KEY_S
            self._choose(rest[0])
        else:
            self.dismiss()

    # -- moving

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        found = self.list_evidence(self.delivery)
        if self.chosen is not None and self.chosen in found:
            self.chosen = found[min(max(found.index(self.chosen) + by, 0), len(found) - 1)]
            self._draw()

    def action_next(self) -> None:
        found = self.list_open()
        if found:
            ids = [item.id for item in found]
            here = ids.index(self.delivery.id) if self.delivery.id in ids else -1
            self._choose(found[(here + 1) % len(found)])

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        for box in self.list_scrolled():
            box.scroll_relative(y=pages * max(1, box.size.height - 1), animate=False)

    def action_back(self) -> None:
        self.dismiss()


def _is_same(item: Shown, old: Shown | None) -> bool:
    """Whether it is the message that was chosen, though its words may have been changed on the page since."""
    if old is None or item == old:
        return item == old
    return item.remote_update_id is not None and item.remote_update_id == old.remote_update_id

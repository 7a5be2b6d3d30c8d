"""What a person decides about an update that failed, or that may or may not have arrived.

Our words and what the page shows stand beside each other; nothing but a key here sends it again or gives it up.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.update import Delivery, DeliveryState, Evidence
from oncall_tui.store.outbox import adopt_delivery, drop_delivery, get_delivery, retry_delivery
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.uncertain_words import (
    draw_keys,
    draw_ours,
    draw_shown,
    draw_tried,
    list_evidence,
    tell_ending,
)

_DROP_WITHIN_S = 5.0
_WIDE = 100
#: A key that is still held down from the decision before decides nothing about the next one.
_HELD_KEY_S = 0.5


def open_decision(screen: Screen[None] | Screen[object], delivery_id: int | None = None) -> None:
    """Shows what waits for a person, one delivery first where it is named; says so when nothing does."""
    host = host_of(screen)
    if not list_open(host.snapshot):
        tell(screen.app, "No update waits for a decision.")
        return
    host.load_styles("uncertain")
    screen.app.push_screen(UncertainScreen(host.snapshot, delivery_id))


def list_open(snapshot: Snapshot) -> list[Delivery]:
    """Returns what can be looked at: what waits for a person, then what the engine still looks up."""
    waiting = list(snapshot.undecided)
    looked_up = [item for item in snapshot.deliveries if item.state is DeliveryState.UNCERTAIN and item not in waiting]
    return waiting + looked_up


class UncertainScreen(ModalScreen[None]):
    """Shows one delivery after the other; it follows the file, so a decision made elsewhere closes the keys here."""

    BINDINGS = bindings_of("uncertain")
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (_WIDE, "-beside")]  # noqa: RUF012 -- as the base class has it

    def __init__(self, snapshot: Snapshot, delivery_id: int | None = None) -> None:
        super().__init__()
        self._snapshot = snapshot
        waiting = list_open(snapshot)
        self._delivery = next((item for item in waiting if item.id == delivery_id), waiting[0])
        self._ending: Delivery | None = None
        self._chosen: Evidence | None = None
        self._problem = ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._is_deciding = False
        self._opens_at = 0.0
        self._tried, self._note = Flow(id="uncertain-tried"), Flow(id="uncertain-note")
        self._ours, self._shown = Flow(), Flow()
        self._ours_scroll = VerticalScroll(self._ours, id="uncertain-ours", classes="side", can_focus=False)
        self._shown_scroll = VerticalScroll(self._shown, id="uncertain-shown", classes="side", can_focus=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="uncertain-box"):
            yield self._tried
            with Container(id="uncertain-sides"):
                with Vertical(classes="half"):
                    yield Static(line("Ours", "$muted"), classes="side-label", markup=False)
                    yield self._ours_scroll
                with Vertical(classes="half"):
                    label = "The page now, newest first: what could be it"
                    yield Static(line(label, "$muted"), classes="side-label", markup=False)
                    yield self._shown_scroll
            yield self._note

    def on_mount(self) -> None:
        self._choose(self._delivery)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Follows the file: what was found meanwhile, and what settled without this screen."""
        self._snapshot = snapshot
        if self._is_deciding:
            return
        found = next((item for item in list_open(snapshot) if item.id == self._delivery.id), None)
        if found is None:
            start_work(self, partial(self._read_ending, self._delivery.id), "ending", is_exclusive=True)
        elif found != self._delivery or self._ending is not None:
            self._choose(found)

    async def _read_ending(self, delivery_id: int) -> None:
        try:
            ending = await host_of(self).feed.call(get_delivery, delivery_id)
        except OncallError as error:
            self._problem = str(error)
            ending = None
        if delivery_id == self._delivery.id:
            self._ending = ending
            self._draw()

    def _choose(self, delivery: Delivery) -> None:
        """Goes over to a delivery; of one that is shown already the chosen message stays chosen."""
        found = list_evidence(delivery)
        old = self._chosen.remote_update_id if self._chosen and delivery.id == self._delivery.id else None
        self._chosen = next((item for item in found if item.remote_update_id == old), found[0] if found else None)
        self._delivery, self._ending, self._problem = delivery, None, ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._draw()

    # -- drawing

    def _draw(self) -> None:
        waiting = list_open(self._snapshot)
        delivery = self._delivery
        box = self.query_one("#uncertain-box")
        failed = delivery.state is DeliveryState.FAILED
        box.border_title = line("This update failed" if failed else "This update may or may not have arrived")
        place = next((at for at, item in enumerate(waiting, 1) if item.id == delivery.id), 0)
        box.border_subtitle = line(f"{place} of {len(waiting)}   n next" if place and len(waiting) > 1 else "")
        incident = self._snapshot.incident(delivery.incident_id)
        title = incident.title if incident else ""
        page = self._snapshot.name_page(delivery.page)
        self._tried.show_flow(partial(draw_tried, delivery, title, page))
        self._ours.show_flow(partial(draw_ours, delivery))
        self._shown.show_flow(self._draw_shown)
        self._note.show_flow(self._draw_note)

    def _draw_shown(self, width: int) -> list[Content]:
        lines, row = draw_shown(self._delivery, self._chosen, width)
        self.call_after_refresh(self._shown_scroll.scroll_to, y=row, animate=False)
        return lines

    def _draw_note(self, width: int) -> list[Content]:
        if self._ending is not None:
            return tell_ending(self._ending, width, has_more=bool(list_open(self._snapshot)))
        return draw_keys(
            self._delivery, width, problem=self._problem, can_adopt=self.can_adopt, is_dropping=self._is_dropping
        )

    # -- deciding

    @property
    def can_adopt(self) -> bool:
        return self.can_resend and self._delivery.state is DeliveryState.UNCERTAIN and self._chosen is not None

    @property
    def can_resend(self) -> bool:
        """Before the page has been looked at there is nothing to decide but to give it up."""
        delivery = self._delivery
        return self.can_drop and (delivery.state is DeliveryState.FAILED or delivery.asked_at is not None)

    @property
    def can_drop(self) -> bool:
        return self._ending is None and not self._is_deciding and time.monotonic() >= self._opens_at

    @property
    def _is_dropping(self) -> bool:
        return time.monotonic() - self._drop_asked_at < _DROP_WITHIN_S

    def action_adopt(self) -> None:
        if self.can_adopt and self._chosen is not None:
            self._decide(partial(self._adopt, self._delivery, self._chosen))

    def action_again(self) -> None:
        if self.can_resend:
            self._decide(partial(self._resend, self._delivery))

    def action_drop(self) -> None:
        if not self.can_drop:
            return
        if self._is_dropping:
            self._decide(partial(self._drop, self._delivery))
            return
        self._drop_asked_at = time.monotonic()
        self._draw()
        self.set_timer(_DROP_WITHIN_S, self._draw)

    async def _adopt(self, delivery: Delivery, evidence: Evidence) -> str:
        host = host_of(self)
        await host.feed.call(adopt_delivery, delivery.id, evidence, host.actor, now_ms())
        return "is taken as sent: it is on the page"

    async def _resend(self, delivery: Delivery) -> str:
        host = host_of(self)
        await host.feed.call(retry_delivery, delivery.id, host.actor, now_ms())
        return "is queued again"

    async def _drop(self, delivery: Delivery) -> str:
        host = host_of(self)
        await host.feed.call(drop_delivery, delivery.id, host.actor, now_ms())
        return "is given up: it will not be sent"

    def _decide(self, act: Callable[[], Awaitable[str]]) -> None:
        self._is_deciding = True
        start_work(self, partial(self._carry_out, act), "decide")

    async def _carry_out(self, act: Callable[[], Awaitable[str]]) -> None:
        delivery = self._delivery
        try:
            done = await act()
        except OncallError as error:
            self._is_deciding = False
            self._problem = str(error)
            self._draw()
            return
        tell(self.app, f"The update of #{delivery.incident_id} {done}.")
        self._is_deciding = False
        rest = [item for item in self._snapshot.undecided if item.id != delivery.id]
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
        found = list_evidence(self._delivery)
        if self._chosen is not None and self._chosen in found:
            self._chosen = found[min(max(found.index(self._chosen) + by, 0), len(found) - 1)]
            self._draw()

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        for side in (self._ours_scroll, self._shown_scroll):
            side.scroll_relative(y=pages * max(1, side.size.height - 1), animate=False)

    def action_next(self) -> None:
        waiting = list_open(self._snapshot)
        if waiting:
            ids = [item.id for item in waiting]
            here = ids.index(self._delivery.id) if self._delivery.id in ids else -1
            self._choose(waiting[(here + 1) % len(waiting)])

    def action_back(self) -> None:
        self.dismiss()

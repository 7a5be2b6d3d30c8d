"""What a person decides about an update that failed, or that may or may not have arrived.

Our words and what the page shows stand beside each other; nothing but a key here sends it again or gives it up.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from oncall_tui.clock import now_ms
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState, Evidence
from oncall_tui.store.outbox import adopt_delivery, drop_delivery, get_delivery, retry_delivery
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.screens.deciding import Calls, DecidingScreen
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import clock_utc, line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.uncertain_words import draw_ours, draw_shown, list_evidence

_WIDE = 100
_CALLS: Calls[Delivery, Evidence] = Calls(get_delivery, adopt_delivery, retry_delivery, drop_delivery)


def open_decision(screen: Screen[None] | Screen[object], delivery_id: int | None = None) -> None:
    """Shows what waits for a person, one delivery first where it is named; says so when nothing does."""
    host = host_of(screen)
    if not list_open(host.snapshot):
        tell(screen.app, f"No update waits for a decision. {tell_moving(host.snapshot, now_ms())}".strip())
        return
    host.load_styles("uncertain")
    screen.app.push_screen(UncertainScreen(host.snapshot, delivery_id, _CALLS))


def tell_moving(snapshot: Snapshot, now: int) -> str:
    """Names what the engine sends by itself, one that was tried in vain first, and what keeps it; empty for nothing."""
    tried = [item for item in snapshot.deliveries if item.state is DeliveryState.RETRY_WAIT]
    if not snapshot.deliveries:
        return ""
    item = (tried or snapshot.deliveries)[0]
    trouble = next((page.last_error for page in snapshot.pages if page.page == item.page), "")
    unseen = "customers have not been seen to get its update yet" if item.kind is DeliveryKind.BROADCAST else ""
    why = item.reason or trouble or unseen or "it is on its way"
    at = item.next_try_at or 0
    again = f" Next try {clock_utc(at)}." if at > now else ""
    count = len(snapshot.deliveries) - 1
    more = f" {count} more {'is' if count == 1 else 'are'} queued." if count else ""
    to = item.page if item.kind is DeliveryKind.BROADCAST else snapshot.name_page(item.page)
    return f"That of #{item.incident_id} to {to} goes out by itself: {why}.{again}{more}"


def list_open(snapshot: Snapshot) -> list[Delivery]:
    """Returns what can be looked at: what waits for a person, then what the engine still looks up."""
    waiting = list(snapshot.undecided)
    looked_up = [item for item in snapshot.deliveries if item.state is DeliveryState.UNCERTAIN and item not in waiting]
    return waiting + looked_up


class UncertainScreen(DecidingScreen[Delivery, Evidence]):
    """Shows one update after the other, our words beside the page's."""

    BINDINGS = bindings_of("uncertain")
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (_WIDE, "-beside")]  # noqa: RUF012 -- as the base class has it
    noun, loss = "update", "it will not be sent"

    def list_waiting(self) -> tuple[Delivery, ...]:
        return self._snapshot.undecided

    def list_open(self) -> list[Delivery]:
        return list_open(self._snapshot)

    def list_evidence(self, delivery: Delivery) -> list[Evidence]:
        return list_evidence(delivery.evidence)

    def name_subject(self) -> tuple[str, str, str]:
        incident = self._snapshot.incident(self.delivery.incident_id)
        kind = "new incident" if self.delivery.kind is DeliveryKind.CREATE else "update"
        return f"#{self.delivery.incident_id}", incident.title if incident else "", kind

    def compose_texts(self) -> Iterable[Widget]:
        self._ours, self._shown = Flow(), Flow()
        self._ours_scroll = VerticalScroll(self._ours, id="uncertain-ours", classes="side", can_focus=False)
        self._shown_scroll = VerticalScroll(self._shown, id="uncertain-shown", classes="side", can_focus=False)
        self._sides = Container(id="uncertain-sides")
        with self._sides:
            with Vertical(classes="half"):
                yield Static(line("Ours", "$muted"), classes="side-label", markup=False)
                yield self._ours_scroll
            with Vertical(classes="half"):
                label = "The page now, newest first: what could be it"
                yield Static(line(label, "$muted"), classes="side-label", markup=False)
                yield self._shown_scroll

    def draw_texts(self) -> None:
        self._ours.show_flow(partial(draw_ours, self.delivery))
        self._shown.show_flow(self._draw_shown)

    def _draw_shown(self, width: int) -> list[Content]:
        lines, row = draw_shown(self.delivery, self.chosen, width)
        self.call_after_refresh(self._shown_scroll.scroll_to, y=row, animate=False)
        return lines

    def list_scrolled(self) -> tuple[Widget, ...]:
        return (self._ours_scroll, self._shown_scroll, self._sides)

"""What a person decides about a notice of planned work that failed, or that may or may not have arrived."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.notices import adopt_notice, drop_notice, get_notice_delivery, retry_notice
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import DELIVERY_LOOK, Glyphs, clock_utc, date_utc, join, line, look, wrap
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_words import KIND_WORDS, draw_evidence, list_shown

_DROP_WITHIN_S = 5.0
#: A key that is still held down from the decision before decides nothing about the next one.
_HELD_KEY_S = 0.5


def open_notice(screen: Screen[None] | Screen[object], delivery_id: int | None = None) -> None:
    """Shows what waits for a person, one delivery first where it is named; says so when nothing does."""
    host = host_of(screen)
    if not host.snapshot.asking_notices:
        tell(screen.app, "No notice waits for a decision.")
        return
    host.load_styles("uncertain")
    screen.app.push_screen(NoticeScreen(host.snapshot, delivery_id))


class NoticeScreen(ModalScreen[None]):
    """Shows one notice after the other; it follows the file, so one that settled meanwhile says so."""

    BINDINGS = bindings_of("notice")

    def __init__(self, snapshot: Snapshot, delivery_id: int | None = None) -> None:
        super().__init__()
        self._snapshot = snapshot
        waiting = snapshot.asking_notices
        self._delivery = next((item for item in waiting if item.id == delivery_id), waiting[0])
        self._ending: NoticeDelivery | None = None
        self._chosen: NoticeEvidence | None = None
        self._problem = ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._is_deciding = False
        self._opens_at = 0.0
        self._tried, self._note = Flow(id="uncertain-tried"), Flow(id="uncertain-note")
        self._words = Flow(id="notice-words")
        self._scroll_box = VerticalScroll(self._words, id="notice-scroll", can_focus=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="uncertain-box"):
            yield self._tried
            yield self._scroll_box
            yield self._note

    def on_mount(self) -> None:
        self._choose(self._delivery)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Follows the file."""
        self._snapshot = snapshot
        if self._is_deciding:
            return
        found = next((item for item in snapshot.asking_notices if item.id == self._delivery.id), None)
        if found is None:
            start_work(self, partial(self._read_ending, self._delivery.id), "ending", is_exclusive=True)
        elif found != self._delivery or self._ending is not None:
            self._choose(found)

    async def _read_ending(self, delivery_id: int) -> None:
        try:
            ending = await host_of(self).feed.call(get_notice_delivery, delivery_id)
        except OncallError as error:
            self._problem, ending = str(error), None
        if delivery_id == self._delivery.id:
            self._ending = ending
            self._draw()

    def _choose(self, delivery: NoticeDelivery) -> None:
        found = list_shown(delivery)
        is_same = delivery.id == self._delivery.id and self._chosen in found
        self._chosen = self._chosen if is_same else found[0] if found else None
        self._delivery, self._ending, self._problem = delivery, None, ""
        self._drop_asked_at = -_DROP_WITHIN_S
        self._draw()

    # -- drawing

    def _draw(self) -> None:
        waiting, delivery = self._snapshot.asking_notices, self._delivery
        box = self.query_one("#uncertain-box")
        is_failed = delivery.state is DeliveryState.FAILED
        box.border_title = line("This notice failed" if is_failed else "This notice may or may not have arrived")
        place = next((at for at, item in enumerate(waiting, 1) if item.id == delivery.id), 0)
        box.border_subtitle = line(f"{place} of {len(waiting)}   n next" if place and len(waiting) > 1 else "")
        self._tried.show_flow(self._tell_tried)
        self._words.show_flow(self._tell_words)
        self._note.show_flow(self._tell_note)

    def _tell_tried(self, width: int) -> list[Content]:
        delivery = self._delivery
        work = next((item for item in self._snapshot.maintenances if item.id == delivery.maintenance_id), None)
        page = self._snapshot.name_page(delivery.page)
        kind = (f"   {KIND_WORDS[delivery.kind]} on ", "$muted")
        count = f"{delivery.attempts} attempt{'' if delivery.attempts == 1 else 's'}"
        tried = count if delivery.sending_at is None else f"{count}, the last at {clock_utc(delivery.sending_at)}"
        title = f" {work.title}" if work else ""
        return [
            *(line(row, "bold") for row in wrap(f"M{delivery.maintenance_id}{title}", width)),
            join(look(*DELIVERY_LOOK[delivery.state]), kind, (page, "bold")),
            line(tried, "$muted"),
            *(line(row, "$state-down") for row in wrap(delivery.reason, width)),
        ]

    def _tell_words(self, width: int) -> list[Content]:
        delivery = self._delivery
        who = f"confirmed {date_utc(delivery.created_at)} by {delivery.created_by}, due {date_utc(delivery.due_at)}"
        rows = [line(who, "$muted"), *(line(row) for row in wrap(delivery.body, width))]
        return [*rows, Content(""), *draw_evidence(delivery, self._chosen, width)]

    def _tell_note(self, width: int) -> list[Content]:
        if self._ending is not None:
            more = (("   n ", "bold"), "next") if self._snapshot.asking_notices else ()
            state = look(*DELIVERY_LOOK[self._ending.state])
            return [join("Settled meanwhile: ", state), join(("esc ", "bold"), "close", *more)]
        keys = (("ctrl+s", "send again"), ("d", "drop"), ("esc", "decide later"))
        adopting = join(("a ", "bold"), "it is there") if self._chosen else join(("a it is there (closed)", "$muted"))
        rows = [Content("   ").join([adopting, *(join((f"{key} ", "bold"), words) for key, words in keys)])]
        if self._delivery.state is DeliveryState.UNCERTAIN:
            who = "subscribers get it" if self._delivery.notify else "customers read it"
            words = f"{Glyphs.show('▲')} If it was there after all, sending again makes {who} twice."
            rows += [line(row, "$state-slow") for row in wrap(words, width)]
        if self._is_dropping:
            words = "d again gives this notice up: this page will not be told. It cannot be taken back."
            rows += [line(row, "bold $state-partial") for row in wrap(words, width)]
        if self._problem:
            rows += [line(row, "$state-down") for row in wrap(f"{Glyphs.show('✖')} {self._problem}", width)]
        return rows

    # -- deciding

    @property
    def _can_decide(self) -> bool:
        return self._ending is None and not self._is_deciding and time.monotonic() >= self._opens_at

    @property
    def _is_dropping(self) -> bool:
        return time.monotonic() - self._drop_asked_at < _DROP_WITHIN_S

    def action_adopt(self) -> None:
        if self._can_decide and self._chosen is not None:
            self._decide(partial(self._adopt, self._delivery, self._chosen))

    async def _adopt(self, delivery: NoticeDelivery, evidence: NoticeEvidence) -> str:
        host = host_of(self)
        await host.feed.call(adopt_notice, delivery.id, evidence, host.actor, now_ms())
        return "is taken as sent: it is on the page"

    def action_again(self) -> None:
        if self._can_decide:
            self._decide(partial(self._resend, self._delivery))

    def action_drop(self) -> None:
        if not self._can_decide:
            return
        if self._is_dropping:
            self._decide(partial(self._drop, self._delivery))
            return
        self._drop_asked_at = time.monotonic()
        self._draw()
        self.set_timer(_DROP_WITHIN_S, self._draw)

    async def _resend(self, delivery: NoticeDelivery) -> str:
        host = host_of(self)
        await host.feed.call(retry_notice, delivery.id, host.actor, now_ms())
        return "is queued again"

    async def _drop(self, delivery: NoticeDelivery) -> str:
        host = host_of(self)
        await host.feed.call(drop_notice, delivery.id, host.actor, now_ms())
        return "is given up: this page is not told"

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
        tell(self.app, f"The notice of M{delivery.maintenance_id} {done}.")
        self._is_deciding = False
        rest = [item for item in self._snapshot.asking_notices if item.id != delivery.id]
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
        found = list_shown(self._delivery)
        if self._chosen is not None and self._chosen in found:
            self._chosen = found[min(max(found.index(self._chosen) + by, 0), len(found) - 1)]
            self._draw()

    def action_next(self) -> None:
        waiting = self._snapshot.asking_notices
        if waiting:
            ids = [item.id for item in waiting]
            here = ids.index(self._delivery.id) if self._delivery.id in ids else -1
            self._choose(waiting[(here + 1) % len(waiting)])

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        box = self._scroll_box
        box.scroll_relative(y=pages * max(1, box.size.height - 1), animate=False)

    def action_back(self) -> None:
        self.dismiss()

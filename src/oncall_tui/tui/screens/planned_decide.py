"""What a person decides about a notice of planned work that failed, or that may or may not have arrived."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence
from oncall_tui.store.notice_decisions import adopt_notice, drop_notice, retry_notice
from oncall_tui.store.notices import get_notice_delivery
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.screens.deciding import Calls, DecidingScreen
from oncall_tui.tui.text import date_utc, line, wrap
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_words import KIND_WORDS, draw_evidence
from oncall_tui.tui.widgets.uncertain_words import list_evidence

_CALLS: Calls[NoticeDelivery, NoticeEvidence] = Calls(get_notice_delivery, adopt_notice, retry_notice, drop_notice)


def open_notice(screen: Screen[None] | Screen[object], delivery_id: int | None = None) -> None:
    """Shows what waits for a person, one delivery first where it is named; says so when nothing does."""
    host = host_of(screen)
    if not host.snapshot.asking_notices:
        tell(screen.app, "No notice waits for a decision.")
        return
    host.load_styles("uncertain")
    screen.app.push_screen(NoticeScreen(host.snapshot, delivery_id, _CALLS))


class NoticeScreen(DecidingScreen[NoticeDelivery, NoticeEvidence]):
    """Shows one notice after the other, our words above the page's."""

    BINDINGS = bindings_of("notice")
    noun, loss = "notice", "this page will not be told"

    def list_waiting(self) -> tuple[NoticeDelivery, ...]:
        return self._snapshot.asking_notices

    def list_evidence(self, delivery: NoticeDelivery) -> list[NoticeEvidence]:
        return list_evidence(delivery.evidence)

    def name_subject(self) -> tuple[str, str, str]:
        number = self.delivery.maintenance_id
        work = next((item for item in self._snapshot.maintenances if item.id == number), None)
        return f"M{number}", work.title if work else "", KIND_WORDS[self.delivery.kind]

    def compose_texts(self) -> Iterable[Widget]:
        self._words = Flow(id="notice-words")
        self._scroll_box = VerticalScroll(self._words, id="notice-scroll", can_focus=False)
        yield self._scroll_box

    def draw_texts(self) -> None:
        self._words.show_flow(self._tell_words)

    def _tell_words(self, width: int) -> list[Content]:
        delivery = self.delivery
        who = f"confirmed {date_utc(delivery.created_at)} by {delivery.created_by}"
        due = f", due {date_utc(delivery.due_at)}" if delivery.is_automatic else ""
        rows = [line(row, "$muted") for row in wrap(f"{who}{due}", width)]
        rows += [line(row) for row in wrap(delivery.body, width)]
        if self.has_class("-tight") and cell_len(delivery.reason) > width:
            # The head has room for the beginning of it alone, and both sides of a conflict stand in it.
            rows = [*(line(row, "$state-down") for row in wrap(delivery.reason, width)), Content(""), *rows]
        return [*rows, Content(""), *draw_evidence(delivery, self.chosen, width)]

    def list_scrolled(self) -> tuple[VerticalScroll, ...]:
        return (self._scroll_box,)

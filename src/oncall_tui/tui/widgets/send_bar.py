"""The line that counts a send window down, and then follows the update until customers can see it."""

from __future__ import annotations

import math

from textual.content import Content

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.update import Delivery, DeliveryState, IncidentUpdate
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work
from oncall_tui.tui.outgoing import Confirmation, Passage, Stage
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, clock_utc, cut, join
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.proof_words import draw_proof_line

_LOOK_EVERY_S = 0.25
_SHOWN_AFTER_END_S = 8.0
#: What the number of the incident and the words behind the steps take.
_MARGIN = 44


class SendBar(Lines, can_focus=True):
    """Holds one confirmation from its window to its end; a newer one takes its place."""

    scope = "send"
    BINDINGS = bindings_of("send")

    def __init__(self) -> None:
        super().__init__(id="send")
        self._confirmation: Confirmation | None = None
        self._update: IncidentUpdate | None = None
        self._is_over = True
        self._looked_at: tuple[Delivery, ...] | None = None

    def on_mount(self) -> None:
        self.display = False
        host_of(self).outgoing.passages.subscribe(self, self._follow)
        self.set_interval(_LOOK_EVERY_S, self.look)

    def _follow(self, passage: Passage) -> None:
        confirmation = passage.confirmation
        number = (f"#{confirmation.incident_id} ", "bold")
        if passage.stage is Stage.WINDOW:
            self._confirmation, self._update, self._is_over = confirmation, None, False
            self.display = True
            self.focus()
            self._draw_window()
        elif self._confirmation is not confirmation:
            return
        elif passage.stage is Stage.CONFIRMED:
            self._update = passage.update
            self._draw_update()
        else:
            self._end(join((f"{Glyphs.show('×')} NOT SENT ", "bold $state-partial"), number, passage.reason))

    def look(self) -> None:
        """Draws how far the update has got by now, or how long the window still is."""
        if self._confirmation is None or self._is_over:
            return
        if self._update is None:
            self._draw_window()
            return
        snapshot: Snapshot = host_of(self).snapshot
        latest = snapshot.latest_updates.get(self._update.incident_id)
        if latest is not None and latest.uid == self._update.uid:
            if latest is not self._update or self._looked_at is not snapshot.deliveries:
                self._update, self._looked_at = latest, snapshot.deliveries
                self._draw_update()
        elif self._looked_at is not snapshot.deliveries:
            self._looked_at = snapshot.deliveries
            start_work(self, self._read, "send", is_exclusive=True)

    async def _read(self) -> None:
        """Reads an update that is not the incident's latest any more."""
        assert self._confirmation is not None
        try:
            updates = await host_of(self).feed.call(list_updates, self._confirmation.incident_id)
        except OncallError:
            self._looked_at = None  # asked again at the next look
            return
        found = next((update for update in updates if self._update and update.uid == self._update.uid), None)
        if found is not None:  # the same update may have come to wait for a person
            self._update = found
            self._draw_update()

    def _draw_window(self) -> None:
        assert self._confirmation is not None
        number = self._confirmation.incident_id
        self.show_lines([draw_window(host_of(self).outgoing.left_s(number), f"#{number}")])

    def _draw_update(self) -> None:
        update = self._update
        assert update is not None
        number = (f"#{update.incident_id} ", "bold")
        room = self.size.width - _MARGIN
        words = join(number, draw_proof_line(update, host_of(self).snapshot.name_page, room))
        if update.seen_at is not None:
            self._end(words)
            return
        if len(update.proofs) < 2:  # of several pages, each says where it stands
            words = join(words, _tell_wait(update))
        if self._is_undecided(update):
            words = join(("c ", "bold"), "decides   ", words)
        self.show_lines([cut(words, self.size.width)])
        if self.has_focus:
            host_of(self).show_pane("compose")

    def _is_undecided(self, update: IncidentUpdate) -> bool:
        mine = {proof.delivery_id for proof in update.proofs}
        return any(delivery.id in mine for delivery in host_of(self).snapshot.undecided)

    def _end(self, words: Content) -> None:
        self._is_over = True
        self.show_lines([words])
        if self.has_focus:
            host_of(self).show_pane("compose")
        confirmation = self._confirmation
        self.set_timer(_SHOWN_AFTER_END_S, lambda: self._hide(confirmation))

    def _hide(self, confirmation: Confirmation | None) -> None:
        if self._is_over and self._confirmation is confirmation:
            self.display = False

    def action_take_back(self) -> None:
        start_work(self, self._take_back, "send-keys")

    async def _take_back(self) -> None:
        if self._confirmation is not None:
            await host_of(self).outgoing.take_back(self._confirmation.incident_id)

    def action_send_now(self) -> None:
        start_work(self, self._send_now, "send-keys")

    async def _send_now(self) -> None:
        if self._confirmation is not None:
            await host_of(self).outgoing.send_now(self._confirmation.incident_id)


def draw_window(left_s: float, name: str) -> Content:
    """Returns how long something confirmed can still be taken back, and the keys for it."""
    seconds = math.ceil(left_s)
    dots = Glyphs.show("●") * seconds
    return join(
        (f"SENDING in {seconds} s ", "bold $state-slow"),
        (f"{dots:<6}", "$state-slow"),
        ("  u ", "bold"), "takes it back",
        ("   enter ", "bold"), "sends now",
        (f"   {name}, not sent yet", "$muted"),
    )  # fmt: skip


def _tell_wait(update: IncidentUpdate) -> Content:
    """Says what customers have of an update that they have not been seen to get."""
    if update.delivery is DeliveryState.DELIVERED:
        return join(("   customers: not seen there yet", "$muted"))
    if update.delivery is DeliveryState.PENDING:
        since = f" since {clock_utc(update.created_at)}"
        return join((since, "$state-slow"), ("   customers do not have it yet", "$muted"))
    if update.delivery is DeliveryState.FAILED:
        return join(("   customers have NOT been told", "bold $state-down"))
    return Content("")

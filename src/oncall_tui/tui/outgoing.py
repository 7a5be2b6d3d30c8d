"""The send windows: a confirmed update waits here for a few seconds, and only their end puts it into the outbox.

A window lives in the app, so it survives every change of pane; it dies with the process: a dead terminal sends nothing.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct
from textual.app import App
from textual.signal import Signal
from textual.timer import Timer

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.errors import ConflictError, OncallError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.store.drafts import mark_confirmed
from oncall_tui.store.outbox import confirm_update
from oncall_tui.tui.feed import Feed

#: A window that ends so much too late belongs to a terminal that stood still: a person has to look again.
_STALL_LIMIT_S = 10.0
#: An enter so soon after the first one is a held key or a paste, not a decision.
_EARLIEST_SEND_S = 0.3


class Confirmation(Struct, frozen=True):
    """What a person has confirmed, exactly as it would be sent; `seen_revision` is the incident's as reviewed."""

    incident_id: int
    draft_id: int
    status: IncidentStatus
    body: str
    components: dict[str, ComponentStatus]
    next_update_at: int | None
    seen_revision: int


class Stage(StrEnum):
    """`unsent` covers every end of a window without a delivery."""

    WINDOW = "window"
    UNSENT = "unsent"
    CONFLICT = "conflict"
    CONFIRMED = "confirmed"


class Passage(Struct, frozen=True):
    """News of one confirmation; `update` is set once it stands in the outbox, `reason` when it does not get there."""

    confirmation: Confirmation
    stage: Stage
    update: IncidentUpdate | None = None
    reason: str = ""


@dataclass(slots=True)
class _Window:
    confirmation: Confirmation
    began_s: float
    ends_s: float
    timer: Timer | None = None


class Outgoing:
    """Holds the windows of one terminal, at most one an incident; `passages` tells what becomes of them."""

    def __init__(self, app: App[object], feed: Feed, actor: str, config: Config) -> None:
        self._app = app
        self._feed = feed
        self._actor = actor
        self._window_ms = config.send_window_ms
        self._config = config
        self._windows: dict[int, _Window] = {}
        self.passages: Signal[Passage] = Signal(app, "passages")

    @property
    def waiting(self) -> tuple[Confirmation, ...]:
        """The confirmations whose window runs, oldest first."""
        return tuple(window.confirmation for window in self._windows.values())

    def is_waiting(self, incident_id: int) -> bool:
        return incident_id in self._windows

    def left_s(self, incident_id: int) -> float:
        """Returns the seconds left in a window, 0 without one."""
        window = self._windows.get(incident_id)
        return max(0.0, window.ends_s - time.monotonic()) if window else 0.0

    async def start(self, confirmation: Confirmation) -> None:
        """Begins a window. Raises StoreError when even that could not be written down."""
        await self._feed.call(mark_confirmed, confirmation.draft_id, now_ms())
        began_s = time.monotonic()
        window = _Window(confirmation, began_s, began_s + self._window_ms / 1000)
        self._windows[confirmation.incident_id] = window
        self.passages.publish(Passage(confirmation, Stage.WINDOW))
        if self._window_ms == 0:
            await self._send(window)
        else:
            window.timer = self._app.set_timer(self._window_ms / 1000, lambda: self._finish(window))

    async def take_back(self, incident_id: int | None = None) -> bool:
        """Ends the window of an incident, or the latest one, without sending; returns False when there is none."""
        if incident_id is None and self._windows:
            incident_id = next(reversed(self._windows))
        window = self._windows.pop(incident_id, None) if incident_id is not None else None
        if window is None:
            return False
        await self._give_back(window, "taken back, nothing was sent")
        return True

    async def send_now(self, incident_id: int) -> None:
        """Ends a window early, with sending; a press too soon after the first one does nothing."""
        window = self._windows.get(incident_id)
        if window is not None and time.monotonic() - window.began_s >= _EARLIEST_SEND_S:
            await self._send(window)

    async def _finish(self, window: _Window) -> None:
        if self._windows.get(window.confirmation.incident_id) is not window:
            return
        if time.monotonic() - window.ends_s > _STALL_LIMIT_S:
            del self._windows[window.confirmation.incident_id]
            await self._give_back(window, "not sent: this terminal stood still for a while, look at it again")
            return
        await self._send(window)

    async def _give_back(self, window: _Window, reason: str) -> None:
        if window.timer is not None:
            window.timer.stop()
        try:
            await self._feed.call(mark_confirmed, window.confirmation.draft_id, None)
        except OncallError as error:
            reason = f"{reason}. {error}"
        self.passages.publish(Passage(window.confirmation, Stage.UNSENT, reason=reason))

    async def _send(self, window: _Window) -> None:
        confirmation = window.confirmation
        self._windows.pop(confirmation.incident_id, None)
        if window.timer is not None:
            window.timer.stop()
        try:
            update = await self._feed.call(
                confirm_update,
                confirmation.incident_id,
                uid=uuid.uuid4().hex,
                status=confirmation.status,
                body=clean_block(confirmation.body).strip(),
                components=confirmation.components,
                next_update_at=confirmation.next_update_at,
                notify=True,
                actor=self._actor,
                now=now_ms(),
                seen_revision=confirmation.seen_revision,
                draft_id=confirmation.draft_id,
                pages=self._config.page_names,
                broadcasts=self._config.broadcast_names,
            )
        except ConflictError as error:
            await self._feed_quietly(confirmation)
            self.passages.publish(Passage(confirmation, Stage.CONFLICT, reason=str(error)))
        except OncallError as error:
            self.passages.publish(Passage(confirmation, Stage.UNSENT, reason=f"not sent: {error}"))
        else:
            self.passages.publish(Passage(confirmation, Stage.CONFIRMED, update=update))

    async def _feed_quietly(self, confirmation: Confirmation) -> None:
        """A mark that cannot be cleared now costs a notice at the next start, no more."""
        try:
            await self._feed.call(mark_confirmed, confirmation.draft_id, None)
        except OncallError as error:
            self._app.log.warning(str(error))

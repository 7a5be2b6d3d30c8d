"""Updates on their way out: a confirmed one waits in its window, and only the end of that puts it into the outbox."""

from __future__ import annotations

import uuid
from enum import StrEnum

from msgspec import Struct
from textual.app import App
from textual.signal import Signal

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.errors import ConflictError, OncallError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.store.drafts import mark_confirmed
from oncall_tui.store.outbox import confirm_update
from oncall_tui.tui.feed import Feed
from oncall_tui.tui.windows import Windows


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


class Outgoing:
    """Holds the windows of one terminal, at most one an incident; `passages` tells what becomes of them."""

    def __init__(self, app: App[object], feed: Feed, actor: str, config: Config) -> None:
        self._app = app
        self._feed = feed
        self._actor = actor
        self._config = config
        self._windows = Windows(app, config.send_window_ms, self._send, self._give_back)
        self.passages: Signal[Passage] = Signal(app, "passages")

    @property
    def waiting(self) -> tuple[Confirmation, ...]:
        """The confirmations whose window runs, oldest first."""
        return self._windows.waiting

    def is_waiting(self, incident_id: int) -> bool:
        return self._windows.is_waiting(incident_id)

    def left_s(self, incident_id: int) -> float:
        """Returns the seconds left in a window, 0 without one."""
        return self._windows.left_s(incident_id)

    async def start(self, confirmation: Confirmation) -> None:
        """Begins a window. Raises StoreError when even that could not be written down."""
        await self._feed.call(mark_confirmed, confirmation.draft_id, now_ms())
        begun = Passage(confirmation, Stage.WINDOW)
        await self._windows.open(confirmation.incident_id, confirmation, lambda: self.passages.publish(begun))

    async def take_back(self, incident_id: int | None = None) -> bool:
        """Ends the window of an incident, or the latest one, without sending; returns False when there is none."""
        return await self._windows.take_back(incident_id)

    async def send_now(self, incident_id: int) -> None:
        """Ends a window early, with sending; a press too soon after the first one does nothing."""
        await self._windows.send_now(incident_id)

    async def _give_back(self, confirmation: Confirmation, reason: str) -> None:
        try:
            await self._feed.call(mark_confirmed, confirmation.draft_id, None)
        except OncallError as error:
            reason = f"{reason}. {error}"
        self.passages.publish(Passage(confirmation, Stage.UNSENT, reason=reason))

    async def _send(self, confirmation: Confirmation) -> None:
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
                second_person=self._config.second_person,
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

"""Puts what is typed on disk within half a second, and never gives a text up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from textual.timer import Timer
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import Draft, Waiver
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import create_draft, save_draft
from oncall_tui.tui.host import host_of, start_work, tell

_SAVE_AFTER_S = 0.3
_RETRY_AFTER_S = 1.0
_PARTED = "The draft was sent, deleted or taken over meanwhile: your words are a draft of their own."


class Typed(Struct, frozen=True):
    """What stands on the screen now."""

    status: IncidentStatus
    body: str
    components: dict[str, ComponentStatus]
    next_update_at: int | None
    template: str | None
    cursor: int
    facts: Facts = Facts()
    waivers: tuple[Waiver, ...] = ()
    variables: Mapping[str, str | None] = {}
    interval_ms: int | None = None


class Saving(Struct, frozen=True):
    """When the draft was last on disk, and why it is not now; `error` is empty while all is well."""

    saved_at: int | None = None
    error: str = ""


def keep_draft(db: Database, draft: Draft, typed: Typed, terminal_id: str, actor: str, now: int) -> Draft | None:
    """Stores what is typed; returns a new draft when the old one was sent, deleted or taken over meanwhile, else None.

    Raises StoreError.
    """
    if save_draft(
        db,
        draft.id,
        terminal_id=terminal_id,
        status=typed.status,
        body=typed.body,
        components=typed.components,
        next_update_at=typed.next_update_at,
        template=typed.template,
        cursor=typed.cursor,
        now=now,
        facts=typed.facts,
        waivers=typed.waivers,
        variables=typed.variables,
        interval_ms=typed.interval_ms,
    ):
        return None
    return create_draft(
        db,
        draft.incident_id,
        terminal_id,
        status=typed.status,
        body=typed.body,
        components=typed.components,
        next_update_at=typed.next_update_at,
        template=typed.template,
        actor=actor,
        now=now,
        name=draft.name,
        facts=typed.facts,
        waivers=typed.waivers,
        variables=typed.variables,
        interval_ms=typed.interval_ms,
    )


class DraftKeeper:
    """Saves one draft for a pane: `read` gives what is typed, `tell` is called when the state of saving changes."""

    def __init__(self, pane: Widget, read: Callable[[], Typed], tell: Callable[[], None]) -> None:
        self._pane = pane
        self._read = read
        self._tell = tell
        self._timer: Timer | None = None
        self.draft: Draft | None = None
        self.is_dirty = False
        self.saving = Saving()

    def take(self, draft: Draft | None) -> None:
        """Goes over to another draft, or to none."""
        self.draft = draft
        self.is_dirty = False
        self.saving = Saving(draft.updated_at if draft else None)

    def let_go(self) -> None:
        """Leaves the draft; what is not yet on disk is stored however long that takes."""
        if self.draft is not None and self.is_dirty:
            start_work(self._pane, partial(self._store_until_done, self.draft, self._read()), "keep")
        self.take(None)

    async def _store_until_done(self, draft: Draft, typed: Typed) -> None:
        host, told = host_of(self._pane), False
        while True:
            try:
                await host.feed.call(keep_draft, draft, typed, host.terminal_id, host.actor, now_ms())
            except OncallError as error:
                if not told:
                    tell(self._pane.app, f"Your draft for #{draft.incident_id} is not saved yet: {error}", "error")
                told = True
                await asyncio.sleep(_RETRY_AFTER_S)
            else:
                return

    def touch(self) -> None:
        """Notes that something was typed."""
        self.is_dirty = True
        self.save_soon(_SAVE_AFTER_S)

    def save_soon(self, delay_s: float) -> None:
        """Saves after a delay; a timer that runs already is kept, so that steady typing cannot put saving off."""
        if self._timer is None:
            self._timer = self._pane.set_timer(max(delay_s, 0.01), self._save_in_worker)

    def _save_in_worker(self) -> None:
        self._timer = None
        start_work(self._pane, self.save, "save")

    async def save(self) -> None:
        """Saves now what is not yet on disk; a failure is kept in `saving` and tried again."""
        draft, host = self.draft, host_of(self._pane)
        if draft is None or not self.is_dirty or host.outgoing.is_waiting(draft.incident_id):
            return
        now = now_ms()
        self.is_dirty = False
        try:
            made = await host.feed.call(keep_draft, draft, self._read(), host.terminal_id, host.actor, now)
        except OncallError as error:
            self.is_dirty = True
            self.saving = Saving(self.saving.saved_at, str(error))
            self.save_soon(_RETRY_AFTER_S)
        else:
            self.saving = Saving(now)
            if made is not None and self.draft is draft:
                self.draft = made
                tell(self._pane.app, _PARTED, "warning")
        self._tell()

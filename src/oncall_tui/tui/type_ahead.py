"""Keeps what is pressed until what the keys before it led to is there: a slow line brings many keys in one piece.

One key at a time goes to the screen, and the next one once all that it began has come to rest. What is typed behind a
key that opens something therefore reaches that; where it does not open, what was typed for it is dropped, and told.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import NamedTuple

from textual._queue import Queue
from textual.app import App
from textual.events import Event, Key, MouseDown, MouseEvent, MouseMove, Paste
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

from oncall_tui.tui.actions import OPENING, SIGHTED
from oncall_tui.tui.host import tell
from oncall_tui.tui.widgets.footer import is_typed_into, name_key

#: Nothing may take the keyboard away for longer, whatever became of what was waited for.
_LONGEST_S = 5.0
_TELL_AFTER_S = 1.0
_LOOK_EVERY_S = 0.001
_GROUP = "type-ahead"
#: Work that only reads, checks or saves: it leads nowhere, so no key waits for it.
_ASIDE = frozenset(
    {_GROUP, "beat", "failures", "keep", "save", "scratch", "facts", "lint", "lint-begin", "literal"}
    | {"send", "told", "timeline", "runbook", "ticks", "ending", "editor"}
)


class Front(NamedTuple):
    """What keys go to."""

    screen: Screen[object]
    focused: Widget | None


class _Held(NamedTuple):
    """An event, and what keys went to when it came, None before the first screen."""

    event: Event
    front: Front | None


class TypeAhead:
    """Stands between the driver and the screens; `open` lets the first key pass."""

    def __init__(self, app: App[object], longest_s: float = _LONGEST_S) -> None:
        self._app = app
        self.longest_s = longest_s
        self._held: deque[_Held] = deque()
        self._passing: deque[_Held] = deque()
        self._has_passed = asyncio.Event()
        self._is_waiting = False
        self._is_overdue = False
        self._opened_at = math.inf
        self._shown: Screen[object] | None = None
        self._shown_at = 0.0
        self._latest: Event | None = None
        self._awaited: Front | None = None
        self._refused_at = 0.0
        self._reason = ""
        self._typed_into: Widget | None = None
        self._is_blind = False

    def open(self) -> None:
        """Lets keys through from now on: the first frame stands."""
        self._opened_at = time.monotonic()

    def note_shown(self, screen: Screen[object]) -> None:
        """Notes when a screen is first drawn: what was pressed before that was pressed without sight of it."""
        if screen is not self._shown:
            self._shown, self._shown_at = screen, time.monotonic()

    def look(self) -> Front:
        """Returns what keys go to now."""
        return Front(self._app.screen, self._app.screen.focused)

    def expect(self, action: str, before: Front) -> None:
        """Notes that an action which opens something was run, from the front that there was."""
        if action in OPENING and self._awaited is None:
            self._awaited = before

    def expect_text(self) -> None:
        """Notes that a text is being opened: what is typed behind is meant for that alone."""
        self._awaited = Front(self._app.screen, None)

    def refuses(self, action: str, *, has_window: bool) -> bool:
        """Tells whether an action would say yes to what nobody can have seen, and says so on the screen.

        What a send window follows stands there to be taken back: it may be confirmed ahead, but not before the first
        frame of all.
        """
        is_early = self._latest is not None and self._latest.time < self._opened_at
        may_pass = action == "review.send" and has_window and not is_early
        if action not in SIGHTED or not (self._is_blind or is_early) or may_pass:
            return False
        key = name_key(self._latest.key) if isinstance(self._latest, Key) else "It"
        words = f"{key} was pressed before this was on the screen, so it did nothing: look, then press it again."
        tell(self._app, words, "warning")
        return True

    def takes(self, event: Event) -> bool:
        """Tells whether an event was held or dropped; one that was not goes its way now."""
        if event.is_forwarded or not isinstance(event, Key | Paste | MouseEvent):
            return False
        if self._passing and event is self._passing[0].event:
            self._begin(self._passing.popleft())
            if not self._passing:
                self._has_passed.set()
            return False
        if not self._held and not self._passing:
            if isinstance(event, MouseMove) or self._continues(event):
                return False
            if (is_at_rest := self._is_at_rest(is_from_app=True)) or self._is_overdue:
                if is_at_rest and self._settle() and self._latest is not None:
                    self._refuse("nothing has opened", self._latest.time)
                if event.time > self._refused_at:
                    self._begin(_Held(event, self.look()))
                    return False
        self._hold(event)
        return True

    def _hold(self, event: Event) -> None:
        if event.time <= self._refused_at:
            self._lose(event)
        elif not isinstance(event, MouseMove):
            self._held.append(_Held(event, self.look() if self._app.screen_stack else None))
            if not self._is_waiting:
                self._is_waiting = True
                self._app.run_worker(self._hand_on(), group=_GROUP)

    def _continues(self, event: Event) -> bool:
        """Tells whether a letter is typed behind another one into the same field: that leads nowhere."""
        field = self._typed_into
        is_letter = isinstance(event, Key) and event.is_printable
        return is_letter and field is not None and self._app.screen.focused is field and is_typed_into(field)

    def _begin(self, held: _Held) -> None:
        event = self._latest = held.event
        front = self.look()
        self._is_blind = held.front != front or event.time < self._shown_at
        is_typed = isinstance(event, Key) and event.is_printable and is_typed_into(front.focused)
        self._typed_into = front.focused if is_typed else None

    def _settle(self) -> bool:
        """Tells, now that all is at rest, whether what the latest key was to open has refused."""
        self._is_overdue = False
        front = self.look()
        awaited, self._awaited = self._awaited, None
        if awaited is None or front.screen is not awaited.screen:
            return False
        return front.focused is awaited.focused or not is_typed_into(front.focused)

    def _is_at_rest(self, *, is_from_app: bool) -> bool:
        """Tells whether nothing is under way that could lead keys elsewhere; the app itself may be what asks."""
        app = self._app
        if self._opened_at == math.inf or not app.screen_stack or not _queue_of(app).empty():
            return False
        if app.screen._callbacks or any(worker.group not in _ASIDE for worker in app.workers):
            return False
        nodes = app.screen.walk_children(Widget, with_self=True)
        return (is_from_app or _is_idle(app)) and all(node.is_mounted and _is_idle(node) for node in nodes)

    async def _hand_on(self) -> None:
        """Hands on what is held, each when all is at rest."""
        try:
            while self._held and self._app.is_running:
                await self._await_rest()
                self._drop_stale_clicks()
                if self._held:
                    self._pass()
                    await self._has_passed.wait()
                while self._held and self._continues(self._held[0].event):
                    self._pass()
        finally:
            self._is_waiting = False

    def _pass(self) -> None:
        self._has_passed.clear()
        self._passing.append(self._held.popleft())
        self._app.post_message(self._passing[-1].event)

    async def _await_rest(self) -> None:
        """Waits for it no longer than may be; drops what was typed for something that did not open."""
        began_at, is_told = time.monotonic(), False
        while self._app.is_running and not self._continues(self._held[0].event):
            if self._is_at_rest(is_from_app=False):
                if self._settle():
                    self._refuse("nothing has opened", time.monotonic())
                return
            waited_s = time.monotonic() - began_at
            if self._opened_at == math.inf:
                began_at = time.monotonic()
            elif self._is_overdue:
                return
            elif waited_s > self.longest_s:
                self._is_overdue = True
                self._refuse(f"nothing has opened in {self.longest_s:g} s", time.monotonic())
                return
            elif waited_s > _TELL_AFTER_S and not is_told:
                is_told = True
                tell(self._app, "What you type waits for what you asked for to open.")
            await asyncio.sleep(_LOOK_EVERY_S)

    def _refuse(self, why: str, at: float) -> None:
        """Drops all that was pressed until then, also what is still on its way from the driver."""
        self._refused_at, self._reason, self._awaited = at, why, None
        while self._held:
            self._lose(self._held.popleft().event)

    def _lose(self, event: Event) -> None:
        if self._reason and isinstance(event, Key | Paste | MouseDown):
            tell(self._app, f"What was typed behind it is dropped: {self._reason}.", "warning")
            self._reason = ""

    def _drop_stale_clicks(self) -> None:
        """A click is meant for what stood there when it was made; a key may have led elsewhere since."""
        while self._held and isinstance(self._held[0].event, MouseEvent) and not isinstance(self._latest, MouseEvent):
            if self._held[0].front == self.look():
                return
            if isinstance(self._held.popleft().event, MouseDown):
                tell(self._app, "A click was dropped: a key before it had led elsewhere.", "warning")


def _is_idle(pump: MessagePump) -> bool:
    """Tells whether a pump has done all that it was told, and waits for more."""
    queue = _queue_of(pump)
    return pump._closed or (queue.empty() and bool(queue.ready_event._waiters))


def _queue_of(pump: MessagePump) -> Queue[Message | None]:
    return pump._message_queue

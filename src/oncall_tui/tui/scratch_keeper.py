"""Puts what is typed into a form on disk within half a second, and finds it again after a crash."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.store.database import Database
from oncall_tui.store.lease import list_terminals
from oncall_tui.store.scratch import Scratch, drop_scratch, keep_scratch, take_scratch
from oncall_tui.tui.drafting import live_terminals
from oncall_tui.tui.host import host_of, start_work

_SAVE_AFTER_S = 0.3
_RETRY_AFTER_S = 1.0


def find_scratch(db: Database, name: str, terminal_id: str, now: int) -> Scratch | None:
    """Returns what this terminal has typed, or one that is gone. Raises StoreError."""
    return take_scratch(db, name, terminal_id, frozenset(live_terminals(list_terminals(db), now)))


class ScratchKeeper:
    """Saves one form: `read` gives what is typed and the revision it began from, `tell` hears when that is on disk.

    `problem` says why it is not, empty while all is well.
    """

    def __init__(
        self, node: Widget, name: str, read: Callable[[], tuple[str, int | None]], tell: Callable[[], None]
    ) -> None:
        self._node = node
        self._read = read
        self._tell = tell
        self._timer: Timer | None = None
        self.name = name
        self.is_dirty = False
        self.saved_at: int | None = None
        self.problem = ""

    async def find(self) -> Scratch | None:
        """Returns what was typed before. Raises StoreError."""
        host = host_of(self._node)
        return await host.feed.call(find_scratch, self.name, host.terminal_id, now_ms())

    def touch(self) -> None:
        """Notes that something was typed; a timer that runs is kept, so that steady typing cannot put saving off."""
        self.is_dirty = True
        self._save_in(_SAVE_AFTER_S)

    def _save_in(self, delay_s: float) -> None:
        if self._timer is None:
            self._timer = self._node.set_timer(delay_s, self._save_in_worker)

    def _save_in_worker(self) -> None:
        self._timer = None
        start_work(self._node, self.save, "scratch")

    async def save(self) -> None:
        """Saves now what is not yet on disk; a failure is kept in `problem` and tried again."""
        if not self.is_dirty:
            return
        host, now = host_of(self._node), now_ms()
        text, revision = self._read()
        self.is_dirty = False
        try:
            await host.feed.call(keep_scratch, self.name, host.terminal_id, text, revision, now)
        except OncallError as error:
            self.is_dirty, self.problem = True, str(error)
            self._save_in(_RETRY_AFTER_S)
        else:
            self.saved_at, self.problem = now, ""
        if self._node.is_running:  # what ends has nothing left to draw it on
            self._tell()

    async def forget(self) -> None:
        """Drops what was typed: it is stored elsewhere, or not wanted. Raises StoreError."""
        self.is_dirty = False
        host = host_of(self._node)
        await host.feed.call(drop_scratch, self.name, host.terminal_id)

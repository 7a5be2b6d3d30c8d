"""The terminal's only way to the file: one thread that runs commands, reads what changed and tells the app.

The event loop never waits for the disk; screens never see a connection.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeVar

from msgspec.structs import replace
from textual.message import Message
from textual.message_pump import MessagePump

from oncall_tui.domain.errors import DiskError, LockedError, OncallError, StoreError
from oncall_tui.tui.snapshot import Snapshot, refresh_snapshot

if TYPE_CHECKING:
    from oncall_tui.store.database import Database
    from oncall_tui.store.watcher import Watcher

_LOOK_EVERY_S = 0.1
_BUSY_TIMEOUT_S = 1.0
_OPEN_AGAIN_S = 1.0
P = ParamSpec("P")
T = TypeVar("T")


class Changed(Message):
    """The file changed: `snapshot` is its present content, `topics` what moved since the last message handled."""

    def __init__(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.topics = topics


class _Job(NamedTuple):
    run: Callable[[Database], None]
    fail: Callable[[BaseException], None]


class Feed:
    """One store thread: snapshots come out of it as `Changed`, commands go in through `call`.

    `snapshot` is what is known of the file already.
    """

    def __init__(self, path: Path, *, is_read_only: bool, snapshot: Snapshot) -> None:
        self._path = path
        self._is_read_only = is_read_only
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._target: MessagePump | None = None
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._unhandled: frozenset[str] = frozenset()
        self._unread: frozenset[str] = frozenset()

    def start(self, target: MessagePump) -> None:
        """Starts the thread; `target` gets the `Changed` messages."""
        self._target = target
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    async def call(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `function(db, ...)` in the store thread and returns its result or raises its error.

        A write that could not be stored is also shown in the next snapshot's `saving_error`.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type] # None only where T allows it

        def answer(result: T | None, error: BaseException | None) -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        def fail(error: BaseException) -> None:
            answer(None, error)

        def run(db: Database) -> None:
            try:
                result = function(db, *args, **kwargs)
            except OncallError as error:
                self._note_saving(error)
                fail(error)
            except Exception as error:  # noqa: BLE001 -- a fault of ours belongs to the caller, the thread goes on
                fail(error)
            else:
                self._note_saving(None)
                answer(result, None)

        self._jobs.put(_Job(run, fail))
        return await future

    def take_topics(self) -> frozenset[str]:
        """Returns what moved in all messages since the last call, also those that a newer one replaced."""
        with self._lock:
            topics, self._unhandled = self._unhandled, frozenset()
        return topics

    def stop(self, last: Callable[[Database], None] | None = None, timeout_s: float = 1.0) -> None:
        """Runs one last job, ends the thread and waits for it no longer than `timeout_s`."""
        if last is not None:
            self._jobs.put(_Job(last, lambda _: None))
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        from oncall_tui.store.database import open_database
        from oncall_tui.store.watcher import Watcher

        while True:
            try:
                _check_folder(self._path.parent)
                db = open_database(self._path, is_read_only=self._is_read_only, busy_timeout_s=_BUSY_TIMEOUT_S)
                watcher = Watcher(self._path)
            except StoreError as error:
                self._publish(replace(self._snapshot, saving_error=str(error)), frozenset({"saving"}))
                if not self._refuse(error):
                    return
            else:
                break
        self._note_saving(None)
        with db:
            while True:
                try:
                    job = self._jobs.get(timeout=_LOOK_EVERY_S)
                except queue.Empty:
                    pass
                else:
                    if job is None:
                        break
                    job.run(db)
                self._look(db, watcher)
        watcher.close()

    def _refuse(self, error: StoreError) -> bool:
        """Answers what is asked while the file cannot be opened, for a second; returns False at the end."""
        until = time.monotonic() + _OPEN_AGAIN_S
        while (left_s := until - time.monotonic()) > 0:
            try:
                job = self._jobs.get(timeout=left_s)
            except queue.Empty:
                break
            if job is None:
                return False
            job.fail(error)
        return True

    def _look(self, db: Database, watcher: Watcher) -> None:
        try:
            self._unread |= watcher.changed_topics()
            if self._unread:
                snapshot = refresh_snapshot(db, self._snapshot, self._unread)
                topics, self._unread = self._unread, frozenset()
                self._publish(snapshot, topics)
        except StoreError as error:
            self._note_saving(error)

    def _note_saving(self, error: OncallError | None) -> None:
        text = str(error) if isinstance(error, LockedError | DiskError) else ""
        if error is not None and not text:
            return
        if text != self._snapshot.saving_error:
            self._publish(replace(self._snapshot, saving_error=text), frozenset({"saving"}))

    def _publish(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        with self._lock:
            self._unhandled |= topics
        if self._target is not None:
            with suppress(RuntimeError):  # the app has ended while the file was read
                self._target.post_message(Changed(snapshot, topics))


def _check_folder(folder: Path) -> None:
    """Raises StoreError where somebody removed the folder that the start has made: it is not made again."""
    if not folder.is_dir():
        raise StoreError(f"{folder} is gone: put it back, or start again.")

"""Exclusion by the operating system: a lock that the kernel frees the instant its holder dies.

A lease with a time-out would not do: a paused holder would wake up and go on beside its successor.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType


class FileLock:
    """An exclusive lock on a file of its own beside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self, timeout_s: float = 0.0) -> bool:
        """Takes the lock, waiting up to `timeout_s`; returns whether it is ours.

        Raises OSError when the lock file cannot be made.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(fd)
                    return False
                time.sleep(0.01)
            else:
                self._fd = fd
                return True

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def engine_lock(database: Path) -> FileLock:
    """Returns the lock that the one engine of a database holds for as long as it lives."""
    return FileLock(database.with_name(database.name + ".engine.lock"))


def is_engine_running(database: Path) -> bool:
    """Tells whether some process holds the engine's lock, by trying it for an instant."""
    lock = engine_lock(database)
    with lock:
        return not lock.acquire()


def find_write_holder(database: Path) -> int | None:
    """Returns the pid that holds the database's write lock, where the system tells (Linux), else None.

    SQLite's write lock is byte 120 of the shared-memory file in WAL mode, and lies from byte 0x40000000 of the database
    itself with a rollback journal (sqlite.org/walformat.html, section 2.2; os.h).
    """
    wanted: dict[str, tuple[int, int]] = {}
    for path, first, last in (
        (database.with_name(database.name + "-shm"), 120, 120),
        (database, 0x40000000, 0x40000001),
    ):
        try:
            status = path.stat()
        except OSError:
            continue
        device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        wanted[device] = (first, last)
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if len(words) == 8 and words[3] == "WRITE" and words[5] in wanted:
            first, last = wanted[words[5]]
            if int(words[6]) <= last and (words[7] == "EOF" or int(words[7]) >= first):
                return int(words[4])
    return None

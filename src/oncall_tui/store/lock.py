"""Exclusion by the operating system: a lock that the kernel frees the instant its holder dies.

A lease with a time-out would not do: a paused holder would wake up and go on beside its successor.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

_LOOKERS_WITHIN_S = 5.0
_TRY_EVERY_S = 0.01


class FileLock:
    """An exclusive lock on a file of its own beside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self, timeout_s: float = 0.0) -> bool:
        """Takes the lock, waiting up to `timeout_s`; returns whether it is ours.

        Those who only look are waited for: one that the system lets rest while it looks is no holder. Raises OSError
        when the lock file cannot be made.
        """
        began = time.monotonic()
        while not self._take(fcntl.LOCK_EX):
            waited_s = time.monotonic() - began
            if waited_s >= timeout_s and (waited_s >= timeout_s + _LOOKERS_WITHIN_S or not self._is_looked_at()):
                return False
            time.sleep(_TRY_EVERY_S)
        return True

    def share(self) -> bool:
        """Takes the lock beside others that share it; returns False when somebody has it alone.

        Raises OSError when the lock file cannot be made.
        """
        return self._take(fcntl.LOCK_SH)

    def _is_looked_at(self) -> bool:
        """Tells whether nobody has the lock alone."""
        is_shared = self.share()
        self.release()
        return is_shared

    def _take(self, kind: int) -> bool:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        except BaseException:
            os.close(fd)
            raise
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
    """Tells whether some process holds the engine's lock, by sharing it for an instant.

    Those who look share it, so that two of them never take each other for an engine; one that begins waits for them.
    """
    with engine_lock(database) as lock:
        return not lock.share()


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

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
    """An exclusive lock on a file of its own beside what it keeps."""

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

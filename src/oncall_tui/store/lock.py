"""Who holds a database: the lock of its one engine, and the process that writes."""

from __future__ import annotations

import os
from pathlib import Path

from oncall_tui.filelock import FileLock


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

"""The one SQLite of this process.

A second copy of the library in one process would release the first one's file locks, so everything takes it from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        import sqlite3

#: First release in which a log reset by one process cannot corrupt a file that another one writes.
WAL_SAFE_SINCE = (3, 51, 3)

has_safe_wal: bool = sqlite3.sqlite_version_info >= WAL_SAFE_SINCE

__all__ = ["WAL_SAFE_SINCE", "has_safe_wal", "sqlite3"]

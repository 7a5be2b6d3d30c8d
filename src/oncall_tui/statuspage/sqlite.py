"""The one place where this room takes SQLite from.

A second copy of SQLite in one process drops the file locks of the first, so every module of a process has to use the
same one; the wheel is preferred because it carries the fix for the WAL-reset bug (SQLite 3.7.0 to 3.51.2).
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

__all__ = ["sqlite3"]

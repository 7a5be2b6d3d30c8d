"""The page's own SQLite file: who it belongs to, its schema, and one transaction per request."""

from __future__ import annotations

import os
import re
import secrets
import string
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from oncall_tui.domain.errors import DiskError, NotOursError, TooNewError, UsageError
from oncall_tui.filelock import FileLock
from oncall_tui.statuspage.sqlite import sqlite3

APPLICATION_ID = 0x4F_54_53_50  # "OTSP"
_ID_SIGNS = string.ascii_lowercase + string.digits
_PAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER_BYTES = 100
_OPEN_TIMEOUT_S = 30.0

_STEP_1 = """
CREATE TABLE page (
  one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, name TEXT NOT NULL, token TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE component (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
  status TEXT NOT NULL DEFAULT 'operational', position INTEGER NOT NULL, group_id TEXT,
  showcase INTEGER NOT NULL DEFAULT 1, only_show_if_degraded INTEGER NOT NULL DEFAULT 0, start_date TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE incident (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
  impact TEXT NOT NULL, worst_impact TEXT NOT NULL, impact_override TEXT,
  is_scheduled INTEGER NOT NULL, is_backfilled INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER NOT NULL,
  monitoring_at INTEGER, resolved_at INTEGER, scheduled_for INTEGER, scheduled_until INTEGER,
  metadata TEXT NOT NULL DEFAULT '{}', options TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX incident_by_state ON incident (is_scheduled, status);
CREATE TABLE incident_component (
  incident_id TEXT NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  component_id TEXT NOT NULL REFERENCES component (id) ON DELETE CASCADE,
  PRIMARY KEY (incident_id, component_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_update (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  incident_id TEXT NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  status TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  display_at INTEGER NOT NULL, is_notifying INTEGER NOT NULL, affected TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX update_by_incident ON incident_update (incident_id, seq);
CREATE TABLE postmortem (
  incident_id TEXT PRIMARY KEY REFERENCES incident (id) ON DELETE CASCADE,
  body_draft TEXT, body_draft_updated_at INTEGER, body TEXT, body_updated_at INTEGER, published_at INTEGER,
  is_notifying INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
"""
_STEP_2 = """
UPDATE incident SET options = json_remove(
  iif(options ->> '$.scheduled_auto_transition',
    json_set(options, '$.scheduled_auto_in_progress', json('true')), options),
  '$.scheduled_auto_transition');
CREATE TABLE component_group (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
  position INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
UPDATE component SET group_id = NULL;
CREATE TABLE template (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, title TEXT NOT NULL,
  body TEXT NOT NULL, group_id TEXT, update_status TEXT, is_tweeting INTEGER NOT NULL, is_notifying INTEGER NOT NULL,
  component_ids TEXT NOT NULL
) STRICT;
CREATE TABLE metric (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, suffix TEXT NOT NULL,
  tooltip TEXT NOT NULL, decimal_places INTEGER NOT NULL, is_shown INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE metric_point (
  metric_id TEXT NOT NULL REFERENCES metric (id) ON DELETE CASCADE, at_s INTEGER NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (metric_id, at_s)
) STRICT, WITHOUT ROWID;
"""
_STEPS = (_STEP_1, _STEP_2)
SCHEMA_VERSION = len(_STEPS)


class Identity(Struct, frozen=True):
    """Whose page a file holds. `token` is what a writer has to show: kept out of every text but the starting lines."""

    page_id: str
    name: str
    token: str
    updated_at: int

    def __repr__(self) -> str:
        return f"Identity(page_id={self.page_id!r}, name={self.name!r})"


def make_id() -> str:
    """Returns a fresh 12-character id in the form of the original's."""
    return "".join(secrets.choice(_ID_SIGNS) for _ in range(12))


class PageFile:
    """One open file. A lock keeps requests apart: SQLite has one writer anyway, and a page has few readers at once."""

    def __init__(self, path: Path) -> None:
        """Opens the file or makes it, readable by its owner only.

        Raises NotOursError or TooNewError without having written a byte, DiskError when the place cannot be used.
        """
        self._lock = threading.Lock()
        self._opening = FileLock(path.with_name(path.name + ".open.lock"))
        _refuse_foreign(path)
        try:
            # SQLite does not wait for another process that goes over to a WAL, or is the last to leave one.
            with self._opening:
                if not self._opening.acquire(_OPEN_TIMEOUT_S):
                    raise DiskError(f"{path} is being opened by another process for over {_OPEN_TIMEOUT_S:.0f} s.")
                self._open(path)
        except OSError as error:
            raise DiskError(f"{path} cannot be opened: {error}. Choose another place with --data FILE.") from error

    def _open(self, path: Path) -> None:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        except sqlite3.OperationalError as error:
            raise DiskError(f"{path} cannot be opened: {error}. Choose another place with --data FILE.") from error
        self._db.row_factory = sqlite3.Row
        try:
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise DiskError(f"{path} cannot be used: {error}.") from error
        except TooNewError:
            self._db.close()
            raise

    def _prepare(self, path: Path) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise TooNewError(f"{path} was made by a newer version of oncall-tui: update, or choose another file.")
        # Written before the journal becomes a WAL, so that the mark stands in the file itself whatever happens next.
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._migrate()

    def _migrate(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            # Read again under the lock: another process may have just done it.
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            for step in _STEPS[version:]:
                for statement in step.split(";\n"):
                    self._db.execute(statement)
            if version < SCHEMA_VERSION:
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @contextmanager
    def write(self, now: int) -> Iterator[sqlite3.Connection]:
        """Yields the connection inside one immediate transaction, durable when the block ends; `now` dates the page."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("UPDATE page SET updated_at = max(updated_at, ?)", (now,))
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection inside one read transaction, so that all of an answer is of one moment."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Folds the journal into the file and lets go of it."""
        with self._lock, self._opening:
            with suppress(OSError):  # Where the folder is gone or full, nobody opens it either.
                self._opening.acquire(_OPEN_TIMEOUT_S)
            self._db.close()


def _refuse_foreign(path: Path) -> None:
    """Raises NotOursError for a file that somebody else made, without having written to it.

    SQLite itself reads the mark: when anybody else closes a file of its, the process loses its locks. Behind a process
    that died it may let no reader in; then nobody has locks to lose.
    """
    try:
        if not path.stat().st_size:
            return
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            is_ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    except FileNotFoundError:
        return
    except OSError as error:
        raise DiskError(f"{path} cannot be read: {error.strerror}. Choose another with --data FILE.") from error
    except sqlite3.OperationalError:
        is_ours = _read_mark(path) == APPLICATION_ID
    except sqlite3.DatabaseError:
        is_ours = False
    if not is_ours:
        raise NotOursError(f"{path} is not a status page file of oncall-tui: choose another with --data FILE.")


def _read_mark(path: Path) -> int | None:
    """Returns the application id of the first page (sqlite.org/fileformat2.html#the_database_header)."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise DiskError(f"{path} cannot be read: {error.strerror}. Choose another with --data FILE.") from error
    return int.from_bytes(header[68:72], "big") if header.startswith(b"SQLite format 3\0") else None


def prepare(
    data: Path, token: str | None, page_id: str | None, name: str | None, components: Sequence[str], now: int
) -> Identity:
    """Makes the file with its page and components, or opens it, and returns whose page it is.

    What is None comes from the file, and is made up for a new one. A token that is given is not stored. `components`
    count for a new file only: later the API edits them. Raises UsageError when the file holds another page.
    """
    if page_id is not None and not _PAGE_ID.fullmatch(page_id):
        raise UsageError(f"page id {page_id!r}: up to 64 letters, digits, - and _ are allowed.")
    page = PageFile(data)
    try:
        with page.write(now) as db:
            found = read_identity(db)
            if found is None:
                found = Identity(page_id or make_id(), name or "Status", secrets.token_urlsafe(32), now)
                db.execute(
                    "INSERT INTO page VALUES (1, ?, ?, ?, ?, ?)", (found.page_id, found.name, found.token, now, now)
                )
                db.executemany(
                    "INSERT INTO component (id, name, position, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                    [(make_id(), label, place, now, now) for place, label in enumerate(components, 1)],
                )
            elif page_id not in (None, found.page_id):
                raise UsageError(f"{data} holds page {found.page_id}, not {page_id}: choose another with --data FILE.")
            elif name is not None:
                db.execute("UPDATE page SET name = ?", (name,))
    finally:
        page.close()
    return Identity(found.page_id, name or found.name, token or found.token, found.updated_at)


def read_identity(db: sqlite3.Connection) -> Identity | None:
    """Returns whose page the file holds, None in a file that has just been made."""
    row = db.execute("SELECT id, name, token, updated_at FROM page").fetchone()
    return None if row is None else Identity(row["id"], row["name"], row["token"], row["updated_at"])

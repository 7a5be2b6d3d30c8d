"""Opens the file safely and gives out transactions; every fault of SQLite becomes a sentence of ours."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from oncall_tui.domain.errors import DiskError, LockedError, NotOursError, StoreError, TooNewError
from oncall_tui.filelock import FileLock
from oncall_tui.store.lock import find_write_holder
from oncall_tui.store.sqlite import has_safe_wal, sqlite3

#: "OnCl": marks a file as ours (sqlite.org/pragma.html#pragma_application_id).
APPLICATION_ID = 0x4F6E436C
SCHEMA_VERSION = 1
_MARK = slice(68, 72)
_OPEN_TIMEOUT_S = 15.0
#: With less the disk counts as full, in bytes: a page and a log do not fit.
_ROOM_LEAST = 65_536
_REMOTE_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "fuse.sshfs", "glusterfs"}
)
Value = str | int | float | bytes | None


class Database:
    """One connection, used by one thread.

    `is_read_only` is set for a watcher, for `--wall`, and for a file that a newer version wrote (`notice` then says so).
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, is_read_only: bool, notice: str = "") -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.notice = notice
        self._connection = connection

    def rows(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Runs a query to its end. Raises StoreError."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def row(self, sql: str, *values: Value) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads of one state of the file: what is told together was true together. Raises StoreError."""
        self.rows("BEGIN")
        try:
            yield
        finally:
            self._rollback()

    @contextmanager
    def write(self, *topics: str) -> Iterator[sqlite3.Connection]:
        """One intention: begins at once, commits at the end, rolls back on any error.

        Watchers are told of `topics` when a row was touched: most looks at the page find nothing new, and must not wake
        every screen. Raises TooNewError, LockedError, DiskError or StoreError; nothing was saved then.
        """
        if self.is_read_only:
            raise TooNewError(self.notice or "This terminal only reads.")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            touched = connection.total_changes
            yield connection
            if connection.total_changes != touched:
                tell_watchers(connection, topics)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            raise self._translate(error) from error
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def data_version(self) -> int:
        """Returns a number that moves when another connection commits. Raises StoreError."""
        row = self.row("PRAGMA data_version")
        return int(row[0]) if row else 0

    def journal_mode(self) -> str:
        row = self.row("PRAGMA journal_mode")
        return str(row[0]) if row else ""

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _translate(self, error: sqlite3.Error) -> StoreError:
        return _explain(error, self.path)


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    text = str(error)
    if primary in (5, 6) or "locked" in text:
        holder = find_write_holder(path)
        who = f"process {holder} holds it" if holder else "another process holds it"
        return LockedError(f"{path.name} is locked: {who}. Nothing is saved until it lets go.")
    if primary == 13 or "full" in text or (primary == 10 and _is_full(path)):
        return DiskError(f"The disk that holds {path} is full. Nothing is saved until there is room.")
    if primary == 8 or "readonly" in text:
        return DiskError(f"{path} cannot be written: it or its folder is read-only for this user.")
    if primary == 10:
        return DiskError(f"The disk that holds {path} fails: {text}.")
    if primary == 26:
        return _not_ours(path)
    if primary == 11:
        return StoreError(
            f"{path} is damaged ({text}). Restore a backup that lies beside it, or choose another with --db."
        )
    return StoreError(f"{path}: {text}")


def _is_full(path: Path) -> bool:
    """Tells whether the disk has no room: the files beside the database fail otherwise than itself then."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM_LEAST
    except OSError:
        return False


def open_database(
    path: Path, *, is_read_only: bool = False, is_durable: bool = True, busy_timeout_s: float = 5.0
) -> Database:
    """Opens the file, makes or migrates it under an exclusive lock, and checks that it is ours.

    `is_durable` commits so that a power cut cannot undo it; what only repeats what the world will say again (probe
    results) may do without. Raises NotOursError, LockedError, DiskError or StoreError, each a sentence.
    """
    path = path.absolute()
    _check_place(path)
    if is_read_only:
        if not path.exists():
            raise StoreError(f"{path} does not exist yet: start oncall-tui without --wall first.")
        connection = _connect(path, "ro", busy_timeout_s)
        try:
            version = _inspect(connection, path)
        except StoreError:
            connection.close()
            raise
        if version < SCHEMA_VERSION:
            connection.close()
            raise StoreError(
                f"{path} is of an older version: start oncall-tui without --wall once to bring it up to date."
            )
        return Database(path, connection, is_read_only=True, notice="This terminal only reads.")
    lock = FileLock(path.with_name(path.name + ".open.lock"))
    try:
        with lock:
            if not lock.acquire(_OPEN_TIMEOUT_S):
                raise LockedError(f"{path} is being opened by another process for over {_OPEN_TIMEOUT_S:.0f} s.")
            return _open_for_writing(path, is_durable, busy_timeout_s)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskError(f"The disk that holds {path} is full.") from error
        raise StoreError(
            f"{path.parent} cannot be written ({error.strerror}): choose another place with --db."
        ) from error


def _open_for_writing(path: Path, is_durable: bool, busy_timeout_s: float) -> Database:
    if path.exists() and path.stat().st_size:
        _require_ours(path, busy_timeout_s)
    connection = _connect(path, "rwc", busy_timeout_s)
    try:
        # Empty also when a process died while making it: SQLite has just taken back what that one wrote.
        is_new = connection.execute("PRAGMA page_count").fetchone()[0] == 0
        version = 0 if is_new else _inspect(connection, path)
        if version > SCHEMA_VERSION:
            connection.execute("PRAGMA query_only = ON")
            return Database(
                path,
                connection,
                is_read_only=True,
                notice=f"A newer oncall-tui wrote {path.name} (schema {version}, this one knows {SCHEMA_VERSION}): read only.",
            )
        if version < SCHEMA_VERSION:
            from oncall_tui.store.migrations import migrate

            if version:
                backup = path.with_name(f"{path.name}.schema-{version}.backup")
                if not backup.exists():
                    connection.execute("VACUUM INTO ?", (str(backup),))
            migrate(connection, APPLICATION_ID, SCHEMA_VERSION)
        _set_journal(connection, path)
        connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
        connection.execute("PRAGMA journal_size_limit = 8388608")
    except sqlite3.Error as error:
        connection.close()
        raise _explain(error, path) from error
    except StoreError:
        connection.close()
        raise
    return Database(path, connection, is_read_only=False)


def _require_ours(path: Path, busy_timeout_s: float) -> None:
    """Looks at the file's mark without writing a byte. Raises NotOursError, LockedError, DiskError or StoreError.

    Behind the journal of a process that died no reader is let in, and the pages may be half of a transaction: then only
    the first page's mark is looked at (sqlite.org/fileformat2.html#the_database_header), and the writer that comes next
    takes the half back.
    """
    connection = _connect(path, "ro", busy_timeout_s)
    try:
        _inspect(connection, path)
    except DiskError:
        with path.open("rb") as file:
            head = file.read(_MARK.stop)
        if not head.startswith(b"SQLite format 3\0") or head[_MARK] != APPLICATION_ID.to_bytes(4, "big"):
            raise _not_ours(path) from None
    finally:
        connection.close()


def _not_ours(path: Path) -> NotOursError:
    return NotOursError(f"{path} is not a database of oncall-tui. It was left as it is; choose another with --db.")


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    wanted = "wal" if has_safe_wal else "truncate"
    mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    if mode != wanted:
        raise StoreError(f"{path}: this file system does not allow the journal that several processes need ({mode}).")


def _connect(path: Path, mode: str, busy_timeout_s: float) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error as error:
        raise _explain(error, path) from error
    return connection


def _inspect(connection: sqlite3.Connection, path: Path) -> int:
    """Returns the schema version. Raises NotOursError for a file that somebody else made."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION_ID:
            raise _not_ours(path)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise _explain(error, path) from error


def _check_place(path: Path) -> None:
    """Raises a sentence for a place that cannot hold the file, without touching what is there."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise StoreError(f"{path} cannot be opened ({error.strerror}): choose another with --db.") from error
    if mode is not None and not stat.S_ISREG(mode):
        raise NotOursError(f"{path} is not a file that can hold a database: choose another with --db.")
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made ({error.strerror}): choose another place with --db.") from error
    if (kind := _file_system_of(folder)) in _REMOTE_FILE_SYSTEMS:
        raise StoreError(
            f"{folder} lies on a network file system ({kind}), where several processes cannot share a database safely: "
            "choose a local folder with --db or ONCALL_TUI_DB."
        )
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise DiskError(f"{folder} is mounted read-only: nothing is saved until it is mounted for writing.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"{folder} cannot be written by this user: choose another place with --db or ONCALL_TUI_DB.")


def _file_system_of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """Returns the type of the file system under a folder (proc_pid_mountinfo(5)), None where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    best: tuple[int, str | None] = (-1, None)
    resolved = folder.resolve()
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")[0]
        if len(fields) > 4:
            point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
            if resolved.is_relative_to(point) and len(point.parts) >= best[0]:
                best = (len(point.parts), kind)
    return best[1]


def tell_watchers(connection: sqlite3.Connection, topics: Iterable[str]) -> None:
    """Says inside a transaction that topics have news, for those that are known only in the course of it."""
    connection.executemany(
        "INSERT INTO revision(topic, counter) VALUES (?, 1) ON CONFLICT(topic) DO UPDATE SET counter = counter + 1",
        [(topic,) for topic in topics],
    )


def placeholders(values: Sequence[object]) -> str:
    """Returns the question marks of an IN list."""
    return ", ".join("?" * len(values))

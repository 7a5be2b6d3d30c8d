from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.pace import free_s

from oncall_tui.domain.errors import DiskError, LockedError, NotOursError, StoreError, TooNewError
from oncall_tui.filelock import FileLock
from oncall_tui.store.database import APPLICATION_ID, SCHEMA_VERSION, Database, _file_system_of, open_database
from oncall_tui.store.lock import engine_lock, find_write_holder, is_engine_running
from oncall_tui.store.sqlite import WAL_SAFE_SINCE, has_safe_wal, sqlite3
from oncall_tui.store.timeline import add_note, list_entries
from oncall_tui.store.watcher import Watcher


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def test_new_file_is_ours_and_survives_reopening(path: Path) -> None:
    with open_database(path) as db:
        assert db.rows("PRAGMA application_id")[0][0] == APPLICATION_ID
        assert db.rows("PRAGMA user_version")[0][0] == SCHEMA_VERSION
        assert db.journal_mode() == ("wal" if has_safe_wal else "truncate")
        assert db.rows("PRAGMA synchronous")[0][0] == 2
        add_note(db, 1, "kept", "ana", 5)
    with open_database(path) as db:
        assert [entry.text for entry in list_entries(db, 1)] == ["kept"]


@pytest.mark.skipif(not has_safe_wal, reason="with a rollback journal readers hold up the writer")
def test_what_is_read_together_is_one_state_of_the_file(path: Path) -> None:
    with open_database(path) as reading, open_database(path) as writing:
        with reading.snapshot():
            assert list_entries(reading, 1) == []
            add_note(writing, 1, "later", "ana", 5)
            assert list_entries(reading, 1) == []
        assert [entry.text for entry in list_entries(reading, 1)] == ["later"]


def test_wal_is_used_only_where_a_reset_cannot_corrupt() -> None:
    assert has_safe_wal == (sqlite3.sqlite_version_info >= WAL_SAFE_SINCE)


def test_all_tables_are_strict(db: Database) -> None:
    loose = db.rows(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%' "
        "AND name != '_sqlite_migrations'"
    )
    assert [row[0] for row in loose] == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"hello, this is a letter to my aunt\n" * 200, "letter"),
        (os.urandom(8192), "noise"),
        (b"SQLite format 3\0", "stub"),
    ],
)
def test_a_file_that_is_not_ours_is_never_written(tmp_path: Path, content: bytes, name: str) -> None:
    stranger = tmp_path / name
    stranger.write_bytes(content)
    with pytest.raises(NotOursError, match="not a database of oncall-tui"):
        open_database(stranger)
    assert stranger.read_bytes() == content


MAIL = "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);c.execute('create table t(a)');c.commit()"


def test_another_programs_database_is_never_written(tmp_path: Path) -> None:
    stranger = tmp_path / "mail.db"
    made = subprocess.run(
        [sys.executable, "-c", MAIL, stranger],
        check=False,
    )
    assert made.returncode == 0
    before = stranger.read_bytes()
    with pytest.raises(NotOursError):
        open_database(stranger)
    assert stranger.read_bytes() == before


def test_folders_and_pipes_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (tmp_path, pipe):
        with pytest.raises(NotOursError):
            open_database(place)


def test_a_newer_schema_is_read_and_not_written(path: Path) -> None:
    with open_database(path) as db:
        add_note(db, 1, "from the future", "ana", 5)
        db._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with open_database(path) as db:
        assert db.is_read_only
        assert "newer" in db.notice
        assert [entry.text for entry in list_entries(db, 1)] == ["from the future"]
        with pytest.raises(TooNewError):
            add_note(db, 1, "no", "ana", 6)


def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"21 1 0:20 / / rw - ext4 /dev/a rw\n35 21 0:31 / {tmp_path} rw,relatime shared:1 - nfs4 server:/home rw\n"
    )
    assert _file_system_of(tmp_path / "a", mounts) == "nfs4"
    assert _file_system_of(Path("/"), mounts) == "ext4"
    monkeypatch.setattr("oncall_tui.store.database._file_system_of", lambda folder: "nfs4")
    with pytest.raises(StoreError, match="network file system"):
        open_database(tmp_path / "x.db")
    assert not (tmp_path / "x.db").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody without rights")
def test_an_unwritable_folder_is_told_in_a_sentence() -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom oncall_tui.store.database import open_database\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n    open_database(Path(sys.argv[1]) / 'x.db')\nexcept Exception as e:\n    print(type(e).__name__, e)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("StoreError")
    assert "cannot be written" in done.stdout


def test_a_write_is_all_or_nothing(db: Database) -> None:
    def half() -> None:
        with db.write("timeline") as connection:
            connection.execute(
                "INSERT INTO timeline(incident_id, kind, text, actor, occurred_at, recorded_at) "
                "VALUES (1, 'note', 'a', 'b', 1, 1)"
            )
            raise KeyError("half way")

    with pytest.raises(KeyError):
        half()
    assert list_entries(db, 1) == []
    add_note(db, 1, "after", "ana", 1)
    assert len(list_entries(db, 1)) == 1


def test_the_timeline_is_append_only(db: Database) -> None:
    add_note(db, 1, "first", "ana", 1)
    for statement in ("UPDATE timeline SET text = 'other'", "DELETE FROM timeline"):
        with pytest.raises(StoreError, match="append-only"), db.write() as connection:
            connection.execute(statement)
    assert [entry.text for entry in list_entries(db, 1)] == ["first"]


HOLDER = """
import sys, time
from pathlib import Path
from oncall_tui.store.database import open_database
db = open_database(Path(sys.argv[1]))
with db.write():
    print("held", flush=True)
    time.sleep(30)
"""


def test_a_held_lock_is_told_with_its_holder(path: Path) -> None:
    open_database(path).close()
    holder = run_python(HOLDER, str(path))
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        with open_database(path, busy_timeout_s=0.1) as db:
            began = free_s()
            with pytest.raises(LockedError) as caught:
                add_note(db, 1, "x", "ana", 1)
            assert free_s() - began < 1
            if Path("/proc/locks").exists():
                assert f"process {holder.pid}" in str(caught.value)
                assert find_write_holder(path) == holder.pid
            assert list_entries(db, 1) == []
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    with open_database(path) as db:
        add_note(db, 1, "after", "ana", 1)


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from oncall_tui.domain.errors import DiskError
from oncall_tui.store.database import open_database
from oncall_tui.store.timeline import add_note, list_entries
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
db = open_database(Path(sys.argv[1]))
add_note(db, 1, "before", "ana", 1)
used = sum(p.stat().st_size for p in Path(sys.argv[1]).parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (used, resource.RLIM_INFINITY))
try:
    for n in range(10_000):
        add_note(db, 1, "x" * 4000, "ana", n)
except DiskError as error:
    print("DiskError", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
add_note(db, 1, "after", "ana", 99999)
print(db.rows("PRAGMA integrity_check")[0][0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "o.db")], capture_output=True, text=True, check=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("DiskError")
    assert lines[-1] == "ok"


def _open_and_write(arguments: tuple[str, int]) -> int:
    place, worker = arguments
    with open_database(Path(place), busy_timeout_s=20) as db:
        for number in range(10):
            add_note(db, worker, f"{worker}.{number}", "worker", number)
    return worker


def test_many_processes_may_create_the_same_file_at_once(path: Path) -> None:
    with ProcessPoolExecutor(6) as pool:
        assert sorted(pool.map(_open_and_write, [(str(path), worker) for worker in range(12)])) == list(range(12))
    with open_database(path) as db:
        assert all(len(list_entries(db, worker)) == 10 for worker in range(12))
        assert db.rows("PRAGMA integrity_check")[0][0] == "ok"


def test_a_killed_creation_leaves_a_file_that_opens(tmp_path: Path) -> None:
    for number, pause_s in enumerate((0.0, 0.002, 0.004, 0.008, 0.016, 0.03)):
        place = tmp_path / f"{number}.db"
        code = (
            "import sys\nfrom pathlib import Path\nfrom oncall_tui.store.database import open_database\n"
            "import oncall_tui.store.migrations\nprint('go', flush=True)\nopen_database(Path(sys.argv[1]))\n"
        )
        child = run_python(code, str(place))
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(pause_s)
        child.kill()
        child.wait()
        child.stdout.close()
        with open_database(place) as db:
            add_note(db, 1, "works", "ana", 1)


def test_a_file_whose_making_was_cut_off_at_its_last_step_opens(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.db", tmp_path / "cut.db"
    connection = sqlite3.connect(whole, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("CREATE TABLE half (a)")
    connection.executemany("INSERT INTO half VALUES (?)", [("x" * 3000,) for _ in range(200)])
    journal = tmp_path / "cut.db-journal"
    half = (tmp_path / "whole.db-journal").read_bytes()
    connection.execute("COMMIT")
    connection.close()
    for size in (whole.stat().st_size, 8192):  # all pages lie there, or the first ones alone
        cut.write_bytes(whole.read_bytes()[:size])
        journal.write_bytes(half)
        with open_database(cut) as db:
            assert db.rows("SELECT name FROM sqlite_schema WHERE name = 'half'") == []
            add_note(db, 1, "works", "ana", 1)
        for path in tmp_path.glob("cut.db*"):
            path.unlink()


def test_watcher_tells_topics_of_others_and_of_this_process(path: Path, db: Database) -> None:
    watcher = Watcher(path)
    watcher.changed_topics()
    assert watcher.changed_topics() == frozenset()
    add_note(db, 1, "x", "ana", 1)
    assert watcher.changed_topics() == {"timeline"}
    assert watcher.changed_topics() == frozenset()
    with db.write("engine", "page") as connection:
        connection.execute("INSERT INTO page(page) VALUES ('x')")
    assert watcher.changed_topics() == {"engine", "page"}
    watcher.close()


def test_read_only_opens_never_create(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        open_database(tmp_path / "none.db", is_read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_read_only_refuses_to_write(path: Path, db: Database) -> None:
    with open_database(path, is_read_only=True) as reader, pytest.raises(TooNewError, match="only reads"):
        add_note(reader, 1, "x", "ana", 1)


def test_engine_lock_is_exclusive_and_dies_with_its_holder(path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom oncall_tui.store.lock import engine_lock\n"
        "lock = engine_lock(Path(sys.argv[1]))\nassert lock.acquire()\nprint('held', flush=True)\ntime.sleep(30)\n"
    )
    holder = run_python(code, str(path))
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        assert is_engine_running(path)
        assert not engine_lock(path).acquire()
        holder.send_signal(signal.SIGSTOP)
        assert is_engine_running(path)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with engine_lock(path) as lock:
        assert lock.acquire(1.0)
    assert not is_engine_running(path)


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_text("x")
    (tmp_path / "l").symlink_to(target)
    with pytest.raises(OSError, match=r"symbolic|loop"):
        FileLock(tmp_path / "l").acquire()


def test_faults_have_their_own_words(path: Path, db: Database) -> None:
    with pytest.raises(StoreError, match="no such table"):
        db.rows("SELECT * FROM nowhere")
    assert issubclass(DiskError, StoreError)

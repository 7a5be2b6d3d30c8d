"""What `doctor` says of the database, the disk that holds it, and the engine that works on it.

A fault is told once, where it begins: what cannot be told because of it is skipped.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from oncall_tui.clock import now_ms
from oncall_tui.domain.counting import count_words
from oncall_tui.domain.duration import SECOND, format_duration
from oncall_tui.domain.engine import Lease
from oncall_tui.domain.errors import DiskError, LockedError, StoreError
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.update import Delivery
from oncall_tui.engine.doctor import Check
from oncall_tui.engine.spawn import find_lock_holder, log_path, read_host
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lease import read_lease
from oncall_tui.store.lock import find_write_holder, is_engine_running
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import list_pages

_ROOM_LEAST = 50_000_000
_TRIED = bytes(65_536)
#: An engine writes for milliseconds: what holds the file for so long is something else.
_BUSY_S = 2.0
_REPLACE = "`oncall-tui agent --takeover` replaces it"


class Known(Struct, frozen=True):
    """What the file told; `fault` is what keeps it from being written, `pages` is empty where it could not be read."""

    checks: tuple[Check, ...]
    pages: tuple[PageState, ...] = ()
    is_engine_working: bool = False
    fault: str = ""


def check_file(path: Path) -> Known:
    """Returns the lines about a database; each of its faults comes before what follows from it."""
    now = now_ms()
    disk = _check_disk(path)
    try:
        with open_database(path, busy_timeout_s=_BUSY_S) as db:
            with db.snapshot():
                lease, waiting, pages = read_lease(db), list_deliveries(db), tuple(list_pages(db))
            database = _check_database(db, path, disk, lease)
    except StoreError as error:
        return Known(tuple(_tell_unopened(path, disk, error)), fault=str(error))
    fault = "" if disk.level != "fail" and database.level in ("ok", "warn") else "the database cannot be written"
    engine = _check_engine(path, lease, waiting, fault, now)
    is_working = engine.level in ("ok", "warn") and lease is not None and lease.is_working(now)
    # A stopped engine may hold the lock: then it is the cause.
    is_cause = engine.level == "fail" and database.level == "skip"
    lines = [disk, engine, database] if is_cause else [disk, database, engine]
    return Known((*lines, _check_outbox(waiting)), pages, is_working, fault)


def _check_disk(path: Path) -> Check:
    folder = next(each for each in (path.parent, *path.parent.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    shown = f"{free // 1_000_000} MB free where the database is"
    state = os.statvfs(folder)
    if state.f_flag & os.ST_RDONLY:
        return Check(
            "fail",
            "disk",
            f"{folder} is mounted read-only: nothing is saved",
            "see why (`dmesg`, `mount`): a disk with errors is mounted so; then mount it for writing",
        )
    fault = _try_disk(path) if folder == path.parent else 0
    if fault in (errno.ENOSPC, errno.EDQUOT) or (state.f_files and not state.f_favail):
        finding = f"full, {free // 1000} kB left where the database is: little or nothing is saved"
        return Check(
            "fail", "disk", finding, f"make room on it (`df -h {folder}`, `df -i`); nothing else has to be done"
        )
    if free < _ROOM_LEAST:
        return Check("warn", "disk", shown, "make room: nothing is saved once it is full")
    return Check("ok", "disk", shown)


def _try_disk(path: Path) -> int:
    """Returns the number of the fault that a small file beside the database meets, 0 for none."""
    trial = path.with_name(f"{path.name}.doctor-{os.getpid()}")
    try:
        handle = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        return error.errno or 0
    try:
        if os.write(handle, _TRIED) < len(_TRIED):
            return errno.ENOSPC
        os.fsync(handle)
    except OSError as error:
        return error.errno or 0
    finally:
        os.close(handle)
        trial.unlink(missing_ok=True)
    return 0


def _check_database(db: Database, path: Path, disk: Check, lease: Lease | None) -> Check:
    """Tells whether the file can be written by beginning to."""
    if db.notice:
        return Check("warn", "database", db.notice, "use the newest oncall-tui that wrote it")
    if disk.level == "fail":
        return Check("skip", "database", f"{path} is read, and not written until there is room")
    try:
        with db.write():
            pass
    except LockedError as error:
        holder = find_write_holder(path)
        if holder is not None and lease is not None and holder == lease.pid:
            return Check("skip", "database", f"{path} is held by the engine")
        way = f"`ps -fp {holder}` tells what it is: end it" if holder else f"find it (`fuser {path}`) and end it"
        return Check("fail", "database", str(error), f"{way}, or wait")
    except DiskError as error:
        return Check("fail", "database", str(error), f"`ls -l {path}*` tells whose it is: make all of them writable")
    except StoreError as error:
        return Check("fail", "database", str(error))
    return Check("ok", "database", f"{path}, journal {db.journal_mode()}")


def _tell_unopened(path: Path, disk: Check, error: StoreError) -> Iterator[Check]:
    yield disk
    if disk.level == "fail":
        yield Check("skip", "database", f"{path} cannot be opened until then")
    else:
        yield Check("fail", "database", str(error))
    yield Check("skip", "engine", f"not looked at: {path.name} cannot be opened")
    yield Check("skip", "outbox", f"not looked at: {path.name} cannot be opened")


def _check_engine(path: Path, lease: Lease | None, waiting: list[Delivery], fault: str, now: int) -> Check:
    try:
        is_running = is_engine_running(path)
    except OSError as error:
        return Check("skip", "engine", f"not looked at: {error.strerror}")
    if lease is not None and lease.start_fault:
        advice = f"`oncall-tui agent` tries it before your eyes; log {log_path(path)}"
        return Check("fail", "engine", f"does not start: {lease.start_fault}", advice)
    if not is_running:
        moving = [each for each in waiting if each.state != "failed" and each.asked_at is None]
        if not moving:
            return Check("ok", "engine", "none runs; the dashboard starts one, `oncall-tui agent --stay` keeps one")
        finding = f"none runs, and {count_words(len(moving), 'update')} to customers cannot leave"
        advice = "start the dashboard or `oncall-tui agent --stay`, or send them now: `oncall-tui sync`"
        return Check("fail", "engine", finding, advice)
    holder = find_lock_holder(path)
    if lease is None or (holder is not None and holder != lease.pid):
        who = f"process {holder}" if holder else "one"
        if fault:
            return Check("skip", "engine", f"{who} runs, and cannot say so in the file")
        return Check("warn", "engine", f"{who} starts, and has not said so in the file", "look again in a second")
    process, silent = f"process {lease.pid}", format_duration(abs(now - lease.heartbeat_at) // SECOND * SECOND)
    if lease.is_working(now):
        found = f"{process}, {lease.mode}, version {lease.version}, log {log_path(path)}"
        return Check("warn" if lease.note else "ok", "engine", f"{found} {lease.note}".strip())
    if is_stopped(lease):
        finding = f"{process} was stopped by a signal (SIGSTOP, ctrl+z) and is silent for {silent}"
        return Check("fail", "engine", finding, f"`kill -CONT {lease.pid}` lets it go on, {_REPLACE}")
    if fault:
        return Check("skip", "engine", f"{process} runs; {fault}, so its signs of life are {silent} old")
    return Check("fail", "engine", f"{process} hangs: silent for {silent}", f"{_REPLACE}; log {log_path(path)}")


def is_stopped(lease: Lease) -> bool:
    """Tells whether the engine's process is stopped by a signal, where the system tells (Linux: proc_pid_stat(5))."""
    if (lease.host, lease.boot_id) != read_host():
        return False
    try:
        said = Path(f"/proc/{lease.pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return said.rpartition(")")[2].split()[:1] in (["T"], ["t"])


def _check_outbox(waiting: list[Delivery]) -> Check:
    stuck = [each for each in waiting if each.state == "failed" or each.asked_at is not None]
    if stuck:
        finding = f"{len(waiting)} waiting, {len(stuck)} of them for a person"
        return Check(
            "warn",
            "outbox",
            finding,
            "`oncall-tui outbox list`, then `outbox retry ID` (or `--all`), `adopt` or `drop`",
        )
    return Check("ok", "outbox", f"{len(waiting)} waiting" if waiting else "empty")

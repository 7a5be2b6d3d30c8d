"""Starts, finds and ends the engine of a database, from any process; nothing heavy is imported here.

The engine belongs to the database: whoever finds its lock free starts one, in a session of its own, so that neither a
hang-up nor the end of a terminal reaches it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from oncall_tui.domain.engine import Lease
from oncall_tui.domain.errors import OncallError
from oncall_tui.store.lock import is_engine_running

STOP_TIMEOUT_S = 4.0
"""An engine obeys SIGTERM within 2 s; one that needs twice that is hung."""
_KILL_TIMEOUT_S = 2.0
_LOOK_EVERY_S = 0.05


def log_path(db_path: Path) -> Path:
    """Returns where the engine of a database writes its log."""
    return db_path.with_name(db_path.name + ".engine.log")


def read_host() -> tuple[str, str]:
    """Returns this host's name and the id of its present boot, which together with a pid name one process."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot_id = ""
    return os.uname().nodename, boot_id


def spawn_engine(db_path: Path, config_path: Path, *, is_lingering: bool = True) -> int | None:
    """Starts a detached engine and returns its pid, or None when one runs already.

    Two callers at once are no harm: the engine that finds the lock taken leaves by itself. Raises OncallError when no
    process can be started.
    """
    try:
        # The first start of all: neither the screen nor the engine has made the folder yet.
        db_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_engine_running(db_path):
            return None
    except OSError as error:
        raise OncallError(
            f"{db_path.parent} cannot be written ({error.strerror}): choose another place with --db."
        ) from error
    command = [
        *(sys.executable, "-P", "-m", "oncall_tui", "agent", "--linger" if is_lingering else "--stay"),
        *("--db", str(db_path.absolute()), "--config", str(config_path.absolute())),
    ]
    log = str(log_path(db_path.absolute()))
    try:
        return os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigdef=[signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE],
            setsigmask=[],
        )
    except OSError as error:
        raise OncallError(f"The engine cannot be started ({error.strerror}): run `oncall-tui doctor`.") from error


def stop_engine(
    db_path: Path, lease: Lease | None, *, can_kill: bool = False, sleep: Callable[[float], None] = time.sleep
) -> int | None:
    """Ends the engine of a database and returns its pid, or None when none runs.

    Only a process that the lease names on this very boot and that holds the lock is signalled: a pid may belong to
    somebody else by now. Raises OncallError when the holder cannot be named or does not end (`can_kill` ends it hard).
    """
    if not db_path.parent.is_dir() or not is_engine_running(db_path):
        return None
    holder = find_lock_holder(db_path)
    is_named = lease is not None and lease.stopped_at is None and (lease.host, lease.boot_id) == read_host()
    if lease is None or not is_named or holder not in (None, lease.pid):
        raise OncallError(
            f"Some process holds the engine's lock of {db_path}, but the file does not say which: "
            f"find it with `fuser {engine_lock_path(db_path)}` and end it."
        )
    for number, timeout_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, _KILL_TIMEOUT_S)):
        if number is signal.SIGKILL and not can_kill:
            break
        try:
            os.kill(lease.pid, number)
            # A stopped process takes a TERM only when it goes on.
            os.kill(lease.pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
        except PermissionError as error:
            raise OncallError(
                f"The engine (process {lease.pid}) belongs to another user, who has to end it."
            ) from error
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            # A terminal may have started the next one already, whose lock it is then.
            if not is_engine_running(db_path) or find_lock_holder(db_path) not in (None, lease.pid):
                return lease.pid
            sleep(_LOOK_EVERY_S)
    raise OncallError(
        f"The engine (process {lease.pid}) does not end: run `oncall-tui agent --takeover`, which ends it hard."
    )


def find_lock_holder(db_path: Path, locks: Path = Path("/proc/locks")) -> int | None:
    """Returns the pid that holds the engine's lock, where the system tells (Linux: proc_locks(5)), else None."""
    try:
        status = engine_lock_path(db_path).stat()
        lines = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in lines:
        words = line.split()
        if len(words) == 8 and words[1] == "FLOCK" and words[3] == "WRITE" and words[5] == wanted and int(words[4]) > 0:
            return int(words[4])
    return None


def engine_lock_path(db_path: Path) -> Path:
    """Returns the file that the engine's lock is on, for messages."""
    return db_path.with_name(db_path.name + ".engine.lock")

"""Finding and ending the holder of the lock: never by guess."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from oncall_tui.domain.engine import Lease
from oncall_tui.domain.errors import OncallError
from oncall_tui.engine.spawn import find_lock_holder, read_host, stop_engine
from oncall_tui.store.lock import engine_lock, is_engine_running


def make_lease(pid: int, **changes: object) -> Lease:
    host, boot_id = read_host()
    fields: dict[str, object] = {"host": host, "boot_id": boot_id, **changes}
    return Lease(pid, str(fields["host"]), str(fields["boot_id"]), 1, "0", "stay", 1, 1, True)


def test_only_the_holder_of_the_lock_is_signalled(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with engine_lock(path) as lock:
            assert lock.acquire()
            assert find_lock_holder(path) == os.getpid()
            for lease in (None, make_lease(bystander.pid), make_lease(bystander.pid, boot_id="before")):
                with pytest.raises(OncallError, match="does not say which"):
                    stop_engine(path, lease, can_kill=True)
            assert bystander.poll() is None
        assert stop_engine(path, make_lease(bystander.pid)) is None
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_spawning_loads_nothing_heavy() -> None:
    code = "import sys, oncall_tui.engine.spawn; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"textual", "httpx", "sqlite_utils", "asyncio", "ssl", "socket", "subprocess", "sqlite3"}
    assert not heavy & set(done.stdout.split())


def test_who_looks_is_no_engine_and_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    with engine_lock(path) as looker:
        assert looker.share()
        assert not is_engine_running(path)
        assert find_lock_holder(path) is None
        with engine_lock(path) as lock:
            leave = threading.Timer(0.3, looker.release)
            leave.start()
            assert lock.acquire()
            leave.join()
            assert is_engine_running(path)
            assert not engine_lock(path).acquire(0.1)


def test_a_stop_ends_when_the_next_engine_has_the_lock(tmp_path: Path) -> None:
    """A terminal starts one as soon as it sees that there is none."""
    path = tmp_path / "oncall.db"
    code = (
        "import os, signal, sys, time\nfrom pathlib import Path\nfrom oncall_tui.store.lock import engine_lock\n"
        "def end(*_):\n    sys.stdin.read()\n    os._exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "lock = engine_lock(Path(sys.argv[1]))\nassert lock.acquire()\nprint('held', flush=True)\ntime.sleep(60)\n"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as first,
        engine_lock(path) as heir,
    ):
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"

        def follow(seconds: float) -> None:
            if first.poll() is None:
                first.communicate()
                assert heir.acquire()
            time.sleep(seconds)

        assert stop_engine(path, make_lease(first.pid), sleep=follow) == first.pid
        assert find_lock_holder(path) == os.getpid()

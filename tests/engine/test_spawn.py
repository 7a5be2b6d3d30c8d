"""Finding and ending the holder of the lock: never by guess."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oncall_tui.domain.engine import Lease
from oncall_tui.domain.errors import OncallError
from oncall_tui.engine.spawn import find_lock_holder, read_host, stop_engine
from oncall_tui.store.lock import engine_lock


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

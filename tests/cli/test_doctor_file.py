"""What doctor says of file, disk and engine: a fault once, where it begins, and what follows from it as not told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.program import Program

from oncall_tui.cli.doctor_file import check_file
from oncall_tui.clock import now_ms
from oncall_tui.engine.doctor import Check
from oncall_tui.engine.spawn import read_host
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lease import beat_lease, end_lease, fail_lease, take_lease

_HOLD = "import sys; from pathlib import Path; from oncall_tui.store.lock import engine_lock; "
_HOLD += "lock = engine_lock(Path(sys.argv[1])); assert lock.acquire(); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oncall.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_database(path) as made:
        yield made


@pytest.fixture
def engine(path: Path, db: Database) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the engine's lock and has been silent for a minute."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    host, boot_id = read_host()
    take_lease(db, pid=child.pid, host=host, boot_id=boot_id, version="0", mode="stay", now=now_ms() - 60_000)
    yield child
    child.kill()
    child.communicate()


def _levels(path: Path) -> dict[str, Check]:
    return {check.what: check for check in check_file(path).checks}


def test_an_engine_that_a_signal_stopped_is_told_from_one_that_hangs(path: Path, engine: subprocess.Popen[str]) -> None:
    hung = _levels(path)["engine"]
    assert (hung.level, f"process {engine.pid} hangs: silent for 1m" in hung.finding) == ("fail", True)
    assert "agent --takeover" in hung.advice
    engine.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, engine.pid, os.WSTOPPED | os.WNOWAIT)
    found = _levels(path)
    assert "stopped by a signal" in found["engine"].finding
    assert f"kill -CONT {engine.pid}" in found["engine"].advice
    assert found["database"].level == "ok"


def test_a_file_that_somebody_holds_is_the_fault_and_the_silent_engine_is_none(
    path: Path, db: Database, engine: subprocess.Popen[str]
) -> None:
    with db.write():
        found = check_file(path).checks
    assert [(each.level, each.what) for each in found] == [
        ("ok", "disk"), ("fail", "database"), ("skip", "engine"), ("ok", "outbox"),
    ]  # fmt: skip
    assert f"process {os.getpid()} holds it" in found[1].finding
    assert f"ps -fp {os.getpid()}" in found[1].advice
    assert f"process {engine.pid} runs; the database cannot be written" in found[2].finding


def test_who_says_something_beside_a_silent_engine_is_told(program: Program, engine: subprocess.Popen[str]) -> None:
    assert engine.poll() is None
    said = program.run("incident", "open", "-t", "Mail is slow", "-m", "Mail arrives late.")
    assert said.status == 0
    assert "the engine is silent, so that nothing leaves: `oncall-tui doctor`" in said.err
    assert "The engine is silent: `oncall-tui doctor`" in program.run("sync", "--wait", "0s").out
    assert "Engine: stalled (nothing leaves: `oncall-tui doctor`" in program.run("status").out


def test_without_an_engine_updates_that_wait_are_a_fault(program: Program) -> None:
    path = program.folder / "oncall.db"
    assert _levels(path)["engine"].level == "ok"
    program.run("incident", "open", "-t", "Mail is slow", "-m", "Mail arrives late.")
    waits = _levels(path)["engine"]
    assert (waits.level, waits.finding) == ("fail", "none runs, and 1 update to customers cannot leave")
    assert "oncall-tui sync" in waits.advice


def test_an_engine_that_does_not_start_is_a_fault(program: Program, path: Path) -> None:
    with open_database(path) as db:
        for _ in range(2):
            epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=1)
            # As the next one tries, what became of the one before still stands.
            if epoch == 1:
                fail_lease(db, epoch, 2, "no such table: hook")
            check = _levels(path)["engine"]
            assert (check.level, check.finding) == ("fail", "does not start: no such table: hook")
        assert "Engine: failed to start (no such table: hook)." in program.run("status").out
        beat_lease(db, epoch, 3, is_online=True, note="")
        end_lease(db, epoch, 4)
    assert _levels(path)["engine"].level == "ok"


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_without_room_or_leave_to_write_is_told_once(program: Program, fault: str) -> None:
    program.run("incident", "open", "-t", "Mail is slow", "-m", "Mail arrives late.")
    disk = program.folder / "disk"
    disk.mkdir()
    begin = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    mount = f"mount -t tmpfs -o size=8m none {disk}; cp {program.folder}/oncall.db* {disk}; "
    spoil = f"cat /dev/zero > {disk}/fill || true; " if fault == "full" else f"mount -o remount,ro {disk}; "
    if subprocess.run([*begin, mount], capture_output=True, check=False, timeout=30).returncode:
        pytest.skip("no file system can be mounted here")
    command = " ".join(str(each) for each in program.command("doctor", "--db", f"{disk}/oncall.db"))
    done = subprocess.run(
        [*begin, f"{mount}{spoil}exec {command}"],
        cwd=program.folder, env=program.env(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    wrong = [line.split(":")[0] for line in done.stdout.splitlines() if line[:4] in ("fail", "skip")]
    assert wrong[:2] == ["fail  disk", "skip  database"]
    assert wrong.count("fail  database") == 0
    told = "mounted read-only" if fault == "read-only" else "full, "
    assert told in done.stdout
    assert not list(program.folder.glob("*doctor*"))


def test_what_a_config_with_faults_names_is_not_told_as_missing(program: Program) -> None:
    program.write_config("[page]\nnothing = 1\n")
    checks = program.run("doctor", "--json").rows()
    assert {each["level"] for each in checks if each["what"] == "config"} == {"fail"}
    assert [each["level"] for each in checks if each["what"] == "page"] == ["skip"]
    program.write_config('[page]\napi_url = "http://127.0.0.1:1/v1"\npage_id = "p"\ntoken = { env = "NO_TOKEN" }\n')
    checks = program.run("doctor", "--json").rows()
    levels = {each["what"]: each["level"] for each in checks}
    assert (levels["token"], levels["page"]) == ("fail", "skip")

"""A disk without room and a file that somebody holds: who confirms is told that nothing was saved, and nothing was."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.world import PROGRAM
from tests.ptyscreen import PtyScreen

from oncall_tui.store.database import open_database
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates

UPDATE = ("incident", "update", "1", "--status", "identified")


def make_env(folder: Path) -> dict[str, str]:
    return {**os.environ, "ONCALL_TUI_DB": str(folder / "oncall.db"), "ONCALL_TUI_CONFIG": str(folder / "none.toml")}


def call(folder: Path, *arguments: str, room: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command line where no file may grow beyond `room` bytes."""

    def limit() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    return subprocess.run(
        [*PROGRAM, *arguments],
        env=make_env(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=limit,
    )


def open_incident(folder: Path) -> None:
    (folder / "none.toml").write_text("")
    done = call(folder, "incident", "open", "--title", "T", "--message", "First.")
    assert done.returncode == 0, done.stderr


def test_who_confirms_on_a_full_disk_is_told_and_can_say_it_again(tmp_path: Path) -> None:
    open_incident(tmp_path)
    done = call(tmp_path, *UPDATE, "--message", "Second.", room=16_384)
    assert done.returncode != 0
    assert "disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert call(tmp_path, *UPDATE, "--message", "Third.").returncode == 0
    with open_database(tmp_path / "oncall.db") as db:
        assert [update.body for update in list_updates(db, 1)] == ["First.", "Third."]
        assert len(list_deliveries(db)) == 2
        assert db.rows("PRAGMA integrity_check")[0][0] == "ok"


def test_who_confirms_on_a_held_file_is_told_who_holds_it(tmp_path: Path) -> None:
    open_incident(tmp_path)
    with open_database(tmp_path / "oncall.db") as db:
        with db.write():
            done = call(tmp_path, *UPDATE, "--message", "Second.")
        assert done.returncode != 0
        assert f"process {os.getpid()} holds it" in done.stderr
        assert [update.body for update in list_updates(db, 1)] == ["First."]


def list_family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from list_family(int(child))


def set_room(pid: int, room: int) -> None:
    for each in list_family(pid):
        resource.prlimit(each, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux's")
def test_who_writes_on_a_full_disk_sees_it_and_keeps_the_words(tmp_path: Path) -> None:
    open_incident(tmp_path)
    try:
        with PtyScreen(PROGRAM, env=make_env(tmp_path)) as terminal:
            terminal.wait_for("QUEUED")
            terminal.press("p")
            terminal.wait_for("draft saved")
            set_room(terminal.pid, 0)
            terminal.press("More words.")
            terminal.wait_for("NOT SAVED")
            terminal.press("ctrl+s")
            terminal.wait_for("Not saved, so not sent")
            assert "More words." in terminal.text()
            set_room(terminal.pid, resource.RLIM_INFINITY)
            terminal.wait_for("draft saved")
            assert "More words." in terminal.text()
    finally:
        call(tmp_path, "agent", "--stop")
    with open_database(tmp_path / "oncall.db") as db:
        assert [update.body for update in list_updates(db, 1)] == ["First."]
        assert "More words." in str([tuple(row) for row in db.rows("SELECT body FROM draft")])

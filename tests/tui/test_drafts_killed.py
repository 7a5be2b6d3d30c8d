"""What was typed outlives the terminal, however it ends."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.pace import Deadline
from tests.tui.dashboards import find_children, make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.outbox import list_deliveries


def _write_red_world(folder: Path) -> tuple[Path, Path]:
    now = now_ms()
    state = make_state(
        "probe-000", now, status=ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_reason="connection refused",
        recent=((Verdict.DOWN, 1.0),) * 5,
    )  # fmt: skip
    return write_world(folder, make_probes(1), [state])


def wait_for_draft(path: Path, ending: str) -> None:
    """Waits for what was typed, which is on disk within a second."""
    deadline = Deadline(1.0)
    with open_database(path, is_read_only=True) as db:
        while not list_drafts(db)[0].body.endswith(ending):
            assert not deadline.is_over()
            time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_draft_outlives_the_end_of_its_terminal(tmp_path: Path, number: signal.Signals) -> None:
    db, config = _write_red_world(tmp_path)
    with open_dashboard(db, config) as screen:
        screen.wait_for("DOWN")
        screen.press("i")
        screen.wait_for("nothing blocks sending")
        screen.press("enter", "Typed before the end")
        wait_for_draft(db, "Typed before the end")
        for pid in find_children(screen.pid):
            os.kill(pid, number)
        screen.wait_for_end()
    with open_database(db) as opened:
        (draft,) = list_drafts(opened)
        assert draft.body.endswith("Typed before the end")
    with open_dashboard(db, config) as screen:
        screen.wait_for("DOWN")
        screen.press("3")
        screen.wait_for("You left this draft")
        screen.wait_for("Typed before the end")
        screen.press(", and after it")
        wait_for_draft(db, "Typed before the end, and after it")
    with open_database(db) as opened:
        (draft,) = list_drafts(opened)
        assert draft.body.endswith("Typed before the end, and after it")


def test_a_terminal_that_is_killed_in_the_window_sends_nothing(tmp_path: Path) -> None:
    db, config = _write_red_world(tmp_path)
    with open_dashboard(db, config) as screen:
        screen.wait_for("DOWN")
        screen.press("i")
        screen.wait_for("nothing blocks sending")
        screen.press("ctrl+s")
        screen.wait_for("Review the update")
        screen.press("enter")
        screen.wait_for("SENDING in")
        for pid in find_children(screen.pid):
            os.kill(pid, signal.SIGKILL)
        screen.wait_for_end()
    with open_database(db) as opened:
        assert list_deliveries(opened) == []
    with open_dashboard(db, config) as screen:
        screen.wait_for("DOWN")
        screen.press("3")
        screen.wait_for("1 update was not sent")

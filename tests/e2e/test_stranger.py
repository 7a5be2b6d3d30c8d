"""The promise against a page that we did not write, while engines and terminals die; tests.e2e.torture is longer."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.e2e.executioner import PROGRAM
from tests.e2e.strangerpage import PAGE_ID, TOKEN, StrangerPage
from tests.e2e.torture import Torture, open_torture
from tests.pace import PATIENCE_S, Deadline

SEED = int(os.environ.get("STRANGER_SEED", "20261122"))


def test_every_confirmed_update_stands_once_and_in_order_on_a_strangers_page(tmp_path: Path) -> None:
    with open_torture(SEED, tmp_path) as torture:
        report = torture.run(40, enough=6)
    told = f"STRANGER_SEED={SEED}\n{torture.page.traits}\n{report.tell()}"
    assert report.is_clean, told
    assert report.confirmed, told
    assert report.faulted, told


def wait_for_engine(torture: Torture) -> int:
    deadline = Deadline(PATIENCE_S)
    while (pid := torture.executioner.find_engine()) is None:
        assert not deadline.is_over(), "no engine"
        time.sleep(0.05)
    return pid


def test_sync_publishes_by_itself_when_the_engine_that_it_waits_for_dies(tmp_path: Path) -> None:
    with open_torture(1, tmp_path) as torture:
        engine = subprocess.Popen([*PROGRAM, "agent", "--stay"], env=torture.env, stdin=subprocess.DEVNULL)
        try:
            pid = wait_for_engine(torture)
            time.sleep(1.5)  # its start is over: it is not stopped while it writes
            os.kill(pid, signal.SIGSTOP)
            assert torture.ask("incident", "open", "--title", "T", "--message", "Sign-in fails.") is not None
            with subprocess.Popen(
                [*PROGRAM, "sync", "--wait", "20s"], env=torture.env, stdout=subprocess.PIPE, text=True
            ) as sync:
                time.sleep(1.5)
                assert sync.poll() is None
                os.kill(pid, signal.SIGKILL)
                out, _ = sync.communicate(timeout=PATIENCE_S)
            assert (sync.returncode, out) == (0, "Everything is published.\n")
            assert list(torture.page.list_ours().values()) == [[("investigating", "Sign-in fails.")]]
        finally:
            engine.kill()
            engine.wait(PATIENCE_S)


def fail_first_write(page: StrangerPage, fault: str) -> None:
    """The page's lists show no metadata, its clock is right, and of the writes the next one alone fails."""
    page.traits = replace(page.traits, has_metadata_in_lists=False, skew_s=0, lag_s=0.0)
    plan = [fault]
    page.draw_fault = lambda is_write: plan.pop() if is_write and plan else None  # type: ignore[method-assign]


def test_an_incident_that_somebody_renamed_before_we_looked_is_not_made_again(tmp_path: Path) -> None:
    with open_torture(1, tmp_path) as torture:
        page = torture.page
        fail_first_write(page, "drop_after")
        assert torture.ask("incident", "open", "--title", "T", "--message", "Sign-in fails.") is not None
        with subprocess.Popen([*PROGRAM, "sync", "--wait", "20s"], env=torture.env, stdout=subprocess.DEVNULL) as sync:
            while not page.list_ours():
                assert sync.poll() is None
                time.sleep(0.01)
            page.apply(next(iter(page.list_ours())), {"name": "Renamed"})
            assert sync.wait(PATIENCE_S) == 0
        assert list(page.list_ours().values()) == [[("investigating", "Sign-in fails.")]]


def test_two_incidents_with_the_same_title_and_words_are_two(tmp_path: Path) -> None:
    with open_torture(1, tmp_path) as torture:
        for fault in ("slow_after", "drop_before"):
            fail_first_write(torture.page, fault)
            assert torture.ask("incident", "open", "--title", "T", "--message", "Sign-in fails.") is not None
            assert torture.ask("sync", "--wait", "20s") is not None
        assert list(torture.page.list_ours().values()) == [[("investigating", "Sign-in fails.")]] * 2


@pytest.mark.parametrize(("fault", "is_applied"), [("drop_before", False), ("drop_after", True), ("429_after", True)])
def test_the_page_does_what_its_faults_say(fault: str, is_applied: bool) -> None:
    with StrangerPage(3) as page:
        page.draw_fault = lambda is_write: fault  # type: ignore[method-assign]  # one fault, not a drawn one
        body = {"incident": {"name": "T", "body": "B", "status": "investigating", "deliver_notifications": True}}
        try:
            answer = httpx.post(
                f"{page.url}/v1/pages/{PAGE_ID}/incidents",
                json=body,
                headers={"Authorization": f"OAuth {TOKEN}"},
                trust_env=False,
            )
        except httpx.TransportError:
            assert fault.startswith("drop")
        else:
            assert answer.status_code == 429
        assert bool(page.list_ours()) is is_applied

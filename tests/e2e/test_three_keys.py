"""The promise, end to end: real program, real pty, real engine, real page."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.world import TOKEN, World, open_world, wait_until
from tests.pace import Deadline
from tests.ptyscreen import PtyScreen


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, env=dict(os.environ)) as made:
        yield made


def open_dashboard(world: World, *arguments: str, columns: int = 80, rows: int = 24) -> PtyScreen:
    return PtyScreen(world.command(*arguments), columns=columns, rows=rows, env=world.env)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 60)])
def test_red_probe_to_words_that_customers_read_in_three_keys(world: World, columns: int, rows: int) -> None:
    with open_dashboard(world, columns=columns, rows=rows) as terminal:
        terminal.wait_for("api-eu")
        terminal.wait_for("OK")
        world.target.is_broken = True
        terminal.wait_for("DOWN")
        terminal.press("i")
        terminal.wait_for("draft saved")
        review_and_send(terminal)
        wait_until(lambda: bool(world.published()))
        terminal.wait_for("customers see")
        html = httpx.get(world.page_url, trust_env=False).text
        (bodies,) = world.published()
        assert len(bodies) == 1
        assert "since" in bodies[0]
        assert bodies[0].split(".")[0] in html
        assert TOKEN not in terminal.received.decode("utf-8", "replace")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    shown = world.run_json("incident", "show", "1")
    assert isinstance(shown, dict)
    assert shown["components"] == [{"name": "API", "status": "major_outage"}]
    assert [(update["delivery"], update["seen_at"] is not None) for update in shown["updates"]] == [("delivered", True)]


def review_and_send(terminal: PtyScreen) -> None:
    """Presses enter when the review is there: before that it is a line break in the text."""
    terminal.press("ctrl+s")
    terminal.wait_for("Goes to")
    terminal.press("enter")


def test_u_takes_an_update_back_and_a_dead_terminal_sends_nothing(tmp_path: Path) -> None:
    with open_world(tmp_path, env=dict(os.environ), send_window="3s") as world:
        world.target.is_broken = True
        with open_dashboard(world) as terminal:
            terminal.wait_for("DOWN")
            terminal.press("i")
            terminal.wait_for("draft saved")
            review_and_send(terminal)
            terminal.wait_for("SENDING")
            terminal.press("u")
            terminal.wait_for("draft")
            time.sleep(3.5)
            assert world.published() == []
            review_and_send(terminal)
            terminal.wait_for("SENDING")
            terminal.kill(signal.SIGKILL)
            terminal.wait_for_end()
        time.sleep(3.5)
        assert world.published() == []
        with open_dashboard(world) as terminal:
            terminal.wait_for("not sent")
            terminal.press("3")
            terminal.wait_for("since")
            review_and_send(terminal)
            wait_until(lambda: len(world.published()) == 1)


def has_arrived(world: World, terminal: PtyScreen) -> bool:
    """Waits until the update stands on the page, or until a person is asked."""
    deadline = Deadline(30)
    while not deadline.is_over():
        terminal.pump(0.2)
        if world.published():
            return True
        if "may or may not have arrived" in terminal.text():
            return False
    raise AssertionError(terminal.text())


def test_an_update_confirmed_while_the_page_is_away_arrives_once_when_it_is_back(world: World) -> None:
    world.target.is_broken = True
    with open_dashboard(world) as terminal:
        terminal.wait_for("DOWN")
        world.page.send_signal(signal.SIGSTOP)
        terminal.press("i")
        terminal.wait_for("draft saved")
        review_and_send(terminal)
        terminal.wait_for("queue 1")
        assert "customers have not been told" in terminal.text()
        time.sleep(3)
        world.page.send_signal(signal.SIGCONT)
        if not has_arrived(world, terminal):  # the page never took it up: a person decides whether it is sent again
            terminal.press("c")
            terminal.wait_for("send again")
            terminal.press("ctrl+s")
        wait_until(lambda: len(world.published()) == 1)
        terminal.wait_for("queue 0", 15)
        time.sleep(2)
        assert [len(bodies) for bodies in world.published()] == [1]


def test_the_token_is_nowhere_in_the_files(world: World) -> None:
    world.target.is_broken = True
    assert (
        world.run(
            "incident", "open", "--title", "T", "--component", "API=major_outage", "--message", "Sign-in fails."
        ).returncode
        == 0
    )
    assert world.run("sync", "--wait", "20s").returncode == 0
    assert [len(bodies) for bodies in world.published()] == [1]
    for file in world.folder.iterdir():
        if file.is_file() and not file.name.startswith("page.db"):
            assert TOKEN.encode() not in file.read_bytes(), file.name

"""Keys that come in one piece, as over a line with a second of delay, go where they lead one after the other."""

from __future__ import annotations

import asyncio
import os
import termios
from pathlib import Path
from typing import cast

import pytest
from tests.pace import Deadline
from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import list_incidents
from oncall_tui.store.silences import list_silences
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.actions import ACTIONS, OPENING, SIGHTED
from oncall_tui.tui.app import OncallApp

#: On the board they would look after a probe, mute the bell, declare, ...
WORDS = "aaM jZqi."


def press_at_once(app: App[object], *keys: str) -> None:
    """Puts keys into the app as the driver does, none waiting for what the one before has done."""
    for key in keys:
        is_one = len(key) == 1
        app.post_message(events.Key(_character_to_key(key) if is_one else key, key if is_one else None))


async def wait_for_typed(app: OncallApp, pilot: Pilot[object], words: str) -> None:
    """Waits until words stand in the field that has the focus."""

    def is_typed() -> bool:
        field = app.focused
        text = field.text if isinstance(field, TextArea) else field.value if isinstance(field, Input) else ""
        return words in text

    await wait_for(pilot, is_typed)


def assert_board_is_untouched(desk: Desk, app: OncallApp, incidents: int) -> None:
    assert app.main.probes.muted_until is None
    assert len(list_incidents(desk.db)) == incidents
    assert list_silences(desk.db) == []


async def test_three_keys_in_one_piece_send(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "i", "ctrl+s", "enter")
        await wait_for_text(pilot, "SENDING in")


@pytest.mark.parametrize(
    ("size", "openers"),
    [
        ((80, 24), ["i", "p", "s 3", "o", "/", "a", "Z", "w", ":", "m n", "2 enter"]),
        ((200, 60), ["i", "p"]),
    ],
)
async def test_letters_behind_what_opens_a_text_are_written_into_it(
    tmp_path: Path, size: tuple[int, int], openers: list[str]
) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk, size=size) as (app, pilot):
        for opener in openers:
            press_at_once(app, *opener.split(), *WORDS)
            await wait_for_typed(app, pilot, WORDS)
            assert_board_is_untouched(desk, app, incidents=1)
            press_at_once(app, "escape", "escape", "1")
            await wait_for_text(pilot, "[1 Probes]")


async def test_what_does_not_open_drops_what_was_typed_for_it_and_says_so(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        for opener in ("p", "c", "P", "s", "o"):
            press_at_once(app, opener, *WORDS)
            app.post_message(events.Paste("pasted"))
            await wait_for_text(pilot, "nothing has opened")
            assert_board_is_untouched(desk, app, incidents=0)
            app.clear_notifications()
            await wait_for(pilot, lambda: "nothing has opened" not in screen_text(pilot))
        await pilot.press("1", "j")
        await wait_for(pilot, lambda: app.main.probes.selected == "db")


async def test_a_file_that_is_locked_drops_what_was_typed_for_the_draft(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        with desk.db.write():
            press_at_once(app, "i", *WORDS)
            await wait_for_text(pilot, "nothing has opened")
        assert_board_is_untouched(desk, app, incidents=0)


async def test_keys_wait_no_longer_than_they_may(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        app.type_ahead.longest_s = 0.3
        app.run_worker(asyncio.sleep(20), group="opening")
        press_at_once(app, "a", "b")
        await wait_for_text(pilot, "nothing has opened in 0.3 s")
        assert_board_is_untouched(desk, app, incidents=0)
        press_at_once(app, "2")
        await wait_for_text(pilot, "[2 Incidents")


async def test_a_held_key_declares_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        for _ in range(30):
            press_at_once(app, "i")
            await asyncio.sleep(0.01)
        await wait_for_typed(app, pilot, "i" * 29)
        assert_board_is_untouched(desk, app, incidents=1)


async def test_without_a_window_an_enter_from_before_the_review_sends_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=0)
    declare(desk)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "p", "ctrl+s", "enter", "enter")
        assert "Review the update" in await wait_for_text(pilot, "before this was on")
        assert list_updates(desk.db, 1) == []
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(list_updates(desk.db, 1)) == 1)


async def test_an_enter_with_sight_of_the_review_counts_however_busy_the_app_is(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=0)
    declare(desk)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "p", "ctrl+s")
        await wait_for_text(pilot, "Review the update")
        app.run_worker(asyncio.sleep(0.3), group="opening")
        press_at_once(app, "enter")
        await wait_for(pilot, lambda: len(list_updates(desk.db, 1)) == 1)


async def test_a_second_enter_from_before_the_window_does_not_end_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "i", "ctrl+s", "enter", "enter", "enter")
        await wait_for_text(pilot, "SENDING in")
        await pilot.pause(0.5)
        assert list_updates(desk.db, 1) == []
        await pilot.press("u")
        await wait_for(pilot, lambda: "SENDING in" not in screen_text(pilot))


def test_the_lists_name_actions_of_the_registry() -> None:
    known = {action.id for action in ACTIONS}
    assert known >= OPENING
    assert known >= SIGHTED


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    probes = make_probes(2)
    changes = {"status": ProbeStatus.DOWN, "last_verdict": Verdict.DOWN, "last_reason": "refused"}
    return write_world(tmp_path, probes, [make_state(probe.name, now_ms(), **changes) for probe in probes])


def send(screen: PtyScreen, *pieces: bytes) -> None:
    os.write(screen.fd, b"".join(pieces))


def test_keys_from_before_the_first_frame_lead_to_the_review_and_no_further(world: tuple[Path, Path]) -> None:
    with open_dashboard(*world) as screen:
        deadline = Deadline(10)
        while cast("int", termios.tcgetattr(screen.fd)[0]) & termios.IXON:
            assert not deadline.is_over()
        send(screen, b"i\x13\r")
        assert b"\x1b[?1049h" not in screen.received
        screen.wait_for("press it again")
        assert "Review the update" in screen.text()
        screen.press("enter")
        screen.wait_for("SENDING in")


def test_a_piece_of_everything_on_a_real_terminal(world: tuple[Path, Path]) -> None:
    paste = b"aM jZq. " * 250
    with open_dashboard(*world) as screen:
        screen.wait_for("probe-001")
        send(screen, b"i", b"\x1b[<0;10;6M\x1b[<0;10;6m", b"aM", b"\x1b[200~", paste, b"\x1b[201~", b"Z")
        screen.resize(120, 40)
        screen.wait_for("A click was dropped")
        screen.wait_for("2218/25000")
        send(screen, b"\x13\x1b", b"\x1b")
        screen.wait_for("2218/25000")
        with open_database(world[0]) as db:
            assert len(list_incidents(db)) == 1
            assert list_silences(db) == []
            assert list_updates(db, 1) == []

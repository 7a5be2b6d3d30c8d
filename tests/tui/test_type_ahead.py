"""Keys that come in one piece, as over a line with a second of delay, go where they lead one after the other."""

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import make_desk, open_app, wait_for_text
from textual import events
from textual.app import App
from textual.keys import _character_to_key


def press_at_once(app: App[object], *keys: str) -> None:
    """Puts keys into the app as the driver does, none waiting for what the one before has done."""
    for key in keys:
        is_one = len(key) == 1
        app.post_message(events.Key(_character_to_key(key) if is_one else key, key if is_one else None))


async def test_three_keys_in_one_piece_send(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "i", "ctrl+s", "enter")
        await wait_for_text(pilot, "SENDING in")


async def test_the_keyboard_comes_back_when_nothing_opens(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        app.type_ahead.begin()
        press_at_once(app, "2")
        await wait_for_text(pilot, "[2 Incidents")

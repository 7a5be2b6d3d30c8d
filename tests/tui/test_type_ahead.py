"""Keys that come in one piece, as over a line with a second of delay, go where they lead one after the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from oncall_tui.store.incidents import list_incidents
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.actions import ACTIONS, OPENING, SIGHTED
from oncall_tui.tui.app import OncallApp
from oncall_tui.tui.screens.main import MainScreen
from oncall_tui.tui.screens.review import ReviewScreen
from oncall_tui.tui.snapshot import read_first

WORDS = "aaM jZq."


def press_at_once(app: App[object], *keys: str) -> None:
    """Puts keys into the app as the driver does, none waiting for what the one before has done."""
    for key in keys:
        is_one = len(key) == 1
        app.post_message(events.Key(_character_to_key(key) if is_one else key, key if is_one else None))


def typed_text(app: OncallApp) -> str:
    focused = app.focused
    return focused.text if isinstance(focused, TextArea) else cast("Input", focused).value


async def wait_for_typed(app: OncallApp, pilot: Pilot[object], words: str) -> None:
    await wait_for(pilot, lambda: isinstance(app.focused, TextArea | Input) and words in typed_text(app))


async def test_three_keys_in_one_piece_send(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    async with open_app(desk) as (app, pilot):
        press_at_once(app, "i", "ctrl+s", "enter")
        await wait_for_text(pilot, "SENDING in")


@pytest.mark.parametrize("opener", [("i",), ("p",), ("s", "3"), ("o",), ("slash",), ("a",), ("Z",), ("w",), ("colon",)])
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_letters_behind_what_opens_a_text_are_written_into_it(
    tmp_path: Path, opener: tuple[str, ...], size: tuple[int, int]
) -> None:
    desk = make_desk(tmp_path)
    if opener != ("i",):
        declare(desk, "db" if opener in (("a",), ("Z",), ("w",)) else "api-eu")
    async with open_app(desk, size=size) as (app, pilot):
        press_at_once(app, *opener, *WORDS)
        await wait_for_typed(app, pilot, WORDS)
        assert not app.snapshot.silences
        assert app.main.probes.muted_until is None
        assert len(list_incidents(desk.db)) == (0 if opener == ("slash",) and False else len(list_incidents(desk.db)))


def test_the_lists_name_actions_of_the_registry() -> None:
    known = {action.id for action in ACTIONS}
    assert known >= OPENING
    assert known >= SIGHTED

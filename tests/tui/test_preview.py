from __future__ import annotations

import dataclasses
from pathlib import Path

from msgspec.structs import replace
from tests.tui.desk import make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.config.model import BroadcastConfig, TokenSource
from oncall_tui.tui.widgets.update_text import UpdateText


async def test_a_key_shows_the_text_on_every_channel_and_hides_it_again(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    broadcast = BroadcastConfig("@status", "social", TokenSource(env="NOT_SET"))
    desk = dataclasses.replace(desk, config=replace(desk.config, broadcasts=(broadcast,)))
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        text = app.main.query_one(UpdateText)
        await pilot.press(*" **Sorry.**", "f7")
        shown = await wait_for_text(pilot, "Investigating - We are looking into")
        assert "Sorry." in shown
        assert "**" not in shown
        for _ in range(2):
            await pilot.press("right")
        await wait_for_text(pilot, "Subject  API: requests are failing")
        await pilot.press("right")
        assert "1/2" in await wait_for_text(pilot, "2 SMS of at most 2")
        await pilot.press("right")
        await wait_for_text(pilot, "SUPPORT BRIEF #1")
        await pilot.press("right", "right")
        await wait_for_text(pilot, "of 280")
        assert "no channel is configured" not in screen_text(pilot)
        await pilot.press("f7")
        await wait_for(pilot, lambda: app.focused is text)

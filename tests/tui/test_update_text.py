"""Undo and redo in the field of an update, whatever its size and wherever the cursor stands."""

from __future__ import annotations

import random

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from oncall_tui.tui.widgets.update_text import UpdateText

_LONG = "\n".join(f"Line {number} of what we tell customers." for number in range(1, 21))


class _Page(App[None]):
    CSS = "#text { width: 40; height: 6; }"

    def compose(self) -> ComposeResult:
        yield UpdateText(id="text")


async def _press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


@pytest.mark.parametrize("is_pasted", [True, False])
async def test_an_undo_that_makes_the_text_fit_leaves_the_program_alive(is_pasted: bool) -> None:
    app = _Page()
    async with app.run_test(size=(60, 12)) as pilot:
        text = app.query_one(UpdateText)
        await _press(pilot, *"short")
        if is_pasted:
            text.replace(_LONG, *sorted((text.selection.start, text.selection.end)))
        else:
            text.put_text(_LONG)
        text.move_to_offset(len(text.text))
        await pilot.pause()
        long = text.text
        await _press(pilot, "ctrl+z")
        assert text.text == "short"
        await _press(pilot, "ctrl+shift+z")
        assert text.text == long
        text.move_to_offset(len(text.text))
        text.put_text("short again")
        await pilot.pause()
        await _press(pilot, "ctrl+z")
        assert text.text == long


@pytest.mark.parametrize("seed", range(3))
async def test_every_way_back_is_walked(seed: int) -> None:
    chance = random.Random(seed)
    app = _Page()
    async with app.run_test(size=(60, 12)) as pilot:
        text = app.query_one(UpdateText)
        for _ in range(25):
            match chance.randrange(6):
                case 0:
                    text.put_text("\n".join(["some words that are wrapped at forty cells"] * chance.randrange(20)))
                case 1:
                    await _press(pilot, *"abc")
                case 2:
                    text.move_to_offset(chance.randrange(len(text.text) + 1))
                case 3:
                    start = chance.randrange(len(text.text) + 1)
                    text.replace_span(start, chance.randrange(start, len(text.text) + 1), "x\n" * chance.randrange(9))
                case _:
                    await _press(pilot, chance.choice(["ctrl+z", "ctrl+z", "ctrl+shift+z"]))
            await pilot.pause()
        for _ in range(len(text.history.undo_stack)):
            await _press(pilot, "ctrl+z")
        assert text.text == ""

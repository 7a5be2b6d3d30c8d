from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from tests.tui.desk import RUNBOOKS, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.store.steps import list_ticks
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.runbook_file import read_runbook

_SITE_DOWN = str(RUNBOOKS / "site-down.md")
_BEFORE = (RUNBOOKS / "site-down.md").read_bytes()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_steps_are_ticked_skipped_and_taken_back(tmp_path: Path, size: tuple[int, int]) -> None:
    desk = make_desk(tmp_path, runbook=_SITE_DOWN)
    number = declare(desk)
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("4")
        await wait_for_text(pilot, "0 of 15 done")
        await pilot.press("space")
        await wait_for_text(pilot, "1 of 15 done")
        await pilot.press("x")
        await wait_for_text(pilot, "skip, because")
        await pilot.press(*"no [/time]", "enter")
        await wait_for_text(pilot, "no [/time]")
        states = [tick.state for tick in list_ticks(desk.db, number, _SITE_DOWN).values()]
        assert sorted(states) == ["done", "skipped"]
        await pilot.press("u")
        await wait_for_text(pilot, "1 of 15 done")
    assert (await asyncio.to_thread((RUNBOOKS / "site-down.md").read_bytes)) == _BEFORE
    assert [entry.text[:8] for entry in list_entries(desk.db, number)][:3] == ["todo: Sa", "skipped:", "done: De"]


async def test_context_is_folded_until_it_is_wanted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, runbook=_SITE_DOWN)
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("4")
        await wait_for_text(pilot, "context: Impact, Links")
        assert "People who open the site" not in screen_text(pilot)
        await pilot.press("z")
        await wait_for_text(pilot, "People who open the site")


async def test_the_cursor_stays_in_sight(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, runbook=_SITE_DOWN)
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("4")
        await wait_for_text(pilot, "0 of 15 done")
        await pilot.press(*"j" * 20)
        await wait_for(pilot, lambda: "▸ ☐ 15" in screen_text(pilot))
        await pilot.press(*"k" * 20)
        await wait_for(pilot, lambda: "▸ ☐  1" in screen_text(pilot))


async def test_ticks_outlive_an_edit_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.md"
    path.write_text("# Own\n## Steps\n1. first\n2. second\n")
    desk = make_desk(tmp_path, runbook=str(path))
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("4")
        await wait_for_text(pilot, "0 of 2 done")
        await pilot.press("space")
        await wait_for_text(pilot, "1 of 2 done")
        path.write_text("# Own\n## Steps\n1. new before it\n1. first\n2. second\n")
        await pilot.press("1", "4")
        shown = await wait_for_text(pilot, "1 of 3 done")
        assert "☑  2 first" in shown


async def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, runbook="/nowhere/[@click=app.quit]x.md")
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("4")
        shown = await wait_for_text(pilot, "does not exist")
        assert "/nowhere/[@click=app.quit]x.md" in shown


def test_what_is_no_runbook_is_told_in_words(tmp_path: Path) -> None:
    binary, empty, pipe, huge = (tmp_path / name for name in ("a.bin", "empty.md", "pipe", "huge.md"))
    binary.write_bytes(b"\x7fELF\0\0")
    empty.write_text(" \n")
    os.mkfifo(pipe)
    huge.write_text("- [ ] step\n" * 500_000)
    assert "binary" in read_runbook(str(binary)).problem
    assert "empty" in read_runbook(str(empty)).problem
    assert "no plain file" in read_runbook(str(pipe)).problem
    assert "no plain file" in read_runbook("/dev/zero").problem
    assert read_runbook(str(tmp_path)).problem
    assert read_runbook("/nowhere\0").problem
    cut = read_runbook(str(huge)).runbook
    assert cut is not None
    assert cut.is_cut


async def test_an_incident_without_a_runbook_says_how_to_get_one(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("4")
        await wait_for_text(pilot, 'runbook = "runbooks/site-down.md"')

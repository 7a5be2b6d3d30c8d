"""The screens of the main flow as they look, times aside; ONCALL_TUI_GOLDEN=write writes them anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.tui.asking import Engine
from tests.tui.desk import declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.domain.duration import HOUR
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.widgets import head_words

_FOLDER = Path(__file__).parent / "golden"
#: Every clock, countdown and age, whatever its digits, in the width that it has.
_TIMES = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d{1,2} [A-Z][a-z]{2}\b|\b\d+ s ago\b|\b\d+m\b")


def freeze(screen: str) -> str:
    """Returns a screen with every time replaced by zeros; an age of two digits moves no border."""
    frozen = _TIMES.sub(lambda match: re.sub(r"\d", "0", match[0]), screen)
    frozen = re.sub(r"00 [A-Z][a-z]{2}\b|\b0 [A-Z][a-z]{2}\b", "00 Mon", frozen)
    frozen = re.sub(r"\b0+ s ago *([^┃│\n]*)", lambda match: f"0 s ago  {match[1]}".ljust(len(match[0])), frozen)
    return "\n".join(row.rstrip() for row in frozen.split("\n"))


async def compare(pilot: Pilot[object], step: str, size: tuple[int, int]) -> None:
    """Compares once the screen has come to rest: a busy machine draws later."""
    path = _FOLDER / f"{step}-{size[0]}x{size[1]}.txt"
    wanted = path.read_text(encoding="utf-8") if path.exists() else ""
    shown = ""
    for _ in range(20):
        await pilot.pause(0.25)
        shown = freeze(screen_text(pilot)).rstrip("\n") + "\n"
        if shown == wanted:
            return
    if os.environ.get("ONCALL_TUI_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8"), f"{path.name}: ONCALL_TUI_GOLDEN=write accepts the new look"


@pytest.mark.usefixtures("midday")
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_main_flow_looks_as_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(head_words, "_START_MS", HOUR)  # no engine begins here, however long the test takes
    desk = make_desk(tmp_path)
    async with open_app(desk, size=size) as (_, pilot):
        await wait_for_text(pilot, "connection refused")
        if size[0] >= 120:
            await wait_for_text(pilot, "No incident is chosen.")
        await compare(pilot, "probes", size)
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await wait_for_text(pilot, "draft saved")
        await wait_for_text(pilot, "customers have not been told")
        await compare(pilot, "compose", size)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update to #1")
        await compare(pilot, "review", size)
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING in")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(list_entries(desk.db, 1)) > 1)
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await wait_for_text(pilot, "INVESTIGATING  ana")
        await compare(pilot, "incidents", size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_a_person_decides_looks_as_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(head_words, "_START_MS", HOUR)
    desk = make_desk(tmp_path)
    engine = Engine(desk)
    engine.confirm(declare(desk), "Logins have been failing since 14:00. We look for the cause.")
    engine.ask(engine.claim(), "Logins fail.", "Something that has nothing to do with it.")
    async with open_app(desk, size=size) as (_, pilot):
        await wait_for_text(pilot, "c decides")
        await pilot.press("c")
        await wait_for_text(pilot, "it is there")
        await compare(pilot, "uncertain", size)

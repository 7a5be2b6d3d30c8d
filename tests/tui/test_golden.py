"""The screens of the main flow as they look, times aside; ONCALL_TUI_GOLDEN=write writes them anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.dashboards import make_state
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeStatus, Verdict
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.store.silences import acknowledge
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


def _fill(desk: Desk) -> None:
    """Writes the probes of a team as they are called: with names of 28 letters that differ in the middle."""
    now = now_ms()
    regions = ("eu-west-1", "us-east-1", "ap-east-1")
    apps, sides = ("checkout-api", "payments-api"), ("black", "green")
    names = [f"{app}-{region}-{side}" for app in apps for region in regions for side in sides]
    probes = [
        *(Probe(name, ProbeKind.HTTP, "http://h.example/", "API", HOUR) for name in names),
        Probe("api-eu", ProbeKind.TCP, "r.example:1", None, HOUR),
        *(Probe(f"rack-{at}", ProbeKind.TCP, "r.example:2", None, HOUR, depends_on=("api-eu",)) for at in range(3)),
    ]
    fine, red = ((Verdict.UP, 80.0),), ((Verdict.DOWN, 3.0),)
    states = [make_state(probe.name, now, recent=fine * 60) for probe in probes]
    states[1] = replace(states[1], recent=fine * 54 + (red + fine) * 3)
    for at in (0, 2, 12, 13, 14, 15):
        states[at] = replace(
            states[at],
            status=ProbeStatus.DOWN,
            since_at=now - 300_000 - at,
            last_verdict=Verdict.DOWN,
            last_reason="connection refused",
            recent=fine * 56 + red * 4,
        )
    replace_probes(desk.db, probes, [("API", None)])
    record_results(desk.db, [], states, [], now)
    acknowledge(desk.db, probes[2].name, "ben looks", "ben", now)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_bigger_screen_shows_no_less_of_the_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(head_words, "_START_MS", HOUR)
    desk = make_desk(tmp_path)
    _fill(desk)
    async with open_app(desk, size=size) as (app, pilot):
        await wait_for_text(pilot, "+3 behind")
        if size[0] >= 120:
            await wait_for_text(pilot, "No incident is chosen.")
        await compare(pilot, "board", size)
        idle = app.main.query_one("#left").size.width
        for key in ("2", "3", "1"):
            await pilot.press(key)
            assert app.main.query_one("#left").size.width in (0, idle), "nothing jumps while one works"
        declare(desk)
        await wait_for_text(pilot, "#1 SEV")
        await compare(pilot, "board-incident", size)

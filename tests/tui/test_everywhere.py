from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ptyscreen import PtyScreen
from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text
from textual.widgets import Input

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.theme_files import list_theme_files


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("pane", ["1", "2", "4", "5"])
async def test_the_state_and_a_note_are_one_key_away_in_every_pane(desk: Desk, pane: str) -> None:
    number = declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press(pane, "s")
        await wait_for_text(pilot, "State, then the update for it")
        await pilot.press("escape", "o")
        await wait_for_text(pilot, "enter store  esc back")
        await pilot.press(*"so", "enter")
        await wait_for(pilot, lambda: list_entries(desk.db, number)[0].kind is EntryKind.NOTE)
    assert list_entries(desk.db, number)[0].text == "so"


async def test_without_an_incident_both_say_so(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("s")
        await wait_for_text(pilot, "no incident whose state")
        await pilot.press("o")
        await wait_for_text(pilot, "no incident to note")


async def test_a_letter_in_a_title_field_adds_to_it(desk: Desk) -> None:
    number = declare(desk)
    before = get_incident(desk.db, number).title
    async with open_app(desk) as (app, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("s", "2", "escape")
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == f"{before}s2")


@pytest.fixture
def red_world(tmp_path: Path) -> tuple[Path, Path]:
    now = now_ms()
    state = make_state("probe-000", now, status=ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_reason="refused")
    return write_world(tmp_path, make_probes(1), [state])


def test_a_key_pressed_before_anything_stands_is_not_lost(red_world: tuple[Path, Path]) -> None:
    with open_dashboard(*red_world) as screen:
        screen.press("i")
        screen.wait_for("nothing blocks sending")


@pytest.fixture(params=[path.stem for path in list_theme_files()])
def themed(request: pytest.FixtureRequest, red_world: tuple[Path, Path]) -> Iterator[PtyScreen]:
    db, config = red_world
    config.write_text(f'theme = "{request.param}"\n{config.read_text(encoding="utf-8")}', encoding="utf-8")
    with open_dashboard(db, config) as screen:
        yield screen


def test_every_screen_can_be_drawn_in_every_theme(themed: PtyScreen) -> None:
    themed.wait_for("probe-000")
    themed.press("i")
    themed.wait_for("nothing blocks sending")
    themed.press("ctrl+s")
    themed.wait_for("Review the update")
    themed.press("esc")
    themed.wait_for("f2 state")
    themed.press("esc")
    themed.wait_for("? keys")
    for key, text in (("2", "told to customers"), ("s", "State, then"), ("esc", "TITLE"), ("T", "Theme:")):
        themed.press(key)
        themed.wait_for(text)
    for _ in range(len(list_theme_files())):
        themed.press("T")
        themed.wait_for("Theme:")
    themed.press("?")
    themed.wait_for("EVERYWHERE")

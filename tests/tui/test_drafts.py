from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.domain.update import Draft
from oncall_tui.store.drafts import list_drafts
from oncall_tui.tui.app import OncallApp
from oncall_tui.tui.screens.drafts import DraftsScreen
from oncall_tui.tui.widgets.update_text import UpdateText


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def _named(desk: Desk, name: str) -> Draft | None:
    return next((draft for draft in list_drafts(desk.db) if draft.name == name), None)


def _body(app: OncallApp) -> str:
    return app.main.query_one(UpdateText).text


async def _type_name(pilot: Pilot[object], name: str) -> None:
    await pilot.press("ctrl+u", *name, "enter")


async def test_drafts_are_named_switched_deleted_and_each_has_its_own_undo(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*" One")
        await pilot.press("ctrl+o", "r")
        await _type_name(pilot, "scope")
        await wait_for(pilot, lambda: _named(desk, "scope") is not None)
        await pilot.press("n")
        await wait_for_text(pilot, "draft 2/2")
        await pilot.press(*" Two")
        await wait_for(pilot, lambda: any("Two" in draft.body for draft in list_drafts(desk.db)))

        await pilot.press("ctrl+o", "j", "enter")
        await wait_for(pilot, lambda: "One" in _body(app))
        await wait_for_text(pilot, "draft 1/2 scope")
        await pilot.press("ctrl+z")
        assert "One" not in _body(app)
        assert "Two" not in _body(app)
        await pilot.press("ctrl+shift+z")
        await wait_for(pilot, lambda: "One" in _body(app))

        await pilot.press("ctrl+o", "x")
        await wait_for(pilot, lambda: _named(desk, "scope") is None)
        await wait_for_text(pilot, "undo deleting scope")
        await pilot.press("u")
        await wait_for(pilot, lambda: _named(desk, "scope") is not None)
    assert {draft.body.endswith("One") for draft in list_drafts(desk.db)} == {True, False}


async def test_a_draft_goes_from_hand_to_hand(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk, actor="ana") as (ana_app, ana):
        await ana.press("p")
        await wait_for_text(ana, "nothing blocks sending")
        await ana.press(*" Mine")
        async with open_app(desk, actor="ben") as (ben_app, ben):
            await ana.press("ctrl+o", "h")
            await wait_for_text(ana, "At work now: ben")
            await ana.press("enter")
            await wait_for(ana, lambda: list_drafts(desk.db)[0].owner == "ben")
            assert isinstance(ana_app.screen, DraftsScreen)
            await wait_for_text(ana, "ben, waits")
            await ana.press("enter")
            await wait_for_text(ana, "t takes it over")

            await wait_for_text(ben, "ana hands you")
            await ben.press("p")
            await wait_for(ben, lambda: _body(ben_app).endswith("Mine"))
            await wait_for_text(ben, "ana had this draft before you")
            await ben.press(*" And his")
            await wait_for(ben, lambda: list_drafts(desk.db)[0].body.endswith("And his"))

            await wait_for_text(ana, "ben writes")
            await ana.press("t")
            await wait_for(ana, lambda: _body(ana_app).endswith("Mine And his"))
            await wait_for_text(ben, "ana has taken this draft over")
            await ana.press("ctrl+z")
            assert _body(ana_app).endswith("Mine")
    assert [draft.owner for draft in list_drafts(desk.db)] == ["ana"]


async def test_what_changes_is_marked_by_shape(desk: Desk) -> None:
    from tests.tui.asking import Engine

    number = declare(desk)
    Engine(desk).confirm(number, "We look into it. You hear from us by 10:00 UTC.")
    async with open_app(desk) as (_, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "draft saved")
        await pilot.press("f5")
        shown = await wait_for_text(pilot, "[-")
        assert "{+" in shown
        await pilot.press("escape")
        await wait_for(pilot, lambda: "[-" not in screen_text(pilot))

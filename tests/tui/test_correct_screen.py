"""Other words for an update that stands on the page: the difference first, and nothing before a yes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text
from textual.widgets import Input

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.lint.model import Tuning, Words
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.page import replace_pages
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.widgets.update_text import UpdateText


def _tell(desk: Desk, *, can_edit: bool) -> int:
    number, engine = declare(desk), Engine(desk)
    replace_pages(desk.db, [(MAIN_PAGE, Capabilities("statuspage", can_edit_update=can_edit))])
    engine.confirm(number, "Logins fail for 30% of you.")
    engine.deliver(engine.claim(), "u1")
    return number


async def test_a_correction_shows_the_difference_and_goes_out_after_its_window(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=300)
    number = _tell(desk, can_edit=True)
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("e")
        await wait_for_text(pilot, "Change the words")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("escape", *" Sorry.")
        await wait_for_text(pilot, "{+Sorry.+}")
        await wait_for_text(pilot, "saved as typed")
        await pilot.press("escape", "e")
        await wait_for_text(pilot, "{+Sorry.+}")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "subscribers are not told")
        assert list_updates(desk.db, number)[-1].corrected_at is None
        await pilot.press("enter")
        await wait_for(pilot, lambda: list_updates(desk.db, number)[-1].corrected_at is not None)
    (update,) = list_updates(desk.db, number)
    assert (update.body, update.first_body) == ("Logins fail for 30% of you. Sorry.", "Logins fail for 30% of you.")


async def test_a_correction_keeps_to_the_words_of_the_team_and_passes_with_a_reason(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=0)
    desk = dataclasses.replace(desk, config=replace(desk.config, tuning=Tuning(words=Words(clients=("Acme",)))))
    number = _tell(desk, can_edit=True)
    async with open_app(desk) as (app, pilot):
        await pilot.press("5", "e")
        await wait_for_text(pilot, "Change the words")
        app.screen.query_one(UpdateText).put_text("Acme waits.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "'Acme' is a client")
        await pilot.press("ctrl+g")
        await wait_for_text(pilot, "why?")
        app.screen.query_one(Input).value = "they asked it"
        await pilot.press("enter")
        await wait_for_text(pilot, "SE002: they asked it")
        await pilot.press("enter")
        await wait_for(pilot, lambda: list_updates(desk.db, number)[-1].corrected_at is not None)
    kept = [entry.text for entry in list_entries(desk.db, number) if entry.kind is EntryKind.OVERRIDE]
    assert kept == ["sent in spite of SE002 “Acme”: they asked it"]


async def test_where_no_page_can_edit_it_says_what_to_do_instead(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    number = _tell(desk, can_edit=False)
    async with open_app(desk) as (_, pilot):
        await pilot.press("5", "e")
        await wait_for_text(pilot, "cannot edit: customers read the first words")
        await pilot.press(*" Sorry.", "ctrl+s")
        await wait_for_text(pilot, "none of those that hold it can edit")
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent: No page that")
    assert list_updates(desk.db, number)[-1].body == "Logins fail for 30% of you."

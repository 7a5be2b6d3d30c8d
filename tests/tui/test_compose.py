from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual import events

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import list_incidents
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.tui.widgets.update_text import UpdateText

_SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("size", _SIZES)
async def test_one_key_declares_and_puts_first_words_that_pass(desk: Desk, size: tuple[int, int]) -> None:
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("i")
        shown = await wait_for_text(pilot, "nothing blocks sending")
        assert "We are looking into a problem with API." in shown
        assert "API ✖ major outage" in shown
    (incident,) = list_incidents(desk.db)
    assert (incident.title, incident.probes) == ("API: requests are failing", ("api-eu",))
    assert list_deliveries(desk.db) == []


async def test_a_probe_with_an_incident_leads_to_it(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("escape", "1", "i")
        await wait_for(pilot, lambda: isinstance(app.focused, UpdateText))
    assert len(list_incidents(desk.db)) == 1
    assert len(list_drafts(desk.db)) == 1


async def test_one_undo_takes_a_declaration_back(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("escape", "u")
        await wait_for(pilot, lambda: list_incidents(desk.db) == [])
        await wait_for_text(pilot, "nothing was sent")
    assert list_drafts(desk.db) == []


async def test_steady_typing_is_on_disk_within_a_second(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        typed, lags = "", []
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            await pilot.press("x")
            typed += "x"
            stored = list_drafts(desk.db)[0].body.count("x") - 1
            lags.append(len(typed) - stored)
        await wait_for_text(pilot, "draft saved")
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].body.endswith(typed))
        assert min(lags[len(lags) // 2 :]) < len(typed) / 2


async def test_what_a_dead_terminal_left_is_taken_over_with_its_cursor(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("home", *"Hello", "enter", *"there")
        await wait_for(pilot, lambda: "there" in list_drafts(desk.db)[0].body)
        first = app.terminal_id
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "You left this draft")
        text = app.screen.query_one(UpdateText)
        assert "Hello\nthere" in text.text
        assert text.text[: text.cursor_offset].endswith("there")
        assert app.terminal_id != first
    (draft,) = list_drafts(desk.db)
    assert draft.terminal_id == app.terminal_id


async def test_two_terminals_have_their_own_drafts_and_know_of_each_other(desk: Desk) -> None:
    async with open_app(desk, actor="ana") as (_, ana):
        await ana.press("i")
        await wait_for_text(ana, "nothing blocks sending")
        await ana.press(*"mine")
        async with open_app(desk, actor="ben") as (_, ben):
            await ben.press("i")
            await wait_for_text(ben, "ana is writing too")
            await ben.press(*"other")
            await wait_for(ben, lambda: sum("other" in draft.body for draft in list_drafts(desk.db)) == 1)
        await wait_for(ana, lambda: sum("mine" in draft.body for draft in list_drafts(desk.db)) == 1)
        bodies = [draft.body for draft in list_drafts(desk.db)]
        assert len(bodies) == 2
        assert not any("mine" in body and "other" in body for body in bodies)


async def test_a_template_follows_the_state_until_a_word_was_typed(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("f2", "3")
        await wait_for_text(pilot, "The repair for API is in place.")
        await pilot.press("f2", "1")
        await wait_for_text(pilot, "Requests have been failing since")
        await pilot.press(*"Mine.")
        await pilot.press("f2", "4")
        await wait_for_text(pilot, "● RESOLVED")
        text = app.screen.query_one(UpdateText).text
        assert text.endswith("Mine.")
        assert "is over" not in text
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].status is IncidentStatus.RESOLVED)
        draft = list_drafts(desk.db)[0]
        assert draft.components == {"API": ComponentStatus.OPERATIONAL}
        assert draft.next_update_at is None
        await pilot.press("ctrl+t")
        await wait_for_text(pilot, "The problem with API is over.")


async def test_another_promise_changes_the_time_in_the_text(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        before = app.screen.query_one(UpdateText).text
        await pilot.press("f4", "right")
        await wait_for(pilot, lambda: app.screen.query_one(UpdateText).text != before)
        after = app.screen.query_one(UpdateText).text
        assert after[: after.rindex("again by")] == before[: before.rindex("again by")]


async def test_the_states_of_components_are_chosen_by_key(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("f3")
        await wait_for_text(pilot, "not affected")
        await pilot.press("left", "j", "right", "right", "enter")
        await wait_for_text(pilot, "Database ■ under maintenance")
        chosen = {"API": ComponentStatus.PARTIAL_OUTAGE, "Database": ComponentStatus.UNDER_MAINTENANCE}
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].components == chosen)


async def test_a_gap_is_told_and_jumped_to(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*" for [duration] more")
        shown = await wait_for_text(pilot, "block PH001")
        assert "'[duration]' is not filled in." in shown
        await pilot.press("f8")
        assert app.screen.query_one(UpdateText).selected_text == "[duration]"


async def test_a_paste_keeps_its_lines_is_inert_and_confirms_nothing(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        text = app.screen.query_one(UpdateText)
        text.post_message(events.Paste("one\r\ntwo\x1b]52;c;eA==\x07\x13\rthree\u202e"))
        await wait_for(pilot, lambda: "three" in text.text)
        assert "one\ntwo␛]52;c;eA==␇␓\nthree<U+202E>" in text.text
        assert app.screen_stack[-1] is app.main
    assert list_deliveries(desk.db) == []


async def test_the_text_can_be_copied(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+y")
        await wait_for(pilot, lambda: app.clipboard.startswith("We are looking into"))


async def test_a_file_that_is_locked_is_told_and_nothing_typed_is_lost(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        holder = sqlite3.connect(desk.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        await pilot.press(*"Kept")
        await wait_for_text(pilot, "NOT SAVED")
        holder.execute("ROLLBACK")
        holder.close()
        await wait_for_text(pilot, "draft saved")
        await wait_for(pilot, lambda: "Kept" in list_drafts(desk.db)[0].body)


async def test_a_draft_that_was_discarded_elsewhere_is_begun_anew(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        with desk.db.write("drafts") as connection:
            connection.execute("DELETE FROM draft")
        await pilot.press(*"Still here")
        await wait_for(pilot, lambda: any("Still here" in draft.body for draft in list_drafts(desk.db)))


async def test_what_was_typed_is_stored_when_another_incident_is_chosen(desk: Desk) -> None:
    declare(desk, "db")
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "problem with API")
        number = app.selected_incident
        await pilot.press(*"Last")
        app.select_incident(next(item.id for item in app.snapshot.incidents if item.id != number))
        await wait_for(pilot, lambda: any("Last" in draft.body for draft in list_drafts(desk.db, number)))


async def test_names_from_outside_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    hostile = "[@click=app.quit]Shop[/] [/x] \x1b[31mred"
    desk = make_desk(tmp_path, component=hostile)
    async with open_app(desk, size=(120, 40)) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        assert "[@click=app.quit]Shop[/] [/x] ␛[31mred" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update")
        assert app.is_running


async def test_without_an_incident_the_pane_says_what_to_do(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("3")
        await wait_for_text(pilot, "i on a red probe declares one")


@pytest.mark.usefixtures("midday")
async def test_any_prepared_words_are_taken_by_key_around_ones_own(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        text = app.main.query_one(UpdateText)
        await pilot.press(*" Ours.", "ctrl+f")
        await wait_for_text(pilot, "Who is affected")
        await pilot.press("j", "enter")
        await wait_for(pilot, lambda: text.text.startswith("We now know more") and "Ours." in text.text)
        await pilot.press("ctrl+z")
        await wait_for(pilot, lambda: text.text.endswith("UTC. Ours."))

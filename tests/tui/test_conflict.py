from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import Impact, IncidentStatus
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import edit_incident, get_incident
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import apply_incident
from oncall_tui.tui.widgets.compose_pane import ComposePane
from oncall_tui.tui.widgets.compose_words import draw_words

THEIRS = "We found the cause: a broken cable [/x]."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def publish_first(desk: Desk) -> int:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    engine.deliver(engine.claim(), "u1")
    return number


def write_on_page(desk: Desk, *, title: str = "API: requests are failing") -> None:
    now = now_ms()
    updates = (
        RemoteUpdate("u1", IncidentStatus.INVESTIGATING, "Logins fail.", now - 1_000),
        RemoteUpdate("u2", IncidentStatus.IDENTIFIED, THEIRS, now),
    )
    remote = RemoteIncident("r1", title, IncidentStatus.IDENTIFIED, Impact.MAJOR, now, now + 5_000, updates=updates)
    assert apply_incident(desk.db, remote, now)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_both_texts_stand_side_by_side_where_there_is_room(desk: Desk, size: tuple[int, int]) -> None:
    publish_first(desk)
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        assert "f5" not in screen_text(pilot)
        await pilot.press(*"Mine. ")
        write_on_page(desk)
        await wait_for_text(pilot, "f5 compares")
        await pilot.press("f5")
        shown = await wait_for_text(pilot, "Somebody wrote on the page while you have words")
        assert "somebody wrote on the page: identified" in shown
        assert shown.count("a broken cable") == 1
        rows = shown.splitlines()
        theirs, mine = (next(at for at, row in enumerate(rows) if words in row) for words in (THEIRS, "Mine."))
        assert abs(theirs - mine) <= 2 if size[0] >= 100 else mine - theirs > 2
        for key in ("t take theirs", "^s review mine", "e edit both", "esc back"):
            assert key in shown
        await pilot.press("escape")
        await wait_for_text(pilot, "f5 compares")
    assert "Mine. " in list_drafts(desk.db)[0].body


async def test_theirs_are_taken_and_one_undo_brings_mine_back(desk: Desk) -> None:
    number = publish_first(desk)
    async with open_app(desk) as (app, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*"Mine. ")
        write_on_page(desk)
        await wait_for_text(pilot, "f5 compares")
        await pilot.press("f5")
        await wait_for_text(pilot, "t take theirs")
        await pilot.press("t")
        await wait_for_text(pilot, "Customers have read")
        pane = app.screen.query_one(ComposePane)
        assert (pane.body, pane.status) == (THEIRS, IncidentStatus.IDENTIFIED)
        await wait_for(pilot, lambda: get_incident(desk.db, number).conflict == "")
        await pilot.press("ctrl+z")
        await wait_for(pilot, lambda: "Mine. " in pane.body)
    assert len(list_deliveries(desk.db)) == 0


async def test_mine_go_on_to_a_review_that_can_be_sent(desk: Desk) -> None:
    publish_first(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        write_on_page(desk)
        await wait_for_text(pilot, "f5 compares")
        await pilot.press("f5")
        await wait_for_text(pilot, "review mine")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review the update")
        assert "On the page" not in shown
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
        await pilot.pause(0.4)
        await pilot.press("enter")
        await wait_for_text(pilot, "QUEUED")


async def test_both_are_put_into_the_text_with_a_seam_that_blocks(desk: Desk) -> None:
    publish_first(desk)
    async with open_app(desk) as (app, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*"Mine. ")
        write_on_page(desk)
        await wait_for_text(pilot, "f5 compares")
        await pilot.press("f5")
        await wait_for_text(pilot, "edit both")
        await pilot.press("e")
        await wait_for_text(pilot, "2 block")
        body = app.screen.query_one(ComposePane).body
        assert body.index("Mine.") < body.index("{theirs_on_the_page}") < body.index(THEIRS)


async def test_both_titles_can_be_made_one(desk: Desk) -> None:
    number = declare(desk)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("enter", "end", *" mine")
        edit_incident(desk.db, replace(get_incident(desk.db, number), title="Title of ben"), "ben", now_ms())
        await wait_for_text(pilot, "Title of ben")
        await pilot.press("tab")
        await wait_for_text(pilot, "e edit both")
        await pilot.press("e")
        await wait_for_text(pilot, "requests are failing mine / Title of ben")
        await pilot.press("tab")
        wanted = "API: requests are failing mine / Title of ben"
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == wanted)


async def test_the_title_of_the_page_comes_with_their_words(desk: Desk) -> None:
    number = publish_first(desk)
    ours = get_incident(desk.db, number)
    edit_incident(desk.db, replace(ours, title="Our new title"), "ana", now_ms())
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "nothing blocks sending")
        write_on_page(desk, title="Their new title")
        await wait_for_text(pilot, "f5 compares")
        await pilot.press("f5")
        shown = await wait_for_text(pilot, "t take theirs")
        assert "Their new title" in shown
        assert "Our new title" in shown
        await pilot.press("t")
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == "Their new title")


@pytest.mark.parametrize(
    ("news", "shown"),
    [
        (f"somebody wrote on the page: identified: {THEIRS}", "somebody wrote on the page: identified"),
        (f"page eu: monitoring: So.; identified: {THEIRS}; title: T", "page eu: monitoring: So.; identified"),
        (f"page eu: identified: {THEIRS}; page eu says resolved", "page eu: identified; page eu says resolved"),
        (f"page eu: identified: {THEIRS[:-1]}", "page eu: identified"),
        ("the page says resolved", "the page says resolved"),
    ],
)
def test_words_that_stand_below_are_not_in_the_sentence_about_them(news: str, shown: str) -> None:
    drawn = draw_words(IncidentStatus.IDENTIFIED, "T", news, THEIRS).plain.splitlines()
    assert drawn[1:] == ["T", shown, THEIRS]
    assert draw_words(IncidentStatus.IDENTIFIED, "T", news, "").plain.splitlines()[2] == news.replace("; title: T", "")

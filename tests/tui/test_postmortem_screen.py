"""The review on its screen: typed words are on disk, conflicts are looked at, and nothing goes out without a yes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.postmortem import Document, PublicationState
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.postmortem import find_postmortem, get_postmortem, save_postmortem
from oncall_tui.store.scratch import keep_scratch
from oncall_tui.tui.reviewing import begin_review, store_text, write_document
from oncall_tui.tui.widgets.postmortem_words import draw_document

_TEXT = "# Slow logins\n\nA change was taken back."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=300)


def _resolve(desk: Desk) -> int:
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="end", status=IncidentStatus.RESOLVED, body="It works again.", components={},
        next_update_at=None, notify=True, actor="ben", now=now_ms(),
    )  # fmt: skip
    return number


def _write(desk: Desk, text: str = _TEXT) -> int:
    number = _resolve(desk)
    save_postmortem(desk.db, number, public=text, internal="Ours.", seen_revision=None, actor="ben", now=now_ms())
    return number


async def test_it_begins_from_what_was_recorded_and_says_what_is_missing(desk: Desk) -> None:
    number = _resolve(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("P")
        await wait_for_text(pilot, "There is no review of this incident yet.")
        await pilot.press("enter")
        shown = await wait_for_text(pilot, "What you felt")
        assert "PH001" in shown
        await pilot.press("tab")
        await wait_for_text(pilot, "this document is never published")
        await pilot.press("tab", "ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent:")
    assert get_postmortem(desk.db, number).publications == ()


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_words_are_changed_in_place_looked_at_and_published_after_a_window(
    desk: Desk, size: tuple[int, int]
) -> None:
    number = _write(desk)
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("P")
        await wait_for_text(pilot, "nothing blocks it")
        await pilot.press("e", *"New. ")
        await wait_for_text(pilot, "saved as typed")
        assert get_postmortem(desk.db, number).public == _TEXT
        await pilot.press("escape")
        await wait_for(pilot, lambda: get_postmortem(desk.db, number).public == f"New. {_TEXT}")
        await pilot.press("n", "ctrl+s")
        shown = await wait_for_text(pilot, "subscribers get a notice")
        assert "New. # Slow logins" in shown
        assert get_postmortem(desk.db, number).publications == ()
        await pilot.press("enter")
        await wait_for_text(pilot, "QUEUED")
        await wait_for(pilot, lambda: bool(get_postmortem(desk.db, number).publications))
        (asked,) = get_postmortem(desk.db, number).publications
        assert (asked.state, asked.notify, asked.revision) == (PublicationState.PUBLISHING, True, 2)
        await pilot.press("x")
        await wait_for_text(pilot, "Customers no longer read it")
        await pilot.press("enter")
        await wait_for_text(pilot, "TAKING BACK")
    assert get_postmortem(desk.db, number).publications[0].state is PublicationState.REVERTING


async def test_a_name_of_ours_blocks_until_a_person_lets_it_pass(desk: Desk) -> None:
    number = _write(desk, "# Slow logins\n\nben took the change back.")
    async with open_app(desk) as (_, pilot):
        await pilot.press("P")
        await wait_for_text(pilot, "The public text names ben")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("escape", "A")
        await wait_for_text(pilot, "it goes out as it is")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(get_postmortem(desk.db, number).publications))


@pytest.mark.parametrize(("key", "expected"), [("t", "Theirs."), ("ctrl+s", "Mine. Old."), ("e", "[both texts")])
async def test_both_texts_are_looked_at_when_another_terminal_stored_one(desk: Desk, key: str, expected: str) -> None:
    number = _write(desk, "Old.")
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("P")
        await wait_for_text(pilot, "nothing blocks it")
        await pilot.press("e", *"Mine. ")
        await wait_for_text(pilot, "saved as typed")
        store_text(desk.db, number, Document.PUBLIC, "Theirs.", 1, "cleo", now_ms())
        await wait_for_text(pilot, "cleo changed it meanwhile")
        await pilot.press("escape")
        shown = await wait_for_text(pilot, "Somebody else was faster")
        assert "Theirs." in shown
        assert "Mine. Old." in shown
        await pilot.press(key)
        await wait_for(pilot, lambda: "Somebody else was faster" not in screen_text(pilot))
        await wait_for_text(pilot, expected)
        await pilot.press("escape")
        await wait_for(pilot, lambda: expected in get_postmortem(desk.db, number).public)
    if key == "e":
        assert get_postmortem(desk.db, number).public.startswith("Theirs.")


async def test_what_a_dead_terminal_typed_is_gone_on_with(desk: Desk) -> None:
    number = _write(desk)
    keep_scratch(desk.db, f"postmortem-{number}-public", "dead", "Half a sentence", 1, now_ms())
    async with open_app(desk) as (_, pilot):
        await pilot.press("P")
        await wait_for_text(pilot, "Half a sentence")
        await pilot.press("escape")
        await wait_for(pilot, lambda: get_postmortem(desk.db, number).public == "Half a sentence")


def test_beginning_anew_keeps_the_old_texts_in_files(desk: Desk) -> None:
    number = _write(desk)
    begin_review(desk.db, number, "ana", now_ms())
    found = find_postmortem(desk.db, number)
    assert found is not None
    assert found.public != _TEXT
    assert _TEXT in {path.read_text() for path in desk.path.parent.glob("oncall.db.postmortem-*")}


def test_a_file_is_written_once_and_never_over_another(desk: Desk, tmp_path: Path) -> None:
    number = _write(desk)
    path = write_document(desk.db, number, Document.PUBLIC, is_html=False, folder=tmp_path)
    assert "Slow logins" in Path(path).read_text()
    with pytest.raises(Exception, match="exists already"):
        write_document(desk.db, number, Document.PUBLIC, is_html=False, folder=tmp_path)


def test_a_document_is_drawn_as_its_readers_see_it() -> None:
    rows = [
        row.plain
        for row in draw_document("# Top\n\n- **one** thing\n> said\n\\[x\\] 1 &lt; 2\n2. two " + "w " * 20, 24)
    ]
    assert rows[:6] == ["Top", "", "· one thing", "│ said", "[x] 1 < 2", "2. two w w w w w w w w w"]
    assert all(len(row) <= 24 for row in rows)

"""Planned work is changed on its screen: reviewed with all that the clock says then, and carried to pages behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.maintenance import Maintenance, NewPlan, NoticeKind, PlanPart, WorkFacts, write_instant
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.store.changing import change_maintenance, keep_facts
from oncall_tui.store.maintenance import get_maintenance, list_maintenance_entries, plan_maintenance
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.notice_steps import claim_notice, settle_notice_delivered
from oncall_tui.store.notices import list_notice_deliveries
from oncall_tui.store.planned_page import take_in_maintenance
from oncall_tui.store.scratch import take_scratch
from oncall_tui.tui.change import write_time

PAGES = ("page", "other")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=600)


def _plan(desk: Desk, starts_at: int | None = None) -> Maintenance:
    now = now_ms()
    starts_at = (now // HOUR + 30) * HOUR if starts_at is None else starts_at
    told = {
        NoticeKind.REMIND: f"A reminder: the planned work on API begins at {write_instant(starts_at)}.",
        NoticeKind.START: "The planned work on API has begun.",
        NoticeKind.FINISH: "Our own words of the end.",
    }
    words = {kind: Words(f"uid {kind}", told.get(kind, "We plan. Uploads wait."), True) for kind in NoticeKind}
    new = NewPlan(
        uid="work",
        title="Move the database",
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        components=("API",),
        probes=("api-eu",),
        facts=WorkFacts("uploads wait", "", "ben"),
        remind_at=starts_at - HOUR,
        pages=PAGES,
    )
    return plan_maintenance(desk.db, new, words, actor="ben", now=now)


def _show(work: Maintenance, page: str, **fields: object) -> RemoteMaintenance:
    now = now_ms()
    plan = (work.title, work.status, work.starts_at, work.ends_at)
    return replace(RemoteMaintenance(f"r-{page}", *plan, now, now, uid=work.uid), **fields)


def _deliver(desk: Desk, work: Maintenance) -> None:
    engine, now = Engine(desk), now_ms()
    for each in list_notice_deliveries(desk.db, work.id):
        assert claim_notice(desk.db, each.id, engine.epoch, each.body, (), now)
        remote = _show(work, each.page)
        assert settle_notice_delivered(
            *(desk.db, each.id, engine.epoch),
            remote_maintenance_id=remote.remote_id,
            remote_update_id=f"u{each.id}",
            url=None,
            body=each.body,
            reason="",
            delivered_at=now,
            now=now,
            remote=remote,
        )


async def test_a_start_that_is_moved_takes_all_along_and_is_looked_at_whole(desk: Desk) -> None:
    work = _plan(desk)
    later = work.starts_at + 24 * HOUR
    async with open_app(desk, size=(120, 50)) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press("E")
        await wait_for_text(pilot, "Nothing is changed yet.")
        await pilot.press("tab", "tab", "tab", *write_time(later))
        await wait_for_text(pilot, f"end         {write_time(later + 2 * HOUR)}")
        await wait_for_text(pilot, "has changed. It now runs on")
        await wait_for_text(pilot, "saved as typed")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review: change M1")
        for words in (
            *("was", "reminder, said by the clock", "start, said by the clock", "end, said by the clock"),
            *(write_instant(later), "Our own words of the end.", "Goes to"),
        ):
            assert words in shown
        assert get_maintenance(desk.db, 1) == work
        await pilot.press("enter")
        await wait_for(pilot, lambda: get_maintenance(desk.db, 1).revision == 2)
        await wait_for_text(pilot, "queued for 2 pages")
    changed = get_maintenance(desk.db, 1)
    assert (changed.starts_at, changed.ends_at) == (later, later + 2 * HOUR)
    due = {each.kind: each for each in changed.notices if each.is_waiting}
    assert {kind: each.due_at - later for kind, each in due.items()} == {
        NoticeKind.REMIND: -HOUR,
        NoticeKind.START: 0,
        NoticeKind.FINISH: 2 * HOUR,
    }
    assert write_instant(later) in due[NoticeKind.REMIND].body
    assert due[NoticeKind.FINISH].body == "Our own words of the end."
    # Words that were confirmed once are still those of who confirmed them.
    assert (due[NoticeKind.FINISH].confirmed_by, due[NoticeKind.REMIND].confirmed_by) == ("ben", "ana")
    told = [each for each in list_notice_deliveries(desk.db, 1) if each.kind is NoticeKind.CHANGE]
    assert {each.page: each.touches for each in told} == dict.fromkeys(PAGES, frozenset({PlanPart.START, PlanPart.END}))


@pytest.mark.parametrize("size", [(60, 20), (200, 60)])
async def test_what_one_page_shows_is_carried_to_the_other(desk: Desk, size: tuple[int, int]) -> None:
    work = _plan(desk)
    _deliver(desk, work)
    web = _show(work, "page", title="Move it all", ends_at=work.ends_at + HOUR, updated_at=now_ms() + 1)
    assert take_in_maintenance(desk.db, web, now_ms(), page="page")
    take_in_maintenance(desk.db, _show(work, "other"), now_ms(), page="other")
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "DIFFERS")
        await pilot.press("E")
        await wait_for_text(pilot, "for the pages that are behind")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review: change M1")
        assert "Goes to      other" in shown
        await pilot.press("enter")
        await wait_for_text(pilot, "queued for the page")
    (carried,) = [each for each in list_notice_deliveries(desk.db, 1) if each.kind is NoticeKind.CHANGE]
    assert (carried.page, carried.touches) == ("other", frozenset({PlanPart.TITLE, PlanPart.END}))
    assert '"Move it all"' in carried.body


async def test_of_two_terminals_the_second_is_told_and_keeps_what_it_typed(desk: Desk) -> None:
    work = _plan(desk)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press("E")
        await wait_for_text(pilot, "Nothing is changed yet.")
        await pilot.press("end", *" now")
        await wait_for_text(pilot, 'called "Move the database now"')
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Was called   Move the database")
        said = {NoticeKind.CHANGE: Words("theirs", "Other words.", True)}
        theirs = replace(read_plan(work), title="Cables")
        change_maintenance(desk.db, 1, theirs, said, actor="cara", now=now_ms())
        await pilot.press("enter")
        await wait_for_text(pilot, "changed by somebody else after you looked")
        await pilot.press("E")
        await wait_for_text(pilot, "title       Move the database now")
    assert get_maintenance(desk.db, 1).title == "Cables"


async def test_what_no_page_could_show_is_said_and_not_reviewed(desk: Desk) -> None:
    work = _plan(desk)
    async with open_app(desk, size=(80, 24)) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press("E")
        await wait_for_text(pilot, "Nothing is changed yet.")
        await pilot.press("shift+tab", *"Words first", "tab")
        await wait_for_text(pilot, "Words first")
        await pilot.press("tab", "tab", "tab", "tab", *"yesterday")
        await wait_for_text(pilot, "is no time")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "is no time")
        assert "Review" not in screen_text(pilot)
        await pilot.press("f6")
        await wait_for_text(pilot, f"end         {write_time(work.ends_at)}")
    assert get_maintenance(desk.db, 1) == work


async def _open(pilot: Pilot[object]) -> None:
    await pilot.press("m")
    await wait_for_text(pilot, "planned by  ben")
    await pilot.press("E")
    await wait_for_text(pilot, "Nothing is changed yet.")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_what_no_customer_reads_is_kept_at_once(desk: Desk, size: tuple[int, int]) -> None:
    work = _plan(desk)
    async with open_app(desk, size=size) as (app, pilot):
        await _open(pilot)
        await pilot.press(*["tab"] * 5, *"the old disks", "tab", "ctrl+u", *"dana")
        shown = await wait_for_text(pilot, "tells no page: way back, owner")
        assert "words of" not in shown
        await wait_for_text(pilot, "saved as typed")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "owner kept here")
        shown = await wait_for_text(pilot, "owner       dana")
        assert "way back    the old disks" in shown
        assert take_scratch(desk.db, "change-1", app.terminal_id, frozenset()) is None
    changed = get_maintenance(desk.db, 1)
    assert changed == replace(work, facts=WorkFacts("uploads wait", "the old disks", "dana"), revision=2)
    texts = [(each.text, each.actor) for each in list_maintenance_entries(desk.db, 1)][1:]
    assert texts == [
        ("changed the way back: the old disks (it was: none)", "ana"),
        ("changed the owner: dana (it was: ben)", "ana"),
    ]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_another_effect_is_told_through_the_review_of_all_changes(desk: Desk, size: tuple[int, int]) -> None:
    _plan(desk)
    async with open_app(desk, size=size) as (_, pilot):
        await _open(pilot)
        await pilot.press("tab", "tab", "end", *" longer")
        shown = await wait_for_text(pilot, "customers read it in a notice")
        assert "words for customers, " in shown
        assert "We plan. Uploads wait." in shown
        await wait_for_text(pilot, "What you will notice: uploads")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review: change M1")
        assert "longer, before uploads" in shown
        assert get_maintenance(desk.db, 1).revision == 1
        await pilot.press("enter")
        await wait_for_text(pilot, "queued for 2 pages")
    assert get_maintenance(desk.db, 1).facts.effect == "uploads wait longer"
    told = [each for each in list_notice_deliveries(desk.db, 1) if each.kind is NoticeKind.CHANGE]
    assert [each.touches for each in told] == [frozenset({PlanPart.EFFECT})] * 2


async def test_a_person_who_saw_what_customers_read_keeps_an_effect_here(desk: Desk) -> None:
    work = _plan(desk)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await _open(pilot)
        await pilot.press("tab", "tab", "end", *" a bit")
        await wait_for_text(pilot, "We plan. Uploads wait.")
        await pilot.press("tab", "right")
        await wait_for_text(pilot, "tells no page: effect")
        # Another title is told, and the effect with it.
        await pilot.press("shift+tab", "shift+tab", "shift+tab", "end", *" now")
        await wait_for_text(pilot, "What you will notice: uploads")
        await pilot.press(*["backspace"] * 4)
        await wait_for_text(pilot, "tells no page: effect")
        keep_facts(desk.db, 1, replace(work.facts, owner="eve"), actor="eve", now=now_ms())
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "changed by somebody else after you looked")
        await pilot.press("escape")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press("E")
        await wait_for_text(pilot, "tells no page: effect")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "effect kept here")
    changed = get_maintenance(desk.db, 1)
    assert changed.facts == WorkFacts("uploads wait a bit", "", "eve")
    assert [each.kind for each in list_notice_deliveries(desk.db, 1)] == [NoticeKind.PLAN] * 2

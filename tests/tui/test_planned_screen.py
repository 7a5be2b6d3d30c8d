"""Planned work on its screen: read back as typed, on disk as typed, and told to customers through a review alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.content import Content

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, NewPlan, NoticeEvidence, NoticeKind, WorkFacts
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.maintenance import (
    get_maintenance,
    list_maintenance_entries,
    list_maintenances,
    plan_maintenance,
    say_notice,
)
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.notice_steps import claim_notice, settle_notice
from oncall_tui.store.notices import list_notice_deliveries
from oncall_tui.store.scratch import take_scratch
from oncall_tui.tui.screens.say import Said, SayScreen
from oncall_tui.tui.widgets.planned_review import add_findings
from oncall_tui.tui.widgets.planned_words import draw_evidence

_WINDOW_MS = 600


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=_WINDOW_MS)


def _plan(desk: Desk, *, starts_in_ms: int = HOUR, title: str = "Move the database") -> Maintenance:
    now = now_ms()
    words = {kind: Words(f"{title} {kind}", f"{kind} of {title}.", True) for kind in NoticeKind}
    new = NewPlan(
        uid=f"work {title}",
        title=title,
        starts_at=now + starts_in_ms,
        ends_at=now + starts_in_ms + 2 * HOUR,
        components=("API",),
        probes=("api-eu",),
        pages=("page",),
    )
    return plan_maintenance(desk.db, new, words, actor="ben", now=now)


def _ask(desk: Desk, work: Maintenance, state: DeliveryState) -> None:
    """Brings the announcement to where a person decides, the way the engine does."""
    engine, now = Engine(desk), now_ms()
    (delivery,) = list_notice_deliveries(desk.db, work.id)
    assert claim_notice(desk.db, delivery.id, engine.epoch, delivery.body, (), now)
    settle_notice(
        desk.db,
        delivery.id,
        engine.epoch,
        state,
        reason="no answer within 10 s",
        now=now,
        next_try_at=None,
        is_asking=True,
    )


def _find(rule: str, level: Level, *, is_final: bool = False) -> Finding:
    return Finding(rule, level, f"{rule} is said.", 0, 0, is_final=is_final)


def test_all_that_blocks_stands_before_the_facts_and_some_of_the_rest_behind() -> None:
    blocks = [_find(f"B{at}", Level.BLOCK) for at in range(4)]
    warnings = [_find(f"W{at}", Level.WARN) for at in range(4)]
    both = [row.plain for row in add_findings([Content("Begins")], [*warnings, *blocks], 80)]
    assert [row.split()[-3] for row in both[:4]] == ["B0", "B1", "B2", "B3"]
    assert (both[4], both[5].strip(), len(both)) == ("Begins", "and 4 more warnings", 6)
    alone = [row.plain for row in add_findings([Content("Begins")], warnings, 80)]
    assert (alone[0], alone[-1].strip(), len(alone)) == ("Begins", "and 1 more warning", 5)


async def test_a_reason_is_asked_for_only_where_reasons_can_help(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        app.load_styles("review")
        for is_final, words in ((False, "say why all the same"), (True, "Not sendable: the findings above block it")):
            found = [_find("B0", Level.BLOCK), _find("B1", Level.BLOCK, is_final=is_final)]
            app.push_screen(SayScreen(Said("Review", "text", lambda _: [], lambda _: [], findings=found)))
            await wait_for_text(pilot, words)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_work_is_planned_reviewed_and_announced_after_its_window(desk: Desk, size: tuple[int, int]) -> None:
    async with open_app(desk, size=size) as (app, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "n plans work")
        await pilot.press("n")
        await wait_for_text(pilot, "announcement, sent now")
        await pilot.press(*"New disks", "tab", "enter")
        await wait_for_text(pilot, "Components that the work touches")
        await pilot.press("space", "enter", "tab", *"slow", "tab", *"tomorrow 02:00 for 2h")
        await pilot.press("tab", "tab", *"old", "tab", *"1h")
        shown = await wait_for_text(pilot, "ctrl+s reviews it")
        for words in ("02:00 UTC, in ", "04:00 UTC, in ", "01:00 UTC, in ", "work on API", "silences api-eu"):
            assert words in shown
        await wait_for_text(pilot, "saved as typed")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review the plan")
        for words in ("New disks", "reminder, said by the clock", "Silences     api-eu", "enter send, with 600ms"):
            assert words in shown
        assert list_maintenances(desk.db) == []
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(list_maintenances(desk.db)))
        await wait_for_text(pilot, "queued for the page")
        await wait_for_text(pilot, "UPCOMING")
    (made,) = list_maintenances(desk.db)
    assert (made.title, made.components, made.probes) == ("New disks", ("API",), ("api-eu",))
    assert made.ends_at - made.starts_at == 2 * HOUR
    assert made.facts == WorkFacts("slow", "old", "ana")
    assert "What you will notice: slow." in made.notices[0].body
    kinds = {notice.kind: notice for notice in made.notices}
    assert set(kinds) == {NoticeKind.PLAN, NoticeKind.REMIND, NoticeKind.START, NoticeKind.FINISH}
    assert kinds[NoticeKind.REMIND].due_at == made.starts_at - HOUR
    assert [item.kind for item in list_notice_deliveries(desk.db, made.id)] == [NoticeKind.PLAN]
    assert take_scratch(desk.db, "plan", app.terminal_id, frozenset()) is None


async def test_what_was_typed_outlives_the_form_and_its_terminal(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("m", "n")
        await wait_for_text(pilot, "announcement, sent now")
        await pilot.press(*"Half", "tab", "tab", "tab", *"in 3")
        await wait_for_text(pilot, "not understood")
        await wait_for_text(pilot, "saved as typed")
    async with open_app(desk) as (_, pilot):
        await pilot.press("m", "n")
        shown = await wait_for_text(pilot, "title       Half")
        assert "start       in 3" in shown
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "is not a length of time")
        await pilot.press("f6")
        await wait_for(pilot, lambda: "Half" not in screen_text(pilot))
    assert list_maintenances(desk.db) == []


async def test_a_plan_is_taken_back_in_its_window_and_the_form_is_still_there(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=60_000)
    async with open_app(desk) as (app, pilot):
        await pilot.press("m", "n")
        await wait_for_text(pilot, "announcement, sent now")
        await pilot.press(*"Disks", "tab", "tab", *"none", "tab", *"in 2h for 1h", "ctrl+s")
        await wait_for_text(pilot, "Review the plan")
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING in")
        await pilot.press("escape")
        await wait_for_text(pilot, "1 Probes")
        await wait_for_text(pilot, "SENDING in")
        await pilot.press("u")
        await wait_for_text(pilot, "NOT SENT")
        assert app.orders.waiting == ()
        await pilot.press("m", "n")
        await wait_for_text(pilot, "Disks")
    assert list_maintenances(desk.db) == []


@pytest.mark.parametrize(
    ("key", "title", "kind", "is_right"),
    [
        ("s", "Start M1 now", NoticeKind.START, lambda work: work.status is MaintenanceStatus.IN_PROGRESS),
        ("R", "Remind customers of M1", NoticeKind.REMIND, lambda work: work.status is MaintenanceStatus.SCHEDULED),
        ("X", "Call M1 off", NoticeKind.CANCEL, lambda work: work.cancelled_at is not None),
    ],
)
async def test_a_word_on_it_goes_through_a_review(
    desk: Desk, key: str, title: str, kind: NoticeKind, is_right: Callable[[Maintenance], bool]
) -> None:
    work = _plan(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press(key)
        await wait_for_text(pilot, title)
        assert len(get_maintenance(desk.db, work.id).notices) == 3
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, f"Review: {title}")
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(get_maintenance(desk.db, work.id).notices) == 4)
    said = get_maintenance(desk.db, work.id)
    assert said.notices[-1].kind is kind
    assert is_right(said)


async def test_an_extension_reads_its_end_back_and_a_change_meanwhile_stops_it(desk: Desk) -> None:
    work = _plan(desk, starts_in_ms=-MINUTE)
    started = say_notice(desk.db, work.id, NoticeKind.START, Words("s", "Now.", False), actor="ben", now=now_ms())
    async with open_app(desk) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "IN PROGRESS")
        await pilot.press("s")
        await wait_for_text(pilot, "It has begun already.")
        await pilot.press("e")
        await wait_for_text(pilot, "new end: say how much longer")
        await pilot.press(*"30m")
        await wait_for_text(pilot, "takes longer than planned")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "the page shows the new end")
        say_notice(
            desk.db, work.id, NoticeKind.EXTEND, Words("e", "More.", False), actor="ben", now=now_ms(),
            ends_at=started.ends_at + HOUR, finish_uid="f",
        )  # fmt: skip
        await pilot.press("enter")
        await wait_for_text(pilot, "changed by somebody else after you looked")
    assert get_maintenance(desk.db, work.id).ends_at == started.ends_at + HOUR


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNCERTAIN])
async def test_a_notice_that_waits_is_told_in_the_head_and_decided_here(desk: Desk, state: DeliveryState) -> None:
    work = _plan(desk)
    _ask(desk, work, state)
    async with open_app(desk) as (_, pilot):
        shown = await wait_for_text(pilot, "1 notice of planned work waits for you: m shows it")
        assert shown.splitlines()[-1].startswith(" m planned work")
        await pilot.press("m")
        await wait_for_text(pilot, "NEEDS YOU")
        await pilot.press("c")
        await wait_for_text(pilot, "failed" if state is DeliveryState.FAILED else "may or may not have arrived")
        await pilot.press("a", "d")
        await wait_for_text(pilot, "d again gives this notice up")
        assert list_notice_deliveries(desk.db, work.id)[0].state is state
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "is queued again")
    assert list_notice_deliveries(desk.db, work.id)[0].state is DeliveryState.PENDING


async def test_what_stands_against_a_plan_is_told_as_it_is_typed_and_passed_with_a_reason(desk: Desk) -> None:
    _plan(desk, starts_in_ms=2 * HOUR, title="Cables")
    desk = Desk(desk.path, replace(desk.config, least_notice_ms=72 * HOUR), desk.db)
    async with open_app(desk) as (_, pilot):
        await pilot.press("m", "n")
        await wait_for_text(pilot, "announcement, sent now")
        await pilot.press(*"Disks", "tab", "tab", "tab", *"in 2h for 1h")
        await wait_for_text(pilot, "MS010")
        await pilot.press("shift+tab", *"none")
        shown = await wait_for_text(pilot, "MW001")
        assert "the team wants 3d" in shown
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent:")
        for rule, reason in (("MW001", "a disk fails now"), ("MW002", "other racks too")):
            await pilot.press("ctrl+g")
            await wait_for_text(pilot, f"in spite of {rule}")
            await pilot.press(*reason, "enter")
            await wait_for_text(pilot, f"{rule}: {reason}")
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(list_maintenances(desk.db)) == 2)
    told = [each.text for each in list_maintenance_entries(desk.db, 2) if each.kind is EntryKind.OVERRIDE]
    assert told == ["told in spite of MW001: a disk fails now", "told in spite of MW002: other racks too"]


async def test_later_words_are_checked_as_well(desk: Desk) -> None:
    work = _plan(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("m")
        await wait_for_text(pilot, "planned by  ben")
        await pilot.press("R")
        await wait_for_text(pilot, "Remind customers of M1")
        await pilot.press("end", *" Call [number].")
        await wait_for_text(pilot, "PH001")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Not sendable")
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent:")
    assert len(get_maintenance(desk.db, work.id).notices) == 3


def test_of_an_announcement_in_doubt_the_titles_tell_the_works_apart(desk: Desk) -> None:
    work = _plan(desk)
    (delivery,) = list_notice_deliveries(desk.db, work.id)
    shown = [
        NoticeEvidence("r1", "u1", title, MaintenanceStatus.SCHEDULED, "We work.", now_ms())
        for title in ("Move the database", "Move the desks")
    ]
    rows = draw_evidence(replace(delivery, evidence=tuple(shown)), shown[0], 60)
    assert [row.plain.strip() for row in rows if "Move" in row.plain] == ["Move the database", "Move the desks"]
    later = replace(delivery, kind=NoticeKind.REMIND, evidence=tuple(shown))
    assert not any("Move" in row.plain for row in draw_evidence(later, shown[0], 60))

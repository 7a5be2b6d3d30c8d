"""A second editor writes on the page between our look and our write: neither word is lost in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from tests.engine.fakes.kinds import BETTER_STACK, INSTATUS, OPEN_STATUS, PLANNED, Kind
from tests.engine.fakes.planned import FakePlanned
from tests.engine.fakes.planneddesk import D, PlannedDesk, desk_of
from tests.engine.fakes.proving import allow
from tests.engine.faultkinds import Fault
from tests.engine.publishing import confirm, declare
from tests.store.planned import END, MINUTE, PAGE, change

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.engine.courier import Courier
from oncall_tui.store.notice_decisions import retry_notice
from oncall_tui.store.notices import list_placements
from oncall_tui.store.outbox import list_deliveries, retry_delivery
from oncall_tui.store.page import apply_components, read_page

K = NoticeKind
KEEPS_WINDOW = ("incident.io", "instatus")  # show for ever what was announced: nothing of ours can overwrite that
over_kinds = pytest.mark.parametrize("kind", PLANNED, ids=str)


def act_after(page: FakePlanned, turn: int, act: Callable[[], object], *, is_write: bool = False) -> None:
    """Lets a colleague act once the page has answered so many reads, or writes, from now on."""
    seen = 0

    def spoil(answer: object) -> object:
        nonlocal seen
        told = deepcopy(answer)
        seen += page.is_write(page.requests[-1]) is is_write
        if seen == turn:
            seen += 1
            act()
        return told

    page.spoil = spoil


def find_work(desk: PlannedDesk) -> str:
    return list_placements(desk.db, 1)[0].remote_id


@over_kinds
async def test_what_a_colleague_says_between_look_and_write_stands_beside_ours(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.now += MINUTE
        key = find_work(desk)
        desk.say(K.REMIND)
        act_after(desk.page, 1, lambda: desk.page.say_there(key, None, "Theirs."))
        await desk.tend()
        assert (desk.last().state, "just now" in desk.last().reason) == (D.RETRY_WAIT, True)
        await desk.go_to(desk.now + 1_000)
        assert sorted(desk.page.list_planned_words()[0]) == ["Theirs.", "plan 1.", "remind by hand."]
        assert desk.last().state is D.DELIVERED


@pytest.mark.parametrize("kind", [each for each in PLANNED if each.name not in KEEPS_WINDOW], ids=str)
async def test_what_both_change_at_once_is_shown_with_both_sides(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        desk.now += MINUTE
        key, before = find_work(desk), len(desk.page.writes)
        change(desk.db, desk.now, title="Ours", ends_at=END + MINUTE)
        act_after(desk.page, 1, lambda: desk.page.rename_there(key, "Theirs"))
        for _ in range(2):
            await desk.go_to(desk.now + 1_000)
        assert (desk.last().state, len(desk.page.writes)) == (D.FAILED, before)
        assert "the page calls it Theirs, here it is Ours" in desk.last().reason
        # A yes to that is none to what a person was not told yet, nor to what comes after it.
        desk.page.rename_there(key, "Newer")
        desk.now += 1_000
        await desk.look(is_whole=True)
        retry_notice(desk.db, desk.last().id, "ana", desk.now)
        await desk.tend()
        assert (desk.last().state, len(desk.page.writes)) == (D.FAILED, before)
        assert "the page calls it Newer, here it is Ours" in desk.last().reason
        retry_notice(desk.db, desk.last().id, "ana", desk.now)
        act_after(desk.page, 1, lambda: desk.page.rename_there(key, "Later"))
        for _ in range(2):
            await desk.go_to(desk.now + 1_000)
        assert "the page calls it Later, here it is Ours" in desk.last().reason
        retry_notice(desk.db, desk.last().id, "ana", desk.now)
        await desk.tend()
        shown = await client.get_maintenance(key)
        assert (desk.last().state, shown.title) == (D.DELIVERED, "Ours")


@over_kinds
async def test_a_look_that_fails_has_written_nothing(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.now += MINUTE
        before = len(desk.page.writes)
        desk.say(K.REMIND)
        desk.page.read_faults.extend((Fault.NONE, Fault.E500_AFTER))
        await desk.tend()
        assert (desk.last().state, len(desk.page.writes)) == (D.RETRY_WAIT, before)
        await desk.go_to(desk.now + 1_000)
        assert desk.last().state is D.DELIVERED


async def test_a_text_that_a_colleague_puts_back_after_our_write_is_no_delivery(tmp_path: Path) -> None:
    async with desk_of(OPEN_STATUS, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.now += MINUTE
        (work,) = desk.page.works.values()
        desk.say(K.REMIND)
        act_after(desk.page, 1, lambda: work.update(message="plan 1. In their words."), is_write=True)
        await desk.tend()
        assert (desk.last().state, "does not show" in desk.last().reason) == (D.UNCERTAIN, True)
        await desk.wait()
        waits_for_person = desk.last()
        assert waits_for_person.asked_at is not None
        assert [each.body for each in waits_for_person.evidence] == ["plan 1. In their words."]
        retry_notice(desk.db, waits_for_person.id, "ana", desk.now)
        await desk.tend()
        assert desk.page.list_planned_words() == [["plan 1. In their words.", "remind by hand."]]
        assert desk.last().state is D.DELIVERED


@over_kinds
async def test_all_that_a_write_costs_is_paid_before_it(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        paid: list[int] = []
        spend = desk.work.budget.spend

        async def note(count: int = 1, *, is_backlog: bool = False) -> None:
            paid.append(count)
            await spend(count, is_backlog=is_backlog)

        vars(desk.work.budget)["spend"] = note
        before = len(desk.page.requests)
        desk.now += MINUTE
        desk.say(K.REMIND)
        await desk.tend()
        assert sum(paid) == len(desk.page.requests) - before == 3 + client.capabilities.keeps_one_text


async def carry_all(desk: PlannedDesk, courier: Courier) -> None:
    desk.now += 1_000
    for each in list_deliveries(desk.db):
        await courier.carry(each)


@pytest.mark.parametrize("kind", [BETTER_STACK, INSTATUS], ids=str)
async def test_what_a_colleague_adds_to_an_incident_is_not_left_out_by_our_list(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        web = desk.page.add_component("Web")
        api, _ = await client.list_components(allow)
        apply_components(desk.db, await client.list_components(allow), page=PAGE)
        courier = Courier(desk.work, asyncio.Event())
        incident = declare(desk.db, components={"API": ComponentStatus.MAJOR_OUTAGE}, now=desk.now)
        down = {"API": ComponentStatus.MAJOR_OUTAGE}
        confirm(desk.db, incident.id, "first", components=down, now=desk.now)
        await carry_all(desk, courier)
        (key,) = [each.remote_id for each in await client.list_recent(0, allow)]

        def add() -> None:
            if kind is BETTER_STACK:
                desk.page.edit(key, "Web too.", {api.remote_id: "downtime", web: "downtime"})
            else:
                desk.page.edit(key, "IDENTIFIED", "Web too.", components=[api.remote_id, web])

        confirm(desk.db, incident.id, "second", components={"API": ComponentStatus.PARTIAL_OUTAGE}, now=desk.now)
        act_after(desk.page, 1, add)
        await carry_all(desk, courier)
        (waiting,) = list_deliveries(desk.db)
        assert (waiting.state, "just now" in waiting.reason) == (D.RETRY_WAIT, True)
        assert read_page(desk.db, page=PAGE).last_error == ""
        # Our words would calm somebody over theirs: a person is shown both.
        await carry_all(desk, courier)
        (waiting,) = list_deliveries(desk.db)
        if waiting.state is D.FAILED:
            assert "Web too." in waiting.reason
            retry_delivery(desk.db, waiting.id, "ana", desk.now)
            await carry_all(desk, courier)
        shown = await client.get_incident(key)
        assert set(shown.components) == {"API", "Web"}
        assert desk.page.list_words() == [["first", "Web too.", "second"]]

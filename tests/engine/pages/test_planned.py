"""What the couriers of planned work rely on, whatever kind of page it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from tests.engine.fakes.kinds import PLANNED, Kind
from tests.engine.fakes.planneddesk import D, PlannedDesk, desk_of, make_plan
from tests.engine.fakes.proving import Permits, allow, is_inert, rotating_token
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, NOON, PAGE, START, change

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.engine.follower import look_for_notices
from oncall_tui.engine.pages.errors import AmbiguousError, TokenRefusedError
from oncall_tui.store.maintenance import list_maintenances
from oncall_tui.store.notices import list_placements
from oncall_tui.store.page import apply_components

K, S = NoticeKind, MaintenanceStatus
over_kinds = pytest.mark.parametrize("kind", PLANNED, ids=str)
HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"
DOUBTS = (Fault.E500_AFTER, Fault.DROP_AFTER, Fault.HALF_JSON, Fault.HTML_AFTER, Fault.WRONG_SHAPE_AFTER)
NOT_DONE = (Fault.E500_BEFORE, Fault.DROP_BEFORE)
WORDS = ["plan 1.", "start 1.", "finish 1."]


async def run_through(desk: PlannedDesk) -> None:
    """Takes work through its time, with a quiet period after each step for what was left in doubt."""
    desk.plan()
    await desk.tend()
    await desk.wait()
    for at in (START, END):
        await desk.go_to(at)
        await desk.wait()


@over_kinds
async def test_work_runs_its_course(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan(remind_at=START - 10 * MINUTE, notify=True)
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        for at in (START - 10 * MINUTE, START):
            await desk.go_to(at)
        begun = await client.get_maintenance(placement.remote_id)
        assert (begun.status, begun.components) == (S.IN_PROGRESS, {"API": ComponentStatus.UNDER_MAINTENANCE})
        desk.now += MINUTE
        desk.say(K.EXTEND, ends_at=END + 30 * MINUTE)
        await desk.tend()
        extended = await client.get_maintenance(placement.remote_id)
        assert extended.keeps_window or extended.ends_at == END + 30 * MINUTE
        await desk.look()
        assert desk.ours().ends_at == END + 30 * MINUTE
        await desk.go_to(END)
        assert desk.states()[-1] == (K.EXTEND, D.DELIVERED)
        await desk.go_to(END + 30 * MINUTE)
        assert [state for _, state in desk.states()] == [D.DELIVERED] * 5
        over = await client.get_maintenance(placement.remote_id)
        assert (over.status, over.components) == (S.COMPLETED, {"API": ComponentStatus.OPERATIONAL})
        told = ["plan 1.", "remind 1.", "start 1.", "extend by hand.", "finish 1."]
        assert desk.page.list_planned_words() == [told]
        mailed = [True, True, True, client.capabilities.mails_as_announced, True]
        if client.capabilities.keeps_one_text:
            mailed[1:] = [False] * 4
        assert desk.page.list_planned_notified() == mailed
        await desk.look()
        assert desk.ours().status is S.COMPLETED


@over_kinds
@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize("fault", [*DOUBTS, *NOT_DONE, Fault.T429])
async def test_whatever_answer_is_lost_each_notice_is_said_once(
    kind: Kind, step: int, fault: Fault, tmp_path: Path
) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.page.faults += [*[Fault.NONE] * step, fault]
        await run_through(desk)
        assert desk.page.list_planned_words() == [WORDS]
        assert [state for _, state in desk.states()] == [D.DELIVERED] * 3


@over_kinds
@pytest.mark.parametrize("fault", NOT_DONE)
async def test_subscribers_are_not_told_twice_without_a_person(kind: Kind, fault: Fault, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan(notify=True)
        desk.page.faults.append(fault)
        await desk.tend()
        await desk.wait()
        if client.capabilities.repeats_create:
            assert desk.states() == [(K.PLAN, D.DELIVERED)]
        else:
            assert desk.last().asked_at is not None
            assert desk.page.list_planned_words() == []
            return
        desk.page.faults.append(fault)
        await desk.go_to(START)
        await desk.wait()
        assert (desk.last().kind, desk.last().state) == (K.START, D.UNCERTAIN)
        assert desk.last().asked_at is not None


@over_kinds
async def test_the_same_words_of_before_prove_nothing(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.say(K.REMIND)
        await desk.tend()
        desk.page.faults.append(Fault.DROP_BEFORE)
        desk.now += 1
        desk.say(K.REMIND)
        await desk.tend()
        assert desk.last().state is D.UNCERTAIN
        await desk.wait()
        assert desk.last().state is D.DELIVERED
        assert desk.page.list_planned_words() == [["plan 1.", "remind by hand.", "remind by hand."]]


@over_kinds
async def test_what_a_colleague_planned_at_that_moment_is_not_ours(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        desk.page.plan_there("Other", "plan 1.", START, END)
        desk.page.plan_there("Disks 1", "Other words.", START, END)
        desk.page.faults.append(Fault.E500_AFTER)
        await desk.tend()
        await desk.wait()
        assert desk.states() == [(K.PLAN, D.DELIVERED)]
        assert sorted(desk.page.list_planned_words()) == [["Other words."], ["plan 1."], ["plan 1."]]


@over_kinds
async def test_two_works_of_the_same_words_stay_two(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.plan_alike()
        desk.page.faults.append(Fault.E500_AFTER)
        await desk.tend()
        await desk.wait()
        assert desk.page.list_planned_words() == [["plan 1."], ["plan 1."]]
        first, second = (list_placements(desk.db, number)[0].remote_id for number in (1, 2))
        assert first != second
        assert desk.ours(1).cancelled_at is None


@over_kinds
async def test_what_was_changed_half_is_asked_about(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        desk.page.faults.append(Fault.DROP_BEFORE)
        await desk.go_to(START)
        assert desk.last().state is D.UNCERTAIN
        desk.page.say_there(placement.remote_id, S.IN_PROGRESS, "We have begun, a colleague says.")
        await desk.wait()
        assert desk.last().asked_at is not None
        assert [each.body for each in desk.last().evidence] == ["We have begun, a colleague says."]


@over_kinds
async def test_what_others_plan_comes_here_and_is_led_from_here(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        desk.page.plan_there(HOSTILE, HOSTILE, START, END, (api,))
        await desk.look()
        (found,) = list_maintenances(desk.db)
        assert (found.starts_at, found.ends_at, found.components, found.is_local) == (START, END, ("API",), False)
        assert "owned" in found.title
        assert is_inert([found])
        desk.now = START
        desk.say(K.START)
        await desk.tend()
        desk.say(K.FINISH)
        await desk.tend()
        assert [words[1:] for words in desk.page.list_planned_words()] == [["start by hand.", "finish by hand."]]
        assert (desk.states()[-1], desk.ours().status) == ((K.FINISH, D.DELIVERED), S.COMPLETED)


@over_kinds
async def test_what_others_change_of_ours_is_taken_in(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        desk.now += MINUTE
        desk.page.rename_there(placement.remote_id, "New disks")
        desk.page.move_there(placement.remote_id, START + 60 * MINUTE, END + 60 * MINUTE)
        desk.now += 3 * MINUTE
        await desk.look()
        ours = desk.ours()
        assert (ours.title, ours.starts_at, ours.ends_at) == ("New disks", START + 60 * MINUTE, END + 60 * MINUTE)
        await desk.go_to(START)
        assert desk.states() == [(K.PLAN, D.DELIVERED)]
        await desk.go_to(START + 60 * MINUTE)
        assert desk.states()[-1] == (K.START, D.DELIVERED)
        desk.page.delete_there(placement.remote_id)
        desk.now += 3 * MINUTE
        await desk.look()
        assert desk.ours().cancelled_at is not None


@over_kinds
async def test_work_is_called_off_where_customers_read_it(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        desk.say(K.CANCEL)
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        assert (await client.get_maintenance(placement.remote_id)).status is S.COMPLETED
        assert desk.page.list_planned_words() == [["plan 1.", "cancel by hand."]]
        await desk.go_to(END)
        assert len(desk.states()) == 2


@over_kinds
async def test_customers_see_the_words(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        desk.say(K.REMIND)
        await desk.tend()
        update = (await client.get_maintenance(placement.remote_id)).updates[-1]
        shown = await client.read_public_maintenances({update.remote_id: "remind by hand.", "other": "Never said."})
        assert shown == {update.remote_id: "remind by hand."}


@over_kinds
async def test_every_request_is_paid_and_lists_are_read_to_their_end(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        count = kind.part_size + 5
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        for number in range(count):
            desk.now += 1_000
            desk.page.plan_there(f"Work {number}", "x", START, END, (api,))
        permits, before = Permits(), len(desk.page.requests)
        titles = {f"Work {number}" for number in range(count)}
        assert {each.title for each in await client.list_maintenances(permits)} == titles
        assert {each.title for each in await client.list_maintenances(permits, NOON)} == titles
        desk.now += 120_000
        desk.let_minutes_pass()
        readings = client.latest_readings
        latest = await client.list_latest_maintenances(permits)
        assert {each.title for each in latest} <= titles
        assert f"Work {count - 1}" in {each.title for each in latest}
        assert client.recall_latest_maintenances() == latest
        assert client.latest_readings == readings + 1
        assert len(desk.page.requests) == before + permits.count
        assert await client.get_maintenance("99999") is None


@over_kinds
async def test_a_page_that_is_something_else_is_a_doubt(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            partial(client.list_maintenances, allow),
            partial(client.list_latest_maintenances, allow),
            partial(client.get_maintenance, "x"),
        )
        for call in calls:
            for fault in (Fault.WRONG_SHAPE_AFTER, Fault.HTML_AFTER, Fault.EMPTY_204_AFTER):
                desk.let_minutes_pass()
                desk.page.read_faults.append(fault)
                with pytest.raises(AmbiguousError):
                    await call()


@over_kinds
@pytest.mark.parametrize("fault", [Fault.E403, Fault.E422])
async def test_a_refusal_waits_for_a_person_and_is_told_inert(kind: Kind, fault: Fault, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        desk.page.faults.append(fault)
        await desk.tend()
        assert desk.states() == [(K.PLAN, D.FAILED)]
        assert "thanks" in desk.last().reason
        assert desk.last().reason.isprintable()
        assert desk.page.list_planned_words() == []


@over_kinds
async def test_a_refused_token_is_told_without_it(kind: Kind) -> None:
    async with kind.serving(rotating_token("old", "older")) as (page, client):
        with pytest.raises(TokenRefusedError, match="token") as caught:
            await client.create_maintenance(make_plan(page.add_component("API")))
        assert "older" not in str(caught.value)


@over_kinds
async def test_words_that_stood_there_before_do_not_prove_that_customers_read_them(kind: Kind, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        seen: list[bool] = []
        for _ in range(2):
            desk.now += 1_000
            desk.say(K.REMIND)
            await desk.tend()
            await look_for_notices(desk.work, is_fresh_only=True)
            seen.append(desk.last().seen_at is not None)
        assert seen == [True, False]


@over_kinds
@pytest.mark.parametrize("fault", [Fault.NONE, Fault.E500_AFTER, Fault.DROP_BEFORE])
async def test_a_changed_plan_is_told_once_and_stays_changed(kind: Kind, fault: Fault, tmp_path: Path) -> None:
    async with desk_of(kind, tmp_path / "oncall.db") as (desk, client):
        web = desk.page.add_component("Web")
        apply_components(desk.db, await client.list_components(allow), page=PAGE)
        desk.plan()
        await desk.tend()
        desk.now += 10 * MINUTE
        starts_at, ends_at = START + 60 * MINUTE, END + 90 * MINUTE
        change(*(desk.db, desk.now), title="New disks", starts_at=starts_at, ends_at=ends_at, components=("API", "Web"))
        desk.page.faults.append(fault)
        await desk.tend()
        await desk.wait()
        assert desk.states() == [(K.PLAN, D.DELIVERED), (K.CHANGE, D.DELIVERED)]
        (words,) = desk.page.list_planned_words()
        assert len(words) == 2
        (placement,) = list_placements(desk.db, 1)
        shown = await client.get_maintenance(placement.remote_id)
        desk.now += 3 * MINUTE
        await desk.look(is_whole=True)
        ours = desk.ours()
        assert (ours.title, ours.starts_at, ours.ends_at) == ("New disks", starts_at, ends_at)
        assert set(ours.components) == {"API", "Web"}
        if not client.capabilities.keeps_window:
            assert (shown.title, shown.starts_at, shown.ends_at) == ("New disks", starts_at, ends_at)
            assert set(shown.components) == {"API", "Web"}
            assert list_placements(desk.db, 1)[0].difference == ""
        await desk.go_to(START + MINUTE)
        assert len(desk.states()) == 2
        await desk.go_to(starts_at)
        assert desk.states()[-1] == (K.START, D.DELIVERED)
        begun = await client.get_maintenance(placement.remote_id)
        assert begun.status is S.IN_PROGRESS
        desk.now += 3 * MINUTE
        states = {each.remote_id: each.status for each in await client.list_components(allow)}
        await desk.look(is_whole=True)
        assert set(desk.ours().components) == {"API", "Web"}
        assert desk.ours().ends_at == ends_at
        assert web in states
        await desk.go_to(ends_at)
        assert desk.states()[-1] == (K.FINISH, D.DELIVERED)

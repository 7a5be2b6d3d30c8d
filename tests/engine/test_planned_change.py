"""A change of planned work on the embedded page: each once, whatever breaks, and never over somebody else's word."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.engine.maintainer_steps import run_steps
from tests.engine.plannedworld import QUIET_MS, World
from tests.statuspage.clockpage import ClockPage, serving
from tests.store.planned import END, MINUTE, NOON, START, begin_epoch, change, plan, say

from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind, PlanPart
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import CAPABILITIES
from oncall_tui.store.database import open_database
from oncall_tui.store.maintenance import get_maintenance, list_maintenance_entries
from oncall_tui.store.notice_decisions import drop_notice, retry_notice
from oncall_tui.store.notices import list_placements

K, D, S = NoticeKind, DeliveryState, MaintenanceStatus
LATER = 180 * MINUTE
MOVED = "2026-11-22T16:00:00.000Z"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def world(served: ClockPage, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        yield World(served.clear(), path, db)


def edit(world: World, **fields: Any) -> None:
    """Changes work on the page as somebody does on the web."""
    answer = world.page.api.patch(f"/incidents/{world.shown()['id']}", json={"incident": fields})
    assert answer.status_code == 200, answer.text


def move(world: World, now: int, **fields: Any) -> None:
    """Moves M1 by three hours."""
    change(world.db, now, starts_at=START + LATER, ends_at=END + LATER, **fields)


async def test_a_moved_start_is_moved_on_the_page_and_by_its_clock(world: World) -> None:
    plan(world.db, remind_at=START - 30 * MINUTE)
    await world.settle()
    move(world, NOON + 1, title="Cables", components=("Web",))
    await world.settle()
    shown = world.shown()
    assert (shown["scheduled_for"], shown["name"], shown["status"]) == (MOVED, "Cables", "scheduled")
    assert [each["name"] for each in shown["components"]] == ["Web"]
    assert (shown["scheduled_auto_in_progress"], shown["scheduled_auto_completed"]) == (True, True)
    world.go_to(END)
    assert world.shown()["status"] == "scheduled"
    for at, kinds in ((START + LATER - 30 * MINUTE, [K.REMIND]), (START + LATER, [K.START]), (END + LATER, [K.FINISH])):
        world.go_to(at)
        await world.settle()
        assert [kind for kind, _ in world.states()][-1:] == kinds
    assert world.bodies() == [
        *("plan 1.", "change by hand.", "remind changed."),
        *("The planned maintenance has begun.", "The planned maintenance is complete."),
    ]
    assert world.component_states() == {"API": "operational", "Web": "operational"}


async def test_work_under_way_gives_back_what_it_no_longer_touches(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    world.go_to(START)
    await world.settle()
    assert world.component_states() == {"API": "under_maintenance", "Web": "operational"}
    change(world.db, START + 1, components=("Web",), ends_at=END - 30 * MINUTE)
    await world.settle()
    assert world.component_states() == {"API": "operational", "Web": "under_maintenance"}
    world.go_to(END - 30 * MINUTE)
    await world.settle()
    assert world.component_states() == {"API": "operational", "Web": "operational"}
    assert world.shown()["status"] == "completed"


async def test_an_engine_that_slept_over_both_starts_tells_of_both_in_order(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    move(world, NOON + 1)
    world.go_to(START + LATER + 10 * MINUTE)
    await world.settle()
    late = ["(This message was due at 12:00 UTC", "(This message was due at 16:00 UTC"]
    assert [body.partition("\n")[0] for body in world.bodies()] == ["plan 1.", "change by hand.", "start changed."]
    assert all(words in body for words, body in zip(late, world.bodies()[1:], strict=True))
    assert (world.shown()["scheduled_for"], world.shown()["status"]) == (MOVED, "in_progress")


@pytest.mark.parametrize("is_insisting", [True, False])
async def test_what_the_page_has_begun_meanwhile_is_put_to_a_person(world: World, is_insisting: bool) -> None:
    """The engine sleeps from before the change until the page has moved the work at the old start."""
    plan(world.db)
    await world.settle()
    move(world, START - 1)
    world.page.go_to(START + MINUTE)
    assert world.shown()["status"] == "in_progress"
    await world.settle(lambda: world.last().state is D.FAILED)
    assert "shows this maintenance as begun already" in world.last().reason
    assert world.bodies() == ["plan 1.", "The planned maintenance has begun."]
    if is_insisting:
        retry_notice(world.db, world.last().id, "ana", START + MINUTE)
        await world.settle()
        assert (world.shown()["status"], world.shown()["scheduled_for"]) == ("scheduled", MOVED)
        assert world.component_states()["API"] == "operational"
        world.go_to(START + LATER)
        await world.settle()
        assert world.shown()["status"] == "in_progress"
        return
    drop_notice(world.db, world.last().id, "ana", START + MINUTE)
    await world.look()
    work = get_maintenance(world.db, 1)
    assert (work.status, work.starts_at, work.ends_at) == (S.IN_PROGRESS, START, END)
    assert {each.kind: each.due_at for each in work.notices if each.is_waiting} == {K.FINISH: END}


async def test_a_change_behind_a_start_in_doubt_waits_for_it(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    world.go_to(START)
    world.lost_after = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    change(world.db, START + 1, ends_at=END + LATER, components=("Web",))
    await world.settle(lambda: world.last().kind is K.CHANGE and world.last().state is D.PENDING)
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert world.bodies() == ["plan 1.", "start 1.", "change by hand."]
    assert world.component_states() == {"API": "operational", "Web": "under_maintenance"}


@pytest.mark.parametrize("side", ["lost_before", "lost_after"])
async def test_a_change_in_doubt_is_looked_up_and_not_doubled(world: World, side: str) -> None:
    plan(world.db)
    await world.settle()
    move(world, NOON + 1)
    setattr(world, side, 1)
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert world.bodies() == ["plan 1.", "change by hand."]
    assert (world.shown()["scheduled_for"], world.last().attempts) == (MOVED, 2 if side == "lost_before" else 1)


async def test_what_a_colleague_changed_before_it_arrived_is_told_with_both_sides(world: World) -> None:
    plan(world.db)
    await world.settle()
    move(world, NOON + 1)
    edit(world, scheduled_for="2026-11-22T15:00:00Z", scheduled_until="2026-11-22T15:30:00Z", name="By a colleague")
    await world.settle(lambda: world.last().state is D.FAILED)
    for words in ("15:00 UTC", "16:00 UTC"):
        assert words in world.last().reason
        assert words in list_placements(world.db, 1)[0].conflict
    assert world.shown()["scheduled_for"] == "2026-11-22T15:00:00.000Z"
    # Whoever changes it then has seen that; what the change does not speak of stays the colleague's.
    change(world.db, NOON + 2, starts_at=START + LATER, ends_at=END + LATER + MINUTE)
    await world.settle(lambda: world.last().state is D.DELIVERED)
    assert (world.shown()["scheduled_until"], world.shown()["name"]) == ("2026-11-22T17:01:00.000Z", "By a colleague")


async def test_what_a_colleague_changed_after_an_answer_was_lost_is_taken_in(world: World) -> None:
    plan(world.db)
    await world.settle()
    move(world, NOON + 1)
    world.lost_after = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    edit(world, scheduled_for="2026-11-22T15:00:00Z", scheduled_until="2026-11-22T15:30:00Z")
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert get_maintenance(world.db, 1).starts_at == START + 120 * MINUTE
    assert "changed on the page: the time: 15:00" in " ".join(
        each.text for each in list_maintenance_entries(world.db, 1)
    )
    world.go_to(START + LATER)
    await world.settle(lambda: world.last().state is D.DELIVERED)
    assert world.bodies()[:2] == ["plan 1.", "change by hand."]


async def test_of_several_changes_that_wait_the_last_one_is_told(world: World) -> None:
    plan(world.db)
    await world.settle()
    move(world, NOON + 1)
    change(world.db, NOON + 2, starts_at=START + LATER + MINUTE, ends_at=END + LATER + MINUTE)
    say(world.db, 1, K.EXTEND, NOON + 3, ends_at=END + LATER + 9 * MINUTE)
    await world.settle(lambda: world.last().state is D.DELIVERED)
    assert world.states()[1:] == [(K.CHANGE, D.DROPPED), (K.CHANGE, D.DELIVERED), (K.EXTEND, D.DELIVERED)]
    assert world.shown()["scheduled_for"] == "2026-11-22T16:01:00.000Z"
    assert world.writes[-2].starts_at == START + LATER + MINUTE


@pytest.mark.parametrize("point", [("write", "before"), ("write", "after"), ("settle_notice_delivered", "after")])
async def test_an_engine_killed_while_it_tells_a_change_tells_it_once(world: World, point: tuple[str, str]) -> None:
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["tests.engine.maintainer_steps"])
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    move(world, NOON + 1, title="Cables", components=("Web",))
    engine = forks.Process(target=run_steps, args=(world.path, world.page.url, NOON + 1, point))
    engine.start()
    engine.join(60)
    assert engine.exitcode == -signal.SIGKILL
    world.epoch = begin_epoch(world.db)
    world.go_to(NOON + MINUTE)
    await world.settle(lambda: world.last().state in (D.UNCERTAIN, D.DELIVERED))
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert world.bodies() == ["plan 1.", "change by hand."]
    assert (world.shown()["name"], world.shown()["scheduled_for"]) == ("Cables", MOVED)
    assert world.last().touches == frozenset(PlanPart) - {PlanPart.EFFECT}

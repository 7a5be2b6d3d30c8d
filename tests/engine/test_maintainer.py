"""Planned work through its time on the embedded page: real sockets, real files, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.plannedworld import QUIET_MS, World
from tests.statuspage.clockpage import ClockPage, serving
from tests.store.planned import END, MINUTE, NOON, START, plan, say

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeDelivery, NoticeEvidence, NoticeKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import CAPABILITIES
from oncall_tui.store.database import open_database
from oncall_tui.store.notice_decisions import adopt_notice, retry_notice
from oncall_tui.store.notice_steps import adopt_orphan_notices
from oncall_tui.store.planned_clock import fire_due

K, D = NoticeKind, DeliveryState


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def world(served: ClockPage, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        yield World(served.clear(), path, db)


async def test_the_page_moves_the_work_itself_and_is_not_told_again(world: World) -> None:
    plan(world.db)
    await world.settle()
    shown = world.shown()
    assert (shown["status"], shown["scheduled_auto_in_progress"], shown["scheduled_auto_completed"]) == (
        "scheduled",
        True,
        True,
    )
    world.go_to(START)
    await world.settle()
    assert world.component_states()["API"] == "under_maintenance"
    assert world.last().reason == "the page moved it by itself"
    world.go_to(END)
    await world.settle()
    assert [kind for kind, _ in world.states()] == [K.PLAN, K.START, K.FINISH]
    assert world.bodies() == ["plan 1.", "The planned maintenance has begun.", "The planned maintenance is complete."]
    assert world.component_states()["API"] == "operational"
    assert len(world.writes) == 1


async def test_a_page_without_a_clock_is_told_by_ours(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db, remind_at=START - 30 * MINUTE)
    await world.settle()
    assert world.shown()["scheduled_auto_in_progress"] is False
    for at in (START - 30 * MINUTE, START, END):
        world.go_to(at)
        await world.settle()
        if at == START:
            assert (world.shown()["status"], world.component_states()["API"]) == ("in_progress", "under_maintenance")
    assert world.bodies() == ["plan 1.", "remind 1.", "start 1.", "finish 1."]
    assert (world.shown()["status"], world.component_states()["API"]) == ("completed", "operational")
    assert [write.notify for write in world.writes] == [False] * 4


async def test_an_end_leaves_alone_what_broke_and_what_others_hold(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db, components=("API", "Web"))
    plan(world.db, 2, components=("Web",), ends_at=END + MINUTE)
    world.go_to(START)
    await world.settle(lambda: len(world.writes) == 4)
    ids = world.page.find_components()
    world.page.api.patch(f"/components/{ids['API']}", json={"component": {"status": "major_outage"}})
    world.go_to(END)
    await world.settle(lambda: len(world.writes) == 5)
    assert world.component_states() == {"API": "major_outage", "Web": "under_maintenance"}


async def test_a_page_that_stays_behind_is_told_after_all(world: World) -> None:
    plan(world.db)
    await world.settle()
    world.page.now = START  # its clock stands, but nobody moves what is due
    fire_due(world.db, world.epoch, START)
    await world.settle(lambda: world.last().state is D.RETRY_WAIT)
    assert world.last().reason == "the page should move it by itself"
    world.page.now = START + 6 * MINUTE
    await world.settle()
    assert world.bodies() == ["plan 1.", "start 1.\n\n(This message was due at 13:00 UTC on 22 November 2026.)"]


async def test_people_start_extend_remind_finish(world: World) -> None:
    plan(world.db)
    await world.settle()
    acts = [(K.REMIND, NOON + 1, None), (K.START, NOON + 2, None), (K.EXTEND, NOON + 3, END + MINUTE)]
    for kind, at, ends_at in acts:
        world.go_to(at)
        say(world.db, 1, kind, at, ends_at=ends_at)
        await world.settle()
    shown = world.shown()
    assert shown["status"] == "in_progress"
    assert shown["scheduled_until"] == "2026-11-22T14:01:00.000Z"
    world.go_to(END)
    assert world.shown()["status"] == "in_progress"
    say(world.db, 1, K.FINISH, END)
    await world.settle()
    assert world.bodies() == ["plan 1.", *(f"{kind} by hand." for kind in (K.REMIND, K.START, K.EXTEND, K.FINISH))]
    assert world.shown()["status"] == "completed"


async def test_a_cancelled_plan_is_cancelled_in_public_and_moves_no_more(world: World) -> None:
    plan(world.db)
    await world.settle()
    say(world.db, 1, K.CANCEL, NOON + 1)
    await world.settle()
    world.go_to(END)
    await world.settle()
    assert world.bodies() == ["plan 1.", "cancel by hand."]
    assert world.shown()["status"] == "completed"


async def test_what_the_page_calls_over_is_opened_again_by_a_person_alone(world: World) -> None:
    plan(world.db)
    await world.settle()
    remote_id = world.shown()["id"]
    world.page.api.patch(f"/incidents/{remote_id}", json={"incident": {"status": "completed", "body": "Not needed."}})
    say(world.db, 1, K.EXTEND, NOON + 1, ends_at=END + MINUTE)
    await world.settle(lambda: world.last().state is D.FAILED)
    assert "conflict" in world.last().reason
    retry_notice(world.db, world.last().id, "ana", NOON + 2)
    await world.settle()
    assert world.bodies() == ["plan 1.", "Not needed.", "extend by hand."]
    assert world.shown()["status"] == "scheduled"


async def test_what_was_deleted_on_the_page_is_told(world: World) -> None:
    plan(world.db)
    await world.settle()
    world.page.api.delete(f"/incidents/{world.shown()['id']}")
    say(world.db, 1, K.EXTEND, NOON + 1, ends_at=END + MINUTE)
    async with world.driving() as engine:
        await engine.tend()
        assert (world.last().state, "reads lag" in world.last().reason) == (D.RETRY_WAIT, True)
        world.page.now += 2 * QUIET_MS
        await engine.tend()
    assert world.last().state is D.FAILED
    assert "deleted" in world.last().reason


async def test_a_plan_is_not_made_twice_while_reads_lag_behind(world: World) -> None:
    world.lag_ms, world.lost_after = 2 * QUIET_MS, 1
    plan(world.db)
    async with world.driving() as engine:
        await engine.tend()
        for _ in range(4):
            assert world.last().state in (D.UNCERTAIN, D.DELIVERED)
            world.page.now += QUIET_MS
            await engine.tend()
    assert world.last().state is D.DELIVERED
    assert len(world.writes) == 1


async def test_a_start_right_after_its_plan_waits_for_reads_that_lag(world: World) -> None:
    world.lag_ms = 2 * QUIET_MS
    plan(world.db)
    async with world.driving() as engine:
        await engine.tend()
        say(world.db, 1, K.START, NOON)
        await engine.tend()
        assert world.last().state is D.RETRY_WAIT
        world.page.now += 2 * QUIET_MS
        await engine.tend()
    assert world.states() == [(K.PLAN, D.DELIVERED), (K.START, D.DELIVERED)]


async def test_a_clock_that_is_set_on_does_not_end_a_doubt(world: World) -> None:
    world.lost_before = 1
    plan(world.db)
    done: list[int | None] = []

    def is_settled() -> bool:
        if world.last().state is D.UNCERTAIN and not done:
            world.clock_ahead_ms = 10 * QUIET_MS
            done.append(world.last().next_try_at)
        return bool(done) and world.last().next_try_at != done[0]

    with pytest.raises(TimeoutError):
        await world.settle(is_settled, patience_s=2.5)
    assert (world.last().state, world.last().attempts) == (D.UNCERTAIN, 1)


async def test_customers_are_seen_to_read_it(world: World) -> None:
    plan(world.db)
    await world.settle()
    assert world.last().seen_at is None
    await world.follow(lambda: world.last().seen_at is not None)
    world.go_to(START)
    await world.settle()
    assert world.last().body == "The planned maintenance has begun."
    await world.follow(lambda: world.last().seen_at is not None)


@pytest.mark.parametrize("side", ["lost_before", "lost_after"])
@pytest.mark.parametrize("kind", [K.PLAN, K.EXTEND])
async def test_a_doubt_is_looked_up_and_nothing_doubled(world: World, side: str, kind: NoticeKind) -> None:
    plan(world.db)
    if kind is not K.PLAN:
        await world.settle()
        say(world.db, 1, kind, NOON + 1, ends_at=END + MINUTE)
    setattr(world, side, 1)
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert world.bodies() == (["plan 1."] if kind is K.PLAN else ["plan 1.", "extend by hand."])


async def test_subscribers_are_not_told_twice_without_a_person(world: World) -> None:
    plan(world.db, notify=True)
    world.lost_before = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    world.page.now += 3 * QUIET_MS
    await world.settle(lambda: world.last().asked_at is not None)
    assert world.writes == []
    retry_notice(world.db, world.last().id, "ana", NOON)
    await world.settle()
    assert [write.notify for write in world.writes] == [True]


async def doubt(world: World, kind: NoticeKind) -> NoticeDelivery:
    """Leaves a notice to subscribers in doubt, of which somebody has changed the words meanwhile; stamps are lost."""
    plan(world.db, notify=True)
    if kind is not K.PLAN:
        await world.settle()
        say(world.db, 1, kind, NOON + 1, ends_at=END + MINUTE, notify=True)
    world.lost_after = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    shown = world.shown()
    path = f"/incidents/{shown['id']}"
    stamp = shown["metadata"]["oncall_tui"]
    kept = {"uid": stamp["uid"], "ops": stamp["ops"][:-1]} if kind is not K.PLAN else {}
    words = {"name": "New disks", "metadata": {"oncall_tui": kept}}
    world.page.api.patch(path, json={"incident": words})
    update = shown["incident_updates"][0]["id"]
    world.page.api.patch(f"{path}/incident_updates/{update}", json={"incident_update": {"body": "In other words."}})
    world.page.now += 3 * QUIET_MS
    await world.settle(lambda: world.last().asked_at is not None)
    return world.last()


@pytest.mark.parametrize("kind", [K.PLAN, K.EXTEND])
async def test_what_the_page_shows_of_a_doubt_is_adopted_by_a_person(world: World, kind: NoticeKind) -> None:
    asked = await doubt(world, kind)
    (evidence,) = asked.evidence
    assert (evidence.body, evidence.title) == ("In other words.", "New disks")
    adopted = adopt_notice(world.db, asked.id, evidence, "ana", world.page.now)
    assert (adopted.state, adopted.body, adopted.confirmed_body) == (
        D.DELIVERED,
        "In other words.",
        asked.confirmed_body,
    )
    say(world.db, 1, K.CANCEL, NOON + 5)
    await world.settle()
    assert world.bodies()[-2:] == ["In other words.", "cancel by hand."]


async def test_nothing_is_adopted_that_the_page_does_not_show(world: World) -> None:
    plan(world.db, notify=True)
    world.lost_before = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    with pytest.raises(RefusedError, match="being looked up"):
        adopt_notice(world.db, 1, None, "ana", NOON)
    world.page.now += 3 * QUIET_MS
    await world.settle(lambda: world.last().asked_at is not None)
    assert world.last().evidence == ()
    with pytest.raises(RefusedError, match="shows nothing"):
        adopt_notice(world.db, 1, None, "ana", NOON)
    invented = NoticeEvidence("r", "u", "Disks 1", MaintenanceStatus.SCHEDULED, "x", NOON)
    with pytest.raises(ConflictError):
        adopt_notice(world.db, 1, invented, "ana", NOON)
    retry_notice(world.db, 1, "ana", NOON)
    await world.settle()
    with pytest.raises(RefusedError):
        adopt_notice(world.db, 1, invented, "ana", NOON)


async def test_an_engine_that_died_while_sending_leaves_a_doubt(world: World) -> None:
    plan(world.db)
    world.lost_after = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    with world.db.write() as connection:
        connection.execute("UPDATE notice_delivery SET state = 'sending', epoch = ?", (world.epoch,))
    adopt_orphan_notices(world.db, world.epoch, world.page.now + QUIET_MS, world.page.now, page="page")
    world.page.now += 3 * QUIET_MS
    await world.settle()
    assert world.bodies() == ["plan 1."]
    assert world.last().reason == "found on the page"


async def test_a_page_without_planned_work_keeps_it_local(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_maintenance=False)
    plan(world.db)
    await world.settle(lambda: world.last().state is D.DROPPED)
    assert "no planned work" in world.last().reason


async def test_a_component_that_the_page_does_not_have_is_named(world: World) -> None:
    plan(world.db, components=("Mail",))
    await world.settle(lambda: world.last().state is D.FAILED)
    assert "no component named Mail; it knows: API, Web" in world.last().reason


@pytest.mark.parametrize("late_ms", [0, 60 * MINUTE])
async def test_a_sleep_over_all_of_it_is_told_in_one_true_message(world: World, late_ms: int) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    world.go_to(END + late_ms)
    await world.settle(lambda: all(state in (D.DELIVERED, D.DROPPED) for _, state in world.states()))
    late = " This message was due at 14:00 UTC on 22 November 2026." if late_ms else ""
    window = "Planned from 13:00 UTC on 22 November 2026 to 14:00 UTC on 22 November 2026."
    assert world.bodies() == ["plan 1.", f"finish 1.\n\n({window}{late})"]
    assert (world.shown()["status"], world.component_states()["API"]) == ("completed", "operational")


async def test_a_sleep_of_page_and_engine_is_told_in_one_message_of_the_page(world: World) -> None:
    plan(world.db)
    await world.settle()
    world.go_to(END + 60 * MINUTE)
    await world.settle()
    assert len(world.bodies()) == 2
    assert "planned from 13:00 UTC on 22 November 2026 to 14:00 UTC" in world.bodies()[1]
    assert [kind for kind, _ in world.states()] == [K.PLAN, K.FINISH]


async def test_a_clock_that_is_set_forgets_and_repeats_nothing(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    world.go_to(START)
    world.lost_before = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    # Back by a day: what waits is tended within the longest wait all the same, and nothing falls due again.
    world.go_to(START - 24 * 60 * MINUTE)
    await world.settle(lambda: (world.last().next_try_at or END) < START)
    world.go_to(world.last().next_try_at or 0)
    await world.settle()
    assert world.bodies() == ["plan 1.", "start 1."]
    for at in (END, NOON, END + 24 * 60 * MINUTE):
        world.go_to(at)
        await world.settle()
    assert world.bodies() == ["plan 1.", "start 1.", "finish 1."]


async def test_an_outage_through_all_of_it_says_the_truth_afterwards(world: World) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    world.go_to(START)
    world.go_to(END)
    await world.settle(lambda: all(state in (D.DELIVERED, D.DROPPED) for _, state in world.states()))
    assert [body.partition("\n")[0] for body in world.bodies()] == ["plan 1.", "finish 1."]
    assert world.states()[1] == (K.START, D.DROPPED)

"""Planned work that others make and change on the page comes here, is led from here, and nobody is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.engine.plannedworld import World
from tests.statuspage.clockpage import ClockPage, serving
from tests.store.planned import END, MINUTE, NOON, START, plan, say

from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, NoticeKind
from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import CAPABILITIES
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import read_origin
from oncall_tui.store.maintenance import get_maintenance, list_active, list_maintenance_entries, list_maintenances
from oncall_tui.store.notice_decisions import drop_notice, retry_notice
from oncall_tui.store.notices import list_placements
from oncall_tui.store.page_messages import list_page_messages
from oncall_tui.store.probes import replace_probes

K, D, S = NoticeKind, DeliveryState, MaintenanceStatus
THREE, FIVE = NOON + 180 * MINUTE, NOON + 300 * MINUTE


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def world(served: ClockPage, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        yield World(served.clear(), path, db)


def edit(world: World, remote_id: str | None = None, **fields: Any) -> None:
    """Changes work on the page as somebody does on the web."""
    answer = world.page.api.patch(f"/incidents/{remote_id or world.shown()['id']}", json={"incident": fields})
    assert answer.status_code == 200, answer.text


def ours(world: World, maintenance_id: int = 1) -> Maintenance:
    return get_maintenance(world.db, maintenance_id)


def list_words(world: World) -> list[str]:
    return [each.body for each in list_page_messages(world.db, 1)]


async def test_what_others_plan_comes_here_and_goes_with_the_page(world: World) -> None:
    replace_probes(world.db, [Probe("api-eu", ProbeKind.HTTP, "http://x", component="API")], [])
    api = world.page.find_components()["API"]
    world.page.plan(component_ids=[api], scheduled_auto_in_progress=True, scheduled_auto_completed=True)
    await world.look()
    work = ours(world)
    assert (work.title, work.status, work.starts_at, work.ends_at) == ("New disks", S.SCHEDULED, START, THREE)
    assert (work.is_local, work.created_by, work.components, work.probes) == (False, "page", ("API",), ("api-eu",))
    assert list_words(world) == ["We change disks."]
    assert [each.text for each in list_maintenance_entries(world.db, 1)] == ["found on the page: New disks"]
    world.go_to(START)
    await world.look()
    assert ours(world).status is S.IN_PROGRESS
    assert list_active(world.db, START)[0].probes == ("api-eu",)
    edit(world, scheduled_until="2026-11-22T17:00:00Z", body="It takes longer.")
    await world.look()
    assert (ours(world).ends_at, list_words(world)[-1]) == (FIVE, "It takes longer.")
    revision = ours(world).revision
    await world.look()
    assert ours(world).revision == revision
    world.go_to(FIVE)
    await world.look()
    assert (ours(world).status, list_words(world)[-1]) == (S.COMPLETED, "The planned maintenance is complete.")
    assert world.writes == []


async def test_what_others_planned_is_led_from_here_as_our_own(world: World) -> None:
    world.page.plan(scheduled_auto_in_progress=True, scheduled_auto_completed=True, scheduled_remind_prior=True)
    await world.look()
    say(world.db, 1, K.REMIND, NOON + 1)
    say(world.db, 1, K.EXTEND, NOON + 2, ends_at=FIVE)
    await world.settle()
    shown = world.shown()
    assert shown["scheduled_until"] == "2026-11-22T17:00:00.000Z"
    assert (shown["scheduled_auto_completed"], shown["scheduled_remind_prior"]) == (True, True)
    for number, kind in enumerate((K.START, K.FINISH)):
        say(world.db, 1, kind, NOON + 3 + number)
        await world.settle()
    assert world.bodies() == [
        "We change disks.",
        *(f"{kind} by hand." for kind in (K.REMIND, K.EXTEND, K.START, K.FINISH)),
    ]
    await world.look()
    assert (ours(world).status, list_words(world)) == (S.COMPLETED, ["We change disks."])
    cancelled = world.page.plan(name="Not now")
    await world.look()
    say(world.db, 2, K.CANCEL, NOON + 5)
    await world.settle(lambda: len(world.writes) == 5)
    assert world.page.api.get(f"/incidents/{cancelled}").json()["status"] == "completed"


async def test_what_does_not_matter_is_left_on_the_page(world: World) -> None:
    over = world.page.plan(name="Over")
    edit(world, over, status="completed", body="Done.")
    forgotten = world.page.plan(name="Forgotten")
    world.go_to(THREE + 25 * 60 * MINUTE)
    world.page.plan(name="Next", scheduled_for="2026-11-25T13:00:00Z", scheduled_until="2026-11-25T14:00:00Z")
    await world.look()
    assert [each.title for each in list_maintenances(world.db)] == ["Next"]
    edit(world, forgotten, status="in_progress", body="After all.")
    await world.look()
    assert [each.title for each in list_maintenances(world.db)] == ["Forgotten", "Next"]


async def test_what_others_change_of_ours_is_taken_in(world: World) -> None:
    plan(world.db, remind_at=START - 30 * MINUTE)
    await world.settle()
    web = world.page.find_components()["Web"]
    edit(world, name="Old disks", scheduled_until="2026-11-22T15:00:00Z", component_ids=[web])
    update_id = world.shown()["incident_updates"][0]["id"]
    path = f"/incidents/{world.shown()['id']}/incident_updates/{update_id}"
    world.page.api.patch(path, json={"incident_update": {"body": "Planned, corrected."}})
    await world.look()
    work = ours(world)
    assert (work.title, work.ends_at, work.components) == ("Old disks", THREE, ("Web",))
    finish = work.find_automatic(K.FINISH)
    assert finish is not None
    assert (finish.due_at, finish.body, finish.confirmed_by) == (THREE, "finish 1.", "ana")
    assert world.last().body == "Planned, corrected."
    assert world.last().confirmed_body == "plan 1."
    assert [each.difference for each in list_placements(world.db, 1)] == [""]
    said = " ".join(entry.text for entry in list_maintenance_entries(world.db, 1))
    for words in (
        "the title: Old disks",
        "to 15:00 UTC on 22 November 2026",
        "customers now read: Planned, corrected.",
    ):
        assert words in said
    # A reminder may name the old start: it is not said.
    edit(world, scheduled_for="2026-11-22T13:30:00Z")
    await world.look()
    assert ours(world).find_automatic(K.REMIND) is None
    start = ours(world).find_automatic(K.START)
    assert start is not None
    assert start.due_at == START + 30 * MINUTE
    edit(world, status="completed", body="Not needed.")
    await world.look()
    work = ours(world)
    assert (work.status, work.cancelled_at, list_words(world)) == (S.COMPLETED, None, ["Not needed."])
    assert all(each.fired_at or each.withdrawn_at for each in work.notices)
    world.go_to(FIVE)
    assert world.states() == [(K.PLAN, D.DELIVERED)]


async def test_what_others_start_early_and_open_again_is_so_here(world: World) -> None:
    plan(world.db)
    await world.settle()
    edit(world, status="in_progress", body="We begin early.")
    await world.look()
    assert ours(world).status is S.IN_PROGRESS
    edit(world, status="completed", body="Done.")
    await world.look()
    edit(world, status="in_progress", body="Not quite.")
    await world.look()
    work = ours(world)
    assert (work.status, list_words(world)) == (S.IN_PROGRESS, ["We begin early.", "Done.", "Not quite."])
    world.go_to(START)
    assert world.states() == [(K.PLAN, D.DELIVERED)]


async def test_what_is_deleted_on_the_page_is_off(world: World) -> None:
    plan(world.db)
    await world.settle()
    world.page.api.delete(f"/incidents/{world.shown()['id']}")
    await world.look()
    # Reads may lag behind a write.
    assert ours(world).status is S.SCHEDULED
    world.go_to(NOON + 3 * MINUTE)
    await world.look()
    work = ours(world)
    assert (work.status, work.cancelled_at) == (S.COMPLETED, NOON + 3 * MINUTE)
    (placement,) = list_placements(world.db, 1)
    assert (placement.difference, placement.gone_at) == ("it was deleted on the page", NOON + 3 * MINUTE)
    world.go_to(END)
    assert world.states() == [(K.PLAN, D.DELIVERED)]


@pytest.mark.parametrize("is_insisting", [True, False])
async def test_what_both_sides_change_is_put_to_a_person(world: World, is_insisting: bool) -> None:
    plan(world.db)
    await world.settle()
    say(world.db, 1, K.EXTEND, NOON + 1, ends_at=THREE)
    edit(world, scheduled_until="2026-11-22T17:00:00Z")
    await world.settle(lambda: world.last().state is D.FAILED)
    for text in ("to 17:00 UTC on 22 November 2026", "to 15:00 UTC on 22 November 2026"):
        assert text in world.last().reason
        assert text in list_placements(world.db, 1)[0].conflict
    assert world.shown()["scheduled_until"] == "2026-11-22T17:00:00.000Z"
    await world.look()
    assert ours(world).ends_at == THREE
    if is_insisting:
        retry_notice(world.db, world.last().id, "ana", NOON + 2)
        await world.settle()
    else:
        drop_notice(world.db, world.last().id, "ana", NOON + 2)
    await world.look()
    end = THREE if is_insisting else FIVE
    assert world.shown()["scheduled_until"] == f"2026-11-22T{15 if is_insisting else 17}:00:00.000Z"
    assert ours(world).ends_at == end
    assert [each.due_at for each in ours(world).notices if each.kind is K.FINISH and each.is_waiting] == [end]
    (placement,) = list_placements(world.db, 1)
    assert (placement.conflict, placement.difference) == ("", "")


async def test_who_speaks_after_a_conflict_has_seen_it(world: World) -> None:
    plan(world.db)
    await world.settle()
    say(world.db, 1, K.EXTEND, NOON + 1, ends_at=THREE)
    edit(world, scheduled_until="2026-11-22T17:00:00Z")
    await world.settle(lambda: world.last().state is D.FAILED)
    say(world.db, 1, K.EXTEND, NOON + 2, ends_at=FIVE + MINUTE)
    await world.settle(lambda: world.last().state is D.DELIVERED)
    assert world.shown()["scheduled_until"] == "2026-11-22T17:01:00.000Z"
    assert (K.EXTEND, D.DROPPED) in world.states()


@pytest.mark.parametrize("is_asleep_till_end", [True, False])
async def test_what_somebody_put_off_on_the_page_is_put_off_here(world: World, is_asleep_till_end: bool) -> None:
    world.capabilities = replace(CAPABILITIES, has_auto_transitions=False)
    plan(world.db)
    await world.settle()
    edit(world, scheduled_for="2026-11-22T15:00:00Z", scheduled_until="2026-11-22T16:00:00Z")
    # The machine sleeps; its clock takes what it knows of before the page is read.
    world.go_to(END if is_asleep_till_end else START)
    await world.settle(lambda: world.last().state is D.DROPPED)
    assert "put this off on the page (the page shows it from 15:00 UTC on 22 November 2026" in world.last().reason
    work = ours(world)
    assert (work.status, work.starts_at, work.ends_at) == (S.SCHEDULED, THREE, THREE + 60 * MINUTE)
    for at in (THREE, THREE + 60 * MINUTE):
        world.go_to(at)
        await world.settle(lambda: all(state in (D.DELIVERED, D.DROPPED) for _, state in world.states()))
    assert world.bodies() == ["plan 1.", "start 1.", "finish 1."]


async def test_a_notice_overwrites_nothing_that_it_does_not_speak_of(world: World) -> None:
    plan(world.db)
    await world.settle()
    say(world.db, 1, K.REMIND, NOON + 1)
    edit(world, name="Old disks", scheduled_until="2026-11-22T17:00:00Z")
    await world.settle()
    shown = world.shown()
    assert (shown["name"], shown["scheduled_until"]) == ("Old disks", "2026-11-22T17:00:00.000Z")
    assert (ours(world).title, ours(world).ends_at) == ("Old disks", FIVE)


async def test_work_that_is_ours_is_never_taken_for_somebody_elses(world: World) -> None:
    plan(world.db)
    world.lost_after = 1
    await world.settle(lambda: world.last().state is D.UNCERTAIN)
    edit(world, metadata={"oncall_tui": {}})
    await world.look()
    assert [each.id for each in list_maintenances(world.db)] == [1]
    # Given up by a person, it is found as what it is on the page: somebody's.
    drop_notice(world.db, 1, "ana", NOON + 1)
    await world.look()
    assert [each.is_local for each in list_maintenances(world.db)] == [True, False]


async def test_two_hosts_hold_the_same_and_see_who_leads(world: World, tmp_path: Path) -> None:
    with open_database(tmp_path / "oslo.db") as db:
        oslo = World(world.page, tmp_path / "oslo.db", db)
        plan(world.db)
        await world.settle()
        assert world.shown()["metadata"]["oncall_tui"]["origin"] == read_origin(world.db)
        await oslo.look()
        assert (ours(oslo).uid, ours(oslo).is_local) == (ours(world).uid, False)
        assert list_placements(db, 1)[0].is_led_elsewhere
        say(db, 1, K.EXTEND, NOON + 1, ends_at=THREE)
        await oslo.settle()
        assert not list_placements(db, 1)[0].is_led_elsewhere
        await world.look()
        assert list_placements(world.db, 1)[0].is_led_elsewhere
        assert ours(world).ends_at == THREE
        say(world.db, 1, K.START, NOON + 2)
        await world.settle()
        await oslo.look()
        say(db, 1, K.FINISH, NOON + 3)
        await oslo.settle()
        await world.look()
        for host in (world, oslo):
            work = ours(host)
            assert (work.status, work.starts_at, work.ends_at) == (S.COMPLETED, NOON + 2, THREE)
            host.go_to(FIVE)
        assert list_words(world) == ["extend by hand.", "finish by hand."]
        assert list_words(oslo) == ["plan 1.", "start by hand."]
        assert world.bodies() == ["plan 1.", *(f"{kind} by hand." for kind in (K.EXTEND, K.START, K.FINISH))]


async def test_a_look_costs_one_request(world: World) -> None:
    def count() -> int:
        (row,) = world.db.rows("SELECT count(*) FROM page_request")
        return int(row[0])

    plan(world.db)
    world.page.plan()
    await world.settle()
    before = count()
    for number in range(1, 4):
        await world.look()
        assert count() == before + number

"""Colleagues who write on the page meanwhile: their words are answered, and nothing of theirs is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.fakes.kinds import BETTER_STACK, CACHET, INCIDENT_IO, INSTATUS, Kind
from tests.engine.faultdesk import LAG_S, Desk, run_desk, wait_for
from tests.engine.faultkinds import Fault
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import PACE, confirm, declare, make_work
from tests.engine.test_reader_absence import reading
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import Delivery, DeliveryState
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.reader import Scope, read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import get_incident, list_incidents
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import drop_delivery, list_deliveries, retry_delivery
from oncall_tui.store.page import replace_pages
from oncall_tui.store.updates import list_updates

STATUS, STATE = IncidentStatus, ComponentStatus
WORSE = "It is worse than we thought."
Scenario = Callable[[Desk, int, str], Awaitable[None]]


def run_with_incident(folder: Path, scenario: Scenario) -> None:
    """Runs with an incident that stands on the page and here, its API in a major outage."""

    async def run(desk: Desk) -> None:
        desk.page.add_component("API")
        incident = declare(desk.db, components={"API": STATE.MAJOR_OUTAGE}, now=desk.loop.wall_ms())
        confirm(desk.db, incident.id, "first", components=incident.components, now=desk.loop.wall_ms())
        await desk.drain()
        await scenario(desk, incident.id, next(iter(desk.page.incidents)))

    run_desk(folder, FaultPage(), run)


async def publish_failing(desk: Desk) -> Delivery:
    async with desk.engine():
        await wait_for(lambda: desk.only().state is DeliveryState.FAILED)
    return desk.only()


@pytest.mark.parametrize(
    ("status", "states"), [(STATUS.RESOLVED, {}), (STATUS.MONITORING, {"API": STATE.OPERATIONAL})], ids=str
)
def test_customers_are_not_calmed_over_words_that_nobody_here_had_read(
    status: IncidentStatus, states: dict[str, ComponentStatus], tmp_path: Path
) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        confirm(desk.db, incident_id, "second", status, states, now=desk.loop.wall_ms())
        desk.page.edit(remote_id, "identified", WORSE)
        delivery = await publish_failing(desk)
        assert delivery.reason.startswith(
            f"conflict: somebody wrote on the page after you confirmed: identified: {WORSE}"
        )
        assert WORSE in get_incident(desk.db, incident_id).conflict
        assert desk.page.bodies() == ["first", WORSE]
        retry_delivery(desk.db, delivery.id, "ana", desk.loop.wall_ms())
        await desk.drain()
        assert desk.page.bodies() == ["first", WORSE, "second"]

    run_with_incident(tmp_path, scenario)


def test_a_component_that_the_incident_does_not_name_is_looked_up_on_the_page(tmp_path: Path) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        web = desk.page.add_component("Web")
        desk.page.components[web]["status"] = "major_outage"
        confirm(desk.db, incident_id, "second", components={"Web": STATE.DEGRADED_PERFORMANCE}, now=desk.loop.wall_ms())
        desk.page.edit(remote_id, "identified", WORSE)
        await publish_failing(desk)

    run_with_incident(tmp_path, scenario)


def test_what_makes_nothing_better_goes_out_beside_a_colleagues_words(tmp_path: Path) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        desk.page.add_component("Web")
        states = {"API": STATE.MAJOR_OUTAGE, "Web": STATE.DEGRADED_PERFORMANCE}
        confirm(desk.db, incident_id, "second", STATUS.IDENTIFIED, states, now=desk.loop.wall_ms())
        desk.page.edit(remote_id, "identified", WORSE)
        await desk.drain()
        assert desk.page.bodies() == ["first", WORSE, "second"]

    run_with_incident(tmp_path, scenario)


def test_words_that_were_read_before_confirming_are_answered(tmp_path: Path) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        desk.page.edit(remote_id, "identified", WORSE)
        async with reading(desk.path, desk.config(), desk.loop):
            await wait_for(lambda: len(list_updates(desk.db, incident_id)) == 2)
        confirm(desk.db, incident_id, "second", STATUS.RESOLVED, now=desk.loop.wall_ms())
        await desk.drain()
        assert desk.page.bodies() == ["first", WORSE, "second"]

    run_with_incident(tmp_path, scenario)


def test_two_of_ours_in_a_row_are_no_conflict(tmp_path: Path) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        confirm(desk.db, incident_id, "second", STATUS.MONITORING, now=desk.loop.wall_ms())
        confirm(desk.db, incident_id, "third", STATUS.RESOLVED, now=desk.loop.wall_ms())
        await desk.drain()
        assert desk.page.bodies(remote_id) == ["first", "second", "third"]

    run_with_incident(tmp_path, scenario)


def test_an_edit_of_what_is_over_is_noticed_for_a_day_whenever_it_began(tmp_path: Path) -> None:
    async def scenario(desk: Desk, incident_id: int, remote_id: str) -> None:
        confirm(desk.db, incident_id, "All is well.", STATUS.RESOLVED, now=desk.loop.wall_ms())
        await desk.drain()
        incident = desk.page.incidents[remote_id]
        incident["created_at"] = "2026-01-01T00:00:00.000Z"
        incident["created"] -= 2 * 86_400
        async with reading(desk.path, desk.config(), desk.loop):
            await asyncio.sleep(400.0)
            desk.page.reword(remote_id, "All was lost.")
            await asyncio.sleep(400.0)
            differences = [update.proofs[0].difference for update in list_updates(desk.db, incident_id)]
            assert differences == ["", "an update was edited, customers now read: All was lost."]
            del desk.page.incidents[remote_id]
            await asyncio.sleep(700.0)
            assert "deleted" in get_incident(desk.db, incident_id).conflict
            desk.loop.shift_s += 86_400.0
            await asyncio.sleep(300.0)
            count = len(desk.page.requests)
            await asyncio.sleep(300.0)
            targets = [target for _, _, target in desk.page.requests[count:]]
            assert not any(target.endswith(remote_id) for target in targets)

    run_with_incident(tmp_path, scenario)


def run_kind(folder: Path, kind: Kind, scenario: Callable[..., Awaitable[None]], **options: Any) -> None:
    """Runs with a page of a kind, the file, and a call that reads the page once, whole."""

    async def run(loop: WarpLoop) -> None:
        path = folder / "oncall.db"
        with open_database(path) as db:
            async with kind.serving(wall_ms=loop.wall_ms, clock=loop.true_s, **options) as (page, client):
                page.add_component("API")
                store, config = StoreThread(path), kind.make_config(page)
                await store.start()
                replace_pages(db, [(config.name, client.capabilities)])

                async def look() -> None:
                    budget = Budget(store, config, loop.wall_ms)
                    await read_page_once(store, client, config.name, budget, loop.wall_ms, scope=Scope.WHOLE)

                async def publish() -> None:
                    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=loop.wall_ms())
                    await drain(make_work(store, client, config, epoch, clock=loop.wall_ms, pace=PACE), 60.0)
                    assert list_deliveries(db) == []

                await scenario(db, page, loop, look, publish)
                await store.close()

    run_warped(run)


def say_two(db: Database, now: int) -> int:
    incident = declare(db, components={"API": STATE.MAJOR_OUTAGE}, now=now)
    confirm(db, incident.id, "We are looking.", components=incident.components, now=now)
    confirm(db, incident.id, "We found it.", STATUS.IDENTIFIED, {"API": STATE.MAJOR_OUTAGE}, now=now)
    return incident.id


def test_a_last_message_that_somebody_removed_is_told(tmp_path: Path) -> None:
    async def scenario(db: Database, page: Any, loop: WarpLoop, look: Any, publish: Any) -> None:
        incident_id = say_two(db, loop.wall_ms())
        await publish()
        await look()
        (incident,) = page.incidents.values()
        del incident["updates"][0]
        incident["status"] = "INVESTIGATING"
        await asyncio.sleep(60.0)
        await look()
        assert [update.proofs[0].difference for update in list_updates(db, incident_id)] == ["", ""]
        await asyncio.sleep(90.0)
        await look()
        told = [update.proofs[0].difference for update in list_updates(db, incident_id)]
        assert told == ["", "an update was removed"]
        assert get_incident(db, incident_id).status is STATUS.INVESTIGATING
        assert get_incident(db, incident_id).conflict == ""

    run_kind(tmp_path, INSTATUS, scenario)


@pytest.mark.parametrize("kind", [INCIDENT_IO, CACHET, INSTATUS, BETTER_STACK], ids=str)
def test_our_own_words_are_never_taken_for_a_silent_move(kind: Kind, tmp_path: Path) -> None:
    async def scenario(db: Database, page: Any, loop: WarpLoop, look: Any, publish: Any) -> None:
        incident_id = say_two(db, loop.wall_ms())
        await publish()
        confirm(db, incident_id, "Watching.", STATUS.MONITORING, {"API": STATE.OPERATIONAL}, now=loop.wall_ms())
        await publish()
        for _ in range(3):
            await look()
            await asyncio.sleep(100.0)
            incident = get_incident(db, incident_id)
            assert (incident.status, incident.conflict) == (STATUS.MONITORING, "")

    run_kind(tmp_path, kind, scenario)


def test_a_state_that_was_set_in_the_web_form_is_taken_in(tmp_path: Path) -> None:
    async def scenario(db: Database, page: Any, loop: WarpLoop, look: Any, publish: Any) -> None:
        incident_id = say_two(db, loop.wall_ms())
        await publish()
        await look()
        (incident,) = page.incidents.values()
        incident["status"] = 4
        await look()
        assert get_incident(db, incident_id).status is STATUS.RESOLVED

    run_kind(tmp_path, CACHET, scenario)


def test_a_page_whose_zone_was_not_known_hides_nothing_afterwards(tmp_path: Path) -> None:
    async def scenario(db: Database, page: Any, loop: WarpLoop, look: Any, publish: Any) -> None:
        theirs = page.declare("Theirs", STATUS.INVESTIGATING, "A colleague looks into logins.")
        await look()
        await look()
        (found,) = list_incidents(db)
        assert found.started_at <= loop.wall_ms() + 5_000
        say_two(db, loop.wall_ms())
        await publish()
        await asyncio.sleep(30.0)
        page.append(theirs, STATUS.RESOLVED, "Logins work again.")
        await look()
        assert get_incident(db, found.id).status is STATUS.RESOLVED

    run_kind(tmp_path, CACHET, scenario, zone_minutes=120)


def test_after_a_try_that_was_given_up_no_second_incident_is_made_while_reads_lag(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.faults.append(Fault.DROP_AFTER)
        incident_id = desk.open("one")
        async with desk.engine():
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            drop_delivery(desk.db, desk.only().id, "ben", desk.loop.wall_ms())
            desk.say(incident_id, "two")
            await wait_for(lambda: not list_deliveries(desk.db))
        assert [desk.page.bodies(remote_id) for remote_id in desk.page.incidents] == [["one", "two"]]

    run_desk(tmp_path, FaultPage(read_lag_s=LAG_S), scenario)

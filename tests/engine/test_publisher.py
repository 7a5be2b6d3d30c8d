from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.engine.faultkinds import Fault
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import (
    NO_TLS,
    begin_epoch,
    confirm,
    declare,
    make_config,
    make_work,
    publishing,
    until,
)
from tests.pace import free_s

from oncall_tui.clock import now_ms
from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import get_incident, read_origin
from oncall_tui.store.outbox import list_deliveries, retry_delivery
from oncall_tui.store.page import read_page
from oncall_tui.store.updates import list_updates


async def test_an_incident_runs_its_course_on_the_page(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        api = page.add_component("API")
        web = page.add_component("Web")
        incident = declare(
            db, components={"API": ComponentStatus.PARTIAL_OUTAGE, "Web": ComponentStatus.DEGRADED_PERFORMANCE}
        )
        confirm(db, incident.id, "Looking.", components=incident.components, notify=True)
        confirm(db, incident.id, "Found it.", IncidentStatus.IDENTIFIED, {"Web": ComponentStatus.MAJOR_OUTAGE})
        async with publishing(path, db, page):
            await until(lambda: len(page.writes) == 2)
            assert page.components[api]["status"] == "partial_outage"
            assert page.components[web]["status"] == "major_outage"
            confirm(db, incident.id, "Over.", IncidentStatus.RESOLVED)
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["Looking.", "Found it.", "Over."]
        assert [write.fields["deliver_notifications"] for write in page.writes] == [True, False, False]
        assert {item["status"] for item in page.components.values()} == {"operational"}
        assert page.writes[-1].fields["components"] == {api: "operational", web: "operational"}
        assert sorted(page.writes[-1].fields["component_ids"]) == sorted([api, web])
        (shown,) = page.incidents.values()
        assert shown["metadata"]["oncall_tui"] == {
            "uid": "incident-1",
            "ops": ["op-Looking.", "op-Found it.", "op-Over."],
            "origin": read_origin(db),
        }
        updates = list_updates(db, incident.id)
        assert [update.delivery for update in updates] == [DeliveryState.DELIVERED] * 3
        assert [update.remote_id for update in updates] == [write.update_id for write in page.writes]


async def test_wake_is_all_that_it_waits_for(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident = declare(db)
        async with publishing(path, db, page) as engine:
            await asyncio.sleep(0.2)
            confirm(db, incident.id, "Looking.")
            began = free_s()
            engine.wake.set()
            await until(lambda: page.writes)
            assert free_s() - began < 1.0


async def publish_first(path: Path, db: Database, page: FaultPage) -> tuple[int, str]:
    """Returns our and the page's id of an incident that stands on both."""
    page.add_component("API")
    incident = declare(db, components={"API": ComponentStatus.MAJOR_OUTAGE})
    confirm(db, incident.id, "first", components=incident.components)
    async with publishing(path, db, page):
        await until(lambda: not list_deliveries(db))
    return incident.id, next(iter(page.incidents))


async def test_what_a_colleague_wrote_is_taken_in_and_does_not_block(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, remote_id = await publish_first(path, db, page)
        page.edit(remote_id, "identified", "A colleague knows more.")
        page.incidents[remote_id]["metadata"]["jira"] = {"issue": "X-1"}
        confirm(db, incident_id, "second", IncidentStatus.MONITORING)
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "A colleague knows more.", "second"]
        assert page.incidents[remote_id]["metadata"]["jira"] == {"issue": "X-1"}
        assert "A colleague knows more." in get_incident(db, incident_id).conflict
        bodies = [update.body for update in list_updates(db, incident_id)]
        assert sorted(bodies) == ["A colleague knows more.", "first", "second"]


async def test_what_somebody_resolved_is_not_opened_again_unasked(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, remote_id = await publish_first(path, db, page)
        confirm(db, incident_id, "second", IncidentStatus.MONITORING)
        page.edit(remote_id, "resolved", "All good again.")
        async with publishing(path, db, page) as engine:
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
            (delivery,) = list_deliveries(db)
            assert "somebody resolved this on the page" in delivery.reason
            assert "All good again." in delivery.reason
            assert page.bodies() == ["first", "All good again."]
            retry_delivery(db, delivery.id, "ana", now_ms())
            engine.wake.set()
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "All good again.", "second"]


async def test_a_retry_after_another_trouble_is_no_yes_to_opening_again(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, remote_id = await publish_first(path, db, page)
        confirm(db, incident_id, "second", IncidentStatus.MONITORING)
        page.faults.append(Fault.E403)
        async with publishing(path, db, page):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
            page.edit(remote_id, "resolved", "All good again.")
            retry_delivery(db, list_deliveries(db)[0].id, "ana", now_ms())
            await until(lambda: "somebody resolved this" in list_deliveries(db)[0].reason)
        assert page.bodies() == ["first", "All good again."]


async def test_opening_again_on_purpose_is_sent(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, _ = await publish_first(path, db, page)
        confirm(db, incident_id, "over", IncidentStatus.RESOLVED)
        confirm(db, incident_id, "not over", IncidentStatus.INVESTIGATING)
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "over", "not over"]


async def test_a_deleted_incident_is_told(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, remote_id = await publish_first(path, db, page)
        confirm(db, incident_id, "second")
        del page.incidents[remote_id]
        async with publishing(path, db, page):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
        assert "deleted" in list_deliveries(db)[0].reason


async def test_an_unknown_component_is_named_with_the_known_ones(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        page.add_component("API")
        page.add_component("Web")
        incident = declare(db, components={"Billing": ComponentStatus.MAJOR_OUTAGE})
        confirm(db, incident.id, "first", components=incident.components)
        async with publishing(path, db, page):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
        reason = list_deliveries(db)[0].reason
        assert "no component named Billing" in reason
        assert "API, Web" in reason
        assert not page.writes


async def test_incidents_do_not_wait_for_one_another(path: Path, db: Database) -> None:
    async with FaultPage(slow_s=30.0) as page:
        for number in (1, 2, 3):
            confirm(db, declare(db, number).id, f"first {number}")
        page.faults.append(Fault.SLOW_BEFORE)
        config = make_config(page, quiet_ms=20_000, timeout_ms=10_000)
        async with publishing(path, db, page, config):
            await until(lambda: len(list_deliveries(db)) == 1)
            assert list_deliveries(db)[0].state is DeliveryState.SENDING
            assert len(page.writes) == 2


async def test_the_rate_is_kept_over_engines(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        for number in range(1, 9):
            confirm(db, declare(db, number).id, f"first {number}")
        config = make_config(page, rate=5)
        for _ in range(2):
            async with publishing(path, db, page, config):
                await until(lambda: page.requests)
                await asyncio.sleep(0.4)
        assert len(page.requests) <= 5
        states = {item.state for item in list_deliveries(db)}
        assert states == {DeliveryState.PENDING}


async def test_an_engine_that_was_overtaken_sends_and_settles_nothing(path: Path, db: Database) -> None:
    async with FaultPage(slow_s=0.15) as page:
        first = declare(db, 1)
        confirm(db, first.id, "first")
        page.faults.append(Fault.SLOW_AFTER)
        async with publishing(path, db, page) as old:
            await until(lambda: page.writes)
            begin_epoch(db)
            await until(old.task.done)
            assert list_deliveries(db)[0].state is DeliveryState.SENDING
            confirm(db, declare(db, 2).id, "second")
            old.wake.set()
            await asyncio.sleep(0.1)
            assert page.bodies() == ["first"]
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert sorted(page.bodies()) == ["first", "second"]


async def test_a_locked_file_delays_the_settling_and_repeats_nothing(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident = declare(db)
        confirm(db, incident.id, "first")
        with open_database(path, busy_timeout_s=0.1) as other:
            async with publishing(path, db, page, busy_ms=100) as engine:
                hold = other.write()

                def lock(moment: str) -> None:
                    if moment == "received":
                        hold.__enter__()

                page.on_step = lock
                await until(lambda: page.writes)
                await asyncio.sleep(1.0)
                assert page.count("POST") == 1
                hold.__exit__(None, None, None)
                await until(lambda: not list_deliveries(db))
                assert not engine.task.done()
        assert page.bodies() == ["first"]


async def test_a_fault_of_our_own_after_the_claim_is_a_doubt_and_loses_nothing(path: Path, db: Database) -> None:
    broken: list[str] = []

    def read_clock() -> int:
        if broken:
            raise RuntimeError(broken.pop())
        return now_ms()

    async with FaultPage() as page:
        incident = declare(db)
        confirm(db, incident.id, "first")

        def break_once(step: str) -> None:
            if step == "applied" and page.writes:
                broken.append("no clock")
                page.on_step = lambda _: None

        page.on_step = break_once
        async with publishing(path, db, page, clock=read_clock):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.UNCERTAIN)
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first"]


async def test_a_confirmed_update_is_accepted_at_once(path: Path, db: Database) -> None:
    waits = []
    async with FaultPage() as page:
        incident_id, _ = await publish_first(path, db, page)
        async with publishing(path, db, page) as engine:
            for number in range(10):
                begin = free_s()
                confirm(db, incident_id, f"update {number}")
                engine.wake.set()
                await until(lambda number=number: len(page.writes) == number + 2)
                waits.append(free_s() - begin)
    # A loop that only looks by itself takes seconds; what a busy machine adds is no part of the promise.
    assert sorted(waits)[5] < 1.0


async def test_a_clock_set_back_loses_nothing(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident_id, _ = await publish_first(path, db, page)
        confirm(db, incident_id, "second")
        db._connection.execute(
            "UPDATE delivery SET state = 'retry_wait', next_try_at = ? WHERE state = 'pending'",
            (now_ms() + 10 * 365 * 86_400_000,),
        )
        async with publishing(path, db, page) as engine:
            await until(lambda: (list_deliveries(db)[0].next_try_at or 0) < now_ms() + 1_000_000)
            retry_delivery(db, list_deliveries(db)[0].id, "ana", now_ms())
            engine.wake.set()
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "second"]


async def test_draining_ends_when_nothing_can_be_done(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        incident = declare(db)
        for body in ("first", "second", "third"):
            confirm(db, incident.id, body)
        page.faults.extend([Fault.DROP_AFTER, Fault.T429, Fault.E422])
        config = make_config(page)
        store = StoreThread(path)
        await store.start()
        client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
        await drain(make_work(store, client, config, begin_epoch(db)), 20)
        assert page.bodies() == ["first"]
        assert [item.state for item in list_deliveries(db)] == [DeliveryState.FAILED, DeliveryState.PENDING]
        begin, began = time.monotonic(), free_s()
        page.faults.extend([Fault.EMPTY_500])
        retry_delivery(db, list_deliveries(db)[0].id, "ana", now_ms())
        late = make_config(page, quiet_ms=60_000)
        await drain(make_work(store, client, late, begin_epoch(db)), 2.0)
        assert time.monotonic() - begin > 1.9
        assert free_s() - began < 4
        assert list_deliveries(db)[0].state is DeliveryState.UNCERTAIN
        await client.close()
        await store.close()


async def test_without_a_token_it_waits_for_one(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        confirm(db, declare(db).id, "first")
        tokens: list[UsageError | Secret] = [
            UsageError("The environment variable X is not set."),
            Secret("wrong"),
            Secret("wrong too"),
            Secret(TOKEN),
        ]

        def read() -> Secret:
            token = tokens.pop(0)
            if isinstance(token, UsageError):
                raise token
            return token

        reasons: set[str] = set()

        def is_published() -> bool:
            reasons.update(delivery.reason for delivery in list_deliveries(db))
            return not list_deliveries(db)

        async with publishing(path, db, page, read_token=read):
            await until(is_published)
        assert "The environment variable X is not set." in reasons
        (refused,) = (
            reason for reason in reasons if "the page refused the token: check token in config (401)" in reason
        )
        assert "wrong" not in refused
        assert not tokens
        assert page.bodies() == ["first"]


async def test_a_token_that_is_refused_holds_the_queue_and_needs_no_hand(path: Path, db: Database) -> None:
    queued, holder = 40, {"token": "revoked"}
    async with FaultPage() as page:
        for number in range(queued):
            confirm(db, declare(db, number).id, f"update {number}")
        async with publishing(path, db, page, read_token=lambda: Secret(holder["token"])):
            await until(lambda: "refused the token" in read_page(db).last_error)
            await asyncio.sleep(1.0)
            waiting = list_deliveries(db)
            assert {item.state for item in waiting} == {DeliveryState.PENDING, DeliveryState.RETRY_WAIT}
            assert len(waiting) == queued
            assert len(page.requests) <= 8
            holder["token"] = TOKEN
            await until(lambda: not list_deliveries(db))
        assert sorted(page.bodies()) == sorted(f"update {number}" for number in range(queued))
        assert read_page(db).last_error == ""


async def test_a_token_that_the_page_takes_again_is_found_out_by_itself(path: Path, db: Database) -> None:
    async with FaultPage(token="another") as page:
        confirm(db, declare(db).id, "first")
        async with publishing(path, db, page):
            await until(lambda: "refused the token" in read_page(db).last_error)
            page.token = TOKEN
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first"]

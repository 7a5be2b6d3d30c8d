"""Every fault of the page x {create, update, resolve}: what was confirmed stands there once, or a person is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest
from tests.engine.faultkinds import AMBIGUOUS_FAULTS, APPLIED_FAULTS, REFUSING_FAULTS, Fault
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import confirm, declare, make_config, publishing, until

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import Delivery, DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import drop_delivery, list_deliveries, retry_delivery
from oncall_tui.store.page import read_page
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates

STEPS = ("create", "update", "resolve")
AT_ONCE = 8


async def start_at(step: str, path: Path, db: Database, page: FaultPage) -> int:
    """Publishes what comes before the step, then confirms the step itself."""
    page.add_component("API")
    incident = declare(db, components={"API": ComponentStatus.MAJOR_OUTAGE})
    if step == "create":
        confirm(db, incident.id, "first", components=incident.components)
        return incident.id
    confirm(db, incident.id, "before", components=incident.components)
    async with publishing(path, db, page):
        await until(lambda: not list_deliveries(db))
    page.used.clear()
    page.requests.clear()
    confirm(db, incident.id, "first", IncidentStatus.RESOLVED if step == "resolve" else IncidentStatus.IDENTIFIED)
    return incident.id


def only(db: Database) -> Delivery:
    (delivery,) = list_deliveries(db)
    return delivery


async def try_each(faults: Iterable[Fault], attempt: Callable[[Fault, Path], Awaitable[None]], folder: Path) -> None:
    """Runs one attempt a fault, each on a file of its own, several at once since most of it is waiting."""
    room = asyncio.Semaphore(AT_ONCE)
    broken = []

    async def run(fault: Fault) -> None:
        async with room:
            try:
                await attempt(fault, folder / f"{fault.name}.db")
            except (AssertionError, TimeoutError) as error:
                broken.append(f"{fault.name}: {error!r}")

    await asyncio.gather(*map(run, faults))
    assert broken == []


@pytest.mark.parametrize("step", STEPS)
async def test_it_stands_there_once_whatever_happens(step: str, tmp_path: Path) -> None:
    async def attempt(fault: Fault, path: Path) -> None:
        with open_database(path) as db:
            async with FaultPage(slow_s=0.5) as page:
                await check_once(fault, step, path, db, page)

    await try_each([fault for fault in Fault if fault not in REFUSING_FAULTS], attempt, tmp_path)


async def check_once(fault: Fault, step: str, path: Path, db: Database, page: FaultPage) -> None:
    incident_id = await start_at(step, path, db, page)
    confirm(db, incident_id, "second", IncidentStatus.RESOLVED)
    page.faults.append(fault)
    async with publishing(path, db, page):
        await until(lambda: not list_deliveries(db))
    expected = [*(["before"] if step != "create" else []), "first", "second"]
    assert page.bodies() == expected
    assert [update.body for update in list_updates(db, incident_id)] == expected
    assert all(update.remote_id for update in list_updates(db, incident_id))
    assert len(page.incidents) == 1
    sent = page.count("POST") + page.count("PATCH")
    assert sent == 2 if fault in APPLIED_FAULTS | {Fault.LATE} else sent == 3
    kinds = [entry.kind for entry in list_entries(db, incident_id)]
    assert "uncertain" in kinds or fault not in AMBIGUOUS_FAULTS
    assert "remote" not in kinds


@pytest.mark.parametrize("step", STEPS)
async def test_a_refusal_stops_and_tells_a_person(step: str, tmp_path: Path) -> None:
    async def attempt(fault: Fault, path: Path) -> None:
        with open_database(path) as db:
            async with FaultPage() as page:
                await check_refusal(fault, step, path, db, page)

    await try_each(REFUSING_FAULTS, attempt, tmp_path)


async def check_refusal(fault: Fault, step: str, path: Path, db: Database, page: FaultPage) -> None:
    incident_id = await start_at(step, path, db, page)
    confirm(db, incident_id, "second", IncidentStatus.RESOLVED)
    page.faults.append(fault)
    # The page answers at once; a deadline of seconds keeps a slow machine from turning the refusal into a doubt.
    config = make_config(page, quiet_ms=6_000, timeout_ms=5_000)
    async with publishing(path, db, page, config) as engine:
        await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
        assert page.count("POST") + page.count("PATCH") == 1
        failed, waiting = list_deliveries(db)
        assert waiting.state is DeliveryState.PENDING
        assert fault.name[-3:] in failed.reason
        assert TOKEN not in failed.reason
        assert "\x1b" not in failed.reason
        retry_delivery(db, failed.id, "ana", now_ms())
        engine.wake.set()
        await until(lambda: not list_deliveries(db))
    assert page.bodies()[-2:] == ["first", "second"]


@pytest.mark.parametrize("fault", [Fault.T420, Fault.T429])
async def test_the_page_is_left_alone_for_as_long_as_it_asks(fault: Fault, path: Path, db: Database) -> None:
    async with FaultPage(retry_after="1") as page:
        await start_at("create", path, db, page)
        page.faults.append(fault)
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        first, second = [at for at, method, _ in page.requests if method == "POST"]
        assert second - first >= 0.99
        assert not [at for at, _, _ in page.requests if first < at < first + 0.99]


async def test_a_wait_without_end_is_capped_and_shown(path: Path, db: Database) -> None:
    async with FaultPage(retry_after="1000000000") as page:
        await start_at("create", path, db, page)
        page.faults.append(Fault.T429)
        async with publishing(path, db, page):
            await until(lambda: only(db).state is DeliveryState.RETRY_WAIT)
        assert "15m" in only(db).reason
        assert 880_000 < (only(db).next_try_at or 0) - now_ms() <= 900_000


async def test_a_page_that_cannot_be_read_holds_the_update_back(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        await start_at("update", path, db, page)
        page.read_faults.extend([Fault.EMPTY_500, Fault.HTML_BEFORE, Fault.DROP_BEFORE, Fault.T429, Fault.HALF_JSON])
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["before", "first"]
        assert not page.read_faults


async def test_a_page_that_cannot_be_read_leaves_the_doubt_standing(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        await start_at("update", path, db, page)
        page.faults.append(Fault.DROP_AFTER)
        page.read_faults.extend([Fault.NONE, Fault.EMPTY_500, Fault.E401, Fault.DROP_BEFORE])
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["before", "first"]
        assert not page.read_faults


async def test_a_page_that_is_not_there_is_asked_until_it_is(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        config = make_config(page)
        port = page.port
    await start_at("create", path, db, page)
    page = FaultPage(port=port)
    page.add_component("API")
    async with publishing(path, db, page, config):
        await until(lambda: only(db).state is DeliveryState.RETRY_WAIT)
        assert "cannot be reached" in only(db).reason
        async with page:
            await until(lambda: not list_deliveries(db))
    assert page.bodies() == ["first"]


@pytest.mark.parametrize("mode", ["merge", "replace", "drop"])
async def test_what_the_page_does_with_metadata_does_not_matter(mode: str, path: Path, db: Database) -> None:
    async with FaultPage(metadata_mode=mode) as page:
        incident_id = await start_at("create", path, db, page)
        page.faults.extend([Fault.DROP_AFTER, Fault.E500_AFTER, Fault.DROP_BEFORE])
        confirm(db, incident_id, "second")
        confirm(db, incident_id, "third")
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "second", "third"]
        assert len(page.incidents) == 1


async def test_the_same_words_twice_are_sent_twice(path: Path, db: Database) -> None:
    async with FaultPage(metadata_mode="drop") as page:
        incident_id = await start_at("create", path, db, page)
        confirm(db, incident_id, "still looking")
        confirm(db, incident_id, "still looking ")
        page.faults.extend([Fault.NONE, Fault.NONE, Fault.DROP_BEFORE])
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "still looking", "still looking "]


@pytest.mark.parametrize("metadata_mode", ["keep", "drop"])
async def test_a_create_that_was_given_up_but_stands_there_is_joined(
    metadata_mode: str, path: Path, db: Database
) -> None:
    async with FaultPage(metadata_mode=metadata_mode) as page:
        incident_id = await start_at("create", path, db, page)
        page.faults.append(Fault.DROP_AFTER)
        async with publishing(path, db, page):
            await until(lambda: only(db).state is DeliveryState.UNCERTAIN)
        drop_delivery(db, only(db).id, "ana", now_ms())
        assert list_entries(db, incident_id)[0].text == "delivery given up: it may stand on the page"
        confirm(db, incident_id, "second")
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "second"]
        assert len(page.incidents) == 1


async def test_what_may_be_one_that_was_given_up_is_not_made_twice_unasked(path: Path, db: Database) -> None:
    async with FaultPage(metadata_mode="drop") as page:
        incident_id = await start_at("create", path, db, page)
        page.faults.append(Fault.DROP_AFTER)
        async with publishing(path, db, page):
            await until(lambda: only(db).state is DeliveryState.UNCERTAIN)
        drop_delivery(db, only(db).id, "ana", now_ms())
        page.reword(next(iter(page.incidents)), "A colleague put it otherwise.")
        confirm(db, incident_id, "second")
        async with publishing(path, db, page) as engine:
            await until(lambda: only(db).asked_at is not None)
            assert "may be this one" in only(db).reason
            assert len(page.incidents) == 1
            retry_delivery(db, only(db).id, "ana", now_ms())
            engine.wake.set()
            await until(lambda: not list_deliveries(db))
        assert len(page.incidents) == 2


async def test_one_applied_after_the_quiet_period_is_met_before_it_is_sent_again(path: Path, db: Database) -> None:
    async with FaultPage(late_s=0.5, retry_after="1") as page:
        incident_id = await start_at("create", path, db, page)
        confirm(db, incident_id, "second")
        page.faults.extend([Fault.LATE, Fault.T429])
        async with publishing(path, db, page):
            await until(lambda: not list_deliveries(db))
        assert page.bodies() == ["first", "second"]
        assert len(page.incidents) == 1


async def test_a_page_in_trouble_is_noted_for_all_screens(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        await start_at("update", path, db, page)
        page.read_faults.extend([Fault.EMPTY_500] * 3)
        async with publishing(path, db, page):
            await until(lambda: "the page answered 500" in read_page(db).last_error)
            await until(lambda: not list_deliveries(db))
        assert read_page(db).last_error == ""

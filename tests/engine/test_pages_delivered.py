"""The publisher and the reader at work on pages of other kinds that fail: once each, in order, and seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.engine.fakes.cachet import FakeCachet
from tests.engine.fakes.faultwire import FaultWire
from tests.engine.fakes.incidentio import PAGE_ID, FakeIncidentIo
from tests.engine.fakes.proving import NO_TLS, make_config, read_token
from tests.engine.faultkinds import Fault
from tests.engine.publishing import begin_epoch, confirm, declare, make_work

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.cachet import Cachet
from oncall_tui.engine.pages.incidentio import IncidentIo
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.reader import look_once, read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates

FAULTS = (
    Fault.NONE,
    Fault.DROP_BEFORE,
    Fault.DROP_AFTER,
    Fault.E500_BEFORE,
    Fault.E500_AFTER,
    Fault.HALF_JSON,
    Fault.HTML_AFTER,
    Fault.WRONG_SHAPE_AFTER,
    Fault.T429,
)


def make_incident_io(page: FaultWire) -> tuple[Page, PageConfig]:
    config = replace(make_config(page.origin, PAGE_ID, page.origin), adapter="incidentio")
    return IncidentIo(config, read_token, now_ms, NO_TLS), config


def make_cachet(page: FaultWire) -> tuple[Page, PageConfig]:
    config = replace(make_config(f"{page.origin}/api", "any", page.origin), adapter="cachet")
    return Cachet(config, read_token, now_ms, NO_TLS), config


def list_incident_io_words(page: FaultWire) -> list[list[str]]:
    assert isinstance(page, FakeIncidentIo)
    return [[update["message"] for update in reversed(item["updates"])] for item in page.incidents.values()]


def list_cachet_words(page: FaultWire) -> list[list[str]]:
    assert isinstance(page, FakeCachet)
    return [[item["message"], *(update["message"] for update in item["updates"])] for item in page.incidents.values()]


KINDS = [
    pytest.param(FakeIncidentIo, make_incident_io, list_incident_io_words, id="incident.io"),
    pytest.param(lambda: FakeCachet(zone_minutes=120), make_cachet, list_cachet_words, id="cachet"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oncall.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_database(path) as database:
        yield database


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("make_page", "make_client", "list_words"), KINDS)
async def test_what_was_confirmed_stands_there_once_and_in_order(
    path: Path,
    db: Database,
    make_page: Callable[[], FakeIncidentIo | FakeCachet],
    make_client: Callable[[FaultWire], tuple[Page, PageConfig]],
    list_words: Callable[[FaultWire], list[list[str]]],
    seed: int,
) -> None:
    rng = Random(seed)
    async with make_page() as page:
        page.faults += rng.choices(FAULTS, k=14)
        page.read_faults += rng.choices((Fault.NONE, Fault.DROP_AFTER, Fault.E500_BEFORE, Fault.T429), k=8)
        page.add_component("API")
        client, config = make_client(page)
        config = replace(config, quiet_period_ms=60, resends_unasked=True)
        incident = declare(db, components={"API": ComponentStatus.MAJOR_OUTAGE})
        words = ["We are looking into it.", "Still looking.", "Still looking.", "It is over."]
        for number, body in enumerate(words):
            status = IncidentStatus.RESOLVED if number == len(words) - 1 else IncidentStatus.INVESTIGATING
            states = incident.components if number == 0 else {}
            confirm(db, incident.id, body, status, states, uid=f"op-{number}", notify=number == 0)
        store = StoreThread(path)
        await store.start()
        try:
            await drain(make_work(store, client, config, begin_epoch(db), rng=rng), 20)
            assert list_words(page) == [words]
            assert list_deliveries(db) == []
            page.read_faults.clear()
            await read_page_once(store, client, config.name, Budget(store, config, now_ms), now_ms)
            assert not await look_once(store, client, config.name, now_ms)
        finally:
            await client.close()
            await store.close()
        updates = list_updates(db, incident.id)
        assert [update.body for update in updates] == words
        assert {update.delivery for update in updates} == {DeliveryState.DELIVERED}
        assert all(update.seen_at is not None for update in updates)

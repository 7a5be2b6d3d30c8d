"""The publisher and the reader at work on every kind of page while it fails: once each, in order, and seen."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.engine.fakes.kinds import KINDS, STATUSPAGE, Kind
from tests.engine.faultkinds import Fault
from tests.engine.publishing import QUIET_MS, begin_epoch, confirm, declare, make_work

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.reader import look_once, read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
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
READ_FAULTS = (Fault.NONE, Fault.NONE, Fault.DROP_AFTER, Fault.E500_BEFORE, Fault.T429)
STAGES = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.MONITORING,
    IncidentStatus.MONITORING,
    IncidentStatus.RESOLVED,
)
WORDS = ("We are looking.", "Still looking.", "Found.", "Found.", "It is over.")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not STATUSPAGE], ids=str)
async def test_what_was_confirmed_stands_there_once_and_in_order(kind: Kind, tmp_path: Path) -> None:
    rng = Random(str(kind))
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        async with kind.serving(**kind.zone) as (page, client):
            page.faults += rng.choices(FAULTS, k=12)
            page.read_faults += rng.choices(READ_FAULTS, k=8)
            page.add_component("API")
            config = replace(
                kind.make_config(page),
                adapter=kind.name,
                request_timeout_ms=QUIET_MS - 40,
                quiet_period_ms=QUIET_MS,
                resends_unasked=True,
            )
            down = {"API": ComponentStatus.MAJOR_OUTAGE}
            incident = declare(db, components=down)
            for number, (status, body) in enumerate(zip(STAGES, WORDS, strict=True)):
                states = down if status.is_open else {}
                confirm(db, incident.id, body, status, states, uid=f"op-{number}", notify=number == 0)
            store = StoreThread(path)
            await store.start()
            try:
                await drain(make_work(store, client, config, begin_epoch(db), rng=rng), 20)
                assert page.list_words() == [list(WORDS)]
                assert page.list_notified() == [True, False, False, False, False]
                assert list_deliveries(db) == []
                page.read_faults.clear()
                await read_page_once(store, client, config.name, Budget(store, config, now_ms), now_ms)
                assert not await look_once(store, client, config.name, now_ms)
            finally:
                await store.close()
            updates = list_updates(db, incident.id)
            assert [update.body for update in updates] == list(WORDS)
            assert {update.delivery for update in updates} == {DeliveryState.DELIVERED}
            # Of words that stand there twice, or that are too few, nothing on the page tells which they are.
            told = ["" if update.seen_at is not None else update.reason for update in updates]
            assert [words.partition(":")[0] for words in told] == ["", *["cannot be looked up"] * 3, ""]

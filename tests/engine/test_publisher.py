from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import confirm, declare, publishing, until

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import list_deliveries, list_updates


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oncall.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_database(path) as database:
        yield database


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
            engine.wake.set()
            await until(lambda: page.writes, 1.0)

"""One engine and pages of several kinds at once: each has its own pace, and a dead one holds back no other."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.fakes.cachet import FakeCachet
from tests.engine.fakes.faultwire import TOKEN
from tests.engine.fakes.incidentio import FakeIncidentIo
from tests.engine.fakes.incidentio_work import PAGE_ID as INCIDENT_IO_ID
from tests.engine.fakes.instatus import FakeInstatus
from tests.engine.fakes.instatus_work import PAGE_ID as INSTATUS_ID
from tests.engine.fakes.proving import make_config
from tests.engine.publishing import declare, until

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, TokenSource
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.update import DeliveryState, IncidentUpdate
from oncall_tui.engine.service import Mode, run_engine
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.page import list_pages
from oncall_tui.store.updates import list_updates


def confirm(db: Database, config: Config, incident_id: int, body: str) -> None:
    confirm_update(
        db,
        incident_id,
        uid=f"op-{body}",
        status=IncidentStatus.INVESTIGATING,
        body=body,
        components={},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=now_ms(),
        pages=config.page_names,
    )


def find_states(update: IncidentUpdate) -> dict[str, DeliveryState]:
    return {proof.page: proof.state for proof in update.proofs}


def count_seen(update: IncidentUpdate) -> int:
    return sum(proof.seen_at is not None for proof in update.proofs)


async def test_pages_of_several_kinds_are_told_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with FakeIncidentIo() as first, FakeCachet(zone_minutes=120) as second, FakeInstatus() as third:
        configs = (
            replace(make_config(first.origin, INCIDENT_IO_ID, first.origin), name="io", adapter="incident.io"),
            replace(make_config(f"{second.origin}/api", "any", second.origin), name="internal", adapter="cachet"),
            replace(make_config(third.origin, INSTATUS_ID, third.origin), name="shop", adapter="instatus"),
            replace(make_config(dead, "x", dead), name="dead"),
        )
        pages = tuple(replace(each, token=TokenSource(env="TEST_TOKEN")) for each in configs)
        config = Config(tmp_path / "oncall.toml", pages)
        stop = asyncio.Event()
        with open_database(tmp_path / "oncall.db") as db:
            incident = declare(db)
            for body in ("We are looking into it.", "We have found the cause."):
                confirm(db, config, incident.id, body)
            engine = asyncio.create_task(run_engine(tmp_path / "oncall.db", config, mode=Mode.STAY, stop=stop))
            try:
                last = dict.fromkeys(("io", "internal", "shop"), DeliveryState.DELIVERED)
                await until(lambda: last.items() <= find_states(list_updates(db, incident.id)[1]).items())
                await until(
                    lambda: sum(bool(each.seen_at) for each in list_updates(db, incident.id)[1].proofs) == 3, 20.0
                )
            finally:
                stop.set()
                await engine
            told, latest = list_updates(db, incident.id)
            states = {page.page: page for page in list_pages(db)}
        assert find_states(told)["dead"] is DeliveryState.RETRY_WAIT
        assert find_states(latest)["dead"] is DeliveryState.PENDING
        assert (latest.delivery, latest.seen_at) == (DeliveryState.PENDING, None)
        assert list(states) == ["io", "internal", "shop", "dead"]
        assert "cannot be reached" in states["dead"].last_error
        assert [states[name].last_error for name in ("io", "internal", "shop")] == ["", "", ""]
        held = {name: page.capabilities.adapter for name, page in states.items() if page.capabilities}
        assert held == {"io": "incident.io", "internal": "cachet", "shop": "instatus", "dead": "statuspage"}
        shown = [item["message"] for incident in third.incidents.values() for item in incident["updates"]]
        assert sorted(shown) == ["We are looking into it.", "We have found the cause."]

"""Two hosts, each with a file and an engine of its own, lead one page: both end with the same incidents and words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from msgspec.structs import replace
from tests.engine.faultkinds import HEALING_FAULTS, Fault
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import NO_TLS, begin_epoch, confirm, declare, make_config, make_work, until

from oncall_tui.clock import now_ms
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import list_incidents, read_origin
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.updates import list_updates


@asynccontextmanager
async def hosting(path: Path, page: FaultPage) -> AsyncIterator[Database]:
    """A host at work: a file, a publisher that looks often, and a reader."""
    store = StoreThread(path)
    await store.start()
    config = replace(make_config(page), resends_unasked=True)
    client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
    wake, stop, delivered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def nudge() -> None:
        while True:
            wake.set()
            await asyncio.sleep(0.02)

    with open_database(path) as db:
        tasks = [
            asyncio.create_task(
                run_publisher(make_work(store, client, config, begin_epoch(db), wake=wake, stop=stop), delivered)
            ),
            asyncio.create_task(
                run_reader(
                    store,
                    client,
                    config=config,
                    clock=now_ms,
                    delivered=delivered,
                    stop=stop,
                    busy_every_s=0.05,
                    idle_every_s=0.05,
                )
            ),
        ]
        nudging = asyncio.create_task(nudge())
        try:
            yield db
        finally:
            nudging.cancel()
            stop.set()
            await asyncio.gather(*tasks)
            await client.close()
            await store.close()


def list_words(db: Database) -> list[list[str]]:
    """Returns the bodies of each incident, as this host knows them, the oldest incident first."""
    incidents = sorted(list_incidents(db), key=lambda incident: incident.declared_at)
    return [[update.body for update in list_updates(db, incident.id)] for incident in incidents]


async def test_what_one_host_says_the_other_continues(tmp_path: Path) -> None:
    async with (
        FaultPage() as page,
        hosting(tmp_path / "paris.db", page) as paris,
        hosting(tmp_path / "oslo.db", page) as oslo,
    ):
        ours = declare(paris)
        confirm(paris, ours.id, "Paris looks into it.")
        await until(lambda: list_words(oslo) == [["Paris looks into it."]])
        (theirs,) = list_incidents(oslo)
        assert theirs.uid == ours.uid
        assert [listing.is_led_elsewhere for listing in theirs.listings.values()] == [True]
        confirm(oslo, theirs.id, "Oslo has found it.", IncidentStatus.IDENTIFIED)
        await until(lambda: list_words(paris) == [["Paris looks into it.", "Oslo has found it."]])
        await until(lambda: list_incidents(paris)[0].listings["page"].is_led_elsewhere)
        assert not list_incidents(oslo)[0].listings["page"].is_led_elsewhere
        confirm(paris, ours.id, "Paris has mended it.", IncidentStatus.RESOLVED)
        await until(lambda: not list_incidents(oslo)[0].status.is_open)
        assert list_words(oslo) == list_words(paris)
        assert [update.is_local for update in list_updates(oslo, theirs.id)] == [False, True, False]
    assert len(page.incidents) == 1
    assert page.bodies() == ["Paris looks into it.", "Oslo has found it.", "Paris has mended it."]


async def test_the_page_tells_who_wrote_last_by_an_id_that_tells_nothing_else(tmp_path: Path) -> None:
    async with FaultPage() as page, hosting(tmp_path / "paris.db", page) as paris:
        confirm(paris, declare(paris).id, "Paris looks into it.")
        await until(lambda: not list_deliveries(paris))
        origin = read_origin(paris)
    (incident,) = page.incidents.values()
    assert incident["metadata"]["oncall_tui"]["origin"] == origin
    assert len(origin) == 16
    assert set(origin) <= set("0123456789abcdef")


async def test_both_end_with_the_same_words_whatever_the_page_does(tmp_path: Path) -> None:
    rng = Random(5)
    async with (
        FaultPage(rng=rng, slow_s=0.2) as page,
        hosting(tmp_path / "paris.db", page) as paris,
        hosting(tmp_path / "oslo.db", page) as oslo,
    ):
        ours = declare(paris)
        confirm(paris, ours.id, "first")
        await until(lambda: bool(list_words(oslo)))
        page.draw = lambda _: rng.choice(HEALING_FAULTS) if rng.random() < 0.3 else Fault.NONE
        for number in range(3):
            confirm(paris, ours.id, f"paris {number}")
            confirm(oslo, list_incidents(oslo)[0].id, f"oslo {number}")
        await until(lambda: not list_deliveries(paris) and not list_deliveries(oslo))
        await until(lambda: len(list_words(paris)[0]) == len(list_words(oslo)[0]) == 7)
        shown = page.bodies()
        assert sorted(list_words(paris)[0]) == sorted(list_words(oslo)[0]) == sorted(shown)
    assert len(shown) == len(set(shown)) == 7
    for host in ("paris", "oslo"):
        assert [body for body in shown if body.startswith(host)] == [f"{host} {number}" for number in range(3)]

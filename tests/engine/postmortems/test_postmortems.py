"""Reviews on their way to the embedded page and back, as people ask."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.publishing import confirm, make_work, until
from tests.engine.reviewworld import (
    Served,
    World,
)
from tests.pace import PATIENCE_S, free_s
from tests.statuspage.conftest import TOKEN

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.postmortem import PublicationState
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.postmortems import run_postmortems
from oncall_tui.engine.reader import read_page_once
from oncall_tui.engine.service import Mode, run_engine
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.timeline import list_entries


async def test_a_review_is_published_corrected_and_taken_back(world: World, page: Served) -> None:
    remote_id = await world.resolve()
    world.publish(notify=True)
    published = await world.work()
    assert (published.state, published.reason) == (PublicationState.PUBLISHED, "")
    assert published.published_at is not None
    assert abs(published.published_at - now_ms()) < 10_000
    assert page.read(remote_id)["body"] == "Why it broke."
    assert "Why it broke." in page.read_public(remote_id)

    world.publish("Why it really broke.")
    assert (await world.work()).state is PublicationState.PUBLISHED
    assert page.read(remote_id)["body"] == "Why it really broke."

    world.revert()
    reverted = await world.work()
    assert (reverted.state, reverted.published_at) == (PublicationState.REVERTED, None)
    assert page.read(remote_id)["published_at"] is None
    assert "broke" not in page.read_public(remote_id)

    world.publish("Why it really broke.")
    assert (await world.work()).state is PublicationState.PUBLISHED
    told = [(entry.kind, entry.actor) for entry in list_entries(world.db, world.incident.id)[::-1]]
    assert (
        told[-8:]
        == [
            (EntryKind.QUEUED, "ana"),
            (EntryKind.DELIVERED, "engine"),
            (EntryKind.EDITED, "ana"),
            (EntryKind.QUEUED, "ana"),
            (EntryKind.DELIVERED, "engine"),
            (EntryKind.QUEUED, "bo"),
            (EntryKind.DELIVERED, "engine"),
            (EntryKind.QUEUED, "ana"),
            (EntryKind.DELIVERED, "engine"),
        ][-8:]
    )


async def test_our_own_review_is_no_conflict_with_the_page(world: World, page: Served) -> None:
    await world.resolve()
    world.publish()
    await world.work()
    await read_page_once(world.store, world.client, "page", Budget(world.store, page.config(), now_ms), now_ms)
    read = get_incident(world.db, world.incident.id)
    assert read.conflict == ""
    assert not read.status.is_open


async def test_a_repeated_wish_writes_nothing(world: World, page: Served) -> None:
    await world.resolve()
    world.publish(notify=True)
    await world.work()
    page.app.writes.clear()
    world.publish(notify=True)
    assert (await world.work()).state is PublicationState.PUBLISHED
    assert page.app.writes == []


async def test_a_refusal_is_told_and_a_new_wish_tries_again(world: World, page: Served) -> None:
    await world.resolve()
    page.app.faults.append("422")
    world.publish()
    failed = await world.work()
    assert failed.state is PublicationState.FAILED
    assert "refused the content" in failed.reason
    world.publish()
    assert (await world.work()).state is PublicationState.PUBLISHED


async def test_words_of_others_on_the_page_are_not_overwritten_unasked(world: World, page: Served) -> None:
    remote_id = await world.resolve()
    page.write_draft(remote_id, "Their words.")
    world.publish()
    failed = await world.work()
    assert failed.state is PublicationState.FAILED
    assert "somebody wrote another text" in failed.reason
    assert page.app.writes == []
    world.publish(is_forced=True)
    assert (await world.work()).state is PublicationState.PUBLISHED
    assert page.read(remote_id)["body"] == "Why it broke."


async def test_a_page_without_a_place_is_told_and_skipped(world: World, page: Served) -> None:
    await world.resolve()
    world.client.capabilities = replace(world.client.capabilities, has_postmortem=False)
    world.publish()
    skipped = await world.work()
    assert skipped.state is PublicationState.SKIPPED
    assert "no place" in skipped.reason
    assert page.app.writes == []


async def test_updates_go_first_and_nothing_stands_beside_no_incident(world: World) -> None:
    confirm(world.db, world.incident.id, "Done.", IncidentStatus.RESOLVED)
    world.publish()
    assert (await world.work()).state is PublicationState.PUBLISHING
    with world.db.write("outbox") as connection:
        connection.execute("UPDATE delivery SET state = 'dropped'")
    failed = await world.work()
    assert failed.state is PublicationState.FAILED
    assert "does not have this incident" in failed.reason
    world.revert()
    assert (await world.work()).state is PublicationState.REVERTED


async def test_a_reopened_incident_holds_its_review_back(world: World) -> None:
    await world.resolve()
    world.publish()
    confirm(world.db, world.incident.id, "Again.", IncidentStatus.INVESTIGATING)
    with world.db.write("outbox") as connection:
        connection.execute("UPDATE delivery SET state = 'delivered'")
    assert (await world.work()).state is PublicationState.PUBLISHING


async def test_a_running_engine_does_it_as_soon_as_it_is_asked(
    tmp_path: Path, page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PM_TOKEN", TOKEN)
    path, stop = tmp_path / "oncall.db", asyncio.Event()
    config = Config(path=tmp_path / "oncall.toml", pages=(page.config(request_timeout_ms=5_000),))
    store = StoreThread(path)
    await store.start()
    with open_database(path) as db:
        running = asyncio.create_task(run_engine(path, config, mode=Mode.STAY, stop=stop))
        world = World(page, store, db)
        # The world's own epoch must not stand above the engine's.
        await until(lambda: db.row("SELECT 1 FROM lease WHERE mode = 'stay' AND pid != 1") is not None)
        confirm(db, world.incident.id, "Done.", IncidentStatus.RESOLVED)
        await until(lambda: "page" in get_incident(db, world.incident.id).listings)
        asked = free_s()
        world.publish()
        await until(lambda: world.publication.state is PublicationState.PUBLISHED)
        assert free_s() - asked < 2
        assert page.read(world.remote_id)["body"] == "Why it broke."
        stop.set()
        await running
        await world.client.close()
    await store.close()


async def test_the_loop_ends_with_the_engine(world: World) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(
        run_postmortems(make_work(world.store, world.client, world.page.config(), world.epoch, stop=stop))
    )
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(working, PATIENCE_S)

"""Reviews while the page fails before and after what it does, and engines end: the last wish stands, told once."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.publishing import begin_epoch, until
from tests.engine.reviewworld import (
    FAULTS,
    QUIET_MS,
    Served,
    World,
)

from oncall_tui.domain.postmortem import PublicationState
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database


@pytest.mark.parametrize(
    ("position", "fault"), [(0, "500 before"), (0, "429"), (0, "slow before"), *((1, fault) for fault in FAULTS)]
)
async def test_a_fault_is_outlived_and_a_doubt_waits_for_the_page(
    world: World, page: Served, position: int, fault: str
) -> None:
    remote_id = await world.resolve()
    page.app.faults.extend([""] * position + [fault])
    world.publish()
    assert (await world.work()).state is PublicationState.PUBLISHED
    assert page.read(remote_id)["body"] == "Why it broke."
    if fault != "429":
        times = [at for at, _ in page.app.writes]
        assert times[position + 1 :] == [] or times[position + 1] - times[position] >= QUIET_MS / 1000


@pytest.mark.parametrize("fault", FAULTS)
async def test_subscribers_are_told_once_or_a_person_is_asked(world: World, page: Served, fault: str) -> None:
    await world.resolve()
    page.app.faults.extend(["", fault])
    world.publish(notify=True)
    ended = await world.work()
    noticed = [what for _, what in page.app.writes].count("publish")
    if fault == "500 before":
        assert (ended.state, noticed) == (PublicationState.FAILED, 1)
        assert "may have told its subscribers" in ended.reason
        world.publish()
        assert (await world.work()).state is PublicationState.PUBLISHED
    else:
        assert (ended.state, noticed) == (PublicationState.PUBLISHED, 2 if fault == "429" else 1)


async def test_an_overtaken_engine_writes_nothing(world: World, page: Served) -> None:
    await world.resolve()
    world.publish()
    later = begin_epoch(world.db)
    assert (await world.work(epoch=world.epoch)).state is PublicationState.PUBLISHING
    assert page.app.writes == []
    assert (await world.work(epoch=later)).state is PublicationState.PUBLISHED


async def test_what_a_dead_engine_left_rests_before_it_is_repeated(world: World, page: Served) -> None:
    await world.resolve()
    page.app.faults.extend(["", "slow after"])
    world.publish(notify=True)
    dying = asyncio.create_task(world.work())
    await until(lambda: len(page.app.writes) == 2)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    begun = time.monotonic()
    assert (await world.work(epoch=begin_epoch(world.db))).state is PublicationState.PUBLISHED
    assert time.monotonic() - begun >= QUIET_MS / 1000
    assert len(page.app.writes) == 2


async def test_a_wish_that_changes_under_way_is_the_one_that_stands(world: World, page: Served) -> None:
    remote_id = await world.resolve()
    page.app.faults.extend(["", "slow after"])
    world.publish()
    working = asyncio.create_task(world.work())
    await until(lambda: len(page.app.writes) == 2)
    world.revert()
    assert (await working).state is PublicationState.REVERTED
    assert page.read(remote_id)["published_at"] is None


SHOWN = (PublicationState.PUBLISHING, PublicationState.PUBLISHED)
Wish = tuple[str, tuple[str, ...], bool]
_FAULTS = st.lists(st.sampled_from(FAULTS), max_size=2).map(tuple)
WISHES = st.lists(
    st.tuples(st.sampled_from(["One.", "Two.", "revert"]), _FAULTS, st.booleans()), min_size=1, max_size=3
)


@given(wishes=WISHES)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_page_shows_what_was_asked_for_last(
    tmp_path_factory: pytest.TempPathFactory, server: Served, wishes: list[Wish]
) -> None:
    async def live() -> None:
        path = tmp_path_factory.mktemp("file") / "oncall.db"
        server.app.faults.clear()
        store = StoreThread(path)
        await store.start()
        with open_database(path) as db:
            world = World(server, store, db)
            remote_id = await world.resolve()
            for what, faults, is_killed in wishes:
                server.app.faults.extend(faults)
                if what != "revert":
                    world.publish(what)
                elif db.row("SELECT 1 FROM page_postmortem WHERE state NOT IN ('reverted', 'reverting')"):
                    world.revert()
                if is_killed and db.row("SELECT 1 FROM page_postmortem"):
                    await world.work(deadline_s=0.05)
                    world.epoch = begin_epoch(db)
            if db.row("SELECT 1 FROM page_postmortem"):
                wanted = world.publication.body if world.publication.state in SHOWN else None
                done = await world.work(deadline_s=20)
                assert not done.state.is_waiting
                assert done.state is not PublicationState.FAILED
                assert (server.read(remote_id).get("body") or None) == wanted
            await world.client.close()
        await store.close()

    asyncio.run(live())

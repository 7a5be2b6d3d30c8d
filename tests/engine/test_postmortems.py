"""Reviews on their way to the embedded page and back: real sockets, faults before and after what the page does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.engine.publishing import NO_TLS, begin_epoch, confirm, declare, make_work, until
from tests.statuspage.conftest import PAGE_ID, TOKEN

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import Incident, IncidentStatus
from oncall_tui.domain.postmortem import Publication, PublicationState
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.postmortems import drain_postmortems, run_postmortems
from oncall_tui.engine.publisher import drain
from oncall_tui.engine.reader import read_page_once
from oncall_tui.engine.service import Mode, run_engine
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.statuspage.pagefile import PageFile, prepare
from oncall_tui.statuspage.server import build_app
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.postmortem import ask_publish, ask_revert, get_postmortem, save_postmortem
from oncall_tui.store.timeline import list_entries

QUIET_MS = 140
TIMEOUT_MS = 120
SLOW_S = 1.5 * TIMEOUT_MS / 1000
FAULTS = ("500 before", "500 after", "429", "slow before", "slow after", "junk after")


class FaultyApp:
    """Lets the embedded page do its work, and spoils writes of reviews before or after it; `faults` are used up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.faults: deque[str] = deque()
        self.writes: list[tuple[float, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or "/postmortem" not in scope["path"]:
            await self.app(scope, receive, send)
            return
        fault = self.faults.popleft() if self.faults else ""
        # Taken whole at once: a page goes on with what it has read, though its client has left.
        request = await receive()
        self.writes.append((time.monotonic(), scope["path"].rpartition("/")[2]))

        async def receive_again() -> Message:
            return request

        if fault.startswith("slow"):
            await asyncio.sleep(SLOW_S if fault == "slow before" else 0)
        if fault.endswith("after"):
            await self.app(scope, receive_again, _swallow)
        if fault == "slow after":
            await asyncio.sleep(SLOW_S)
        if fault in ("", "slow before"):
            await self.app(scope, receive_again, send)
            return
        status = {"429": 429, "422": 422, "junk after": 200}.get(fault, 500)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<p>"})


async def _swallow(message: Message) -> None:
    pass


class Served(NamedTuple):
    app: FaultyApp
    url: str
    file: PageFile

    def config(self, **changes: object) -> PageConfig:
        made = PageConfig(
            api_url=f"{self.url}/v1",
            public_url=self.url,
            page_id=PAGE_ID,
            token=TokenSource(env="PM_TOKEN"),
            requests_per_minute=100_000,
            request_timeout_ms=TIMEOUT_MS,
            quiet_period_ms=QUIET_MS,
        )
        return replace(made, **changes)

    def read(self, remote_id: str) -> dict[str, object]:
        path = f"{self.url}/v1/pages/{PAGE_ID}/incidents/{remote_id}/postmortem"
        answer = httpx.get(path, headers={"Authorization": f"OAuth {TOKEN}"}, trust_env=False)
        found: dict[str, object] = answer.json() if answer.status_code == 200 else {}
        return found

    def read_public(self, remote_id: str) -> str:
        return httpx.get(f"{self.url}/incidents/{remote_id}", trust_env=False).text

    def write_draft(self, remote_id: str, text: str) -> None:
        path = f"{self.url}/v1/pages/{PAGE_ID}/incidents/{remote_id}/postmortem"
        body = {"postmortem": {"body_draft": text}}
        httpx.put(path, json=body, headers={"Authorization": f"OAuth {TOKEN}"}, trust_env=False).raise_for_status()
        self.app.writes.clear()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("page") / "page.db"
    prepare(data, TOKEN, PAGE_ID, "Acme", ["API"], now_ms())
    file = PageFile(data)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = FaultyApp(build_app(file, url, TOKEN, None, now_ms))
        running = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        while not running.started:
            time.sleep(0.002)
        yield Served(app, url, file)
        running.should_exit = True
        thread.join()
    file.close()


@pytest.fixture
def page(server: Served) -> Served:
    server.app.faults.clear()
    server.app.writes.clear()
    with server.file.write(now_ms()) as db:
        db.execute("DELETE FROM incident")
    return server


class World:
    """One file with one resolved incident that stands on the page, and engines for it."""

    def __init__(self, page: Served, store: StoreThread, db: Database) -> None:
        self.page = page
        self.store = store
        self.db = db
        self.client = Statuspage(page.config(), lambda: Secret(TOKEN), now_ms, NO_TLS)
        self.epoch = begin_epoch(db)
        self.incident: Incident = declare(db)

    async def resolve(self) -> str:
        confirm(self.db, self.incident.id, "Done.", IncidentStatus.RESOLVED)
        await drain(make_work(self.store, self.client, self.page.config(request_timeout_ms=5_000), self.epoch), 10)
        return self.remote_id

    @property
    def remote_id(self) -> str:
        return get_incident(self.db, self.incident.id).listings["page"].remote_id

    @property
    def publication(self) -> Publication:
        (publication,) = get_postmortem(self.db, self.incident.id).publications
        return publication

    def draft(self, text: str = "Why it broke.") -> None:
        found = self.db.row("SELECT revision FROM postmortem")
        seen = found["revision"] if found else None
        save_postmortem(
            self.db, self.incident.id, public=text, internal="In.", seen_revision=seen, actor="ana", now=now_ms()
        )

    def publish(self, text: str = "Why it broke.", *, notify: bool = False, is_forced: bool = False) -> None:
        self.draft(text)
        ask_publish(
            self.db,
            self.incident.id,
            body=text,
            notify=notify,
            seen_revision=get_postmortem(self.db, self.incident.id).revision,
            pages=["page"],
            is_forced=is_forced,
            actor="ana",
            now=now_ms(),
        )

    def revert(self) -> None:
        ask_revert(self.db, self.incident.id, actor="bo", now=now_ms())

    async def work(self, deadline_s: float = 10, epoch: int | None = None) -> Publication:
        epoch = self.epoch if epoch is None else epoch
        await drain_postmortems(make_work(self.store, self.client, self.page.config(), epoch), deadline_s)
        return self.publication


@pytest.fixture
async def world(tmp_path: Path, page: Served) -> AsyncIterator[World]:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    with open_database(tmp_path / "oncall.db") as db:
        made = World(page, store, db)
        yield made
        await made.client.close()
    await store.close()


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
        asked = time.monotonic()
        world.publish()
        await until(lambda: world.publication.state is PublicationState.PUBLISHED)
        assert time.monotonic() - asked < 2
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
    await asyncio.wait_for(working, 2)

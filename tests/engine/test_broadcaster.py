"""A broadcast follows its update: once customers can read that on a page, once, and never twice on a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.engine.fakes.kinds import INSTATUS
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import declare, make_config, until

from oncall_tui.clock import now_ms
from oncall_tui.config.model import BroadcastConfig, Config, TokenSource
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.shortform import Form
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine import works
from oncall_tui.engine.broadcast import Broadcast
from oncall_tui.engine.broadcaster import run_broadcaster
from oncall_tui.engine.page_work import Work
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, RefusedByPageError
from oncall_tui.engine.service import Mode, run_engine
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.deliveries import claim_delivery, mark_seen, settle_delivered
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import adopt_delivery, confirm_update, list_deliveries, list_due, retry_delivery
from oncall_tui.store.updates import list_updates

CHANNEL = "ops-chat"
URL = "https://status.example.com"


class Recorder:
    """A channel that answers each broadcast with the next of `answers`."""

    def __init__(self, *answers: Exception) -> None:
        self.answers = list(answers)
        self.sent: list[Broadcast] = []

    async def make_ready(self) -> None:
        return

    async def send(self, broadcast: Broadcast) -> None:
        self.sent.append(broadcast)
        if self.answers:
            raise self.answers.pop(0)


@asynccontextmanager
async def broadcasting(path: Path, db: Database, channel: Recorder) -> AsyncIterator[int]:
    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
    wake, stop = asyncio.Event(), asyncio.Event()
    store = StoreThread(path)
    await store.start()
    task = asyncio.create_task(
        run_broadcaster(
            Work(store=store, epoch=epoch, clock=now_ms, rng=Random(1), wake=wake, stop=stop),
            channel,
            name=CHANNEL,
            form=Form.CHAT,
            addresses={"page": URL},
        )
    )

    async def nudge() -> None:
        while True:
            wake.set()
            await asyncio.sleep(0.02)

    nudging = asyncio.create_task(nudge())
    try:
        yield epoch
    finally:
        nudging.cancel()
        stop.set()
        await task
        await store.close()


def confirm(
    db: Database,
    body: str = "Looking.",
    *,
    notify: bool = True,
    incident_id: int | None = None,
    pages: Sequence[str] = (MAIN_PAGE,),
) -> int:
    incident_id = incident_id or declare(db).id
    confirm_update(
        db,
        incident_id,
        uid=f"op-{body}",
        status=IncidentStatus.INVESTIGATING,
        body=body,
        components={},
        next_update_at=None,
        notify=notify,
        actor="ana",
        now=now_ms(),
        pages=pages,
        broadcasts=(CHANNEL,),
    )
    return incident_id


def publish(db: Database, epoch: int, remote_id: str = "u1") -> None:
    now = now_ms()
    (delivery,) = list_due(db, now)
    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.CREATE, (), now)
    assert settle_delivered(
        db,
        delivery.id,
        epoch,
        remote_incident_id="r1",
        remote_update_id=remote_id,
        remote_url="https://status.example.com/incidents/r1",
        page_title="Errors",
        page_updated_at=now,
        delivered_at=now,
        now=now,
    )


def find_broadcast(db: Database) -> Delivery:
    return next(item for item in list_deliveries(db, is_open_only=False) if item.kind is DeliveryKind.BROADCAST)


async def test_a_broadcast_waits_until_customers_can_read_its_update(path: Path, db: Database) -> None:
    channel = Recorder()
    async with broadcasting(path, db, channel) as epoch:
        incident_id = confirm(db)
        await asyncio.sleep(0.15)
        publish(db, epoch)
        await asyncio.sleep(0.15)
        assert channel.sent == []
        mark_seen(db, {"u1": "Looking."}, now_ms())
        await until(lambda: not list_deliveries(db))
    (sent,) = channel.sent
    assert (sent.body, sent.url, sent.form) == ("Looking.", "https://status.example.com/incidents/r1", Form.CHAT)
    (update,) = list_updates(db, incident_id)
    assert [(proof.page, proof.is_broadcast, proof.state) for proof in update.proofs] == [
        (CHANNEL, True, DeliveryState.DELIVERED),
        ("page", False, DeliveryState.DELIVERED),
    ]
    assert update.seen_at is not None


async def test_a_link_leads_to_the_page_that_shows_the_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    channel = Recorder()
    monkeypatch.setattr(works, "open_channel", lambda _: channel)
    async with FaultPage() as dead, INSTATUS.make_page() as page:
        dead.is_deaf = True
        token = TokenSource(env="TEST_TOKEN")
        shown = replace(INSTATUS.make_config(page), adapter="instatus", name="second", token=token)
        config = Config(
            tmp_path / "oncall.toml",
            (replace(make_config(dead), name="first", token=token), shown),
            broadcasts=(BroadcastConfig(CHANNEL, "chat", TokenSource(env="UNUSED")),),
        )
        stop = asyncio.Event()
        with open_database(tmp_path / "oncall.db") as db:
            confirm(db, "We are looking into errors.", pages=config.page_names)
            engine = asyncio.create_task(run_engine(tmp_path / "oncall.db", config, mode=Mode.STAY, stop=stop))
            try:
                await until(lambda: channel.sent)
            finally:
                stop.set()
                await engine
        assert [sent.url for sent in channel.sent] == [shown.public_url]


async def test_what_subscribers_are_not_told_is_not_broadcast(db: Database) -> None:
    confirm(db, notify=False)
    assert [item.kind for item in list_deliveries(db)] == [DeliveryKind.CREATE]


async def test_one_that_was_not_taken_is_tried_again(path: Path, db: Database) -> None:
    channel = Recorder(NotAppliedError("refused the connection", 10))
    async with broadcasting(path, db, channel) as epoch:
        confirm(db)
        publish(db, epoch)
        mark_seen(db, {"u1": "Looking."}, now_ms())
        await until(lambda: not list_deliveries(db))
    assert len(channel.sent) == 2


@pytest.mark.parametrize("error", [RefusedByPageError("no such hook"), UsageError("Apprise is not installed")])
async def test_one_that_is_refused_waits_for_a_person(error: Exception, path: Path, db: Database) -> None:
    channel = Recorder(error)
    async with broadcasting(path, db, channel) as epoch:
        confirm(db)
        publish(db, epoch)
        mark_seen(db, {"u1": "Looking."}, now_ms())
        await until(lambda: find_broadcast(db).state is DeliveryState.FAILED)
        assert find_broadcast(db).reason == str(error)
        retry_delivery(db, find_broadcast(db).id, "ana", now_ms())
        await until(lambda: not list_deliveries(db))
    assert len(channel.sent) == 2


async def test_a_doubt_is_put_to_a_person_and_never_sent_again_by_itself(path: Path, db: Database) -> None:
    channel = Recorder(AmbiguousError("it answered 500"))
    async with broadcasting(path, db, channel) as epoch:
        incident_id = confirm(db)
        publish(db, epoch)
        mark_seen(db, {"u1": "Looking."}, now_ms())
        await until(lambda: find_broadcast(db).asked_at is not None)
        confirm(db, "Found it.", incident_id=incident_id)
        publish(db, epoch, "u2")
        mark_seen(db, {"u2": "Found it."}, now_ms())
        await asyncio.sleep(0.3)
        assert [sent.body for sent in channel.sent] == ["Looking."]
        assert "it answered 500" in find_broadcast(db).reason
        adopt_delivery(db, find_broadcast(db).id, None, "ana", now_ms())
        await until(lambda: not list_deliveries(db))
    assert [sent.body for sent in channel.sent] == ["Looking.", "Found it."]


async def test_one_that_was_being_sent_when_the_engine_died_is_put_to_a_person(path: Path, db: Database) -> None:
    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
    confirm(db)
    publish(db, epoch)
    mark_seen(db, {"u1": "Looking."}, now_ms())
    assert claim_delivery(db, find_broadcast(db).id, epoch, DeliveryKind.BROADCAST, (), now_ms())
    channel = Recorder()
    async with broadcasting(path, db, channel):
        await until(lambda: find_broadcast(db).asked_at is not None)
    assert channel.sent == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning:")
async def test_an_engine_tells_a_real_hook_after_a_real_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise", reason="the broadcast extra is not installed")
    from tests.engine.broadcast.receivers import receiving

    async with FaultPage(public_delay_s=0.2) as page, receiving() as hook:
        monkeypatch.setenv("TEST_HOOK", f"json://127.0.0.1:{hook.port}/s3cret")
        monkeypatch.setenv("TEST_TOKEN", TOKEN)
        config = Config(
            tmp_path / "oncall.toml",
            (replace(make_config(page, timeout_ms=5_000, quiet_ms=10_000), token=TokenSource(env="TEST_TOKEN")),),
            broadcasts=(BroadcastConfig(CHANNEL, "chat", TokenSource(env="TEST_HOOK")),),
        )
        stop = asyncio.Event()
        engine = asyncio.create_task(run_engine(tmp_path / "oncall.db", config, mode=Mode.STAY, stop=stop))
        try:
            with open_database(tmp_path / "oncall.db") as db:
                incident_id = confirm(db)
                await until(lambda: not list_deliveries(db))
                seen_at = list_updates(db, incident_id)[0].seen_at
                told = find_broadcast(db)
        finally:
            stop.set()
            await engine
        (body,) = hook.bodies
        assert b"Looking." in body
        assert (told.sending_at or 0) >= (seen_at or 0) > 0

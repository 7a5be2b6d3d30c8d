"""A whole small world on a clock that leaps: a page that fails, an engine that dies at any await, two terminals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

from msgspec.structs import replace
from tests.engine.faultkinds import Fault
from tests.engine.faultmirror import check_mirror, check_told_once, look_twice
from tests.engine.faultpage import FaultPage
from tests.engine.person import answer, needs_person
from tests.engine.publishing import begin_epoch, list_ours, make_client, make_config, publish, read, until
from tests.engine.warp import WarpLoop

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.outbox import Pace
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState, IncidentUpdate
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import drop_delivery, list_deliveries

P = ParamSpec("P")
R = TypeVar("R")
QUIET_S = 30
TIMEOUT_S = 10
LATE_S = 8
LAG_MOST_S = 15
PUBLIC_S = 5.0
_PATIENCE_S = 1_500.0
_ROUNDS = 12


class MortalStore(StoreThread):
    """A store that its process dies over: at the `fuse`-th call from now, before or after what it does."""

    def __init__(self, path: Path, on_death: Callable[[], None]) -> None:
        super().__init__(path, is_durable=False)
        self.fuse: int | None = None
        self.is_after = False
        self.is_dead = False
        self._on_death = on_death

    async def call(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self.fuse is not None:
            self.fuse -= 1
        is_last = self.fuse == 0
        if self.is_dead or (is_last and not self.is_after):
            await self._end()
        answer = await super().call(function, *args, **kwargs)
        if is_last or self._has_died():
            await self._end()
        return answer

    def _has_died(self) -> bool:
        return self.is_dead

    async def _end(self) -> NoReturn:
        self.die()
        await asyncio.Event().wait()
        raise AssertionError("the dead do not go on")

    def die(self) -> None:
        if not self.is_dead:
            self.is_dead = True
            self._on_death()


@dataclass
class Confirmed:
    """What exit 0 told one who confirmed, and whether somebody dropped it later, sent or not."""

    number: int
    uid: str
    incident_id: int
    status: IncidentStatus
    body: str
    is_dropped: bool = False
    was_tried: bool = False
    corrections: list[str] = field(default_factory=list)
    is_correction_dropped: bool = False


@dataclass
class Engine:
    store: MortalStore
    close: Callable[[], Awaitable[None]]
    stop: asyncio.Event
    wake: asyncio.Event
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class World:
    """The file, the page and who works on them; methods that take time are coroutines of `loop`."""

    def __init__(
        self,
        path: Path,
        template: Path,
        loop: WarpLoop,
        metadata_mode: str,
        resends_unasked: bool = False,
        derives_time: bool = False,
    ) -> None:
        shutil.copy(template, path)
        self.loop = loop
        self.path = path
        self.resends_unasked = resends_unasked
        self.page = FaultPage(
            slow_s=TIMEOUT_S + 2,
            late_s=LATE_S,
            metadata_mode=metadata_mode,
            public_delay_s=PUBLIC_S,
            clock=loop.true_s,
            derives_time=derives_time,
        )
        self.terminals = [open_database(path, is_durable=False) for _ in range(2)]
        self.confirmed: dict[str, Confirmed] = {}
        self.engine: Engine | None = None
        self.died = asyncio.Event()
        self.deaths = 0
        self.asked = 0

    @property
    def db(self) -> Database:
        return self.terminals[0]

    async def begin(self) -> None:
        await self.page.__aenter__()
        for name in ("API", "Web"):
            self.page.add_component(name)

    def config(self) -> PageConfig:
        config = make_config(self.page, quiet_ms=QUIET_S * 1000, timeout_ms=TIMEOUT_S * 1000, rate=60)
        return replace(config, resends_unasked=self.resends_unasked)

    # -- the engine ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        if self.died.is_set():
            await self.stop()
        if self.engine is not None:
            return
        self.died.clear()
        self.page.is_deaf = False
        store = MortalStore(self.path, self._note_death)
        await store.start()
        await StoreThread.call(store, lambda db: db.rows("PRAGMA synchronous = OFF"))
        client = make_client(self.config(), self.loop.wall_ms)
        epoch = begin_epoch(self.db)
        engine = Engine(store, client.close, asyncio.Event(), asyncio.Event())
        delivered = asyncio.Event()
        config, clock = self.config(), self.loop.wall_ms
        for work in (
            publish(store, client, config, epoch, clock, engine.wake, engine.stop, delivered, Pace()),
            read(store, client, config, clock, engine.stop, delivered),
        ):
            engine.tasks.append(self.loop.create_task(work))
        self.engine = engine

    def _note_death(self) -> None:
        """From now on the page hears nothing of it: its sockets are the kernel's, and the kernel has closed them."""
        self.deaths += 1
        self.page.is_deaf = True
        self.page.hang_up()
        self.died.set()

    async def stop(self) -> None:
        """Ends the engine as TERM would, or clears away what a death has left."""
        engine, self.engine = self.engine, None
        if engine is None:
            return
        engine.stop.set()
        if engine.store.is_dead:
            for task in engine.tasks:
                task.cancel()
        results = await asyncio.gather(*engine.tasks, return_exceptions=True)
        await engine.close()
        await engine.store.close()
        self.page.on_step = lambda _: None
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def work(self, seconds: float) -> None:
        """Lets the engine work for so long, or until it dies."""
        await self.start()
        assert self.engine is not None
        self.engine.wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.died.wait()
        if self.died.is_set():
            await self.stop()

    async def work_and_die(self, seconds: float, place: str, count: int) -> None:
        """Kills the engine at its `count`-th call of the store or step of the page, if it gets that far."""
        await self.start()
        assert self.engine is not None
        store = self.engine.store
        if place == "page":
            left = [count]

            def die(_: str) -> None:
                left[0] -= 1
                if left[0] == 0:
                    store.die()

            self.page.on_step = die
        else:
            store.fuse, store.is_after = count, place == "after"
        await self.work(seconds)
        store.fuse = None
        self.page.on_step = lambda _: None

    def count(self) -> dict[str, int]:
        """Returns what this history held."""
        return {
            "histories": 1,
            "updates": len(self.confirmed),
            "dropped": sum(told.is_dropped for told in self.confirmed.values()),
            "faulted": sum(fault is not Fault.NONE for fault in self.page.used),
            "turned away": self.page.turned_away,
            "deaths": self.deaths,
            "asked": self.asked,
            "corrected": sum(len(told.corrections) for told in self.confirmed.values()),
            "edits": sum(write.op is None for write in self.page.writes),
            "seen": sum(update.seen_at is not None for update in list_ours(self.db)),
            "seconds": int(self.loop.time()),
        }

    # -- the model -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """What must hold at any instant."""
        writes = [write for write in self.page.writes if write.op is not None]
        standing: dict[str, list[int]] = {}
        for write in writes:
            assert write.op in self.confirmed, f"{write.body!r} stands there, and nobody confirmed it"
            told = self.confirmed[write.op]
            assert (write.body, write.status) == (told.body, told.status), f"{told} stands there as {write}"
            assert told.was_tried or not told.is_dropped, f"{told} was dropped before it was sent"
            standing.setdefault(write.incident_id, []).append(told.number)
        made = {(self.confirmed[write.op].incident_id, write.incident_id) for write in writes if write.op is not None}
        assert len(made) == len(dict(made)), f"one of ours was made more than once: {sorted(made)}"
        for incident_id, numbers in standing.items():
            assert numbers == sorted(set(numbers)), f"on {incident_id} stand {numbers}: twice, or out of order"
        ops = [write.op for write in writes]
        assert len(ops) == len(set(ops)), f"twice on the page: {ops}"
        self._check_corrections()
        self._check_claims({write.update_id: write.body for write in self.page.writes}, set(ops))

    def _check_corrections(self) -> None:
        """Each update was given confirmed words alone, the earlier before the later."""
        ops = {write.update_id: write.op for write in self.page.writes}
        for update_id in {update_id for update_id, _ in self.page.corrections}:
            told = self.confirmed[ops[update_id] or ""]
            given = [body for corrected_id, body in self.page.corrections if corrected_id == update_id]
            numbers = [told.corrections.index(body) for body in given]
            assert numbers == sorted(numbers), f"{told} was given {given}"

    def _check_claims(self, there: dict[str, str], ops: set[str | None]) -> None:
        for update in list_ours(self.db):
            if update.delivery is DeliveryState.DELIVERED:
                is_there = update.uid in ops or self._is_said_by_others(update)
                assert is_there, f"{update} is said to be delivered, and is not there"
                first = update.first_body or update.body
                assert update.remote_id is None or there.get(update.remote_id) == first, f"{update}: {there}"
            if update.seen_at is not None:
                (at,) = [write.at for write in self.page.writes if write.update_id == update.remote_id]
                assert at <= self.loop.true_s() - PUBLIC_S, f"{update} is said to be seen before it is public"

    def _is_said_by_others(self, update: IncidentUpdate) -> bool:
        """On a page that keeps no stamps, a colleague's message with the same words and status cannot be told apart."""
        first = update.first_body or update.body
        return self.page.metadata_mode == "drop" and any(
            (write.op, write.update_id, write.status, write.body) == (None, update.remote_id, update.status, first)
            for write in self.page.writes
        )

    async def settle(self) -> None:
        """The page is well again, and a person says yes to what asks for one: all that was confirmed stands there."""
        self.page.faults.clear()
        self.page.read_faults.clear()
        self.page.limit = None
        for _ in range(_ROUNDS):
            await self.start()
            await self._drain()
            waiting = list_deliveries(self.db)
            if not waiting:
                break
            for delivery in waiting:
                if needs_person(delivery):
                    self.answer(self.db, delivery)
        assert list_deliveries(self.db) == [], "the outbox does not empty"
        self.check()
        wanted = [told.uid for told in self.confirmed.values() if not told.is_dropped]
        ours = list_ours(self.db)
        there = {write.op for write in self.page.writes}
        there |= {update.uid for update in ours if self._is_said_by_others(update)}
        assert [uid for uid in wanted if uid not in there] == [], "confirmed, and not on the page"
        for told in self.confirmed.values():
            (update,) = [update for update in ours if update.uid == told.uid]
            expected = DeliveryState.DROPPED if told.is_dropped else DeliveryState.DELIVERED
            assert update.delivery is expected, update
            if told.corrections and not told.is_correction_dropped:
                given = [body for update_id, body in self.page.corrections if update_id == update.remote_id]
                assert given[-1] == update.body == told.corrections[-1], f"{told} was given {given}"
        await self.stop()
        self.page.read_lag_s = 0.0
        await look_twice(self.path, self.config(), self.loop.wall_ms)
        check_mirror(self.db, self.page)
        check_told_once(self.db, self.page)

    def answer(self, db: Database, delivery: Delivery) -> None:
        self.asked += delivery.asked_at is not None
        if delivery.kind is DeliveryKind.EDIT and delivery.reason.endswith("Drop this correction"):
            drop_delivery(db, delivery.id, "ana", self.loop.wall_ms())
            self.confirmed[delivery.uid].is_correction_dropped = True
            return
        answer(self.page, db, delivery, self.loop.wall_ms())

    async def _drain(self) -> None:
        def is_idle() -> bool:
            """One that failed holds back the later ones of its incident."""
            heads = {delivery.incident_id: delivery for delivery in reversed(list_deliveries(self.db))}
            return all(needs_person(delivery) for delivery in heads.values())

        try:
            await until(is_idle, _PATIENCE_S, 5.0)
        except TimeoutError:
            told = [(item.uid, item.state, item.reason, item.next_try_at) for item in list_deliveries(self.db)]
            raise AssertionError(f"the outbox does not empty by {self.loop.wall_ms()}: {told}") from None

    async def end(self) -> None:
        await self.stop()
        await self.page.__aexit__(None, None, None)
        for terminal in self.terminals:
            terminal.close()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """The faults are on purpose: what the engine says of them would drown a report."""
    logger = logging.getLogger("oncall_tui")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)

"""Any history of faults, deaths, clock steps and people, told by hypothesis and held against a plain model.

`python -m tests.engine.torture --machine 1000` runs as many as asked. Its seed replays a failure:
`FAULT_HISTORIES=1000 FAULT_SEED=7 pytest tests/engine/test_fault_machine.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.engine.faultkinds import AMBIGUOUS_FAULTS, APPLIED_FAULTS, Fault
from tests.engine.faultworld import LAG_MOST_S, Confirmed, World, silence
from tests.engine.histories import make_template
from tests.engine.publishing import confirm, declare, list_ours
from tests.engine.warp import WarpLoop

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import Delivery, DeliveryKind
from oncall_tui.store.corrections import correct_update
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import drop_delivery, get_delivery, list_deliveries

HISTORIES = int(os.environ.get("FAULT_HISTORIES", "25"))
STEPS = int(os.environ.get("FAULT_STEPS", "14"))
STATUSES = st.sampled_from(list(IncidentStatus)[:4])
COMPONENTS = st.dictionaries(st.sampled_from(("API", "Web")), st.sampled_from(list(ComponentStatus)), max_size=2)
FAULTS = st.lists(st.sampled_from([*Fault, *APPLIED_FAULTS, *AMBIGUOUS_FAULTS]), max_size=4)
TERMINALS, WHICH = st.integers(0, 1), st.integers(0, 9)
CONFIRM = st.tuples(st.just("confirm"), TERMINALS, WHICH, STATUSES, st.booleans(), COMPONENTS, st.booleans())
LOOK = st.tuples(st.just("look"), TERMINALS, WHICH)
OTHER = st.tuples(st.sampled_from(("retry", "drop", "drop last", "drop last", "correct", "correct")), TERMINALS, WHICH)
MEDDLE = st.tuples(
    st.sampled_from(
        ("move", "move", "remove", "remove", "note", "note", "note", "declare", "rename", "reword", "use up")
    ),
    st.integers(0, 80),
    STATUSES,
    st.booleans(),
)
RETRY_AFTER = st.sampled_from((None, "0", "20", "-1", "soon"))
CLOCK_STEPS_S = (0, 0, -40, 3_600, -86_400)
STOCK = "We are still looking."


class FaultMachine(RuleBasedStateMachine):
    """One history; the page is healed at its end, and then all that was confirmed has to stand there."""

    folder: ClassVar[Path]
    template: ClassVar[Path]
    held: ClassVar[Counter[str]] = Counter()

    @initialize(
        metadata_mode=st.sampled_from(("merge", "replace", "drop")),
        components=COMPONENTS,
        count=st.integers(1, 3),
        resends_unasked=st.booleans(),
        derives_time=st.booleans(),
        is_published=st.booleans(),
    )
    def begin(
        self,
        metadata_mode: str,
        components: dict[str, ComponentStatus],
        count: int,
        resends_unasked: bool,
        derives_time: bool,
        is_published: bool,
    ) -> None:
        self.loop = WarpLoop()
        self.path = self.folder / f"{uuid.uuid4().hex}.db"
        self.world = World(self.path, self.template, self.loop, metadata_mode, resends_unasked, derives_time)
        self.revisions: dict[tuple[int, int], int] = {}
        self.notes = 0
        self.is_broken = False
        self.do(self.world.begin())
        self.incidents = [declare(self.world.db, number, components, self.now).id for number in range(1, count + 1)]
        for incident_id in self.incidents:
            self.confirm(0, incident_id, IncidentStatus.INVESTIGATING, False, {}, False)
        if is_published:
            self.do(self.world.work(5))

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(work)

    @property
    def now(self) -> int:
        return self.loop.wall_ms()

    # -- people here ---------------------------------------------------------------------------------------------------

    @rule(acts=st.lists(st.one_of(CONFIRM, CONFIRM, CONFIRM, LOOK, OTHER), min_size=1, max_size=5))
    def talk(self, acts: list[tuple[Any, ...]]) -> None:
        """Two terminals: each confirms about what it saw last, tries again and drops."""
        for name, terminal, which, *more in acts:
            db = self.world.terminals[terminal]
            match name:
                case "confirm":
                    self.confirm(terminal, self.incidents[which % len(self.incidents)], *more)
                case "look":
                    incident_id = self.incidents[which % len(self.incidents)]
                    self.revisions[terminal, incident_id] = get_incident(db, incident_id).revision
                case "correct":
                    self.correct(db, which)
                case "retry" | "drop" if waiting := list_deliveries(db):
                    with contextlib.suppress(RefusedError):
                        self.decide(name, db, waiting[which % len(waiting)])
                case "drop last" if waiting := list_deliveries(db):
                    with contextlib.suppress(RefusedError):
                        self.decide("drop", db, waiting[-1])
            self.world.check()

    def confirm(
        self,
        terminal: int,
        incident_id: int,
        status: IncidentStatus,
        is_stock: bool,
        components: dict[str, ComponentStatus],
        notify: bool,
    ) -> None:
        number = len(self.world.confirmed)
        body = STOCK if is_stock else f"Update {number}."
        seen = self.revisions.pop((terminal, incident_id), None)
        uid, db = f"op{number}", self.world.terminals[terminal]
        with contextlib.suppress(ConflictError):
            confirm(db, incident_id, body, status, components, notify=notify, uid=uid, seen_revision=seen, now=self.now)
            self.world.confirmed[uid] = Confirmed(number, uid, incident_id, status, body)

    def correct(self, db: Database, which: int) -> None:
        """Somebody finds better words for what a page holds."""
        if not (standing := [update for update in list_ours(db) if update.remote_id is not None]):
            return
        update = standing[which % len(standing)]
        told = self.world.confirmed[update.uid]
        body = f"{told.body} Put right {len(told.corrections) + 1}."
        with contextlib.suppress(RefusedError):
            correct_update(db, update.id, body, editable=["page"], actor="ana", now=self.now)
            told.corrections.append(body)
            told.is_correction_dropped = False

    def decide(self, name: str, db: Database, delivery: Delivery) -> None:
        if name == "retry":
            self.world.answer(db, delivery)
            return
        drop_delivery(db, delivery.id, "ben", self.now)
        told = self.world.confirmed[delivery.uid]
        if delivery.kind is DeliveryKind.EDIT:
            told.is_correction_dropped = True
            return
        told.is_dropped = True
        told.was_tried = get_delivery(db, delivery.id).attempts > 0

    # -- somebody else on the page -------------------------------------------------------------------------------------

    @rule(acts=st.lists(MEDDLE, min_size=1, max_size=4))
    def interfere(self, acts: list[tuple[str, int, IncidentStatus, bool]]) -> None:
        for act in acts:
            self.meddle(*act)

    def meddle(self, act: str, which: int, status: IncidentStatus, is_stock: bool) -> None:
        self.notes += 1
        page, body = self.world.page, STOCK if is_stock else f"Somebody else, note {self.notes}."
        if act == "use up":
            page.limit = 60
            page.use_up(which)
        elif act == "declare":
            page.open(f"Elsewhere {self.notes}", status.value, body)
        elif page.incidents:
            incident_id = sorted(page.incidents)[which % len(page.incidents)]
            if act == "note":
                page.edit(incident_id, status.value, body)
            elif act == "reword" and page.incidents[incident_id]["incident_updates"]:
                page.reword(incident_id, body)
            elif act == "remove":
                self.remove(incident_id, which)
            elif act == "move":
                page.move(incident_id, status.value)
            else:
                page.rename(incident_id, f"Renamed {self.notes}")

    def remove(self, incident_id: str, which: int) -> None:
        """Somebody takes a message away: one of theirs, or one of ours that is not being looked for just now."""
        settled = {update.remote_id for update in list_ours(self.world.db)}
        theirs = {write.update_id for write in self.world.page.writes if write.op is None}
        messages = self.world.page.incidents[incident_id]["incident_updates"]
        if removable := [item["id"] for item in messages if item["id"] in settled | theirs]:
            self.world.page.remove(incident_id, removable[which % len(removable)])

    # -- the page and the host -----------------------------------------------------------------------------------------

    def fail(self, writes: list[Fault], reads: list[Fault], retry_after: str | None) -> None:
        self.world.page.faults.extend(writes)
        self.world.page.read_faults.extend(reads)
        self.world.page.retry_after = retry_after

    @rule(lag_s=st.sampled_from((0, 3, LAG_MOST_S)), clock_s=st.sampled_from(CLOCK_STEPS_S))
    def drift(self, lag_s: int, clock_s: int) -> None:
        self.world.page.read_lag_s = lag_s
        self.loop.shift_s += clock_s

    # -- the engine ----------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.5, 5, 40, 200)), writes=FAULTS, reads=FAULTS, retry_after=RETRY_AFTER)
    def work(self, seconds: float, writes: list[Fault], reads: list[Fault], retry_after: str | None) -> None:
        self.fail(writes, reads, retry_after)
        self.do(self.world.work(seconds))

    @rule(
        seconds=st.sampled_from((5, 40, 200)),
        writes=FAULTS,
        place=st.sampled_from(("before", "after", "page")),
        count=st.integers(1, 25),
    )
    def die(self, seconds: float, writes: list[Fault], place: str, count: int) -> None:
        self.fail(writes, [], None)
        self.do(self.world.work_and_die(seconds, place, count))

    @rule(seconds=st.sampled_from((0, 10, 100)))
    def rest(self, seconds: float) -> None:
        self.do(self.world.stop())
        self.do(asyncio.sleep(seconds))

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        self.is_broken = True
        self.world.check()
        self.is_broken = False

    def teardown(self) -> None:
        try:
            if not self.is_broken:
                self.do(self.world.settle())
                self.held.update(self.world.count())
        finally:
            self.do(self.world.end())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            for file in self.folder.glob(f"{self.path.name}*"):
                file.unlink()


def run_machine(histories: int, number: int | None) -> Counter[str]:
    """Runs so many histories; returns what they held. Raises with the shortest one that does not hold."""
    chosen = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        derandomize=number is None,
        suppress_health_check=list(HealthCheck),
    )
    FaultMachine.held.clear()
    with silence(), tempfile.TemporaryDirectory() as folder:
        FaultMachine.folder = Path(folder)
        FaultMachine.template = make_template(Path(folder))
        machine = FaultMachine if number is None else seed(number)(FaultMachine)
        run_state_machine_as_test(machine, settings=chosen)
    return FaultMachine.held


def test_every_history_leaves_the_page_as_it_was_confirmed() -> None:
    number = os.environ.get("FAULT_SEED")
    held = run_machine(HISTORIES, None if number is None else int(number))
    assert held["histories"] >= HISTORIES
    assert min(held[name] for name in ("updates", "faulted", "deaths", "edits", "dropped", "corrected")) > 0, held

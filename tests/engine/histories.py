"""Histories of publishing drawn from a seed, and the model that each must agree with."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.engine.faultkinds import HEALING_FAULTS, Fault
from tests.engine.faultmirror import check_mirror, check_told_once, look_twice
from tests.engine.faultpage import FaultPage
from tests.engine.person import answer_all
from tests.engine.publishing import confirm, declare, make_config, publishing

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.outbox import drop_delivery, get_delivery, list_deliveries
from oncall_tui.store.updates import list_updates

STATUSES = list(IncidentStatus)[:4]
QUIET_MS = 200
TIMEOUT_MS = 150
DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one history held."""

    updates: int
    faulted: int
    restarts: int
    edits: int
    dropped: int


def make_template(folder: Path) -> Path:
    """Makes an empty file once, since a new one costs more than a history."""
    path = folder / "template.db"
    open_database(path).close()
    return path


async def run_history(seed: int, template: Path) -> Tally:
    """Runs one history to its end. Raises AssertionError, with the seed, when page or file disagree with the model.

    Confirmed updates, of which some are dropped, faults on every kind of request, colleagues who write, edit, remove
    and move in between, and engines that end and begin.
    """
    rng = Random(seed)
    path = template.with_name(f"history-{seed}.db")
    shutil.copy(template, path)
    drawing = Random(seed + 1)
    page = FaultPage(
        rng=Random(seed + 2),
        slow_s=0.2,
        late_s=0.04,
        metadata_mode=rng.choice(("merge", "replace", "drop")),
        derives_time=rng.random() < 0.5,
    )
    share = rng.choice((0.0, 0.3, 0.6))
    page.draw = lambda _: drawing.choice(HEALING_FAULTS) if drawing.random() < share else Fault.NONE
    expected: dict[int, list[str]] = {}
    edits: list[str] = []
    given_up: dict[str, bool] = {}
    restarts = 0
    async with page, asyncio.timeout(DEADLINE_S):
        for name in ("API", "Web"):
            page.add_component(name)
        with open_database(path, is_durable=False) as db:
            config = make_config(page, quiet_ms=QUIET_MS, timeout_ms=TIMEOUT_MS)
            incidents = [declare(db, number, _draw_components(rng)) for number in range(1, rng.randint(1, 3) + 1)]
            todo = [item.id for item in incidents for _ in range(rng.randint(1, 4))]
            rng.shuffle(todo)
            while todo or list_deliveries(db):
                async with publishing(path, db, page, config) as engine:
                    for _ in range(rng.randint(1, 6)):
                        if todo and rng.random() < 0.8:
                            incident_id = todo.pop()
                            words = expected.setdefault(incident_id, [])
                            words.append(f"{incident_id}.{len(words)}")
                            confirm(db, incident_id, words[-1], rng.choice(STATUSES), _draw_components(rng))
                            engine.wake.set()
                        elif page.incidents and rng.random() < 0.4:
                            _meddle(page, rng, edits)
                        elif rng.random() < 0.1:
                            _drop(db, rng, given_up)
                        await asyncio.sleep(rng.choice((0.0, 0.01, 0.05)))
                    end = asyncio.get_running_loop().time() + rng.choice((0.05, 1.0, 3.0))
                    while list_deliveries(db) and asyncio.get_running_loop().time() < end:
                        answer_all(page, db, now_ms())
                        await asyncio.sleep(0.01)
                restarts += 1
            _check(seed, page, expected, edits, given_up)
            for incident_id, words in expected.items():
                ours = [update for update in list_updates(db, incident_id) if update.is_local]
                assert [update.body for update in ours] == words, seed
                sent = [update for update in ours if update.body not in given_up]
                assert all(update.delivery is DeliveryState.DELIVERED for update in sent), seed
                known = {write.update_id: write.body for write in page.writes}
                assert [known.get(update.remote_id or "") for update in sent] == [each.body for each in sent], seed
            page.draw = None
            await _look_twice(path, page)
            try:
                check_mirror(db, page)
                check_told_once(db, page)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from None
    path.unlink()
    faulted = sum(1 for fault in page.used if fault is not Fault.NONE)
    return Tally(sum(map(len, expected.values())), faulted, restarts, len(edits), len(given_up))


def _draw_components(rng: Random) -> dict[str, ComponentStatus]:
    return {name: rng.choice(list(ComponentStatus)) for name in ("API", "Web") if rng.random() < 0.3}


def _meddle(page: FaultPage, rng: Random, edits: list[str]) -> None:
    """A colleague does one thing to an incident; words of ours may be looked for, so only theirs are touched."""
    incident_id = rng.choice(sorted(page.incidents))
    act = rng.choice(("write", "write", "write", "reword", "remove", "move"))
    messages = page.incidents[incident_id]["incident_updates"]
    theirs = [number for number, item in enumerate(messages) if item["body"].startswith("colleague")]
    if act == "move":
        page.move(incident_id, rng.choice(STATUSES))
    elif act == "reword" and theirs:
        number = rng.choice(theirs)
        page.reword(incident_id, messages[number]["body"] + " Put right.", number)
    elif act == "remove" and theirs:
        page.remove(incident_id, messages[rng.choice(theirs)]["id"])
    else:
        edits.append(f"colleague {len(edits)}")
        page.edit(incident_id, rng.choice(STATUSES), edits[-1])


def _drop(db: Database, rng: Random, given_up: dict[str, bool]) -> None:
    """Somebody gives up what waits, sent already or not."""
    if waiting := list_deliveries(db):
        delivery = rng.choice(waiting)
        with contextlib.suppress(RefusedError):
            drop_delivery(db, delivery.id, "ben", now_ms())
            given_up[delivery.body] = get_delivery(db, delivery.id).attempts > 0


async def _look_twice(path: Path, page: FaultPage) -> None:
    """By a clock that is set on, since these histories take as long as they take."""
    ahead_ms = 0

    def clock() -> int:
        return now_ms() + ahead_ms

    async def sleep(seconds: float) -> None:
        nonlocal ahead_ms
        ahead_ms += int(seconds * 1000)

    await look_twice(path, make_config(page, quiet_ms=30_000, timeout_ms=20_000), clock, sleep)


def _check(
    seed: int, page: FaultPage, expected: dict[int, list[str]], edits: list[str], given_up: dict[str, bool]
) -> None:
    """On each incident of the page stand the words confirmed for one of ours, once and in order, and nothing else.

    What was given up stands there at most if it was sent before.
    """
    found = {remote_id: [body for body in page.bodies(remote_id) if body not in edits] for remote_id in page.incidents}
    unsent = [body for words in found.values() for body in words if not given_up.get(body, True)]
    assert not unsent, (seed, unsent)
    sure = [[body for body in words if body not in given_up] for words in found.values()]
    wanted = [[body for body in words if body not in given_up] for words in expected.values()]
    assert sorted(filter(None, sure)) == sorted(filter(None, wanted)), (seed, found, expected, given_up)
    assert [body for body in page.bodies() if body in edits] == edits, seed

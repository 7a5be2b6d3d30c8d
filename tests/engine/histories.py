"""Histories of publishing drawn from a seed, and the model that each must agree with."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.engine.faultkinds import HEALING_FAULTS, Fault
from tests.engine.faultpage import FaultPage
from tests.engine.person import answer_all
from tests.engine.publishing import confirm, declare, make_config, publishing

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import open_database
from oncall_tui.store.outbox import list_deliveries
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


def make_template(folder: Path) -> Path:
    """Makes an empty file once, since a new one costs more than a history."""
    path = folder / "template.db"
    open_database(path).close()
    return path


async def run_history(seed: int, template: Path) -> Tally:
    """Runs one history to its end. Raises AssertionError, with the seed, when page or file disagree with the model.

    Confirmed updates, faults on every kind of request, colleagues who write in between, and engines that end and begin.
    """
    rng = Random(seed)
    path = template.with_name(f"history-{seed}.db")
    shutil.copy(template, path)
    drawing = Random(seed + 1)
    page = FaultPage(
        rng=Random(seed + 2), slow_s=0.2, late_s=0.04, metadata_mode=rng.choice(("merge", "replace", "drop"))
    )
    share = rng.choice((0.0, 0.3, 0.6))
    page.draw = lambda _: drawing.choice(HEALING_FAULTS) if drawing.random() < share else Fault.NONE
    expected: dict[int, list[str]] = {}
    edits: list[str] = []
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
                            edits.append(f"colleague {len(edits)}")
                            page.edit(rng.choice(sorted(page.incidents)), rng.choice(STATUSES[:3]), edits[-1])
                        await asyncio.sleep(rng.choice((0.0, 0.01, 0.05)))
                    end = asyncio.get_running_loop().time() + rng.choice((0.05, 1.0, 3.0))
                    while list_deliveries(db) and asyncio.get_running_loop().time() < end:
                        answer_all(page, db, now_ms())
                        await asyncio.sleep(0.01)
                restarts += 1
            _check(seed, page, expected, edits)
            for incident_id, words in expected.items():
                ours = [update for update in list_updates(db, incident_id) if update.is_local]
                assert [update.body for update in ours] == words, seed
                assert all(update.delivery is DeliveryState.DELIVERED for update in ours), seed
                known = {write.update_id: write.body for write in page.writes}
                assert [known.get(update.remote_id or "") for update in ours] == words, seed
    path.unlink()
    faulted = sum(1 for fault in page.used if fault is not Fault.NONE)
    return Tally(sum(map(len, expected.values())), faulted, restarts, len(edits))


def _draw_components(rng: Random) -> dict[str, ComponentStatus]:
    return {name: rng.choice(list(ComponentStatus)) for name in ("API", "Web") if rng.random() < 0.3}


def _check(seed: int, page: FaultPage, expected: dict[int, list[str]], edits: list[str]) -> None:
    """On each incident of the page stand the words confirmed for one of ours, once and in order, and nothing else."""
    found = {remote_id: [body for body in page.bodies(remote_id) if body not in edits] for remote_id in page.incidents}
    assert sorted(found.values()) == sorted(expected.values()), (seed, found, expected)
    assert [body for body in page.bodies() if body in edits] == edits, seed

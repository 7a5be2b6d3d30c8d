"""What is shown here of a page, held against the page itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.engine.faultpage import FaultPage
from tests.engine.publishing import make_client

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.engine.reader import read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database

LAG_WINDOW_MS = 125_000
"""So far apart looks are that an older state of the page is believed."""
_TRIES = 5
Sleep = Callable[[float], Awaitable[None]]


async def look_twice(path: Path, config: PageConfig, clock: Callable[[], int], sleep: Sleep = asyncio.sleep) -> None:
    """Reads the whole page twice as the engine does, so far apart that no lag spans both."""
    store = StoreThread(path, is_durable=False)
    await store.start()
    client = make_client(config, clock)
    try:
        for _ in range(2):
            await sleep(LAG_WINDOW_MS / 1000)
            await _look(store, client, config, clock)
    finally:
        await client.close()
        await store.close()


async def _look(store: StoreThread, client: Statuspage, config: PageConfig, clock: Callable[[], int]) -> None:
    """A machine that is busy with other things can make even a page that is well answer too late."""
    for _ in range(_TRIES):
        with contextlib.suppress(PageError):
            await read_page_once(store, client, config.name, Budget(store, config, clock), clock)
            return
    raise AssertionError("the page cannot be read")


def check_mirror(db: Database, page: FaultPage) -> None:
    """Once nothing is on its way and the page was read twice: its states are ours, and each change is told."""
    rows = db.rows(
        "SELECT page_incident.remote_id, incident.id, status, phase, resolved_at FROM page_incident "
        "JOIN incident ON incident.id = incident_id WHERE discarded_at IS NULL"
    )
    known = {row["remote_id"] for row in rows}
    unknown = {key: page.incidents[key] for key in set(page.incidents) - known}
    assert not unknown, f"on the page, and not known here: {unknown}"
    assert not known - set(page.incidents), known - set(page.incidents)
    for row in rows:
        shown = page.incidents[row["remote_id"]]
        told = (row["status"], row["phase"], row["resolved_at"] is None)
        is_open = shown["status"] != "resolved"
        phase = "active" if is_open else "resolved"
        assert told == (shown["status"], phase, is_open), f"the page says {shown['status']}, here it is {told}"
        _check_messages(db, row["id"], {item["id"]: item["body"] for item in shown["incident_updates"]})


def check_told_once(db: Database, page: FaultPage) -> None:
    """However often a page is looked at, what changed there is told a few times at most."""
    row = db.row("SELECT count(*) AS count FROM timeline WHERE kind = 'remote'")
    assert row is not None
    most = 3 * page.count_versions() + 5
    assert row["count"] <= most, f"{row['count']} sentences on {page.count_versions()} changes"


def _check_messages(db: Database, incident_id: int, shown: dict[str, str]) -> None:
    known = set()
    for row in db.rows(
        "SELECT remote_id, difference, coalesce(page_update.body, incident_update.body) AS said FROM page_update "
        "JOIN incident_update ON incident_update.id = update_id WHERE incident_id = ?",
        incident_id,
    ):
        known.add(row["remote_id"])
        body = shown.get(row["remote_id"])
        if body is None:
            assert row["difference"] == "an update was removed", f"{dict(row)} is no longer there"
        elif normalise_body(body) != normalise_body(row["said"]):
            assert "was edited" in row["difference"], f"{dict(row)} now says {body}"
        else:
            assert "removed" not in row["difference"], dict(row)
            assert "edited" not in row["difference"], dict(row)
    assert set(shown) <= known, "a message on the page is not known here"

"""How a long queue drains within the page's rate limit: `python -m benchmarks.drain`.

A thousand updates of a hundred incidents wait after an outage for a page that takes 60 requests in any 60 s and turns
away what is over. Time is told by a loop that leaps over waiting: half an hour passes in the time that the work takes.
The fastest possible is one request for the first update of an incident and two (a look, a write) for each later one.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.engine.faultpage import FaultPage
from tests.engine.publishing import confirm, declare, make_config, publishing, until
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.domain.outbox import Pace
from oncall_tui.store.database import Database, open_database

INCIDENTS = 100
EACH = 10
PER_MINUTE = 60
FRESH = 5
OUTAGE_MS = 3_600_000
RATIO_BOUND = 1.2
FRESH_BOUND_S = 5.0
_HOURS_MOST = 3


class _Figures:
    def __init__(self) -> None:
        self.drained_s = 0.0
        self.fresh_s: list[float] = []
        self.turned_away = 0
        self.disorders = 0


async def _measure(loop: WarpLoop, folder: Path) -> _Figures:
    figures = _Figures()
    page = FaultPage(limit=PER_MINUTE, window_s=60.0, clock=loop.true_s)
    path = folder / "oncall.db"
    async with page:
        with open_database(path, is_durable=False) as db:
            _fill(db, loop.wall_ms() - OUTAGE_MS)
            config = make_config(page, quiet_ms=30_000, timeout_ms=10_000, rate=PER_MINUTE)
            begin = loop.time()
            async with publishing(path, db, page, config, clock=loop.wall_ms, pace=Pace()) as engine:
                for number in range(1, FRESH + 1):
                    # At different places of the rolling minute.
                    await asyncio.sleep(127)
                    incident = declare(db, INCIDENTS + number, now=loop.wall_ms())
                    body, confirmed_at = f"fresh {number}", loop.time()
                    confirm(db, incident.id, body, now=loop.wall_ms())
                    engine.wake.set()
                    await until(lambda body=body: any(write.body == body for write in page.writes), 600, 0.1)
                    figures.fresh_s.append(loop.time() - confirmed_at)
                await until(lambda: len(page.writes) == INCIDENTS * EACH + FRESH, _HOURS_MOST * 3600, 1.0)
            figures.drained_s = loop.time() - begin
    figures.turned_away = page.turned_away
    for remote_id in page.incidents:
        bodies = page.bodies(remote_id)
        figures.disorders += bodies != sorted(bodies)
    return figures


def _fill(db: Database, now: int) -> None:
    for number in range(1, INCIDENTS + 1):
        incident = declare(db, number, now=now)
        for update in range(EACH):
            confirm(db, incident.id, f"{number}.{update}", now=now)


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = run_warped(lambda loop: _measure(loop, Path(folder)))
    requests = INCIDENTS * (1 + 2 * (EACH - 1)) + FRESH
    ratio = figures.drained_s / (requests * 60 / PER_MINUTE)
    rows = [
        ("time to drain / the limit's own", f"{ratio:.2f} x", f"{RATIO_BOUND:g} x", ratio <= RATIO_BOUND),
        ("turned away by the page", str(figures.turned_away), "0", figures.turned_away == 0),
        ("incidents out of order", str(figures.disorders), "0", figures.disorders == 0),
        (
            "a fresh incident accepted, worst",
            f"{max(figures.fresh_s):.1f} s",
            f"{FRESH_BOUND_S:g} s",
            max(figures.fresh_s) <= FRESH_BOUND_S,
        ),
    ]
    print(
        f"{INCIDENTS * EACH} updates, {requests} requests at {PER_MINUTE} a minute: {figures.drained_s / 60:.1f} min "
        f"on a clock that leaps, {time.monotonic() - begin:.0f} s of ours"
    )
    print(f"{'name':<34}{'figure':>12}{'bound':>12}  ok")
    for name, figure, bound, is_ok in rows:
        print(f"{name:<34}{figure:>12}{bound:>12}  {'yes' if is_ok else 'NO'}")
    return all(is_ok for *_, is_ok in rows)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.engine.fakes.kinds import INSTATUS, KINDS, STATUSPAGE
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import make_config, until

from oncall_tui.clock import now_ms
from oncall_tui.config.checks import DRAWING
from oncall_tui.config.model import Config
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, Result, Verdict
from oncall_tui.engine.figures import run_figures
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.extras import MetricPoint
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.sources.desk import Desk
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import Vantage
from oncall_tui.engine.works import Works
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import record_results
from oncall_tui.store.results import find_mean_latency

PROBES = (
    Probe("api", ProbeKind.HTTP, "https://h", metric="m1"),
    Probe("quiet", ProbeKind.HTTP, "https://h", metric="m2"),
    Probe("plain", ProbeKind.HTTP, "https://h"),
)


class Chart:
    """A page that takes figures, and fails the first time."""

    def __init__(self) -> None:
        self.drawn: list[dict[str, list[float]]] = []
        self.failures = 1

    async def send_metrics(self, points: Mapping[str, Sequence[MetricPoint]]) -> None:
        if self.failures:
            self.failures -= 1
            raise AmbiguousError("the page answered 500")
        self.drawn.append({metric: [point.value for point in series] for metric, series in points.items()})


async def test_the_first_page_that_draws_figures_gets_them(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    config, recorder = Config(tmp_path / "oncall.toml", probes=PROBES), Recorder(store, PROBES)
    desk = Desk(store, recorder, PROBES, clock=now_ms)
    works = Works(config, store, store, asyncio.Event(), Vantage([]), recorder, desk)
    async with INSTATUS.serving() as (other, plain), STATUSPAGE.serving() as (page, drawing):
        pages = [(INSTATUS.make_config(other), plain), (STATUSPAGE.make_config(page), drawing)]
        found = works.list_all(1, pages)["figures"]
        assert isinstance(found, partial)
        assert found.args[1] is drawing
        assert found.keywords["config"] is pages[1][0]
        assert "figures" not in works.list_all(1, pages[:1])


async def test_the_config_knows_which_pages_draw_figures() -> None:
    for kind in KINDS:
        async with kind.serving() as (_, client):
            assert client.capabilities.has_metrics == (client.capabilities.adapter in DRAWING)


def run(probe: str, at: int, duration_ms: float, verdict: Verdict = Verdict.UP) -> Result:
    return Result(probe, at, verdict, duration_ms)


def test_the_mean_is_of_runs_that_had_an_answer(tmp_path: Path) -> None:
    with open_database(tmp_path / "oncall.db") as db:
        runs = [run("api", 10, 20.0), run("api", 20, 40.0, Verdict.DEGRADED), run("api", 20, 9_000.0, Verdict.DOWN)]
        record_results(db, [*runs, run("api", 30, 500.0), run("plain", 10, 7.0)], [], [], 50)
        assert find_mean_latency(db, "api", 10, 30) == 30.0
        assert find_mean_latency(db, "api", 31, 90) is None


async def test_figures_of_the_probes_that_name_a_metric_are_sent(tmp_path: Path) -> None:
    chart, stop = Chart(), asyncio.Event()
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    async with FaultPage() as page:
        config = make_config(page)
        with open_database(tmp_path / "oncall.db") as db:
            task = asyncio.create_task(
                run_figures(store, chart, PROBES, config=config, clock=now_ms, stop=stop, every_s=0.05)
            )

            def record() -> bool:
                now = now_ms()
                record_results(db, [run("api", now, 12.34), run("plain", now, 7.0)], [ProbeState("api")], [], now)
                return len(chart.drawn) >= 2

            await until(record)
            stop.set()
            await task
    await store.close()
    assert chart.drawn[0] == {"m1": [12.3]}

"""Sends how long the probes took to a page that draws figures: one point a minute and probe, of the runs that answered.

A figure is no promise: what cannot be sent is left out, and no delivery waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.probe import Probe
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import PageError
from oncall_tui.engine.pages.extras import MetricPage, MetricPoint
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.results import find_mean_latency

EVERY_S = 60.0

logger = logging.getLogger(__name__)


def find_metric_page(pages: Iterable[tuple[PageConfig, Page]]) -> tuple[PageConfig, MetricPage] | None:
    """Returns the first page that draws figures, whose metrics the probes name; None where none does."""
    return next(((config, cast("MetricPage", page)) for config, page in pages if page.capabilities.has_metrics), None)


async def run_figures(
    store: StoreThread,
    page: MetricPage,
    probes: Sequence[Probe],
    *,
    config: PageConfig,
    clock: Callable[[], int],
    stop: asyncio.Event,
    every_s: float = EVERY_S,
) -> None:
    """Sends the figures of the probes that name a metric, until `stop`."""
    wanted = {probe.metric: probe.name for probe in probes if probe.metric is not None}
    budget = Budget(store, config, clock)
    since = clock()
    while not stop.is_set():
        try:
            async with asyncio.timeout(every_s):
                await stop.wait()
        except TimeoutError:
            pass
        else:
            return
        until = clock()
        try:
            points = await _find_points(store, wanted, since, until)
            if points:
                await budget.spend_on_reading()
                await page.send_metrics(points)
        except (PageError, StoreError) as error:
            logger.info("no figures sent: %s", error)
        since = until


async def _find_points(
    store: StoreThread, wanted: dict[str, str], since: int, until: int
) -> dict[str, Sequence[MetricPoint]]:
    points: dict[str, Sequence[MetricPoint]] = {}
    for metric, probe in wanted.items():
        mean_ms = await store.call(find_mean_latency, probe, since, until)
        if mean_ms is not None:
            points[metric] = [MetricPoint(until, round(mean_ms, 1))]
    return points

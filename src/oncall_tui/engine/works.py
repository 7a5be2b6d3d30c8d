"""What an engine keeps going, by name: each work runs until the stop, and one that fails begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, PageConfig
from oncall_tui.domain.beat import Beat
from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.shortform import Form
from oncall_tui.engine.broadcaster import run_broadcaster
from oncall_tui.engine.figures import find_metric_page, run_figures
from oncall_tui.engine.follower import run_follower
from oncall_tui.engine.hooks import list_hook_works
from oncall_tui.engine.links import run_links
from oncall_tui.engine.maintainer import run_clock, run_maintainer
from oncall_tui.engine.page_work import PageWork, Work
from oncall_tui.engine.pages import Page
from oncall_tui.engine.postmortems import run_postmortems
from oncall_tui.engine.probes import open_tools
from oncall_tui.engine.publisher import run_publisher
from oncall_tui.engine.publishing import find_addresses, make_chance, open_channel
from oncall_tui.engine.reader import run_reader
from oncall_tui.engine.recorder import Recorder
from oncall_tui.engine.roller import run_roller
from oncall_tui.engine.scheduler import run_schedule
from oncall_tui.engine.sources.desk import Desk
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import Vantage, is_online
from oncall_tui.store.beats import read_beat

Run = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Works:
    """What the works of one engine share: the file by two threads, the probes' results, and who is to be woken.

    `results` keeps what may be lost with the host, `queue` what may not.
    """

    config: Config
    results: StoreThread
    queue: StoreThread
    stop: asyncio.Event
    vantage: Vantage
    recorder: Recorder
    desk: Desk
    wakes: list[asyncio.Event] = field(default_factory=list)

    def wake(self) -> None:
        """Pokes whoever publishes."""
        for wake in self.wakes:
            wake.set()

    def has_way_out(self) -> bool:
        return is_online() and not self.vantage.is_known_cut_off

    def list_all(self, epoch: int, pages: Sequence[tuple[PageConfig, Page]]) -> dict[str, Run]:
        """Returns the works that the config asks for, by name."""
        config, clock, stop = self.config, now_ms, self.stop
        works: dict[str, Run] = {
            "probes": self._probe,
            "vantage": partial(self.vantage.keep_watch, stop),
            "recorder": partial(self.recorder.run, stop),
            "history": partial(run_roller, self.results, clock=clock, stop=stop),
            "sources": partial(self.desk.run, stop),
            "planned work": partial(run_clock, self.queue, config.windows, epoch=epoch, clock=clock, stop=stop),
        }
        if self.desk.has_alerts:
            works["silences at sources"] = partial(self.desk.keep_silences, self.vantage, self._make_wake(), stop)
        if config.tuning.levels.get("LK003", Level.WARN) is not None:
            works["links"] = partial(run_links, self.results, clock=clock, stop=stop, has_way_out=self.has_way_out)
        for page_config, page in pages:
            works |= self._list_of_page(page_config, page, epoch)
        drawing = find_metric_page(pages)
        if drawing is not None and any(probe.metric for probe in config.probes):
            page_config, shown = drawing
            works["figures"] = partial(
                run_figures, self.queue, shown, config.probes, config=page_config, clock=clock, stop=stop
            )
        for broadcast in config.broadcasts:
            work = Work(
                store=self.queue, epoch=epoch, clock=clock, rng=make_chance(), wake=self._make_wake(), stop=stop
            )
            works[f"broadcast to {broadcast.name}"] = partial(
                run_broadcaster,
                work,
                open_channel(broadcast),
                name=broadcast.name,
                form=Form(broadcast.form),
                addresses=find_addresses(config),
            )
        hooks = list_hook_works(config.hooks, self.queue, epoch=epoch, clock=clock, make_rng=make_chance, stop=stop)
        return works | hooks

    def _list_of_page(self, config: PageConfig, page: Page, epoch: int) -> dict[str, Run]:
        def begin() -> PageWork:
            return PageWork(
                store=self.queue,
                page=page,
                epoch=epoch,
                config=config,
                clock=now_ms,
                rng=make_chance(),
                wake=self._make_wake(),
                stop=self.stop,
            )

        delivered = asyncio.Event()
        look = partial(run_reader, self.queue, page, config=config, clock=now_ms, delivered=delivered, stop=self.stop)
        return {
            f"publisher of {config.name}": partial(run_publisher, begin(), delivered),
            f"postmortems of {config.name}": partial(run_postmortems, begin()),
            f"reader of {config.name}": look,
            f"planned work of {config.name}": partial(run_maintainer, begin()),
            f"follower of {config.name}": partial(run_follower, begin()),
        }

    def _make_wake(self) -> asyncio.Event:
        wake = asyncio.Event()
        self.wakes.append(wake)
        return wake

    async def _probe(self) -> None:
        tools = await open_tools(vantage=self.vantage)
        tools = replace(tools, read_beat=self._read_beat, take_sightings=self.desk.take)
        await run_schedule(
            self.config.probes,
            lambda probe: self.desk.run_probe(probe, tools),
            self.recorder.record,
            stop=self.stop,
            rng=make_chance(),
        )

    async def _read_beat(self, probe: str) -> Beat | None:
        return await self.results.call(read_beat, probe)

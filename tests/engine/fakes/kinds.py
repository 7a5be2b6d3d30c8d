"""Every kind of page with its adapter, so that what holds for all of them is tested on all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.engine.fakes.betterstack import FakeBetterStack
from tests.engine.fakes.betterstack_work import PAGE_ID as BETTER_STACK_ID
from tests.engine.fakes.cachet import FakeCachet
from tests.engine.fakes.incidentio import FakeIncidentIo
from tests.engine.fakes.incidentio_work import PAGE_ID as INCIDENT_IO_ID
from tests.engine.fakes.instatus import FakeInstatus
from tests.engine.fakes.instatus_work import PAGE_ID as INSTATUS_ID
from tests.engine.fakes.openstatus import FakeOpenStatus
from tests.engine.fakes.openstatus_work import PAGE_ID as OPEN_STATUS_ID
from tests.engine.fakes.proving import NO_TLS, make_config, read_token
from tests.engine.fakes.statuspage import FakeStatuspage
from tests.engine.faultkinds import Fault
from tests.engine.faultmodel import PAGE_ID as STATUSPAGE_ID

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.remote import RemotePage
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.betterstack import BetterStack
from oncall_tui.engine.pages.cachet import Cachet
from oncall_tui.engine.pages.incidentio import IncidentIo
from oncall_tui.engine.pages.instatus import Instatus
from oncall_tui.engine.pages.openstatus import OpenStatus
from oncall_tui.engine.pages.statuspage import Statuspage


class FakePage(Protocol):
    """A page that fails on purpose, in our words; `faults` are used up by writes and `read_faults` by reads."""

    faults: deque[Fault]
    read_faults: deque[Fault]
    retry_after: str | None
    clock_ahead_s: float

    @property
    def requests(self) -> Sequence[object]: ...

    @property
    def origin(self) -> str: ...

    def now(self) -> float: ...

    def count_writes(self) -> int:
        """Counts requests to write, taken or not."""
        ...

    def add_component(self, name: str, group: str = "") -> str: ...

    def declare(self, title: str, status: IncidentStatus, body: str) -> str: ...

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str: ...

    def list_words(self) -> list[list[str]]: ...

    def list_notified(self) -> list[bool]: ...


@dataclass(frozen=True)
class Kind:
    """One kind of page.

    `said` are the words of the doubt about an answer that is something else, by the call. `steps_before_update` are
    the requests that go before the one that makes an update. `part_size` is how many incidents a list gives at once,
    `zone` makes the page tell times by its own zone, `reads_each` tells that lists leave out updates, so that each
    incident is read on its own.
    """

    name: str
    make_page: Callable[..., AbstractAsyncContextManager[Any]]
    adapter: Callable[..., Page]
    page_id: str
    root: str
    described: Callable[[FakePage], RemotePage | None]
    said: Mapping[str, str] = field(default_factory=dict)
    steps_before_update: int = 0
    part_size: int = 100
    zone: Mapping[str, Any] = field(default_factory=dict)
    reads_each: bool = False
    has_order: bool = True

    def __str__(self) -> str:
        return self.name

    def make_config(self, page: FakePage) -> PageConfig:
        return make_config(page.origin + self.root, self.page_id, page.origin)

    def say(self, call: str) -> str:
        return self.said.get(call, "an incident" if call == "get_incident" else "a list")

    @asynccontextmanager
    async def serving(
        self, token: Callable[[], Secret] = read_token, wall_ms: Callable[[], int] = now_ms, **options: Any
    ) -> AsyncIterator[Any]:
        """Gives the page and an adapter that talks to it."""
        async with self.make_page(**options) as page, self.connected(page, token, wall_ms) as client:
            yield page, client

    @asynccontextmanager
    async def connected(
        self, page: FakePage, token: Callable[[], Secret] = read_token, wall_ms: Callable[[], int] = now_ms
    ) -> AsyncIterator[Page]:
        """Gives one more adapter that talks to a page."""
        client = self.adapter(self.make_config(page), token, wall_ms, NO_TLS)
        try:
            yield client
        finally:
            await client.close()


STATUSPAGE = Kind(
    name="statuspage",
    make_page=FakeStatuspage,
    adapter=Statuspage,
    page_id=STATUSPAGE_ID,
    root="/v1",
    described=lambda _: RemotePage("Acme", "https://acme.statuspage.io"),
    has_order=False,
)
INCIDENT_IO = Kind(
    name="incident.io",
    make_page=FakeIncidentIo,
    adapter=IncidentIo,
    page_id=INCIDENT_IO_ID,
    root="",
    described=lambda page: RemotePage("Acme", f"{page.origin}/"),
    said={"list_components": "a structure"},
    part_size=250,
)
CACHET = Kind(
    name="cachet",
    make_page=FakeCachet,
    adapter=Cachet,
    page_id="any",
    root="/api",
    described=lambda _: None,
    zone={"zone_minutes": 120},
    steps_before_update=2,
    has_order=False,
)
INSTATUS = Kind(
    name="instatus",
    make_page=FakeInstatus,
    adapter=Instatus,
    page_id=INSTATUS_ID,
    root="",
    described=lambda _: RemotePage("Acme", "https://acme.instatus.com"),
    zone={"zone_hours": 2},
)
BETTER_STACK = Kind(
    name="betterstack",
    make_page=FakeBetterStack,
    adapter=BetterStack,
    page_id=BETTER_STACK_ID,
    root="/api/v2",
    described=lambda _: RemotePage("Acme", "https://status.acme.test"),
    said={"get_incident": "a whole status report"},
    part_size=250,
    reads_each=True,
)
OPEN_STATUS = Kind(
    name="openstatus",
    make_page=FakeOpenStatus,
    adapter=OpenStatus,
    page_id=OPEN_STATUS_ID,
    root="",
    described=lambda _: RemotePage("Acme", "https://acme.openstatus.dev"),
    said={"list_components": "its content", "list_unresolved": "its content", "get_incident": "a status report"},
    reads_each=True,
)
KINDS = (STATUSPAGE, INCIDENT_IO, CACHET, INSTATUS, BETTER_STACK, OPEN_STATUS)

PLANNED = (INCIDENT_IO, INSTATUS, CACHET, BETTER_STACK, OPEN_STATUS)
"""Those with planned work, besides Statuspage, whose own is tried against a page of its kind that runs here."""

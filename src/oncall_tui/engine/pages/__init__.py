"""One status page in our words: what the publisher and the reader may ask of any adapter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from msgspec import Struct

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage

Permit = Callable[[], Awaitable[None]]
"""Awaited before each request of a call that may need several; waits until the page's rate limit allows one more."""


class Message(Struct, frozen=True):
    """What one write puts on the page.

    `title` is None where the page keeps the one it has. `components` maps ids of the page to the states to set;
    `component_ids` are all that belong to the incident, None where that is not known whole. `uid` names the incident
    and `op` this very message; both are opaque, since subscribers can read them. `notify` is always sent. `sent_at` is
    when the attempt began: a page without room for our ids can be given it as its own time of the message. `origin` is
    an opaque id of the file that it comes from: several hosts may lead one page.
    """

    uid: str
    op: str
    title: str | None
    status: IncidentStatus
    body: str
    components: Mapping[str, ComponentStatus]
    component_ids: tuple[str, ...] | None
    impact_override: str | None
    notify: bool
    sent_at: int
    origin: str = ""


class Page(Protocol):
    """A status page. Every call raises PageError; calls without a `permit` make at most one request.

    `component_names` maps ids of the page to the names in our file, which win over the page's own when incidents are
    read. `clock_skew_ms` is how far the page's clock runs ahead of ours by its last answer, None before the first.
    `refusal` says that the page takes no token of ours for now, empty while it does.
    """

    component_names: Mapping[str, str]
    capabilities: Capabilities

    @property
    def clock_skew_ms(self) -> int | None: ...

    @property
    def refusal(self) -> str: ...

    async def find_rest_s(self, *, is_write: bool) -> float:
        """Returns in how many seconds to ask again whether a request may go, 0 when it may: a refused token rests."""
        ...

    async def make_ready(self) -> None:
        """Gets the token and whatever else is slow, so that nothing stands between a claim and the first byte."""

    async def read_page(self) -> RemotePage | None:
        """Returns what the page is called, None when it does not tell."""
        ...

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        """Returns the components with their states; what `is_routine` may tell names as they were minutes ago."""
        ...

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        """Returns what is open, for the reader alone, which asks for it again and again.

        Where the page cannot be asked for it, what was made more than a day ago is told once an hour only. What
        `list_components` has just read for its states is not read again.
        """
        ...

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        """Returns incidents in any state that were made at or after an instant of the page's clock."""
        ...

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        """Returns one incident, None when the page has no such one."""
        ...

    async def create_incident(self, message: Message) -> RemoteIncident: ...

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        """Appends a message to an incident as it was just read, keeping what others stamped on it."""
        ...

    async def read_public(self, awaited: Mapping[str, str]) -> dict[str, str]:
        """Returns what customers can read, body by id of the update: of the `awaited` ones (id to body) at least.

        A page that has no public list for programs may look for the awaited words in what browsers get.
        """
        ...

    async def close(self) -> None: ...

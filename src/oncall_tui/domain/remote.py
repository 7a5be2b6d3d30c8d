"""What a status page says, in our words; the adapter of each page translates into these."""

from __future__ import annotations

from msgspec import Struct, field

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus


class RemotePage(Struct, frozen=True):
    """What the page says of itself; `public_url` is where customers read it, empty when it does not tell."""

    name: str
    public_url: str = ""


class RemoteComponent(Struct, frozen=True):
    remote_id: str
    name: str
    status: ComponentStatus
    position: int = 0


class RemoteUpdate(Struct, frozen=True):
    """One message as the page holds it; `body` has its line breaks as \\n and no blanks at its ends."""

    remote_id: str
    status: IncidentStatus
    body: str
    created_at: int


class RemoteIncident(Struct, frozen=True):
    """One incident as the page holds it; `uid` and `ops` are what we stamped, `updates` run from old to new.

    `metadata` is the page's whole map, so that a write can hand back the keys of others unharmed.
    """

    remote_id: str
    title: str
    status: IncidentStatus
    impact: Impact
    created_at: int
    updated_at: int
    url: str | None = None
    resolved_at: int | None = None
    uid: str | None = None
    ops: tuple[str, ...] = ()
    metadata: dict[str, dict[str, object]] = field(default_factory=dict)
    components: dict[str, ComponentStatus] = field(default_factory=dict)
    updates: tuple[RemoteUpdate, ...] = ()

"""What a status page says, in our words; the adapter of each page translates into these."""

from __future__ import annotations

from msgspec import Struct, field

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus


class RemotePage(Struct, frozen=True):
    """What the page says of itself; `public_url` is where customers read it, empty when it does not tell."""

    name: str
    public_url: str = ""


class RemoteComponent(Struct, frozen=True):
    """One component; `group` is the name of the group that it stands in, empty for one that stands alone."""

    remote_id: str
    name: str
    status: ComponentStatus
    position: int = 0
    group: str = ""


class RemoteUpdate(Struct, frozen=True):
    """One message as the page holds it; `body` has its line breaks as \\n and no blanks at its ends."""

    remote_id: str
    status: IncidentStatus
    body: str
    created_at: int


class RemoteIncident(Struct, frozen=True):
    """One incident as the page holds it; `uid` and `ops` are what we stamped, `updates` run from old to new.

    `has_all_ops` tells that each of our writes left its stamp, so that one without it was not ours.
    `origin` names the file whose engine wrote last, by an opaque id, empty where the page does not tell. `metadata` is
    the page's whole map, so that a write can hand back the keys of others unharmed.
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
    has_all_ops: bool = False
    origin: str = ""
    metadata: dict[str, dict[str, object]] = field(default_factory=dict)
    components: dict[str, ComponentStatus] = field(default_factory=dict)
    updates: tuple[RemoteUpdate, ...] = ()


class RemoteMaintenanceUpdate(Struct, frozen=True):
    """One message about planned work as the page holds it, its text in the same form as `RemoteUpdate.body`."""

    remote_id: str
    status: MaintenanceStatus
    body: str
    created_at: int


class RemoteMaintenance(Struct, frozen=True):
    """One planned work as the page holds it; stamps, `origin` and updates are as in `RemoteIncident`.

    `components` maps names to what the page says of each now. `has_auto_start` and `has_auto_end` tell that the page
    itself moves it at `starts_at` and `ends_at`, `remind_prior` that the page reminds subscribers before the start.
    `ends_at` is None for a page that does not tell when the work should be over. One that `keeps_window` shows the
    times with which the work was announced, whatever was said since, and may not tell them once it has begun. One that
    `moves_silently` goes by its times alone: no message moves it, and none tells that it has moved.
    """

    remote_id: str
    title: str
    status: MaintenanceStatus
    starts_at: int
    ends_at: int | None
    created_at: int
    updated_at: int
    url: str | None = None
    uid: str | None = None
    ops: tuple[str, ...] = ()
    has_all_ops: bool = False
    origin: str = ""
    metadata: dict[str, dict[str, object]] = field(default_factory=dict)
    components: dict[str, ComponentStatus] = field(default_factory=dict)
    updates: tuple[RemoteMaintenanceUpdate, ...] = ()
    has_auto_start: bool = False
    has_auto_end: bool = False
    remind_prior: bool = False
    keeps_window: bool = False
    moves_silently: bool = False


class RemotePostmortem(Struct, frozen=True):
    """The review of an incident: `draft` is for writers, `body` what customers read, empty until `published_at`."""

    body: str
    draft: str
    published_at: int | None
    updated_at: int


class RemoteTemplate(Struct, frozen=True):
    """Words prepared on the page; `status` is the state that they go with, None for any."""

    name: str
    title: str
    body: str
    status: IncidentStatus | MaintenanceStatus | None

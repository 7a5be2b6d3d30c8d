"""What some status pages can do besides incidents; an adapter offers what its `Capabilities` say.

As with `Page`, every call raises PageError, and calls without a `permit` make at most one request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.remote import RemoteIncident, RemoteMaintenance, RemotePostmortem, RemoteTemplate
from oncall_tui.engine.pages import Permit


class MaintenanceMessage(Struct, frozen=True):
    """What one write puts on the page about planned work; fields shared with `Message` mean the same.

    An empty `body` changes the plan alone: no update is made unless the status moves. `component_ids` are all that the
    work touches, None where that is not known whole; `components` are states to set at once. With `has_auto_start` and
    `has_auto_end` the page itself moves it at `starts_at` and `ends_at`, `moves_components` lets it put the components
    under maintenance and back as it does so, and `notify_at_moves` is whether it tells subscribers then. `remind_prior`
    asks the page to remind them before the start. One that `keeps_moves` says nothing of all that: it stays as somebody
    set it on the page. `origin` is as in `Message`.
    """

    uid: str
    op: str
    title: str | None
    status: MaintenanceStatus
    body: str
    starts_at: int
    ends_at: int
    components: Mapping[str, ComponentStatus]
    component_ids: tuple[str, ...] | None
    has_auto_start: bool
    has_auto_end: bool
    moves_components: bool
    remind_prior: bool
    notify: bool
    notify_at_moves: bool
    sent_at: int
    keeps_moves: bool = False
    origin: str = ""


class BackfillMessage(Struct, frozen=True):
    """An incident that is over and that the page never heard of; `body` tells all of it."""

    uid: str
    op: str
    title: str
    body: str
    started_at: int
    resolved_at: int
    impact_override: str | None
    notify: bool
    sent_at: int


class MetricPoint(Struct, frozen=True):
    """One value of a metric at an instant; pages keep whole seconds."""

    at: int
    value: float


class LookupPage(Protocol):
    """A page that can be asked for what we stamped (`has_lookup`)."""

    async def find_incident(self, uid: str) -> RemoteIncident | None:
        """Returns the incident with this uid of ours, None when the page shows none."""
        ...


class MaintenancePage(Protocol):
    """A page with planned work (`has_maintenance`); `has_auto_transitions` ones move it by their own clock."""

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        """Returns what is planned or under way.

        With `since` also what is over and was made at or after that instant of the page's clock: the proof that a
        creation arrived must not be missed because the work has ended meanwhile.
        """
        ...

    latest_readings: int
    """How often what was made last has been read, by whichever call: what one has read need not be asked for again."""

    async def list_latest_maintenances(self, permit: Permit) -> list[RemoteMaintenance]:
        """Returns planned work in any state, out of what was made last on the page: all that one request tells."""
        ...

    def recall_latest_maintenances(self) -> list[RemoteMaintenance]:
        """Returns what the latest of those readings told."""
        ...

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        """Returns one maintenance, None when the page has no such one."""
        ...

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance: ...

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        """Changes the plan, and appends a message if there is a text or another status; keeps the stamps of others."""
        ...

    async def read_public_maintenances(self, awaited: Mapping[str, str]) -> dict[str, str]:
        """Returns what customers can read of planned work, as `Page.read_public` does of incidents."""
        ...


class PostmortemPage(Protocol):
    """A page that shows a review beside its incident (`has_postmortem`). Every write may be repeated."""

    async def get_postmortem(self, incident_id: str) -> RemotePostmortem | None:
        """Returns the postmortem of an incident, None when nobody has begun one."""
        ...

    async def write_postmortem_draft(self, incident_id: str, body: str) -> RemotePostmortem:
        """Writes the draft anew, making the postmortem when there is none; what is published stays as it is."""
        ...

    async def publish_postmortem(self, incident_id: str, permit: Permit, *, notify: bool) -> RemotePostmortem:
        """Shows the draft to customers; looks first, and sends nothing when customers read that text already."""
        ...

    async def revert_postmortem(self, incident_id: str) -> RemotePostmortem:
        """Takes the published text back into the draft."""
        ...

    async def delete_postmortem(self, incident_id: str) -> None:
        """Deletes draft and published text; one that is gone is no fault."""
        ...


class TemplatePage(Protocol):
    """A page that keeps prepared words (`has_templates`)."""

    async def list_templates(self, permit: Permit) -> list[RemoteTemplate]: ...


class EditablePage(Protocol):
    """A page whose old updates can be corrected (`can_edit_update`)."""

    async def edit_update(self, incident_id: str, update_id: str, body: str) -> str:
        """Puts other words into an update of an incident or a maintenance, silently; returns them as the page has them.

        May be repeated.
        """
        ...


class BackfillPage(Protocol):
    """A page that takes incidents of the past (`has_backfill`)."""

    async def backfill_incident(self, message: BackfillMessage) -> RemoteIncident: ...


class MetricPage(Protocol):
    """A page that draws figures over time (`has_metrics`)."""

    async def send_metrics(self, points: Mapping[str, Sequence[MetricPoint]]) -> None:
        """Adds points by the page's id of the metric."""
        ...

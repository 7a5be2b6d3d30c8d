"""What the page keeps: components, incidents, their updates, postmortems. Instants are ms since 1970 UTC."""

from __future__ import annotations

from msgspec import Struct, field

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus

Status = IncidentStatus | MaintenanceStatus
CLOSED: frozenset[Status] = frozenset({IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM, MaintenanceStatus.COMPLETED})
_UNDER_WAY = frozenset({MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.VERIFYING})
SHOWN_S = 86_400
"""How far back figures are drawn, in means over `SLOT_S`."""
SLOT_S = 300
IMPACT_ORDER = (Impact.NONE, Impact.MAINTENANCE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)


def parse_status(word: str) -> Status:
    """Returns the status of that name, of either kind; raises ValueError for any other word."""
    try:
        return MaintenanceStatus(word)
    except ValueError:
        return IncidentStatus(word)


class PageComponent(Struct, frozen=True):
    """A thing that customers see. `start_date` is an ISO date or None."""

    id: str
    name: str
    description: str | None
    status: ComponentStatus
    position: int
    group_id: str | None
    is_showcased: bool
    is_shown_only_if_degraded: bool
    start_date: str | None
    created_at: int
    updated_at: int


class PageGroup(Struct, frozen=True):
    """Components that stand together, by their ids in the order of the page."""

    id: str
    name: str
    description: str | None
    position: int
    component_ids: tuple[str, ...]
    created_at: int
    updated_at: int


class PageTemplate(Struct, frozen=True):
    """Words prepared for an incident or a maintenance; `update_status` is the state that they go with."""

    id: str
    name: str
    title: str
    body: str
    group_id: str | None
    update_status: Status | None
    is_tweeting: bool
    is_notifying: bool
    component_ids: tuple[str, ...]


class PageMetric(Struct, frozen=True):
    """A figure over time. `latest_at` is when its newest value was taken, None before the first."""

    id: str
    name: str
    suffix: str
    tooltip: str
    decimal_places: int
    is_shown: bool
    created_at: int
    updated_at: int
    latest_at: int | None


class AffectedComponent(Struct, frozen=True):
    """What one update did to one component."""

    code: str
    name: str
    old_status: ComponentStatus
    new_status: ComponentStatus


class PageUpdate(Struct, frozen=True):
    """One message to customers. `display_at` is the instant shown, which an editor may move."""

    id: str
    incident_id: str
    status: Status
    body: str
    created_at: int
    updated_at: int
    display_at: int
    is_notifying: bool
    affected: tuple[AffectedComponent, ...]


class Postmortem(Struct, frozen=True):
    """A draft and, once published, the text that customers read."""

    body_draft: str | None
    body_draft_updated_at: int | None
    body: str | None
    body_updated_at: int | None
    published_at: int | None
    is_notifying: bool
    created_at: int
    updated_at: int


class PageIncident(Struct, frozen=True):
    """An incident or a maintenance (`is_scheduled`) with its updates, newest first.

    `impact` follows the components while it is open; once closed it is the worst that it was, since history has to say
    how bad it got. `options` are the reminder and automation fields as they were sent.
    """

    id: str
    name: str
    status: Status
    impact: Impact
    impact_override: Impact | None
    is_scheduled: bool
    is_backfilled: bool
    created_at: int
    updated_at: int
    started_at: int
    monitoring_at: int | None
    resolved_at: int | None
    scheduled_for: int | None
    scheduled_until: int | None
    metadata: dict[str, object] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
    components: tuple[PageComponent, ...] = ()
    updates: tuple[PageUpdate, ...] = ()
    postmortem: Postmortem | None = None

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    @property
    def is_cancelled(self) -> bool:
        """Tells whether planned work was closed before its time without ever having begun."""
        has_begun = any(update.status in _UNDER_WAY for update in self.updates)
        if self.scheduled_for is None or self.resolved_at is None or has_begun:
            return False
        return self.resolved_at < self.scheduled_for

    def has_option(self, name: str) -> bool:
        """Tells whether a flag of the reminder and automation fields is set."""
        return self.options.get(name) is True

    @property
    def shown_status(self) -> Status:
        """The status that readers get: a published postmortem is the last word on an incident."""
        if self.postmortem is not None and self.postmortem.published_at is not None:
            return IncidentStatus.POSTMORTEM
        return self.status

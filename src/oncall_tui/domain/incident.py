"""Incidents: the words of the public page, our own phase, and the rules that join them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum

from msgspec import Struct, field


class IncidentStatus(StrEnum):
    """What the public page says. `postmortem` is read from pages, never sent."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"

    @property
    def is_open(self) -> bool:
        return self not in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


class Impact(StrEnum):
    """What customers feel."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


class ComponentStatus(StrEnum):
    """What the page says of a component, from well to worst."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"


class Severity(IntEnum):
    """How strongly we respond; a lower number is worse."""

    SEV1 = 1
    SEV2 = 2
    SEV3 = 3
    SEV4 = 4


class Cause(StrEnum):
    UNKNOWN = "unknown"
    UPSTREAM = "upstream"
    CLIENT = "client"
    OURS = "ours"
    SHARED = "shared"


class Reach(StrEnum):
    """Whom an incident is for. A drill is told to no page; a private one to customers only with a reason."""

    PUBLIC = "public"
    PRIVATE = "private"
    DRILL = "drill"


class Phase(StrEnum):
    """Where we stand with an incident, apart from what the page says."""

    ACTIVE = "active"
    RESOLVED = "resolved"
    CLOSED = "closed"


_IMPACT_OF = {
    ComponentStatus.OPERATIONAL: Impact.NONE,
    ComponentStatus.UNDER_MAINTENANCE: Impact.NONE,
    ComponentStatus.DEGRADED_PERFORMANCE: Impact.MINOR,
    ComponentStatus.PARTIAL_OUTAGE: Impact.MAJOR,
    ComponentStatus.MAJOR_OUTAGE: Impact.CRITICAL,
}
_ORDER = (Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)


def impact_of(components: Mapping[str, ComponentStatus]) -> Impact:
    """Returns the worst that any component says: degraded is minor, partial major, a major outage critical."""
    return max((_IMPACT_OF[status] for status in components.values()), key=_ORDER.index, default=Impact.NONE)


def find_worst(states: Iterable[ComponentStatus]) -> ComponentStatus | None:
    """Returns the worst of some states, None of none."""
    order = list(ComponentStatus)
    return max(states, key=order.index, default=None)


class Component(Struct, frozen=True):
    """A thing that customers see on pages; `told` is what each page said of it last."""

    name: str
    told: Mapping[str, ComponentStatus] = {}
    position: int = 0

    @property
    def page_status(self) -> ComponentStatus | None:
        """The worst that a page says, None before any did."""
        return find_worst(self.told.values())


class Listing(Struct, frozen=True):
    """An incident as one page holds it; `is_led_elsewhere` when another file than ours wrote its last update."""

    remote_id: str
    title: str
    url: str | None = None
    is_led_elsewhere: bool = False


class Incident(Struct, frozen=True):
    """One incident as the file holds it.

    `components` maps component names to the status that the incident gives them. `revision` counts changes: an edit
    carries the one that it saw. `next_update_at` is the promise to customers. `conflict` is a sentence about what
    somebody did on the page meanwhile, empty when there is nothing to tell. `listings` tell where it stands, by the
    name of the page.
    """

    id: int
    uid: str
    title: str
    status: IncidentStatus
    phase: Phase
    impact_override: Impact | None
    severity: Severity
    cause: Cause
    started_at: int
    declared_at: int
    revision: int
    scope: str = ""
    resolved_at: int | None = None
    next_update_at: int | None = None
    runbook: str | None = None
    listings: dict[str, Listing] = field(default_factory=dict)
    conflict: str = ""
    is_local: bool = True
    created_by: str = ""
    components: dict[str, ComponentStatus] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    reach: Reach = Reach.PUBLIC

    @property
    def url(self) -> str | None:
        """Where customers read it, on the first page that tells."""
        return next((listing.url for listing in self.listings.values() if listing.url), None)

    @property
    def impact(self) -> Impact:
        return self.impact_override or impact_of(self.components)


def free_components(
    names: Iterable[str], incident_id: int, open_incidents: Iterable[Incident]
) -> dict[str, ComponentStatus]:
    """Returns what components go back to when an incident is over: operational, unless another open one holds them.

    The worst of the others counts, so that the end of one outage does not paint over the next; a drill holds nothing.
    """
    order = list(ComponentStatus)
    free = dict.fromkeys(names, ComponentStatus.OPERATIONAL)
    for incident in open_incidents:
        if incident.id != incident_id and incident.reach is not Reach.DRILL:
            for name in free.keys() & incident.components.keys():
                free[name] = max(free[name], incident.components[name], key=order.index)
    return free

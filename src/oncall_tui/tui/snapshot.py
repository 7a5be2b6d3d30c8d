"""What every screen shows, as one frozen record of the file; `now` is no part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import DAY
from oncall_tui.domain.pagestate import MAIN_PAGE, PageState
from oncall_tui.domain.update import DeliveryState

if TYPE_CHECKING:
    from oncall_tui.domain.change import Change
    from oncall_tui.domain.engine import Lease, Terminal
    from oncall_tui.domain.incident import Component, Incident
    from oncall_tui.domain.maintenance import Maintenance, NoticeDelivery
    from oncall_tui.domain.probe import Probe, ProbeState
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.update import Delivery, Draft, IncidentUpdate
    from oncall_tui.domain.upkeep import Upkeep
    from oncall_tui.store.database import Database

_UNCERTAIN, _FAILED = DeliveryState.UNCERTAIN, DeliveryState.FAILED
ALL_TOPICS = frozenset(
    {
        "probes",
        "results",
        "components",
        "incidents",
        "outbox",
        "drafts",
        "links",
        "timeline",
        "maintenance",
        "changes",
        "silences",
        "upkeep",
        "engine",
        "terminal",
        "page",
    }
)


class Snapshot(Struct, frozen=True):
    """The file at one instant.

    States that did not change between two snapshots are the same objects, so a board finds news by identity.
    `latest_updates` holds the newest message of each open incident, `first_seen` since when customers have been seen to
    get words on it, `deliveries` what is still queued, `dead_links` the links of drafts that do not answer,
    `fixed` the incidents of which somebody noted what repaired them, `silences` are by probe, `upkeeps` what is under
    maintenance untold, `asking_notices` what of planned work waits for a person, and `saving_error` why nothing could
    be written last time, empty when all is well.
    """

    probes: tuple[Probe, ...] = ()
    states: dict[str, ProbeState] = field(default_factory=dict)
    states_revision: int = 0
    incidents: tuple[Incident, ...] = ()
    components: tuple[Component, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    latest_updates: dict[int, IncidentUpdate] = field(default_factory=dict)
    first_seen: dict[int, int] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()
    dead_links: tuple[str, ...] = ()
    fixed: frozenset[int] = frozenset()
    maintenances: tuple[Maintenance, ...] = ()
    asking_notices: tuple[NoticeDelivery, ...] = ()
    changes: tuple[Change, ...] = ()
    silences: dict[str, Silence] = field(default_factory=dict)
    upkeeps: tuple[Upkeep, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    lease: Lease | None = None
    pages: tuple[PageState, ...] = ()
    saving_error: str = ""

    @property
    def page(self) -> PageState:
        """The page that a person should hear of: the first that is in trouble, else the first."""
        troubled = next((page for page in self.pages if page.last_error), None)
        return troubled or (self.pages[0] if self.pages else PageState())

    @property
    def undecided(self) -> tuple[Delivery, ...]:
        """The deliveries that wait for a person: first what may have arrived, then what failed."""
        asked = tuple(item for item in self.deliveries if item.state is _UNCERTAIN and item.asked_at is not None)
        return asked + tuple(item for item in self.deliveries if item.state is _FAILED)

    def name_page(self, page: str) -> str:
        """Returns what a page is called, its name in the config first where there are several."""
        own = next((state.name for state in self.pages if state.page == page), "")
        if page == MAIN_PAGE:
            return own or "the page"
        return f"{page} ({own})" if own and own != page else page

    def incident(self, incident_id: int | None) -> Incident | None:
        return next((incident for incident in self.incidents if incident.id == incident_id), None)

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        return tuple(incident for incident in self.incidents if incident.resolved_at is None)

    def incident_of_probe(self, probe: str) -> Incident | None:
        return next((incident for incident in self.open_incidents if probe in incident.probes), None)


def refresh_snapshot(db: Database, old: Snapshot, topics: frozenset[str]) -> Snapshot:
    """Reads again what the topics touch and keeps the rest. Raises StoreError."""
    # The first frame is drawn from what the parent has read: a screen needs the store only afterwards.
    from oncall_tui.store.asking import list_asking_notices
    from oncall_tui.store.changes import list_changes
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import list_components, list_incidents
    from oncall_tui.store.lease import list_terminals, read_lease
    from oncall_tui.store.links import list_dead_links
    from oncall_tui.store.maintenance import list_maintenances
    from oncall_tui.store.outbox import list_deliveries
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.probes import list_probes, list_states
    from oncall_tui.store.silences import list_silences
    from oncall_tui.store.timeline import list_fixed
    from oncall_tui.store.updates import list_first_seen, list_latest_updates
    from oncall_tui.store.upkeeps import list_upkeeps

    new = old
    if "probes" in topics:
        probes = tuple(list_probes(db))
        names = {probe.name for probe in probes}
        new = replace(new, probes=probes, states={name: state for name, state in old.states.items() if name in names})
    if topics & {"probes", "results"}:
        changed, revision = list_states(db, new.states_revision)
        states = {**new.states, **{state.probe: state for state in changed}}
        new = replace(new, states=states, states_revision=revision)
    if "components" in topics:
        new = replace(new, components=tuple(list_components(db)))
    if "incidents" in topics:
        new = replace(new, incidents=tuple(list_incidents(db)))
    if topics & {"outbox", "incidents"}:
        new = replace(
            new,
            deliveries=tuple(list_deliveries(db)),
            latest_updates=list_latest_updates(db),
            first_seen=list_first_seen(db),
        )
    if "drafts" in topics:
        new = replace(new, drafts=tuple(list_drafts(db)))
    if "links" in topics:
        new = replace(new, dead_links=tuple(list_dead_links(db)))
    if "timeline" in topics:
        new = replace(new, fixed=list_fixed(db))
    if "maintenance" in topics:
        new = replace(
            new,
            maintenances=tuple(list_maintenances(db, is_open_only=True)),
            asking_notices=tuple(list_asking_notices(db)),
        )
    if "changes" in topics:
        new = replace(new, changes=tuple(list_changes(db)))
    if "silences" in topics:
        new = replace(new, silences={silence.probe: silence for silence in list_silences(db)})
    if "upkeep" in topics:
        # A clock that is set back a little brings back what was over.
        new = replace(new, upkeeps=tuple(list_upkeeps(db, now_ms() - DAY)))
    if "terminal" in topics:
        new = replace(new, terminals=tuple(list_terminals(db)))
    if "engine" in topics:
        new = replace(new, lease=read_lease(db))
    if "page" in topics:
        new = replace(new, pages=tuple(list_pages(db)))
    return new


def read_first(path: Path, *, is_read_only: bool) -> Snapshot:
    """Returns the whole file, made when it is new; one that is full or locked just now is shown as that.

    Raises StoreError for a file that cannot be used at all.
    """
    from oncall_tui.domain.errors import DiskError, LockedError
    from oncall_tui.store.database import open_database

    try:
        with open_database(path, is_read_only=is_read_only) as db:
            return refresh_snapshot(db, Snapshot(), ALL_TOPICS)
    except (DiskError, LockedError) as error:
        return Snapshot(saving_error=str(error))

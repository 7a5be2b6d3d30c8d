"""Planned work as a terminal reads it: each with what its pages were told, and what a person could plan with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oncall_tui.config.model import Config
from oncall_tui.domain import changing
from oncall_tui.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    NoticeDelivery,
    NoticeKind,
    PageMessage,
    Placement,
)
from oncall_tui.domain.notices import needs_person
from oncall_tui.domain.planning import find_tellable, list_shown
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import list_maintenances
from oncall_tui.store.notices import list_notice_deliveries, list_placements
from oncall_tui.store.page_messages import list_page_messages
from oncall_tui.tui.snapshot import Snapshot

_OVER = (DeliveryState.DELIVERED, DeliveryState.DROPPED)


class Work(Struct, frozen=True):
    """One maintenance, how far its notices have got, where it stands, and what others wrote of it there."""

    maintenance: Maintenance
    deliveries: tuple[NoticeDelivery, ...] = ()
    placements: tuple[Placement, ...] = ()
    messages: tuple[PageMessage, ...] = ()

    @property
    def asking(self) -> tuple[NoticeDelivery, ...]:
        """The notices that wait for a person, oldest first."""
        return tuple(each for each in self.deliveries if needs_person(each))

    @property
    def waiting(self) -> tuple[NoticeDelivery, ...]:
        """Those that are still on their way."""
        return tuple(each for each in self.deliveries if each.state not in _OVER and not needs_person(each))

    @property
    def told(self) -> list[str]:
        """The pages that a message about it goes to."""
        return changing.list_told(self.deliveries, self.placements)

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that were told, or will be."""
        return tuple(dict.fromkeys(each.page for each in self.deliveries))


def read_work(db: Database, now: int) -> list[Work]:
    """Returns what is planned, what goes on, and what ended within a day. Raises StoreError."""
    with db.snapshot():
        return [
            Work(
                each,
                tuple(list_notice_deliveries(db, each.id)),
                tuple(list_placements(db, each.id)),
                tuple(list_page_messages(db, each.id)),
            )
            for each in list_shown(list_maintenances(db), now)
        ]


def list_kinds(maintenance: Maintenance) -> list[NoticeKind]:
    """Returns what a person may say now of planned work."""
    if not maintenance.status.is_open:
        return []
    if maintenance.status is MaintenanceStatus.SCHEDULED:
        return [NoticeKind.REMIND, NoticeKind.CHANGE, NoticeKind.START, NoticeKind.EXTEND, NoticeKind.CANCEL]
    return [NoticeKind.CHANGE, NoticeKind.EXTEND, NoticeKind.FINISH, NoticeKind.CANCEL]


def list_known(snapshot: Snapshot, config: Config) -> list[str]:
    """Returns the components that planned work may touch."""
    return list(
        dict.fromkeys((*(each.name for each in snapshot.components), *(each.name for each in config.components)))
    )


def list_told(snapshot: Snapshot, config: Config) -> tuple[list[str], list[str]]:
    """Returns the pages that a plan would be told to, and a sentence on each that is not, or that needs our clock."""
    return find_tellable(snapshot.pages, config.page_names if config.pages else ())


def list_fixed(snapshot: Snapshot) -> list[str]:
    """Returns the pages that show for ever what was announced of planned work."""
    return [each.page for each in snapshot.pages if each.capabilities and each.capabilities.keeps_window]


def watch_list(snapshot: Snapshot) -> dict[str, str | None]:
    """Returns the component of every probe."""
    return {probe.name: probe.component for probe in snapshot.probes}


def find_work(works: Sequence[Work], maintenance_id: int | None) -> Work | None:
    return next((work for work in works if work.maintenance.id == maintenance_id), None)

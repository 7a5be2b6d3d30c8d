"""What adapters of pages without room for our ids share: times as a natural key, and answers put together.

Such a page proves a delivery by what is new on it: ids that did not stand there before, with our state and words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.remote import RemoteIncident, RemoteMaintenance, RemoteMaintenanceUpdate, RemoteUpdate
from oncall_tui.engine.pages import Message
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.values import write_time

FindStatus = Callable[[int], MaintenanceStatus]
"""Tells the state of planned work at an instant, where it follows from its times alone."""
_SKEW_FLOOR_MS = 2_000
_SECOND_MS = 1_000


def write_sent_at(message: Message | MaintenanceMessage, skew_ms: int | None) -> str:
    """Returns when the attempt began, by the page's clock, as ISO 8601 with milliseconds and Z.

    By the page's clock, since what is read back is compared with it; what the clocks differ by is known to a second
    only and left out below two.
    """
    shift = skew_ms if skew_ms is not None and abs(skew_ms) >= _SKEW_FLOOR_MS else 0
    return write_time(message.sent_at + shift)


def list_named_ids(message: Message | MaintenanceMessage) -> tuple[str, ...]:
    """Returns the ids of all components that a message names, each once."""
    return tuple(dict.fromkeys([*(message.component_ids or ()), *message.components]))


def append_update(
    baseline: RemoteIncident, update: RemoteUpdate, components: Mapping[str, ComponentStatus]
) -> RemoteIncident:
    """Returns the incident as it stands after an update that the page answered with alone."""
    merged = {**baseline.components, **components}
    return replace(
        baseline,
        status=update.status,
        impact=impact_of(merged),
        components=merged,
        updates=(*(item for item in baseline.updates if item.remote_id != update.remote_id), update),
        updated_at=max(baseline.updated_at, update.created_at),
        resolved_at=update.created_at if update.status is IncidentStatus.RESOLVED else None,
    )


def append_notice(
    baseline: RemoteMaintenance, update: RemoteMaintenanceUpdate, components: Mapping[str, ComponentStatus]
) -> RemoteMaintenance:
    """Returns planned work as it stands after a message that the page answered with alone."""
    return replace(
        baseline,
        status=update.status,
        components={**baseline.components, **components},
        updates=(*(item for item in baseline.updates if item.remote_id != update.remote_id), update),
        updated_at=max(baseline.updated_at, update.created_at),
    )


def find_new_times(baseline: RemoteMaintenance, message: MaintenanceMessage, now: int) -> tuple[int, int]:
    """Returns the window that work is to have, where it moves its state: what begins, ends or is off now does so."""
    starts_at, ends_at = message.starts_at, message.ends_at
    if message.status.is_open:
        is_early = baseline.status is MaintenanceStatus.SCHEDULED and starts_at > now + MINUTE
        return (now - _SECOND_MS if is_early and message.status.is_active else starts_at), ends_at
    if not baseline.status.is_open:
        return baseline.starts_at, read_plan(baseline).ends_at
    return min(baseline.starts_at, now - 2 * _SECOND_MS), now - _SECOND_MS

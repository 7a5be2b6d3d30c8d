"""Moves maintenances by the page's own clock, as their flags say.

What counts is the file: a move that fell due while nobody served the page, or while the machine slept, is made at the
next look, once, and is dated then. Where the start and the end fell due unseen, the end alone is told, with both hours:
that it has begun would no longer be true. Work that nobody began never becomes completed, and a maintenance that
somebody opens again behind its end has to be given another end, or have its flag taken away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, write_instant
from oncall_tui.statuspage.edits import change_incident
from oncall_tui.statuspage.incidents import ACTIVE_MAINTENANCE, END_DUE, START_DUE, list_due, list_incidents
from oncall_tui.statuspage.pagefile import PageFile
from oncall_tui.statuspage.records import PageIncident
from oncall_tui.statuspage.rules import IncidentWrite
from oncall_tui.statuspage.sqlite import sqlite3

_LOOK_EVERY_S = 1.0
_BEGUN = "The planned maintenance has begun."
_DONE = "The planned maintenance is complete."
_MISSED = "The maintenance that was planned from {} to {} is complete. This page could not tell so in time."


def advance(file: PageFile, now: int) -> int:
    """Makes every move that is due in one transaction, and returns how many; raises sqlite3.Error."""
    with file.read() as db:
        if not list_due(db, START_DUE, now) and not list_due(db, END_DUE, now):
            return 0
    with file.write(now) as db:
        return _start_all(db, now) + _end_all(db, now)


async def keep_time(file: PageFile, clock: Callable[[], int], every_s: float = _LOOK_EVERY_S) -> None:
    """Makes moves as they fall due, until it is cancelled; looks often, since clocks are set and machines sleep."""
    has_failed = False
    while True:
        try:
            await asyncio.to_thread(advance, file, clock())
            has_failed = False
        except sqlite3.Error as error:
            if not has_failed:
                logging.getLogger(__name__).warning("planned maintenance cannot be moved just now: %s", error)
            has_failed = True
        await asyncio.sleep(every_s)


def _start_all(db: sqlite3.Connection, now: int) -> int:
    due = list_due(db, START_DUE, now)
    for each in due:
        if each.has_option("scheduled_auto_completed") and (each.scheduled_until or now) <= now:
            _end(db, each, _MISSED.format(*map(_write_instant, (each.scheduled_for, each.scheduled_until))), now)
            continue
        is_moving = each.has_option("auto_transition_to_maintenance_state")
        components = {component.id: ComponentStatus.UNDER_MAINTENANCE for component in each.components if is_moving}
        is_notifying = each.has_option("auto_transition_deliver_notifications_at_start")
        _move(db, each, MaintenanceStatus.IN_PROGRESS, _BEGUN, components, now, is_notifying=is_notifying)
    return len(due)


def _end_all(db: sqlite3.Connection, now: int) -> int:
    due = list_due(db, END_DUE, now)
    for each in due:
        _end(db, each, _DONE, now)
    return len(due)


def _end(db: sqlite3.Connection, ending: PageIncident, body: str, now: int) -> None:
    is_moving = ending.has_option("auto_transition_to_operational_state")
    components = _free(db, ending) if is_moving else {}
    is_notifying = ending.has_option("auto_transition_deliver_notifications_at_end")
    _move(db, ending, MaintenanceStatus.COMPLETED, body, components, now, is_notifying=is_notifying)


def _write_instant(at: int | None) -> str:
    return "" if at is None else write_instant(at)


def _free(db: sqlite3.Connection, ending: PageIncident) -> dict[str, ComponentStatus]:
    """Leaves alone what broke meanwhile and what other work under way still holds: neither is well now."""
    held = {
        component.id
        for other in list_incidents(db, ACTIVE_MAINTENANCE, -1)
        if other.id != ending.id
        for component in other.components
    }
    return {
        component.id: ComponentStatus.OPERATIONAL
        for component in ending.components
        if component.status is ComponentStatus.UNDER_MAINTENANCE and component.id not in held
    }


def _move(
    db: sqlite3.Connection,
    maintenance: PageIncident,
    status: MaintenanceStatus,
    body: str,
    components: dict[str, ComponentStatus],
    now: int,
    *,
    is_notifying: bool,
) -> None:
    write = IncidentWrite(status=status, body=body, components=components, is_notifying=is_notifying)
    change_incident(db, maintenance.id, write, now)

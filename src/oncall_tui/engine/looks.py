"""Looks around a write: pages have no lock, and a write may put whole texts and lists there.

What somebody writes between the last look and the write, about one request's time, is lost all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from oncall_tui.domain.changing import is_same_work
from oncall_tui.domain.remote import RemoteIncident, RemoteMaintenance
from oncall_tui.engine.noticing import PlannedPage
from oncall_tui.engine.pages import Message, Page
from oncall_tui.engine.pages.errors import AmbiguousError, ChangedMeanwhileError, NotAppliedError, PageError, require
from oncall_tui.engine.pages.extras import MaintenanceMessage

_Found = TypeVar("_Found")


def count_requests(page: PlannedPage, *, is_update: bool) -> int:
    """Returns what a write about planned work costs, with the looks before and after it."""
    return 2 + page.capabilities.keeps_one_text if is_update else 1


async def update_work(page: PlannedPage, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
    """Writes onto what the page shows if that is still the `baseline`; returns what stands there then.

    Raises ChangedMeanwhileError, or PageError.
    """
    shown = await _look(page.get_maintenance(baseline.remote_id))
    _require_same(shown is not None and is_same_work(baseline, shown))
    answer = await page.update_maintenance(baseline, message)
    if not page.capabilities.keeps_one_text:
        return answer
    try:
        return require(await page.get_maintenance(answer.remote_id), "this maintenance")
    except PageError as error:
        raise AmbiguousError(f"not looked at after the write: {error}", error.wait_ms) from None


async def update_incident(page: Page, baseline: RemoteIncident, message: Message) -> RemoteIncident:
    """Does the same of an incident, where a message brings lists of all that belongs to it.

    Raises ChangedMeanwhileError, or PageError.
    """
    if page.capabilities.replaces_lists:
        shown = await _look(page.get_incident(baseline.remote_id))
        _require_same(shown is not None and _read_whole(shown) == _read_whole(baseline))
    return await page.update_incident(baseline, message)


def _read_whole(incident: RemoteIncident) -> tuple[object, ...]:
    updates = tuple((each.remote_id, each.body) for each in incident.updates)
    return incident.status, updates, incident.components, incident.metadata


async def _look(look: Awaitable[_Found]) -> _Found:
    """A look that fails has written nothing."""
    try:
        return await look
    except AmbiguousError as error:
        raise NotAppliedError(str(error), error.wait_ms) from None


def _require_same(is_same: bool) -> None:
    if not is_same:
        raise ChangedMeanwhileError("somebody changed this on the page just now: it is looked at again first")

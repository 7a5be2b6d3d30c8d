"""Looks around a write about planned work: pages have no lock, and a write puts whole texts and lists there.

What somebody writes between the last look and the write, about one request's time, is lost all the same.
"""

from __future__ import annotations

from oncall_tui.domain.changing import is_same_work
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.noticing import PlannedPage
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, require
from oncall_tui.engine.pages.extras import MaintenanceMessage


class ChangedMeanwhileError(NotAppliedError):
    """Somebody wrote on the page between our look at it and our write."""


def count_requests(page: PlannedPage, *, is_update: bool) -> int:
    """Returns what a write costs, with the looks before and after it."""
    return 2 + page.capabilities.keeps_one_text if is_update else 1


async def update_seen(page: PlannedPage, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
    """Writes onto what the page shows if that is still the `baseline`; returns what stands there then.

    Raises ChangedMeanwhileError, or PageError.
    """
    try:
        shown = await page.get_maintenance(baseline.remote_id)
    except AmbiguousError as error:
        raise NotAppliedError(str(error), error.wait_ms) from None
    if shown is None or not is_same_work(baseline, shown):
        raise ChangedMeanwhileError("somebody changed this on the page just now: it is looked at again first")
    answer = await page.update_maintenance(baseline, message)
    if not page.capabilities.keeps_one_text:
        return answer
    try:
        return require(await page.get_maintenance(answer.remote_id), "this maintenance")
    except PageError as error:
        raise AmbiguousError(f"not looked at after the write: {error}", error.wait_ms) from None

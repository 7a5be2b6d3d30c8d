"""Whether an update would calm customers over words of somebody else that its writer had not read."""

from __future__ import annotations

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.outbox import is_bettering, is_closing
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.update import Delivery
from oncall_tui.engine.page_work import PageWork
from oncall_tui.store.deliveries import list_unread


async def find_unanswered(work: PageWork, delivery: Delivery, baseline: RemoteIncident) -> RemoteUpdate | None:
    """Returns the last message on the page that a delivery must not go over without being asked, None when it may go.

    That is one of somebody else which came here after the update was confirmed, where the update ends the incident or
    shows a component better than the page does. `baseline` is taken in already. Raises PageError or StoreError.
    """
    if delivery.is_forced or not (is_closing(delivery, baseline) or delivery.components):
        return None
    unread = await work.store.call(list_unread, delivery.uid, page=delivery.page)
    theirs = [update for update in baseline.updates if update.remote_id in unread]
    if not theirs:
        return None
    if is_closing(delivery, baseline) or is_bettering(delivery, await _read_shown(work, delivery, baseline)):
        return theirs[-1]
    return None


async def _read_shown(work: PageWork, delivery: Delivery, baseline: RemoteIncident) -> dict[str, ComponentStatus]:
    """An incident tells of its own components alone; of others the page is asked."""
    if not set(delivery.components) - set(baseline.components):
        return baseline.components
    found = await work.page.list_components(work.budget.spend)
    shown = {work.page.component_names.get(each.remote_id, each.name): each.status for each in found}
    return shown | baseline.components

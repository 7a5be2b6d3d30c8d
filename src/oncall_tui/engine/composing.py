"""Turns a delivery into what is put on the page: names of components become ids, and a resolve clears them."""

from __future__ import annotations

from oncall_tui.domain.errors import RemoteError
from oncall_tui.domain.incident import IncidentStatus, free_components
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.domain.update import Delivery
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages import Message
from oncall_tui.engine.pages.extras import BackfillMessage
from oncall_tui.store.incidents import get_incident, list_component_ids, list_incidents, read_origin
from oncall_tui.store.page import apply_components


class UnknownComponentError(RemoteError):
    """The update names a component that the page does not have."""


async def compose_message(work: PageWork, delivery: Delivery, baseline: RemoteIncident | None) -> Message:
    """Returns what to send. Raises UnknownComponentError, PageError or StoreError.

    Components that the incident holds and a resolving update does not name are freed explicitly: the page does not put
    them back by itself.
    """
    store = work.store
    states = dict(delivery.components)
    held = set(baseline.components) if baseline is not None else set()
    if delivery.status is IncidentStatus.RESOLVED:
        incident = await store.call(get_incident, delivery.incident_id)
        names = held | set(incident.components)
        states = free_components(names, incident.id, await store.call(list_incidents, is_open_only=True)) | states
    ids = await store.call(list_component_ids, page=delivery.page)
    if (held | set(states)) - set(ids):
        await store.call(apply_components, await work.page.list_components(work.budget.spend), page=delivery.page)
        ids = await store.call(list_component_ids, page=delivery.page)
    if unknown := [name for name in delivery.components if name not in ids]:
        known = ", ".join(sorted(ids)) or "none"
        raise UnknownComponentError(
            f"the page has no component named {', '.join(unknown)}; it knows: {known}. Correct the name in config, "
            "or drop this delivery and send it again without"
        )
    belonging = {ids[name] for name in held | set(states) if name in ids}
    return Message(
        uid=delivery.incident_uid,
        op=delivery.uid,
        title=delivery.title,
        status=delivery.status,
        body=delivery.body,
        components={ids[name]: status for name, status in states.items() if name in ids},
        component_ids=tuple(sorted(belonging)) if held <= set(ids) else None,
        impact_override=delivery.impact_override,
        notify=delivery.notify,
        sent_at=work.clock(),
        origin=await store.call(read_origin),
    )


async def compose_backfill(work: PageWork, delivery: Delivery) -> BackfillMessage:
    """Returns what to send of an incident that is over. Raises StoreError."""
    incident = await work.store.call(get_incident, delivery.incident_id)
    return BackfillMessage(
        uid=delivery.incident_uid,
        op=delivery.uid,
        title=delivery.title or incident.title,
        body=delivery.body,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at or incident.started_at,
        impact_override=delivery.impact_override,
        notify=delivery.notify,
        sent_at=work.clock(),
    )

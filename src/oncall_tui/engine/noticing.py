"""Turns a notice of planned work into what is put on the page: names become ids, states go with the work."""

from __future__ import annotations

from typing import Protocol

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import (
    STATUS_AFTER,
    Maintenance,
    MaintenanceStatus,
    NoticeDelivery,
    NoticeKind,
    PlanPart,
    is_ending,
)
from oncall_tui.domain.notices import moves_start
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.composing import UnknownComponentError
from oncall_tui.engine.page_work import PageWork
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.extras import MaintenanceMessage, MaintenancePage
from oncall_tui.store.incidents import list_component_ids, read_origin
from oncall_tui.store.maintenance import get_maintenance, list_maintenances
from oncall_tui.store.page import apply_components


class PlannedPage(Page, MaintenancePage, Protocol):
    """A page whose capabilities say `has_maintenance`; of any other only what every page has is called."""


async def compose_notice(
    work: PageWork, delivery: NoticeDelivery, baseline: RemoteMaintenance | None
) -> MaintenanceMessage:
    """Returns what to send. Raises UnknownComponentError, PageError or StoreError.

    A start puts the components under maintenance; an end frees those that the page still shows so, and leaves alone
    what broke meanwhile and what other work under way still holds; a change of components does both, for those that
    come and go. What a notice does not speak of stays as the page has it: others may have changed it there.
    """
    store = work.store
    maintenance = await store.call(get_maintenance, delivery.maintenance_id)
    ids = await store.call(list_component_ids, page=delivery.page)
    held = dict(baseline.components) if baseline is not None else {}
    if (set(held) | set(maintenance.components)) - set(ids):
        await store.call(apply_components, await work.page.list_components(work.budget.spend), page=delivery.page)
        ids = await store.call(list_component_ids, page=delivery.page)
    if unknown := [name for name in maintenance.components if name not in ids]:
        known = ", ".join(sorted(ids)) or "none"
        raise UnknownComponentError(
            f"the page has no component named {', '.join(unknown)}; it knows: {known}. Correct the name in config, "
            "or change the components of this maintenance"
        )
    status = _find_status(delivery, maintenance, baseline)
    touches, comes = delivery.touches, list[str]()
    is_whole = delivery.kind is NoticeKind.CHANGE and PlanPart.COMPONENTS in touches
    if delivery.kind is NoticeKind.START or (is_whole and status.is_active):
        comes = [name for name in maintenance.components if delivery.kind is NoticeKind.START or name not in held]
    states = dict.fromkeys(comes, ComponentStatus.UNDER_MAINTENANCE)
    is_put_back = baseline is not None and baseline.status.is_active and not status.is_active
    if is_ending(delivery.kind) or is_whole or is_put_back:
        others = await store.call(list_maintenances, is_open_only=True)
        stays = {
            name for each in others if each.status.is_active and each.id != maintenance.id for name in each.components
        }
        if is_whole and status.is_active:
            stays |= set(maintenance.components)
        under = [name for name, state in held.items() if state is ComponentStatus.UNDER_MAINTENANCE]
        states |= {name: ComponentStatus.OPERATIONAL for name in under if name in ids and name not in stays}
    moves = work.page.capabilities.has_auto_transitions and not is_ending(delivery.kind)
    start = maintenance.find_automatic(NoticeKind.START) if moves else None
    finish = maintenance.find_automatic(NoticeKind.FINISH) if moves else None
    has_start, has_end = delivery.kind is NoticeKind.START or PlanPart.START in touches, PlanPart.END in touches
    kept = () if is_whole else held
    belonging = {ids[name] for name in (*kept, *maintenance.components) if name in ids}
    return MaintenanceMessage(
        uid=maintenance.uid,
        op=delivery.uid,
        title=maintenance.title if baseline is None or PlanPart.TITLE in touches else None,
        status=status,
        body=delivery.body,
        starts_at=maintenance.starts_at if has_start or baseline is None else baseline.starts_at,
        ends_at=maintenance.ends_at if has_end or baseline is None else baseline.ends_at or maintenance.ends_at,
        components={ids[name]: status for name, status in states.items()},
        component_ids=tuple(sorted(belonging)) if set(kept) <= set(ids) else None,
        has_auto_start=start is not None,
        has_auto_end=finish is not None,
        moves_components=True,
        remind_prior=False,
        notify=delivery.notify,
        notify_at_moves=any(each is not None and each.notify for each in (start, finish)),
        sent_at=work.clock(),
        keeps_moves=not maintenance.is_local and not is_ending(delivery.kind),
        origin=await store.call(read_origin),
    )


def _find_status(
    delivery: NoticeDelivery, maintenance: Maintenance, baseline: RemoteMaintenance | None
) -> MaintenanceStatus:
    """A reminder, a change and an extension leave the page's status as it is, unless it says over what is not.

    So does a start that is moved of what the page has begun, by a person's word alone: it is planned again then.
    """
    if delivery.kind in STATUS_AFTER or baseline is None:
        return STATUS_AFTER.get(delivery.kind, maintenance.status)
    if moves_start(delivery) and baseline.status.is_active:
        return maintenance.status
    return baseline.status if baseline.status.is_open else maintenance.status

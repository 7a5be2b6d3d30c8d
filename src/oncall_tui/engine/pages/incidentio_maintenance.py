"""Planned work on incident.io: a window that is given once, and messages that move it.

No call changes its window or its title afterwards, and no message carries an id of ours; a creation carries our key.
What the page tells of the window are the periods of its components: planned ones at first, then those that were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.incidentio_calls import MADE_AT, READ_COMPONENTS, IncidentIoCalls
from oncall_tui.engine.pages.planned import PlannedList
from oncall_tui.engine.pages.unstamped import append_notice, list_named_ids
from oncall_tui.engine.pages.values import (
    Item,
    name_component,
    read_id,
    read_line,
    read_objects,
    read_text,
    read_time,
    write_time,
)

_NAME = "status_page_maintenances"
_STATUSES = {
    MaintenanceStatus.SCHEDULED: "maintenance_scheduled",
    MaintenanceStatus.IN_PROGRESS: "maintenance_in_progress",
    MaintenanceStatus.VERIFYING: "maintenance_in_progress",
    MaintenanceStatus.COMPLETED: "maintenance_complete",
}
_READ_STATUSES = {
    "maintenance_scheduled": MaintenanceStatus.SCHEDULED,
    "maintenance_in_progress": MaintenanceStatus.IN_PROGRESS,
    "maintenance_complete": MaintenanceStatus.COMPLETED,
}


class MaintenanceCalls(PlannedList, IncidentIoCalls):
    """The part of the adapter that `MaintenancePage` asks for."""

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        items = await self._list(_NAME, permit, since, is_routine=since is None)
        if since is None:
            return [each for each in self._read_maintenances(items) if each.status.is_open]
        return [
            found
            for item in items
            if (found := read_maintenance(item, self.component_names))
            and (found.status.is_open or found.created_at >= since)
        ]

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        answer = await self._line.ask("GET", f"/v2/{_NAME}/{quote(remote_id, safe='')}", is_missing_fine=True)
        return None if answer is None else self._require_maintenance(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        """Sent again with the same key, the page answers with the work that the first one made."""
        body = {
            "idempotency_key": self._make_key(message.op),
            "status_page_id": self._page_id,
            "name": message.title or "",
            "message": message.body,
            "maintenance_status": _STATUSES[message.status],
            "start_at": write_time(message.starts_at),
            "end_at": write_time(message.ends_at),
            "affected_component_ids": list(list_named_ids(message)),
            "notify_subscribers": message.notify,
        }
        made = self._require_maintenance(await self._line.ask("POST", f"/v2/{_NAME}", body=body))
        return replace(made, starts_at=message.starts_at, ends_at=message.ends_at)

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        """Names the status only where it moves: a message that does turns off what moves the work by itself."""
        fields: Item = {
            "status_page_maintenance_id": baseline.remote_id,
            "message": message.body,
            "notify_subscribers": message.notify,
        }
        if message.status is not baseline.status:
            fields["maintenance_status"] = _STATUSES[message.status]
        if message.components and message.status.is_open:
            fields["component_statuses"] = [
                {"component_id": remote_id, "component_status": _write_state(state)}
                for remote_id, state in message.components.items()
            ]
        answer = await self._line.ask("POST", "/v2/status_page_maintenance_updates", body=fields)
        self._forget_latest(baseline.remote_id)
        value = answer.get("status_page_maintenance_update") if isinstance(answer, dict) else None
        update = require(_read_update(value, message.status) if isinstance(value, dict) else None, "an update")
        states = message.components
        if not update.status.is_open:
            return append_notice(baseline, update, dict.fromkeys(baseline.components, ComponentStatus.OPERATIONAL))
        named = {name_component(key, None, self.component_names): state for key, state in states.items()}
        return append_notice(baseline, update, named)

    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        return (await self._ask_part(_NAME, None, is_routine=True))[0]

    def _read_listed(self, item: Item) -> RemoteMaintenance | None:
        """Returns None for what tells no window: nobody could say when it is."""
        found = read_maintenance(item, self.component_names)
        return found if found is not None and list(_list_periods(item)) else None

    def _find_work_states(self) -> dict[str, ComponentStatus]:
        """Returns the components that were under maintenance when that was read last."""
        return {
            key: state
            for item in self._latest
            for key, state in _read_states(item, _read_status(item.get("maintenance_status"))).items()
            if state is ComponentStatus.UNDER_MAINTENANCE
        }

    def _require_maintenance(self, answer: object) -> RemoteMaintenance:
        value = answer.get("status_page_maintenance") if isinstance(answer, dict) else None
        return require(read_maintenance(value, self.component_names), "a maintenance")


def read_maintenance(value: object, names: Mapping[str, str]) -> RemoteMaintenance | None:
    """Returns planned work, None for what is none; `names` maps ids of components to the names in our file."""
    if not isinstance(value, dict):
        return None
    remote_id, made_at = read_id(value.get("id")), read_time(value.get(MADE_AT))
    if remote_id is None or made_at is None or not isinstance(value.get("maintenance_status"), str):
        return None
    # The order is not documented; ids of this page grow with time.
    items = list(read_objects(value.get("updates")))
    items.sort(key=lambda item: (read_time(item.get(MADE_AT)) or 0, str(item.get("id"))))
    updates: list[RemoteMaintenanceUpdate] = []
    for item in items:
        before = updates[-1].status if updates else MaintenanceStatus.SCHEDULED
        if update := _read_update(item, before):
            updates.append(update)
    last = updates[-1].status if updates else MaintenanceStatus.SCHEDULED
    status = _read_status(value.get("maintenance_status"), last)
    starts, ends = zip(*periods, strict=True) if (periods := list(_list_periods(value))) else ((), ())
    is_moved = value.get("automate_maintenance_status") is True
    return RemoteMaintenance(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        starts_at=min(starts, default=made_at),
        ends_at=max((at for at in ends if at is not None), default=None) if None not in ends else None,
        created_at=made_at,
        updated_at=max([made_at, *(update.created_at for update in updates)]),
        components={name_component(key, None, names): state for key, state in _read_states(value, status).items()},
        updates=tuple(updates),
        has_auto_start=is_moved,
        has_auto_end=is_moved,
        keeps_window=True,
    )


def _list_periods(value: Item) -> list[tuple[int, int | None]]:
    return [
        (starts_at, read_time(period.get("end_at")))
        for period in read_objects(value.get("component_maintenance_periods"))
        if (starts_at := read_time(period.get("start_at"))) is not None
    ]


def _read_states(value: Item, status: MaintenanceStatus) -> dict[str, ComponentStatus]:
    """Returns the state of each component: under maintenance while work goes on, unless a message freed it."""
    keys = [read_id(period.get("component_id")) for period in read_objects(value.get("component_maintenance_periods"))]
    state = ComponentStatus.UNDER_MAINTENANCE if status.is_active else ComponentStatus.OPERATIONAL
    states = {key: state for key in keys if key is not None}
    updates = sorted(read_objects(value.get("updates")), key=lambda item: read_time(item.get(MADE_AT)) or 0)
    for update in updates if status.is_active else ():
        for told in read_objects(update.get("component_statuses")):
            key = read_id(told.get("component_id"))
            if key is not None and _read_status(update.get("maintenance_status")).is_active:
                states[key] = READ_COMPONENTS.get(str(told.get("component_status")), state)
    return states


def _read_status(value: object, otherwise: MaintenanceStatus = MaintenanceStatus.SCHEDULED) -> MaintenanceStatus:
    """New states may come at any time: one that we do not know moves nothing."""
    return _READ_STATUSES.get(value, otherwise) if isinstance(value, str) else otherwise


def _read_update(value: Item, otherwise: MaintenanceStatus) -> RemoteMaintenanceUpdate | None:
    """A state of an update may be absent, when it did not change that of the work."""
    remote_id, made_at = read_id(value.get("id")), read_time(value.get(MADE_AT))
    if remote_id is None or made_at is None:
        return None
    status = _read_status(value.get("maintenance_status"), otherwise)
    return RemoteMaintenanceUpdate(remote_id, status, read_text(value.get("message")), made_at)


def _write_state(state: ComponentStatus) -> str:
    """Components of planned work know two states."""
    return "under_maintenance" if state is ComponentStatus.UNDER_MAINTENANCE else "operational"

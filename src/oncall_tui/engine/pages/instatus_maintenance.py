"""Planned work on Instatus: a window that is given once, and messages that move it.

What a change of planned work there does to the words that customers have read is not documented, so the window and the
title stay as they were announced; and since the page would end work at that window's end, it is not asked to move it by
its own clock. It keeps no ids of ours: work is proven by its title, its window and its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import require, require_list
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.instatus_calls import COMPONENTS, KEPT, PAGE_SIZE, InstatusCalls, find_made_at, read_held
from oncall_tui.engine.pages.planned import PlannedList
from oncall_tui.engine.pages.unstamped import append_notice, list_named_ids, write_sent_at
from oncall_tui.engine.pages.values import (
    Item,
    bound_time,
    name_component,
    read_id,
    read_line,
    read_objects,
    read_text,
    read_time,
    write_time,
)

_PATH = "/maintenances"
_STATUSES = {
    MaintenanceStatus.SCHEDULED: "NOTSTARTEDYET",
    MaintenanceStatus.IN_PROGRESS: "INPROGRESS",
    MaintenanceStatus.VERIFYING: "INPROGRESS",
    MaintenanceStatus.COMPLETED: "COMPLETED",
}
_READ_STATUSES = {word: status for status, word in _STATUSES.items() if status is not MaintenanceStatus.VERIFYING}


class MaintenanceCalls(PlannedList, InstatusCalls):
    """The part of the adapter that `MaintenancePage` asks for."""

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        found = self._read_maintenances(await self._list(_PATH, {}, permit, since, is_routine=since is None))
        return [each for each in found if each.status.is_open or (since is not None and each.created_at >= since)]

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        answer = await self._line.ask("GET", self._work_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_maintenance(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        """The end stands twice, since the samples of the page and its description differ in which it reads."""
        self._components.forget()
        body = {
            **_write_fields(message, {}),
            "name": message.title or "",
            "start": write_time(message.starts_at),
            "end": write_time(message.ends_at),
            "duration": max(1, (message.ends_at - message.starts_at) // MINUTE),
            "autoStart": False,
            "autoEnd": False,
            "notifyStart": False,
            "notifyEnd": False,
            "notifyEarly": False,
        }
        return self._require_maintenance(await self._line.ask("POST", self._root + _PATH, body=body))

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        self._components.forget()
        kept = baseline.metadata.get(KEPT, {})
        fields = {**_write_fields(message, kept), "started": write_sent_at(message, self.clock_skew_ms)}
        answer = await self._line.ask("POST", f"{self._work_path(baseline.remote_id)}/maintenance-updates", body=fields)
        self._forget_latest(baseline.remote_id)
        update = require(_read_update(answer) if isinstance(answer, dict) else None, "an update")
        names = self.component_names
        states = {name_component(key, kept.get(key), names): state for key, state in message.components.items()}
        return append_notice(baseline, update, states)

    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        params: dict[str, str | int] = {"page": 1, "per_page": PAGE_SIZE}
        answer = await self._line.ask("GET", self._root + _PATH, params=params, is_repeated=True)
        return list(read_objects(require_list(answer)))

    def _read_listed(self, item: Item) -> RemoteMaintenance | None:
        return read_maintenance(item, self.component_names)

    def _require_maintenance(self, answer: object) -> RemoteMaintenance:
        return require(read_maintenance(answer, self.component_names), "a maintenance")

    def _work_path(self, remote_id: str) -> str:
        return f"{self._root}{_PATH}/{quote(remote_id, safe='')}"


def read_maintenance(value: object, names: Mapping[str, str]) -> RemoteMaintenance | None:
    """Returns planned work, None for what is none; `names` maps ids of components to the names in our file."""
    if not isinstance(value, dict):
        return None
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    starts_at = read_time(value.get("start"))
    if remote_id is None or status is None or starts_at is None:
        return None
    stored = [(item, update) for item in read_objects(value.get("updates")) if (update := _read_update(item))]
    stored.sort(key=lambda pair: read_time(pair[0].get("createdAt")) or pair[1].created_at)
    made_at = find_made_at(value)
    made_at = starts_at if made_at is None else made_at
    duration = value.get("duration")
    is_known = isinstance(duration, int) and not isinstance(duration, bool) and duration > 0
    components, kept = read_held(value, names)
    return RemoteMaintenance(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        starts_at=starts_at,
        ends_at=bound_time(starts_at + duration * MINUTE) if is_known and isinstance(duration, int) else None,
        created_at=made_at,
        updated_at=max([made_at, *(read_time(item.get("createdAt")) or 0 for item, _ in stored)]),
        metadata={KEPT: kept},
        components=components,
        updates=tuple(update for _, update in stored),
        has_auto_start=value.get("autoStart") is True,
        has_auto_end=value.get("autoEnd") is True,
        remind_prior=value.get("notifyEarly") is True,
        keeps_window=True,
    )


def _write_fields(message: MaintenanceMessage, kept: Mapping[str, object]) -> Item:
    """Names all components each time: whether the page adds to its list or replaces it is not documented."""
    return {
        "message": message.body,
        "status": _STATUSES[message.status],
        "notify": message.notify,
        "components": list(dict.fromkeys([*kept, *list_named_ids(message)])),
        "statuses": [{"id": key, "status": COMPONENTS[state]} for key, state in message.components.items()],
    }


def _read_update(value: Item) -> RemoteMaintenanceUpdate | None:
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    shown_at = read_time(value.get("started"))
    shown_at = read_time(value.get("createdAt")) if shown_at is None else shown_at
    if remote_id is None or status is None or shown_at is None:
        return None
    return RemoteMaintenanceUpdate(remote_id, status, read_text(value.get("message")), shown_at)

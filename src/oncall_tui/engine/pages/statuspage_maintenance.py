"""Planned work on Statuspage: an incident with a window, which the page can move by its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import require, require_list
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.statuspage_calls import PAGE_SIZE, StatuspageCalls, stamp_metadata
from oncall_tui.engine.pages.statuspage_shapes import read_maintenance, read_public_updates
from oncall_tui.engine.pages.values import Item, read_objects, write_time


class MaintenanceCalls(StatuspageCalls):
    """The part of the adapter that `MaintenancePage` asks for."""

    latest_readings = 0
    _latest: Sequence[Item] = ()

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        # In this order: one that starts between two requests is then listed twice, and never missed.
        items = await self._list("/incidents/upcoming", "per_page", permit)
        items += await self._list("/incidents/active_maintenance", "per_page", permit)
        recent = [] if since is None else await self._list("/incidents", "limit", permit, since)
        found = {each.remote_id: each for each in self._read_maintenances(items)}
        for each in self._read_maintenances(recent):
            if each.remote_id in found or (since is not None and each.created_at >= since):
                found[each.remote_id] = each
        return list(found.values())

    async def list_latest_maintenances(self, permit: Permit) -> list[RemoteMaintenance]:
        await self._read_latest(permit)
        return self.recall_latest_maintenances()

    def recall_latest_maintenances(self) -> list[RemoteMaintenance]:
        return self._read_maintenances(self._latest)

    async def _read_latest(self, permit: Permit) -> Sequence[Item]:
        """Returns what was made last: incidents and planned work stand in one list."""
        await permit()
        params = {"page": 1, "limit": PAGE_SIZE}
        answer = await self._line.ask("GET", f"{self._root}/incidents", params=params, is_repeated=True)
        return self._keep_latest(read_objects(require_list(answer)))

    def _keep_latest(self, items: Iterable[Item]) -> Sequence[Item]:
        self._latest = tuple(items)
        self.latest_readings += 1
        return self._latest

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        answer = await self._line.ask("GET", self._incident_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_maintenance(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        body = _write_fields(message, None)
        answer = await self._line.ask("POST", f"{self._root}/incidents", body={"incident": body})
        return self._require_maintenance(answer)

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        body = _write_fields(message, baseline)
        answer = await self._line.ask("PATCH", self._incident_path(baseline.remote_id), body={"incident": body})
        return self._require_maintenance(answer)

    async def read_public_maintenances(self, awaited: Mapping[str, str]) -> dict[str, str]:
        path = self._public_path("scheduled-maintenances.json")
        return {} if path is None else read_public_updates(await self._line.read_url(path), "scheduled_maintenances")

    def _read_maintenances(self, items: Iterable[Item]) -> list[RemoteMaintenance]:
        return [each for item in items if (each := read_maintenance(item, self.component_names))]

    def _require_maintenance(self, answer: object) -> RemoteMaintenance:
        return require(read_maintenance(answer, self.component_names), "a maintenance")


def _write_fields(message: MaintenanceMessage, baseline: RemoteMaintenance | None) -> Item:
    """Names every flag or none: what the vendor takes for one that is left out of a creation is not documented."""
    fields: Item = {
        "scheduled_for": write_time(message.starts_at),
        "scheduled_until": write_time(message.ends_at),
        "deliver_notifications": message.notify,
        "metadata": stamp_metadata(
            baseline.metadata if baseline else {},
            baseline.ops if baseline else (),
            message.uid,
            message.op,
            message.origin,
        ),
    }
    if not message.keeps_moves:
        fields |= {
            "scheduled_remind_prior": message.remind_prior,
            "scheduled_auto_in_progress": message.has_auto_start,
            "scheduled_auto_completed": message.has_auto_end,
            "auto_transition_to_maintenance_state": message.has_auto_start and message.moves_components,
            "auto_transition_to_operational_state": message.has_auto_end and message.moves_components,
            "auto_transition_deliver_notifications_at_start": message.has_auto_start and message.notify_at_moves,
            "auto_transition_deliver_notifications_at_end": message.has_auto_end and message.notify_at_moves,
        }
    if baseline is None or message.body or message.status is not baseline.status:
        fields["status"] = message.status.value
    if message.body:
        fields["body"] = message.body
    if message.components:
        fields["components"] = {remote_id: status.value for remote_id, status in message.components.items()}
    if message.component_ids:
        fields["component_ids"] = list(message.component_ids)
    if message.title is not None:
        fields["name"] = message.title
    return fields

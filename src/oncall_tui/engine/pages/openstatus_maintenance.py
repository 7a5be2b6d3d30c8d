"""Planned work on OpenStatus: one text with a window, whose state follows from its times alone.

It has no messages: what is said later is added to its text, below a line of its own, and read back as if it were one.
A write is absolute and may be repeated; it is proven by a part that did not stand there before. Times are kept in whole
seconds, and mail goes out for the announcement alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import RefusedByPageError, require, require_list
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.lists import read_list
from oncall_tui.engine.pages.openstatus_calls import get_field, get_object, list_ids
from oncall_tui.engine.pages.planned import PlannedList
from oncall_tui.engine.pages.unstamped import FindStatus, find_new_times, list_named_ids
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

_PAGE_SIZE = 100
_KEPT, _TEXT, _IDS = "openstatus", "text", "ids"
_LINE = "* * *"
_PARTS = re.compile(r"^\* \* \*$", re.MULTILINE)


class MaintenanceCalls(PlannedList):
    """The part of the adapter that `MaintenancePage` asks for."""

    _page_names: Mapping[str, str] = {}

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        at = None if since is None else since // 1000 * 1000

        async def ask(number: int) -> tuple[Sequence[Item], bool]:
            return await self._ask_part(number)

        items = await read_list(ask, permit, _find_made_at, at, may_be_cut=since is None)
        found = self._read_maintenances(items)
        return [each for each in found if each.status.is_open or (at is not None and each.created_at >= at)]

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        answer = await self._ask_works("GetMaintenance", {"id": remote_id}, is_missing_fine=True)
        page_id = get_field(get_object(answer, "maintenance"), "pageId")
        if answer is None or (page_id is not None and str(page_id) != self._page_id):
            return None
        return self._require_work(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        _require_parts(message.body)
        body = {
            "title": message.title or "",
            "message": message.body,
            "from": write_time(message.starts_at),
            "to": write_time(message.ends_at),
            "pageId": self._page_id,
            "pageComponentIds": list(list_named_ids(message)),
            "notify": message.notify,
        }
        return self._require_work(await self._ask_works("CreateMaintenance", body))

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        """Changes plan and text at once. A list of no components would take the work off its page: it is never sent."""
        _require_parts(message.body)
        kept = baseline.metadata.get(_KEPT, {})
        body: Item = {"id": baseline.remote_id}
        if message.body:
            body["message"] = f"{kept.get(_TEXT, '')}\n\n{_LINE}\n\n{message.body}"
        if message.title is not None:
            body["title"] = message.title
        starts_at, ends_at = find_new_times(baseline, message, self._read_now())
        if abs(starts_at - baseline.starts_at) >= 1_000:
            body["from"] = write_time(starts_at)
        if abs(ends_at - read_plan(baseline).ends_at) >= 1_000:
            body["to"] = write_time(ends_at)
        ids = message.component_ids
        if ids and message.status.is_open and sorted(ids) != kept.get(_IDS):
            body |= {"pageComponentIds": list(ids), "updatePageComponentIds": True}
        answer = await self._ask_works("UpdateMaintenance", body)
        self._forget_latest(baseline.remote_id)
        return self._require_work(answer)

    async def _ask_works(self, method: str, body: Item, *, is_missing_fine: bool = False) -> object:
        path = f"/rpc/openstatus.maintenance.v1.MaintenanceService/{method}"
        return await self._line.ask("POST", path, body=body, is_missing_fine=is_missing_fine)

    async def _ask_part(self, number: int) -> tuple[list[Item], bool]:
        body: Item = {"limit": _PAGE_SIZE, "offset": number * _PAGE_SIZE, "pageId": self._page_id}
        answer = await self._ask_works("ListMaintenances", body)
        # An empty list is left out, and then nothing but the size of the whole can be there.
        is_empty = isinstance(answer, dict) and not set(answer) - {"totalSize", "total_size"}
        items = list(read_objects([] if is_empty else require_list(get_field(answer, "maintenances"))))
        return items, len(items) >= _PAGE_SIZE

    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        return (await self._ask_part(0))[0]

    def _find_work_states(self) -> dict[str, ComponentStatus]:
        """Returns the components that work which goes on has under maintenance, as it was read last."""
        return {
            key: ComponentStatus.UNDER_MAINTENANCE
            for item in self._latest
            if (work := self._read_listed(item)) is not None and work.status.is_active
            for key in sorted(list_ids(item))
        }

    def _require_work(self, answer: object) -> RemoteMaintenance:
        return require(self._read_listed(get_object(answer, "maintenance")), "a maintenance")

    def _read_now(self) -> int:
        return self._clock() + (self.clock_skew_ms or 0)

    def _read_listed(self, item: Item) -> RemoteMaintenance | None:
        remote_id, made_at = read_id(item.get("id")), _find_made_at(item)
        starts_at, ends_at = read_time(item.get("from")), read_time(item.get("to"))
        if remote_id is None or made_at is None or starts_at is None or ends_at is None:
            return None

        def find_status(at: int) -> MaintenanceStatus:
            if at >= ends_at:
                return MaintenanceStatus.COMPLETED
            return MaintenanceStatus.IN_PROGRESS if at >= starts_at else MaintenanceStatus.SCHEDULED

        changed_at = read_time(get_field(item, "updatedAt")) or made_at
        text, ids, status = read_text(item.get("message")), sorted(list_ids(item)), find_status(self._read_now())
        state = ComponentStatus.UNDER_MAINTENANCE if status.is_active else ComponentStatus.OPERATIONAL
        return RemoteMaintenance(
            remote_id=remote_id,
            title=read_line(item.get("title")),
            status=status,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=made_at,
            updated_at=changed_at,
            metadata={_KEPT: {_TEXT: text, _IDS: ids}},
            components={name_component(key, self._page_names.get(key), self.component_names): state for key in ids},
            updates=_read_parts(text, made_at, changed_at, find_status),
            has_auto_start=True,
            has_auto_end=True,
            moves_silently=True,
        )


def _read_parts(
    text: str, made_at: int, changed_at: int, find_status: FindStatus
) -> tuple[RemoteMaintenanceUpdate, ...]:
    """Returns the parts of a text as messages; each is known by its words and by how often they stood before it.

    When a part was added is not kept: all but the first are taken for as new as the latest change.
    """
    parts: list[RemoteMaintenanceUpdate] = []
    for body in filter(None, (read_text(part) for part in _PARTS.split(text))):
        before = sum(1 for part in parts if part.body == body)
        digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        at = changed_at if parts else made_at
        status = find_status(at) if parts else MaintenanceStatus.SCHEDULED
        parts.append(RemoteMaintenanceUpdate(f"part-{digest}-{before}", status, body, at))
    return tuple(parts)


def _require_parts(body: str) -> None:
    """Raises RefusedByPageError for words that would be read back as two messages."""
    if _PARTS.search(read_text(body)):
        raise RefusedByPageError(f"a line of {_LINE} parts messages there: drop it, and say it without that line")


def _find_made_at(item: Item) -> int | None:
    return read_time(get_field(item, "createdAt"))

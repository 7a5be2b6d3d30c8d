"""Planned work on Better Stack: a report of type `maintenance`, whose state follows from its times alone.

It stands in the list of reports, which leaves out the words: each is read on its own when its entry there has changed.
It keeps no ids of ours: work is proven by its title, its window and its words. Every message names a resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from oncall_tui.domain.duration import DAY
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.betterstack_calls import (
    PAGE_SIZE,
    BetterStackCalls,
    find_starts_at,
    index_updates,
    list_update_ids,
)
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, require, require_list
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.planned import PlannedList
from oncall_tui.engine.pages.unstamped import FindStatus, append_notice, find_new_times, list_named_ids, write_sent_at
from oncall_tui.engine.pages.values import (
    Item,
    name_component,
    read_id,
    read_line,
    read_object,
    read_objects,
    read_text,
    read_time,
    write_time,
)

_KEPT = "betterstack"
_UNDER, _FREE = "maintenance", "resolved"
_SECOND_MS = 1_000
_KNOWN_MS = 300_000


class MaintenanceCalls(PlannedList, BetterStackCalls):
    """The part of the adapter that `MaintenancePage` asks for."""

    _works: Mapping[str, tuple[Item, int, object]] = {}

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        """Times of planned work are of the future: its list is read to the end."""
        items = await self._list("/status-reports", permit, is_routine=since is None, may_be_cut=since is None)
        if since is None:
            await self._keep_works(items, permit)
            return [each for each in self.recall_latest_maintenances() if each.status.is_open]
        found = []
        for item in items:
            if _is_work(item) and self._is_late(item, since) and (remote_id := read_id(item.get("id"))) is not None:
                await permit()
                work = await self.get_maintenance(remote_id)
                if work is not None and (work.status.is_open or work.created_at >= since):
                    found.append(work)
        return found

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        """Returns None for a report that is none of planned work, too."""
        answer = await self._line.ask("GET", self._report_path(remote_id), is_missing_fine=True)
        data = read_object(answer, "data")
        if answer is None or (data.get("type") == "status_report" and not _is_work(data)):
            return None
        return self._require_work(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        body = {
            "title": message.title or "",
            "report_type": "maintenance",
            "starts_at": write_time(message.starts_at),
            "ends_at": write_time(message.ends_at),
            **_write_fields(message, list_named_ids(message), _UNDER, write_sent_at(message, self.clock_skew_ms)),
        }
        return self._require_work(await self._line.ask("POST", f"{self._root}/status-reports", body=body))

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        """Changes the plan, then appends the message, which alone is the proof: what goes before it is absolute."""
        path, now = self._report_path(baseline.remote_id), self._read_now()
        if planned := _write_plan(baseline, message, now):
            await self._change(path, planned)
        kept = baseline.metadata.get(_KEPT, {})
        ids = message.component_ids or tuple({**kept, **message.components})
        state = _UNDER if message.status.is_open else _FREE
        fields = _write_fields(message, ids or tuple(kept), state, write_sent_at(message, self.clock_skew_ms))
        answer = read_object(await self._line.ask("POST", f"{path}/status-updates", body=fields), "data")
        self._forget_latest(baseline.remote_id)
        update = _read_update(answer, lambda _: message.status) if answer.get("type") == "status_update" else None
        shown = append_notice(
            baseline, require(update, "an update"), self._show_states(dict.fromkeys(ids, state), message.status)
        )
        starts_at = min(message.starts_at, now) if message.status.is_active else message.starts_at
        ends_at = message.ends_at if message.status.is_open else min(message.ends_at, now)
        title = read_line(message.title) if message.title is not None else baseline.title
        return replace(shown, title=title, starts_at=min(starts_at, ends_at), ends_at=ends_at)

    async def _change(self, path: str, fields: Item) -> None:
        """Raises NotAppliedError for a doubt too: customers have been told nothing yet."""
        try:
            await self._line.ask("PATCH", path, body=fields)
        except AmbiguousError as error:
            raise NotAppliedError(str(error)) from None

    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        params: dict[str, str | int] = {"page": 1, "per_page": PAGE_SIZE}
        answer = await self._line.ask("GET", f"{self._root}/status-reports", params=params, is_repeated=True)
        items = list(read_objects(require_list(answer.get("data") if isinstance(answer, dict) else None)))
        return await self._complete_works(items, permit)

    async def _keep_works(self, items: Sequence[Item], permit: Permit) -> None:
        """Takes planned work out of a list of reports that was read for whatever reason."""
        self._note_latest(await self._complete_works(items, permit))

    async def _complete_works(self, items: Sequence[Item], permit: Permit) -> list[Item]:
        """Reads what is not known yet of planned work that matters, and returns its entries."""
        now, works, listed = self._clock(), dict[str, tuple[Item, int, object]](), list[Item]()
        for item in items:
            if not _is_work(item) or not self._is_late(item, now - DAY) or (key := read_id(item.get("id"))) is None:
                continue
            known = self._works.get(key)
            if known is None or known[0] != item or not 0 <= now - known[1] < _KNOWN_MS:
                await permit()
                answer = await self._line.ask("GET", self._report_path(key), is_missing_fine=True)
                known = (item, now, answer)
            works[key] = known
            listed.append(item)
        self._works = works
        return listed

    def _is_late(self, item: Item, at: int) -> bool:
        """Tells whether work may matter after an instant, by its end; one without an end goes on."""
        ends_at = read_time(read_object(item, "attributes").get("ends_at"))
        return ends_at is None or ends_at >= at

    def _read_listed(self, item: Item) -> RemoteMaintenance | None:
        """As the page shows it now: its state goes with the clock."""
        known = self._works.get(str(item.get("id")))
        return self._read_work(known[2]) if known is not None else None

    def _forget_latest(self, remote_id: str) -> None:
        super()._forget_latest(remote_id)
        self._works = {key: known for key, known in self._works.items() if key != remote_id}

    def _require_work(self, answer: object) -> RemoteMaintenance:
        return require(self._read_work(answer), "a whole status report")

    def _read_work(self, answer: object) -> RemoteMaintenance | None:
        """Returns None, too, for one that names updates which are not there: without them nothing can be proven."""
        value = read_object(answer, "data")
        included = index_updates(answer.get("included") if isinstance(answer, dict) else None)
        report, remote_id = read_object(value, "attributes"), read_id(value.get("id"))
        starts_at, named = find_starts_at(value), list_update_ids(value)
        if not _is_work(value) or remote_id is None or starts_at is None or not named:
            return None
        if any(key not in included for key in named):
            return None
        ends_at = read_time(report.get("ends_at"))

        def find_status(at: int) -> MaintenanceStatus:
            if ends_at is not None and at >= ends_at:
                return MaintenanceStatus.COMPLETED
            return MaintenanceStatus.IN_PROGRESS if at >= starts_at else MaintenanceStatus.SCHEDULED

        updates = [update for key in named if (update := _read_update(included[key], find_status))]
        if not updates:
            return None
        updates.sort(key=lambda update: (update.created_at, len(update.remote_id), update.remote_id))
        resources, status = _read_resources(report), find_status(self._read_now())
        return RemoteMaintenance(
            remote_id=remote_id,
            title=read_line(report.get("title")),
            status=status,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=updates[0].created_at,
            updated_at=updates[-1].created_at,
            metadata={_KEPT: dict(resources)},
            components=self._show_states(resources, status),
            updates=tuple(updates),
            has_auto_start=True,
            has_auto_end=True,
            moves_silently=True,
        )

    def _show_states(self, resources: Mapping[str, str], status: MaintenanceStatus) -> dict[str, ComponentStatus]:
        return {
            name_component(key, self._resource_names.get(key), self.component_names): (
                ComponentStatus.UNDER_MAINTENANCE
                if status.is_active and state != _FREE
                else ComponentStatus.OPERATIONAL
            )
            for key, state in resources.items()
        }

    def _read_now(self) -> int:
        return self._clock() + (self.clock_skew_ms or 0)


def _is_work(value: Item) -> bool:
    return read_object(value, "attributes").get("report_type") == "maintenance"


def _write_fields(message: MaintenanceMessage, ids: Sequence[str], state: str, at: str) -> Item:
    return {
        "message": message.body,
        "notify_subscribers": message.notify,
        "affected_resources": [{"status_page_resource_id": key, "status": state} for key in ids],
        "published_at": at,
    }


def _write_plan(baseline: RemoteMaintenance, message: MaintenanceMessage, now: int) -> Item:
    """Returns what of the plan is not as it should be; times of what begins or ends now move its state."""
    fields: Item = {}
    if message.title is not None and read_line(message.title) != baseline.title:
        fields["title"] = message.title
    starts_at, ends_at = find_new_times(baseline, message, now)
    if abs(starts_at - baseline.starts_at) >= _SECOND_MS:
        fields["starts_at"] = write_time(starts_at)
    if abs(ends_at - read_plan(baseline).ends_at) >= _SECOND_MS:
        fields["ends_at"] = write_time(ends_at)
    return fields


def _read_resources(attributes: Item) -> dict[str, str]:
    return {
        key: str(item.get("status"))
        for item in read_objects(attributes.get("affected_resources"))
        if (key := read_id(item.get("status_page_resource_id"))) is not None
    }


def _read_update(value: Item, find_status: FindStatus) -> RemoteMaintenanceUpdate | None:
    """A message has no state of its own: it has that of its time."""
    update, remote_id = read_object(value, "attributes"), read_id(value.get("id"))
    published_at = read_time(update.get("published_at"))
    if remote_id is None or published_at is None:
        return None
    return RemoteMaintenanceUpdate(remote_id, find_status(published_at), read_text(update.get("message")), published_at)

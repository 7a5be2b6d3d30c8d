"""Planned work on Cachet v3: a schedule, whose state follows from its times alone.

It is stamped in its `meta` as it is made; a message has no room for a stamp, nor for a state. Components are under
maintenance while the times last, and the page frees them. Whether subscribers get mail is said once, when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.outbox import OPS_KEPT, normalise_body
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.cachet_calls import CachetCalls, write_id
from oncall_tui.engine.pages.cachet_shapes import (
    COMPONENT_NUMBERS,
    META_AT,
    META_OPS,
    META_UID,
    ZONE_MOST_MS,
    Document,
    find_related,
    find_stamped_zone_ms,
    read_component,
    read_document,
    read_meta,
    read_moment,
    read_number,
)
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.extras import MaintenanceMessage
from oncall_tui.engine.pages.planned import PlannedList
from oncall_tui.engine.pages.unstamped import FindStatus, append_notice, list_named_ids
from oncall_tui.engine.pages.values import (
    ID_MOST,
    Item,
    name_component,
    read_id,
    read_line,
    read_object,
    read_text,
    write_time,
)

_INCLUDED = "components,updates,meta"
_NEWEST_FIRST = "-id"
_KEPT = "cachet"
_FIRST = "announcement-"
_SECOND_MS = 1_000
_STATUSES = {0: MaintenanceStatus.SCHEDULED, 1: MaintenanceStatus.IN_PROGRESS, 2: MaintenanceStatus.COMPLETED}
_OPEN = "0,1"


class MaintenanceCalls(PlannedList, CachetCalls):
    """The part of the adapter that `MaintenancePage` asks for."""

    _latest_included: Mapping[tuple[str, str], Item] = {}

    async def list_maintenances(self, permit: Permit, since: int | None = None) -> list[RemoteMaintenance]:
        more = {"include": _INCLUDED, "sort": _NEWEST_FIRST} | ({"filter[status]": _OPEN} if since is None else {})
        at = None if since is None else since - ZONE_MOST_MS
        found = self._read_schedules(await self._list("/schedules", more, permit, at, is_routine=since is None))
        return [each for each in found if each.status.is_open or (since is not None and each.created_at >= since)]

    async def get_maintenance(self, remote_id: str) -> RemoteMaintenance | None:
        params = {"include": _INCLUDED}
        answer = await self._line.ask("GET", _path(remote_id), params=params, is_missing_fine=True)
        return None if answer is None else self._require_schedule(answer)

    async def create_maintenance(self, message: MaintenanceMessage) -> RemoteMaintenance:
        self._components.forget()
        body = {
            "name": message.title or "",
            "message": message.body,
            "scheduled_at": write_time(message.starts_at),
            "completed_at": write_time(message.ends_at),
            "notifications": message.notify,
            "components": _write_components(list_named_ids(message)),
            "meta": {META_UID: message.uid, META_OPS: [message.op], META_AT: str(self._tell_now(message))},
        }
        answer = await self._line.ask("POST", "/schedules", params={"include": "components"}, body=body)
        for item in read_document(answer).items:
            self._note_zone(item)
        return self._require_schedule(answer)

    async def update_maintenance(self, baseline: RemoteMaintenance, message: MaintenanceMessage) -> RemoteMaintenance:
        """Changes the plan, then appends the message.

        The message comes last: it alone is the proof, so that after a death in between all is sent again, and what is
        sent again before it is absolute.
        """
        self._components.forget()
        path, now = _path(baseline.remote_id), self._tell_now(message)
        planned = _write_plan(baseline, message, now)
        if planned:
            await self._prepare(path, planned)
        body: Item = {"message": message.body}
        if baseline.status.is_active and not message.status.is_open:
            body["completed_at"] = write_time(now - _SECOND_MS)
        answer = await self._line.ask("POST", f"{path}/updates", body=body)
        self._forget_latest(baseline.remote_id)
        for item in read_document(answer).items:
            self._note_zone(item)
            if update := _read_update(item, self._zone_ms, lambda _: message.status):
                state = ComponentStatus.UNDER_MAINTENANCE if message.status.is_active else ComponentStatus.OPERATIONAL
                names = [name_component(key, None, self.component_names) for key in message.component_ids or ()]
                shown = append_notice(baseline, update, dict.fromkeys(names or baseline.components, state))
                title = read_line(message.title) if message.title is not None else baseline.title
                starts_at = min(message.starts_at, now) if message.status.is_active else message.starts_at
                ends_at = message.ends_at if message.status.is_open else min(message.ends_at, now)
                return replace(shown, title=title, starts_at=min(starts_at, ends_at), ends_at=ends_at)
        return require(None, "an update")

    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        params: dict[str, str | int] = {"include": _INCLUDED, "sort": _NEWEST_FIRST, "per_page": 100, "page": 1}
        found = read_document(await self._line.ask("GET", "/schedules", params=params, is_repeated=True))
        require(found if found.is_list else None, "a list")
        self._note_zones(found)
        self._latest_included = found.included
        return found.items

    def _read_listed(self, item: Item) -> RemoteMaintenance | None:
        return read_schedule(item, self._latest_included, self.component_names, self._zone_ms)

    def _read_schedules(self, found: Document) -> list[RemoteMaintenance]:
        self._note_zones(found)
        return [
            work
            for item in found.items
            if (work := read_schedule(item, found.included, self.component_names, self._zone_ms))
        ]

    def _require_schedule(self, answer: object) -> RemoteMaintenance:
        return require(next(iter(self._read_schedules(read_document(answer))), None), "a schedule")

    def _tell_now(self, message: MaintenanceMessage) -> int:
        return message.sent_at + (self.clock_skew_ms or 0)


def read_schedule(
    item: Item, included: Mapping[tuple[str, str], Item], names: Mapping[str, str], zone_ms: int
) -> RemoteMaintenance | None:
    """Returns planned work, None for what is none; `zone_ms` is for a schedule that does not show the zone itself.

    The words of the announcement stand in the schedule and not among its updates: they are read as the first one.
    """
    stamped_ms = find_stamped_zone_ms(item)
    zone_ms = zone_ms if stamped_ms is None else stamped_ms
    attributes, meta = read_object(item, "attributes"), read_meta(item)
    remote_id, made_at = read_id(item.get("id")), read_moment(item, "created", zone_ms)
    status = _STATUSES.get(number) if (number := read_number(attributes, "status")) is not None else None
    starts_at, ends_at = read_moment(item, "scheduled", zone_ms), read_moment(item, "completed", zone_ms)
    if remote_id is None or made_at is None or status is None or starts_at is None:
        return None

    def find_status(at: int) -> MaintenanceStatus:
        """A message has no state of its own: it has that of its time."""
        if at < starts_at:
            return MaintenanceStatus.SCHEDULED
        is_over = ends_at is not None and at >= ends_at
        return MaintenanceStatus.COMPLETED if is_over else MaintenanceStatus.IN_PROGRESS

    written = [
        update
        for value in find_related(item, "updates", included)
        if (update := _read_update(value, zone_ms, find_status))
    ]
    written.sort(key=lambda update: (update.created_at, len(update.remote_id), update.remote_id))
    body = attributes.get("message")
    if isinstance(body, str) and body.strip():
        first = RemoteMaintenanceUpdate(
            f"{_FIRST}{remote_id}", MaintenanceStatus.SCHEDULED, normalise_body(body), made_at
        )
        written.insert(0, first)
    held = [found for value in find_related(item, "components", included) if (found := read_component(value, 0, {}))]
    uid, ops = meta.get(META_UID), meta.get(META_OPS)
    changed_at = read_moment(item, "updated", zone_ms) or made_at
    return RemoteMaintenance(
        remote_id=remote_id,
        title=read_line(attributes.get("name")),
        status=status,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=made_at,
        updated_at=max([changed_at, *(update.created_at for update in written)]),
        uid=clean_line(uid, ID_MOST) if isinstance(uid, str) else None,
        ops=tuple(op for op in ops if isinstance(op, str))[-OPS_KEPT:] if isinstance(ops, list) else (),
        metadata={_KEPT: {found.remote_id: found.name for found in held}},
        components={name_component(found.remote_id, found.name, names): found.status for found in held},
        updates=tuple(written),
        has_auto_start=True,
        has_auto_end=True,
        moves_silently=True,
    )


def _read_update(item: Item, zone_ms: int, find_status: FindStatus) -> RemoteMaintenanceUpdate | None:
    remote_id, made_at = read_id(item.get("id")), read_moment(item, "created", zone_ms)
    if remote_id is None or made_at is None:
        return None
    body = read_text(read_object(item, "attributes").get("message"))
    return RemoteMaintenanceUpdate(remote_id, find_status(made_at), body, made_at)


def _write_plan(baseline: RemoteMaintenance, message: MaintenanceMessage, now: int) -> Item:
    """Returns what of the plan is not as it should be; times of what begins or is called off now move its state."""
    fields: Item = {}
    if message.title is not None and read_line(message.title) != baseline.title:
        fields["name"] = message.title
    ids = message.component_ids
    if ids and message.status.is_open and set(ids) != set(baseline.metadata.get(_KEPT, {})):
        fields["components"] = _write_components(ids)
    if baseline.status is MaintenanceStatus.SCHEDULED and not message.status.is_open:
        times = write_time(now - 2 * _SECOND_MS), write_time(now - _SECOND_MS)
        return {**fields, **dict(zip(("scheduled_at", "completed_at"), times, strict=True))}
    starts_at = message.starts_at
    if message.status.is_active and baseline.status is MaintenanceStatus.SCHEDULED and starts_at > now + MINUTE:
        starts_at = now - _SECOND_MS
    if abs(starts_at - baseline.starts_at) >= _SECOND_MS:
        fields["scheduled_at"] = write_time(starts_at)
    if message.status.is_open and abs(message.ends_at - read_plan(baseline).ends_at) >= _SECOND_MS:
        fields["completed_at"] = write_time(message.ends_at)
    return fields


def _write_components(ids: Iterable[str]) -> list[Item]:
    under = COMPONENT_NUMBERS[ComponentStatus.UNDER_MAINTENANCE]
    return [{"id": write_id(key), "status": under} for key in ids]


def _path(remote_id: str) -> str:
    return f"/schedules/{quote(remote_id, safe='')}"

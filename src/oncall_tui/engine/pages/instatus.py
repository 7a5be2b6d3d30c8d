"""Instatus v1: our words to and from its calls.

After its public reference (instatus.com/help/api), which names no longest title or text: it refuses in its own words.
It keeps no ids of ours, no impact and no metadata; `started` is ours to give, but its samples shift times by a zone, so
an incident counts as made when its first update was stored (`createdAt`), and only what customers read is `started`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import impact_of
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.instatus_calls import COMPONENTS, KEPT, PAGE_SIZE, READ_COMPONENTS, find_made_at, read_held
from oncall_tui.engine.pages.instatus_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.unstamped import append_update, list_named_ids, write_sent_at
from oncall_tui.engine.pages.values import (
    LIFECYCLE,
    Item,
    name_component,
    read_id,
    read_line,
    read_objects,
    read_position,
    read_text,
    read_time,
)

CAPABILITIES = Capabilities(
    adapter="instatus", replaces_lists=True, can_retitle=False, has_maintenance=True, keeps_window=True
)
_STATUSES = {status: status.value.upper() for status in LIFECYCLE}
_OPEN = ",".join(word for status, word in _STATUSES.items() if status.is_open)
_READ_STATUSES = {word: status for status, word in _STATUSES.items()}


class Instatus(MaintenanceCalls):
    """A `Page` with planned work."""

    capabilities = CAPABILITIES

    async def read_page(self) -> RemotePage | None:
        params = {"page": 1, "per_page": PAGE_SIZE}
        for item in read_objects(await self._line.ask("GET", "/v2/pages", params=params, is_missing_fine=True)):
            if item.get("id") == self._page_id and (name := read_line(item.get("name"))):
                domain, subdomain = read_line(item.get("customDomain")), read_line(item.get("subdomain"))
                host = domain or (f"{subdomain}.instatus.com" if subdomain else "")
                return RemotePage(name, f"https://{host}" if host else "")
        return None

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        if is_routine and (told := self._components.find()) is not None:
            return told
        items = await self._list("/components", {}, permit, is_routine=is_routine)
        names = {read_id(item.get("id")): read_line(item.get("name")) for item in items}
        read = (_read_component(item, order, names) for order, item in enumerate(items))
        return self._components.keep([component for component in read if component is not None])

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/incidents", {"status": _OPEN}, permit, is_routine=True)
        found = [incident for incident in self._read_all(items) if incident.status.is_open]
        self._components.is_quiet = not found
        return found

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/incidents", {}, permit, since)
        return [incident for incident in self._read_all(items) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        answer = await self._line.ask("GET", self._incident_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        self._components.forget()
        body = {**self._write_fields(message, {}), "name": message.title or "", "shouldPublish": True}
        return self._require_incident(await self._line.ask("POST", f"{self._root}/incidents", body=body))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        path = f"{self._incident_path(baseline.remote_id)}/incident-updates"
        kept = baseline.metadata.get(KEPT, {})
        self._components.forget()
        answer = await self._line.ask("POST", path, body=self._write_fields(message, kept))
        update = require(_read_update(answer) if isinstance(answer, dict) else None, "an update")
        names = self.component_names
        states = {name_component(key, kept.get(key), names): state for key, state in message.components.items()}
        return append_update(baseline, update, states)

    def _incident_path(self, remote_id: str) -> str:
        return f"{self._root}/incidents/{quote(remote_id, safe='')}"

    def _require_incident(self, answer: object) -> RemoteIncident:
        return require(_read_incident(answer, self.component_names), "an incident")

    def _read_all(self, items: Sequence[Item]) -> list[RemoteIncident]:
        return [incident for item in items if (incident := _read_incident(item, self.component_names))]

    def _write_fields(self, message: Message, kept: Mapping[str, object]) -> Item:
        """Names all components each time: whether the page adds to its list or replaces it is not documented."""
        return {
            "message": message.body,
            "status": _STATUSES[message.status],
            "notify": message.notify,
            "started": write_sent_at(message, self.clock_skew_ms),
            "components": list(dict.fromkeys([*kept, *list_named_ids(message)])),
            "statuses": [{"id": key, "status": COMPONENTS[state]} for key, state in message.components.items()],
        }


def _read_component(value: Item, order: int, names: Mapping[str | None, str]) -> RemoteComponent | None:
    """Its samples show a group as null only: one is taken as an object with a name, or as the id of a component."""
    remote_id, name = read_id(value.get("id")), read_line(value.get("name"))
    status = READ_COMPONENTS.get(str(value.get("status")))
    if remote_id is None or not name or status is None or value.get("isParent") is True:
        return None
    held = value.get("group")
    group = read_line(held.get("name")) if isinstance(held, dict) else names.get(read_id(held), "")
    return RemoteComponent(remote_id, name, status, read_position(value.get("order"), order), group)


def _read_incident(value: object, names: Mapping[str, str]) -> RemoteIncident | None:
    if not isinstance(value, dict):
        return None
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    made_at = find_made_at(value)
    if remote_id is None or status is None or made_at is None:
        return None
    stored = [(item, update) for item in read_objects(value.get("updates")) if (update := _read_update(item))]
    stored.sort(key=lambda pair: read_time(pair[0].get("createdAt")) or pair[1].created_at)
    updates = tuple(update for _, update in stored)
    components, kept = read_held(value, names)
    return RemoteIncident(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        impact=impact_of(components),
        created_at=made_at,
        updated_at=max([made_at, *(read_time(item.get("createdAt")) or 0 for item, _ in stored)]),
        resolved_at=read_time(value.get("resolved")),
        metadata={KEPT: kept},
        components=components,
        updates=updates,
    )


def _read_update(value: Item) -> RemoteUpdate | None:
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    shown_at = read_time(value.get("started"))
    shown_at = read_time(value.get("createdAt")) if shown_at is None else shown_at
    if remote_id is None or status is None or shown_at is None:
        return None
    return RemoteUpdate(remote_id, status, read_text(value.get("message")), shown_at)

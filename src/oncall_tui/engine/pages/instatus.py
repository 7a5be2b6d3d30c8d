"""Instatus v1: our words to and from its calls.

After its public reference (instatus.com/help/api), which names no longest title or text: it refuses in its own words.
It keeps no ids of ours, no impact and no metadata; `started` is ours to give, but its samples shift times by a zone, so
an incident counts as made when its first update was stored (`createdAt`), and only what customers read is `started`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, impact_of
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.errors import require, require_list
from oncall_tui.engine.pages.lists import read_list
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

CAPABILITIES = Capabilities(adapter="instatus", can_retitle=False)
_PAGE_SIZE = 100
_STATUSES = {status: status.value.upper() for status in LIFECYCLE}
_OPEN = ",".join(word for status, word in _STATUSES.items() if status.is_open)
_READ_STATUSES = {word: status for status, word in _STATUSES.items()}
_COMPONENTS = {
    ComponentStatus.OPERATIONAL: "OPERATIONAL",
    ComponentStatus.UNDER_MAINTENANCE: "UNDERMAINTENANCE",
    ComponentStatus.DEGRADED_PERFORMANCE: "DEGRADEDPERFORMANCE",
    ComponentStatus.PARTIAL_OUTAGE: "PARTIALOUTAGE",
    ComponentStatus.MAJOR_OUTAGE: "MAJOROUTAGE",
}
# Older pages have one state more, between degraded and partial.
_READ_COMPONENTS = {word: status for status, word in _COMPONENTS.items()} | {
    "MINOROUTAGE": ComponentStatus.PARTIAL_OUTAGE
}
_KEPT = "instatus"


class Instatus(Adapter):
    """A `Page` without extras."""

    capabilities = CAPABILITIES

    @property
    def _root(self) -> str:
        return f"/v1/{quote(self._page_id, safe='')}"

    async def read_page(self) -> RemotePage | None:
        params = {"page": 1, "per_page": _PAGE_SIZE}
        for item in read_objects(await self._line.ask("GET", "/v2/pages", params=params, is_missing_fine=True)):
            if item.get("id") == self._page_id and (name := read_line(item.get("name"))):
                domain, subdomain = read_line(item.get("customDomain")), read_line(item.get("subdomain"))
                host = domain or (f"{subdomain}.instatus.com" if subdomain else "")
                return RemotePage(name, f"https://{host}" if host else "")
        return None

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        items = await self._list("/components", {}, permit, is_routine=is_routine)
        names = {read_id(item.get("id")): read_line(item.get("name")) for item in items}
        return [component for order, item in enumerate(items) if (component := _read_component(item, order, names))]

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/incidents", {"status": _OPEN}, permit, is_routine=True)
        return [incident for incident in self._read_all(items) if incident.status.is_open]

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/incidents", {}, permit, since)
        return [incident for incident in self._read_all(items) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        answer = await self._line.ask("GET", self._incident_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        body = {**self._write_fields(message, {}), "name": message.title or "", "shouldPublish": True}
        return self._require_incident(await self._line.ask("POST", f"{self._root}/incidents", body=body))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        path = f"{self._incident_path(baseline.remote_id)}/incident-updates"
        kept = baseline.metadata.get(_KEPT, {})
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

    async def _list(
        self,
        path: str,
        params: Mapping[str, str],
        permit: Permit,
        since: int | None = None,
        *,
        is_routine: bool = False,
    ) -> list[Item]:
        async def ask(number: int) -> tuple[list[Item], bool]:
            window: dict[str, str | int] = {**params, "page": number + 1, "per_page": _PAGE_SIZE}
            answer = await self._line.ask("GET", self._root + path, params=window, is_repeated=is_routine)
            items = require_list(answer)
            return list(read_objects(items)), len(items) >= _PAGE_SIZE

        return await read_list(ask, permit, _find_made_at, since)

    def _write_fields(self, message: Message, kept: Mapping[str, object]) -> Item:
        """Names all components each time: whether the page adds to its list or replaces it is not documented."""
        return {
            "message": message.body,
            "status": _STATUSES[message.status],
            "notify": message.notify,
            "started": write_sent_at(message, self.clock_skew_ms),
            "components": list(dict.fromkeys([*kept, *list_named_ids(message)])),
            "statuses": [{"id": key, "status": _COMPONENTS[state]} for key, state in message.components.items()],
        }


def _read_component(value: Item, order: int, names: Mapping[str | None, str]) -> RemoteComponent | None:
    """Its samples show a group as null only: one is taken as an object with a name, or as the id of a component."""
    remote_id, name = read_id(value.get("id")), read_line(value.get("name"))
    status = _READ_COMPONENTS.get(str(value.get("status")))
    if remote_id is None or not name or status is None or value.get("isParent") is True:
        return None
    held = value.get("group")
    group = read_line(held.get("name")) if isinstance(held, dict) else names.get(read_id(held), "")
    return RemoteComponent(remote_id, name, status, read_position(value.get("order"), order), group)


def _read_incident(value: object, names: Mapping[str, str]) -> RemoteIncident | None:
    if not isinstance(value, dict):
        return None
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    made_at = _find_made_at(value)
    if remote_id is None or status is None or made_at is None:
        return None
    stored = [(item, update) for item in read_objects(value.get("updates")) if (update := _read_update(item))]
    stored.sort(key=lambda pair: read_time(pair[0].get("createdAt")) or pair[1].created_at)
    updates = tuple(update for _, update in stored)
    listed = {item["id"]: item for item in read_objects(value.get("components")) if read_id(item.get("id"))}
    components = {
        name_component(str(key), item.get("name"), names): state
        for key, item in listed.items()
        if (state := _READ_COMPONENTS.get(str(item.get("status"))))
    }
    return RemoteIncident(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        impact=impact_of(components),
        created_at=made_at,
        updated_at=max([made_at, *(read_time(item.get("createdAt")) or 0 for item, _ in stored)]),
        resolved_at=read_time(value.get("resolved")),
        metadata={_KEPT: {str(key): read_line(item.get("name")) for key, item in listed.items()}},
        components=components,
        updates=updates,
    )


def _find_made_at(value: Item) -> int | None:
    stored = [at for item in read_objects(value.get("updates")) if (at := read_time(item.get("createdAt"))) is not None]
    return min(stored) if stored else read_time(value.get("started"))


def _read_update(value: Item) -> RemoteUpdate | None:
    remote_id, status = read_id(value.get("id")), _READ_STATUSES.get(str(value.get("status")))
    shown_at = read_time(value.get("started"))
    shown_at = read_time(value.get("createdAt")) if shown_at is None else shown_at
    if remote_id is None or status is None or shown_at is None:
        return None
    return RemoteUpdate(remote_id, status, read_text(value.get("message")), shown_at)

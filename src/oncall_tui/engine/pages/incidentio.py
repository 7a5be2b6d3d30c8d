"""incident.io status pages v2: our words to and from its calls.

A creation carries a key of ours, so that it may be sent twice; an update carries nothing of ours and is proven by what
is new. The page has no impact, no list of open incidents and no states of components outside of incidents. When an
incident is resolved it puts back every component by itself and refuses to be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote

from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, require
from oncall_tui.engine.pages.incidentio_calls import MADE_AT, READ_COMPONENTS, read_items
from oncall_tui.engine.pages.incidentio_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.lists import Depth, Handover
from oncall_tui.engine.pages.unstamped import append_update
from oncall_tui.engine.pages.values import (
    LIFECYCLE,
    Item,
    name_component,
    read_id,
    read_line,
    read_object,
    read_objects,
    read_text,
    read_time,
)

CAPABILITIES = Capabilities(
    adapter="incident.io",
    title_most=200,
    body_most=4_096,
    updates_most=100,
    shown_components={ComponentStatus.UNDER_MAINTENANCE: ComponentStatus.DEGRADED_PERFORMANCE},
    resolves_all=True,
    repeats_create=True,
    has_maintenance=True,
    keeps_window=True,
)
_NAME = "status_page_incidents"
_DEPTH_MOST = 4
_NAMED_MS = 240_000
_COMPONENTS = {
    ComponentStatus.OPERATIONAL: "operational",
    ComponentStatus.UNDER_MAINTENANCE: "degraded_performance",
    ComponentStatus.DEGRADED_PERFORMANCE: "degraded_performance",
    ComponentStatus.PARTIAL_OUTAGE: "partial_outage",
    ComponentStatus.MAJOR_OUTAGE: "full_outage",
}
_READ_STATUSES = {status.value: status for status in LIFECYCLE}


class IncidentIo(MaintenanceCalls):
    """A `Page` with planned work."""

    capabilities = CAPABILITIES
    _names: Mapping[str, tuple[str, str]] = {}
    _named_at = 0

    @cached_property
    def _depth(self) -> Depth:
        return Depth(self._clock)

    @cached_property
    def _listed(self) -> Handover[list[Item]]:
        return Handover(self._clock)

    async def read_page(self) -> RemotePage | None:
        answer = await self._line.ask("GET", "/v2/status_pages", is_missing_fine=True)
        for item in read_items(answer, "status_pages"):
            if item.get("id") == self._page_id and (name := read_line(item.get("name"))):
                return RemotePage(name, read_line(item.get("public_url")))
        return None

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        """The page tells which components it has, and what they are like only as far as an open incident holds them."""
        names = await self._read_structure(permit, is_routine=is_routine)
        states = self._find_work_states()
        order = list(ComponentStatus)
        for item in self._listed.leave(await self._list_open(permit)):
            if _read_status(item.get("incident_status")).is_open:
                for remote_id, state in _read_states(item).items():
                    states[remote_id] = max(state, states.get(remote_id, state), key=order.index)
        return [
            RemoteComponent(remote_id, name, states.get(remote_id, ComponentStatus.OPERATIONAL), position, group)
            for position, (remote_id, (name, group)) in enumerate(names.items())
        ]

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        items = self._listed.take()
        items = await self._list_open(permit) if items is None else items
        return [incident for incident in self._read_all(items) if incident.status.is_open]

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = await self._list(_NAME, permit, since)
        return [incident for incident in self._read_all(items) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        path = f"/v2/{_NAME}/{quote(remote_id, safe='')}"
        answer = await self._line.ask("GET", path, is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        """The key is the operation: sent again, the page answers with the incident that the first one made."""
        body = {
            **_write_fields(message),
            "idempotency_key": self._make_key(message.op),
            "status_page_id": self._page_id,
            "name": message.title or "",
        }
        return self._require_incident(await self._line.ask("POST", f"/v2/{_NAME}", body=body))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        """Names it anew first: that is absolute and tells nobody, and the update, which comes last, is the proof."""
        if message.title is not None and message.title != baseline.title:
            await self._rename(baseline.remote_id, message.title)
            baseline = replace(baseline, title=read_line(message.title))
        body = {**_write_fields(message), "status_page_incident_id": baseline.remote_id}
        answer = await self._line.ask("POST", "/v2/status_page_incident_updates", body=body)
        value = answer.get("status_page_incident_update") if isinstance(answer, dict) else None
        update = require(_read_update(value, message.status) if isinstance(value, dict) else None, "an update")
        if update.status is IncidentStatus.RESOLVED:
            return append_update(baseline, update, dict.fromkeys(baseline.components, ComponentStatus.OPERATIONAL))
        states = {
            name_component(remote_id, None, self.component_names): READ_COMPONENTS[_COMPONENTS[state]]
            for remote_id, state in message.components.items()
        }
        return append_update(baseline, update, states)

    async def _rename(self, remote_id: str, title: str) -> None:
        """Raises NotAppliedError for a doubt too: customers have been told nothing yet."""
        try:
            await self._line.ask("PUT", f"/v2/{_NAME}/{quote(remote_id, safe='')}", body={"name": title})
        except AmbiguousError as error:
            raise NotAppliedError(str(error)) from None

    def _require_incident(self, answer: object) -> RemoteIncident:
        value = answer.get("status_page_incident") if isinstance(answer, dict) else None
        return require(_read_incident(value, self.component_names), "an incident")

    def _read_all(self, items: list[Item]) -> list[RemoteIncident]:
        return [incident for item in items if (incident := _read_incident(item, self.component_names))]

    async def _read_structure(self, permit: Permit, *, is_routine: bool) -> Mapping[str, tuple[str, str]]:
        """Returns the names of components and of their groups by id; hardly ever do they change."""
        now = self._clock()
        if is_routine and self._names and 0 <= now - self._named_at < _NAMED_MS:
            return self._names
        await permit()
        path = f"/v2/status_page_structures/{quote(self._page_id, safe='')}"
        answer = await self._line.ask("GET", path, is_repeated=is_routine)
        structure = answer.get("current_structure") if isinstance(answer, dict) else None
        structure = require(structure if isinstance(structure, dict) else None, "a structure")
        self._names, self._named_at = _read_names(structure.get("items"), _DEPTH_MOST), now
        return self._names

    async def _list_open(self, permit: Permit) -> list[Item]:
        since = self._depth.find_since()
        items = await self._list(_NAME, permit, since, is_routine=True)
        self._depth.note_read(since)
        return items


def _write_fields(message: Message) -> Item:
    fields: Item = {
        "message": message.body,
        "incident_status": message.status.value,
        "notify_subscribers": message.notify,
    }
    if message.status is not IncidentStatus.RESOLVED and message.components:
        fields["component_statuses"] = [
            {"component_id": remote_id, "component_status": _COMPONENTS[state]}
            for remote_id, state in message.components.items()
        ]
    return fields


def _read_names(items: object, depth: int) -> dict[str, tuple[str, str]]:
    """Returns the names of components and their groups by id, in their order; sub-pages hold more of them."""
    names: dict[str, tuple[str, str]] = {}
    for item in read_objects(items) if depth else ():
        group = read_object(item, "group")
        members = [(member, group.get("name")) for member in read_objects(group.get("components"))]
        for member, group_name in [(read_object(item, "component"), ""), *members]:
            remote_id, name = read_id(member.get("component_id")), read_line(member.get("name"))
            if remote_id is not None and name:
                names.setdefault(remote_id, (name, read_line(group_name)))
        names = {**_read_names(read_object(item, "sub_page").get("items"), depth - 1), **names}
    return names


def _read_status(value: object, otherwise: IncidentStatus = IncidentStatus.INVESTIGATING) -> IncidentStatus:
    """New states may come at any time: one that we do not know is taken for one that is not over."""
    return _READ_STATUSES.get(value, otherwise) if isinstance(value, str) else otherwise


def _read_states(value: Item) -> dict[str, ComponentStatus]:
    """Returns the state of each component of an incident: impacts that ended are over, unknown ones are not well."""
    states: dict[str, ComponentStatus] = {}
    for impact in read_objects(value.get("component_impacts")):
        if (remote_id := read_id(impact.get("component_id"))) is not None:
            word = "operational" if impact.get("end_at") else str(impact.get("component_status"))
            state = READ_COMPONENTS.get(word, ComponentStatus.DEGRADED_PERFORMANCE)
            if not impact.get("end_at") or remote_id not in states:
                states[remote_id] = state
    return states


def _read_incident(value: object, names: Mapping[str, str]) -> RemoteIncident | None:
    if not isinstance(value, dict):
        return None
    remote_id, made_at = read_id(value.get("id")), read_time(value.get(MADE_AT))
    if remote_id is None or made_at is None or not isinstance(value.get("incident_status"), str):
        return None
    status = _read_status(value.get("incident_status"))
    # The order is not documented; ids of this page grow with time.
    items = list(read_objects(value.get("updates")))
    items.sort(key=lambda item: (read_time(item.get(MADE_AT)) or 0, str(item.get("id"))))
    updates: list[RemoteUpdate] = []
    for item in items:
        before = updates[-1].status if updates else IncidentStatus.INVESTIGATING
        if update := _read_update(item, before):
            updates.append(update)
    ended = [update.created_at for update in updates if update.status is IncidentStatus.RESOLVED]
    components = {name_component(key, None, names): state for key, state in _read_states(value).items()}
    return RemoteIncident(
        remote_id=remote_id,
        title=read_line(value.get("name")),
        status=status,
        impact=impact_of(components),
        created_at=made_at,
        updated_at=max([made_at, *(update.created_at for update in updates)]),
        resolved_at=ended[-1] if ended and not status.is_open else None,
        components=components,
        updates=tuple(updates),
    )


def _read_update(value: Item, otherwise: IncidentStatus) -> RemoteUpdate | None:
    """A state of an update may be absent, when it did not change the incident's."""
    remote_id, made_at = read_id(value.get("id")), read_time(value.get(MADE_AT))
    if remote_id is None or made_at is None:
        return None
    status = _read_status(value.get("incident_status"), otherwise)
    return RemoteUpdate(remote_id, status, read_text(value.get("message")), made_at)

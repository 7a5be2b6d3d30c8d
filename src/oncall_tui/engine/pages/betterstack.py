"""Better Stack Uptime v2: our words to and from its status reports.

Reports have no lifecycle: what customers read follows from the affected resources, and a report is over when all of
them are `resolved`. So identified and monitoring are shown as investigating, an open report keeps at least one resource
that is not resolved, and a resolving update resolves every resource of the report. Reports that monitors or planned
work make are left alone. Its public reference (betterstack.com/docs/uptime/api) names no longest title or text: it
refuses in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.betterstack_calls import find_starts_at, index_updates, list_update_ids
from oncall_tui.engine.pages.betterstack_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.lists import Depth, Settled
from oncall_tui.engine.pages.unstamped import append_update, list_named_ids, write_sent_at
from oncall_tui.engine.pages.values import (
    Item,
    name_component,
    read_id,
    read_line,
    read_object,
    read_objects,
    read_position,
    read_text,
    read_time,
)

CAPABILITIES = Capabilities(
    adapter="betterstack",
    shown_statuses={
        IncidentStatus.IDENTIFIED: IncidentStatus.INVESTIGATING,
        IncidentStatus.MONITORING: IncidentStatus.INVESTIGATING,
    },
    shown_components={
        ComponentStatus.UNDER_MAINTENANCE: ComponentStatus.DEGRADED_PERFORMANCE,
        ComponentStatus.PARTIAL_OUTAGE: ComponentStatus.MAJOR_OUTAGE,
    },
    needs_component=True,
    resolves_all=True,
    stays_degraded_while_open=True,
    replaces_lists=True,
    can_retitle=False,
    has_maintenance=True,
    has_auto_transitions=True,
    moves_silently=True,
)
_OVER = "resolved"
# `maintenance` is for reports of planned work only.
_STATES = {
    ComponentStatus.OPERATIONAL: _OVER,
    ComponentStatus.UNDER_MAINTENANCE: "degraded",
    ComponentStatus.DEGRADED_PERFORMANCE: "degraded",
    ComponentStatus.PARTIAL_OUTAGE: "downtime",
    ComponentStatus.MAJOR_OUTAGE: "downtime",
}
_READ_STATES = {
    _OVER: ComponentStatus.OPERATIONAL,
    "degraded": ComponentStatus.DEGRADED_PERFORMANCE,
    "downtime": ComponentStatus.MAJOR_OUTAGE,
}
_RESOURCE_STATES = {**_READ_STATES, "maintenance": ComponentStatus.UNDER_MAINTENANCE}
_KEPT = "betterstack"


class BetterStack(MaintenanceCalls):
    """A `Page` with planned work."""

    capabilities = CAPABILITIES
    _sections: Mapping[str | None, str] = {}

    @cached_property
    def _depth(self) -> Depth:
        return Depth(self._clock)

    @cached_property
    def _settled(self) -> Settled:
        return Settled(self._clock)

    async def read_page(self) -> RemotePage | None:
        page = read_object(
            read_object(await self._line.ask("GET", self._root, is_missing_fine=True), "data"), "attributes"
        )
        if not (name := read_line(page.get("company_name"))):
            return None
        domain, subdomain = read_line(page.get("custom_domain")), read_line(page.get("subdomain"))
        host = domain or (f"{subdomain}.betteruptime.com" if subdomain else "")
        return RemotePage(name, f"https://{host}" if host else "")

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        items = await self._list("/resources", permit, is_routine=is_routine)
        components = [component for order, item in enumerate(items) if (component := _read_resource(item, order))]
        if len({component.name for component in components}) < len(components):
            components = await self._name_sections(components, items, permit, is_routine=is_routine)
        self._resource_names = {component.remote_id: component.name for component in components}
        return components

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        since = self._depth.find_since()
        items = await self._list("/status-reports", permit, since, is_routine=True, may_be_cut=True)
        self._depth.note_read(since)
        await self._keep_works(items, permit)
        listed = [item for item in items if not _is_over(_read_resources(read_object(item, "attributes")))]
        return [incident for incident in await self._complete(listed, permit) if incident.status.is_open]

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/status-reports", permit, since)
        return await self._complete([item for item in items if (find_starts_at(item) or 0) >= since], permit)

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        """Returns None for a report that is not of people's making, too."""
        answer = await self._line.ask("GET", self._report_path(remote_id), is_missing_fine=True)
        if answer is None or _is_foreign(read_object(answer, "data")):
            return None
        return self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        at = write_sent_at(message, self.clock_skew_ms)
        body = {
            **self._write_fields(message, {}, at),
            "title": message.title or "",
            "report_type": "manual",
            "starts_at": at,
        }
        return self._require_incident(await self._line.ask("POST", f"{self._root}/status-reports", body=body))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        path = f"{self._report_path(baseline.remote_id)}/status-updates"
        at = write_sent_at(message, self.clock_skew_ms)
        fields = self._write_fields(message, baseline.metadata.get(_KEPT, {}), at)
        answer = read_object(await self._line.ask("POST", path, body=fields), "data")
        update = require(_read_update(answer) if answer.get("type") == "status_update" else None, "an update")
        resources = _read_resources(read_object(answer, "attributes"))
        shown = append_update(baseline, update, self._name(resources))
        return _keep(shown, resources)

    def _require_incident(self, answer: object) -> RemoteIncident:
        data = read_object(answer, "data")
        included = answer.get("included") if isinstance(answer, dict) else None
        incident = None if _is_foreign(data) else self._read_report(data, index_updates(included))
        return require(incident, "a whole status report")

    def _read_report(self, value: Item, included: Mapping[str, Item]) -> RemoteIncident | None:
        """Returns None, too, for one that names updates which are not there: without them nothing can be proven."""
        report, remote_id = read_object(value, "attributes"), read_id(value.get("id"))
        starts_at = read_time(report.get("starts_at"))
        named = list_update_ids(value)
        if value.get("type") != "status_report" or remote_id is None or starts_at is None or named is None:
            return None
        if any(key not in included for key in named):
            return None
        updates = [update for key in named if (update := _read_update(included[key]))]
        updates.sort(key=lambda update: (update.created_at, len(update.remote_id), update.remote_id))
        resources = _read_resources(report)
        components = self._name(resources)
        is_over = _is_over(resources) if resources else report.get("ends_at") is not None
        last_at = updates[-1].created_at if updates else starts_at
        incident = RemoteIncident(
            remote_id=remote_id,
            title=read_line(report.get("title")),
            status=IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING,
            impact=impact_of(components),
            created_at=starts_at,
            updated_at=max(last_at, starts_at),
            resolved_at=(read_time(report.get("ends_at")) or last_at) if is_over else None,
            components=components,
            updates=tuple(updates),
        )
        return _keep(incident, resources)

    def _name(self, resources: Mapping[str, str]) -> dict[str, ComponentStatus]:
        return {
            name_component(key, self._resource_names.get(key), self.component_names): _READ_STATES[state]
            for key, state in resources.items()
        }

    async def _name_sections(
        self, components: Sequence[RemoteComponent], items: Sequence[Item], permit: Permit, *, is_routine: bool
    ) -> list[RemoteComponent]:
        """Names of sections stand in a list of their own: read only where resources cannot be told apart without."""
        places = {read_id(item.get("id")): _find_section(item) for item in items}
        if not is_routine or not set(places.values()) <= self._sections.keys():
            sections = await self._list("/sections", permit, is_routine=is_routine)
            named = {read_id(item.get("id")): read_object(item, "attributes").get("name") for item in sections}
            self._sections = {place: read_line(named.get(place)) for place in places.values()}
        return [replace(each, group=self._sections[places[each.remote_id]]) for each in components]

    async def _complete(self, items: Sequence[Item], permit: Permit) -> list[RemoteIncident]:
        """Lists name the updates of a report without their words: each is read on its own, unless settled and known."""
        found = []
        for item in items:
            remote_id = read_id(item.get("id"))
            if _is_foreign(item) or remote_id is None or find_starts_at(item) is None:
                continue
            incident = self._settled.find(item)
            if incident is None:
                await permit()
                incident = await self.get_incident(remote_id)
            if incident is not None:
                self._settled.keep(item, incident)
                found.append(incident)
        return found

    def _write_fields(self, message: Message, kept: Mapping[str, object], at: str) -> Item:
        """Names all resources each time: whether one that an update leaves out keeps its state is not documented."""
        states = {
            **dict.fromkeys(list_named_ids(message), _OVER),
            **{key: str(state) for key, state in kept.items()},
            **{key: _STATES[state] for key, state in message.components.items()},
        }
        if not message.status.is_open:
            states = dict.fromkeys(states, _OVER)
        elif _is_over(states):
            left = [key for key, state in kept.items() if state != _OVER] or states
            states |= dict.fromkeys(left, "degraded")
        return {
            "message": message.body,
            "notify_subscribers": message.notify,
            "affected_resources": [{"status_page_resource_id": key, "status": state} for key, state in states.items()],
            "published_at": at,
        }


def _keep(incident: RemoteIncident, resources: Mapping[str, str]) -> RemoteIncident:
    return replace(incident, metadata={_KEPT: dict(resources)})


def _is_foreign(value: Item) -> bool:
    """Tells whether monitors or planned work made a report."""
    return read_object(value, "attributes").get("report_type") not in (None, "manual")


def _read_resources(attributes: Item) -> dict[str, str]:
    """Returns the state of each affected resource; one that we do not know is not over, so it counts as degraded."""
    states = {}
    for item in read_objects(attributes.get("affected_resources")):
        state = item.get("status")
        if (key := read_id(item.get("status_page_resource_id"))) is not None:
            states[key] = state if isinstance(state, str) and state in _READ_STATES else "degraded"
    return states


def _is_over(resources: Mapping[str, str]) -> bool:
    return bool(resources) and all(state == _OVER for state in resources.values())


def _read_update(value: Item) -> RemoteUpdate | None:
    update, remote_id = read_object(value, "attributes"), read_id(value.get("id"))
    published_at = read_time(update.get("published_at"))
    if remote_id is None or published_at is None:
        return None
    is_over = _is_over(_read_resources(update))
    status = IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING
    return RemoteUpdate(remote_id, status, read_text(update.get("message")), published_at)


def _find_section(value: Item) -> str | None:
    return read_id(read_object(value, "attributes").get("status_page_section_id"))


def _read_resource(value: Item, order: int) -> RemoteComponent | None:
    """A resource that is not monitored, or does not tell, is shown as operational."""
    resource, remote_id = read_object(value, "attributes"), read_id(value.get("id"))
    name = read_line(resource.get("public_name"))
    if value.get("type") != "status_page_resource" or remote_id is None or not name:
        return None
    state = resource.get("status")
    if state is None:
        days = [item for item in read_objects(resource.get("status_history")) if isinstance(item.get("day"), str)]
        state = max(days, key=lambda item: str(item["day"])).get("status") if days else None
    status = _RESOURCE_STATES.get(str(state), ComponentStatus.OPERATIONAL)
    return RemoteComponent(remote_id, name, status, read_position(resource.get("position"), order))

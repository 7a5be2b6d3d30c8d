"""OpenStatus v2: our words to and from its ConnectRPC calls in plain JSON.

A key opens a whole workspace, and a status report does not tell its page. It is on ours when the page's content, which
holds what is open, has it; when it names components of ours; or when the workspace has no other page. One that is over
and names no component, in a workspace with several pages, is left out of lists: nothing tells whose it is. Proto JSON
leaves out what is empty; times are kept in whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage, RemoteUpdate
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.errors import require, require_list
from oncall_tui.engine.pages.lists import Handover, Settled, read_list
from oncall_tui.engine.pages.openstatus_calls import get_field, get_object, list_ids
from oncall_tui.engine.pages.openstatus_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.unstamped import list_named_ids, write_sent_at
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
    adapter="openstatus",
    title_most=256,
    shown_components={ComponentStatus.UNDER_MAINTENANCE: ComponentStatus.DEGRADED_PERFORMANCE},
    resolves_all=True,
    can_retitle=False,
    has_maintenance=True,
    has_auto_transitions=True,
    moves_silently=True,
    keeps_one_text=True,
)
_PAGE_SIZE = 100
_STATUS, _IMPACT = "STATUS_REPORT_STATUS_", "PAGE_COMPONENT_IMPACT_"
_STATUSES = {status: status.value.upper() for status in LIFECYCLE}
_READ_STATUSES = {word: status for status, word in _STATUSES.items()}
_IMPACTS = {
    ComponentStatus.OPERATIONAL: "OPERATIONAL",
    ComponentStatus.UNDER_MAINTENANCE: "DEGRADED_PERFORMANCE",
    ComponentStatus.DEGRADED_PERFORMANCE: "DEGRADED_PERFORMANCE",
    ComponentStatus.PARTIAL_OUTAGE: "PARTIAL_OUTAGE",
    ComponentStatus.MAJOR_OUTAGE: "MAJOR_OUTAGE",
}
_READ_IMPACTS = {word: status for status, word in _IMPACTS.items() if status is not ComponentStatus.UNDER_MAINTENANCE}
_ORDER = list(ComponentStatus)


class OpenStatus(MaintenanceCalls):
    """A `Page` with planned work."""

    capabilities = CAPABILITIES
    auth_scheme = ""
    auth_header = "x-openstatus-key"

    @cached_property
    def _content(self) -> Handover[Item]:
        return Handover(self._clock)

    @cached_property
    def _settled(self) -> Settled:
        return Settled(self._clock)

    async def read_page(self) -> RemotePage | None:
        answer = await self._ask_pages("GetStatusPage", {"id": self._page_id}, is_missing_fine=True)
        page = get_object(answer, "statusPage") if answer is not None else {}
        if not (name := read_line(page.get("title"))):
            return None
        domain, slug = read_line(get_field(page, "customDomain")), read_line(page.get("slug"))
        host = domain or (f"{slug}.openstatus.dev" if slug else "")
        return RemotePage(name, f"https://{host}" if host else "")

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        """States follow from the open reports, since the API does not keep them apart."""
        content = self._content.leave(await self._read_content(permit))
        listed = [item for item in read_objects(content.get("components")) if read_id(item.get("id"))]
        self._page_names = {str(read_id(item["id"])): read_line(item.get("name")) for item in listed}
        groups = {read_id(item.get("id")): read_line(item.get("name")) for item in read_objects(content.get("groups"))}
        states = self._find_work_states()
        for report in _list_reports(content):
            if _is_open(report):
                for key, state in _read_states(report).items():
                    states[key] = max(state, states.get(key, state), key=_ORDER.index)
        return [
            RemoteComponent(
                remote_id=key,
                name=name,
                status=states.get(key, ComponentStatus.OPERATIONAL),
                position=read_position(item.get("order"), 0),
                group=groups.get(read_id(get_field(item, "groupId")), ""),
            )
            for item in listed
            if (key := str(read_id(item["id"]))) and (name := read_line(item.get("name")))
        ]

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        content = self._content.take() or await self._read_content(permit)
        reports = [report for report in _list_reports(content) if _is_open(report)]
        incidents = [await self._complete(report, permit) for report in reports]
        return [incident for incident in incidents if incident is not None and incident.status.is_open]

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        since = since // 1000 * 1000
        listed = [item for item in await self._list_summaries(permit, since) if (_find_made_at(item) or 0) >= since]
        found = {str(item.get("id")): self._settled.find(item) for item in listed}
        if unknown := [item for item in listed if found[str(item.get("id"))] is None]:
            found |= await self._read_ours(unknown, permit)
        return [incident for incident in found.values() if incident is not None]

    async def _read_ours(self, listed: Sequence[Item], permit: Permit) -> dict[str, RemoteIncident | None]:
        # Read after the list, so that it holds what is open there.
        content = await self._read_content(permit)
        here = {str(report.get("id")): report for report in _list_reports(content)}
        components = {key for item in read_objects(content.get("components")) if (key := read_id(item.get("id")))}
        found: dict[str, RemoteIncident | None] = {}
        is_only: bool | None = None
        for item in listed:
            key = str(item.get("id"))
            report = here.get(key)
            is_ours = True if report is not None else self._is_ours(item, components)
            if is_ours is None and is_only is None:
                is_only = await self._is_only_page(permit)
            if is_only if is_ours is None else is_ours:
                found[key] = incident = await self._complete(report or item, permit)
                if incident is not None:
                    self._settled.keep(item, incident)
        return found

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        answer = await self._ask_reports("GetStatusReport", {"id": remote_id}, is_missing_fine=True)
        if answer is None or self._is_elsewhere(get_object(answer, "statusReport")):
            return None
        return self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        body = {
            **self._write_fields(message),
            "title": message.title or "",
            "pageId": self._page_id,
            "pageComponentIds": list(list_named_ids(message)),
        }
        return self._require_incident(await self._ask_reports("CreateStatusReport", body))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        body = {**self._write_fields(message), "statusReportId": baseline.remote_id}
        return self._require_incident(await self._ask_reports("AddStatusReportUpdate", body))

    async def _ask_reports(self, method: str, body: Item, *, is_missing_fine: bool = False) -> object:
        path = f"/rpc/openstatus.status_report.v1.StatusReportService/{method}"
        return await self._line.ask("POST", path, body=body, is_missing_fine=is_missing_fine)

    async def _ask_pages(self, method: str, body: Item, *, is_missing_fine: bool = False) -> object:
        path = f"/rpc/openstatus.status_page.v1.StatusPageService/{method}"
        return await self._line.ask("POST", path, body=body, is_missing_fine=is_missing_fine)

    async def _read_content(self, permit: Permit) -> Item:
        await permit()
        answer = await self._ask_pages("GetStatusPageContent", {"id": self._page_id})
        content = require(
            answer if isinstance(answer, dict) and get_object(answer, "statusPage") else None, "its content"
        )
        self._note_latest(list(read_objects(content.get("maintenances"))))
        return content

    async def _is_only_page(self, permit: Permit) -> bool:
        await permit()
        answer = await self._ask_pages("ListStatusPages", {"limit": 2})
        return isinstance(answer, dict) and len(list(read_objects(get_field(answer, "statusPages")))) == 1

    async def _list_summaries(self, permit: Permit, since: int) -> list[Item]:
        async def ask(number: int) -> tuple[Sequence[Item], bool]:
            body: Item = {"limit": _PAGE_SIZE, "offset": number * _PAGE_SIZE}
            answer = await self._ask_reports("ListStatusReports", body)
            reports = get_field(answer, "statusReports")
            # An empty list is left out, and then nothing but the size of the whole can be there.
            is_empty = isinstance(answer, dict) and not set(answer) - {"totalSize", "total_size"}
            items = list(read_objects([] if is_empty else require_list(reports)))
            return items, len(items) >= _PAGE_SIZE

        return await read_list(ask, permit, _find_made_at, since)

    async def _complete(self, report: Item, permit: Permit) -> RemoteIncident | None:
        """Returns a report with its updates, which lists leave out: read on its own where they are not there."""
        if list(read_objects(report.get("updates"))):
            return self._read_report(report)
        if (remote_id := read_id(report.get("id"))) is None or _read_status(report) is None:
            return None
        await permit()
        return await self.get_incident(remote_id)

    def _is_elsewhere(self, report: Item) -> bool:
        page_id = get_field(report, "pageId")
        return page_id is not None and str(page_id) != self._page_id

    def _is_ours(self, report: Item, components: Iterable[str]) -> bool | None:
        """Tells whether a report that the page's content does not hold is of our page, None where nothing tells."""
        if get_field(report, "pageId") is not None:
            return not self._is_elsewhere(report)
        named = list_ids(report)
        return not named.isdisjoint(components) if named else None

    def _require_incident(self, answer: object) -> RemoteIncident:
        return require(self._read_report(get_object(answer, "statusReport")), "a status report")

    def _read_report(self, report: Item) -> RemoteIncident | None:
        remote_id, status, made_at = read_id(report.get("id")), _read_status(report), _find_made_at(report)
        if remote_id is None or status is None or made_at is None:
            return None
        updates = _read_updates(report)
        components = {
            name_component(key, self._page_names.get(key), self.component_names): state
            for key, state in _read_states(report).items()
        }
        return RemoteIncident(
            remote_id=remote_id,
            title=read_line(report.get("title")),
            status=status,
            impact=impact_of(components),
            created_at=made_at,
            updated_at=read_time(get_field(report, "updatedAt")) or made_at,
            resolved_at=updates[-1].created_at if updates and not status.is_open else None,
            components=components,
            updates=updates,
        )

    def _write_fields(self, message: Message) -> Item:
        return {
            "status": _STATUS + _STATUSES[message.status],
            "message": message.body,
            "date": write_sent_at(message, self.clock_skew_ms),
            "notify": message.notify,
            "componentImpacts": [
                {"pageComponentId": key, "impact": _IMPACT + _IMPACTS[state]}
                for key, state in message.components.items()
            ],
        }


def _list_reports(content: Item) -> list[Item]:
    return list(read_objects(get_field(content, "statusReports")))


def _read_status(value: Item) -> IncidentStatus | None:
    return _READ_STATUSES.get(str(value.get("status")).removeprefix(_STATUS))


def _is_open(report: Item) -> bool:
    status = _read_status(report)
    return status is not None and status.is_open


def _find_made_at(report: Item) -> int | None:
    if (made_at := read_time(get_field(report, "createdAt"))) is not None:
        return made_at
    return min((update.created_at for update in _read_updates(report)), default=None)


def _sort_updates(report: Item) -> list[tuple[Item, RemoteUpdate]]:
    """Returns the updates from old to new; ids, which are numbers, order those of the same second."""
    updates = [(item, update) for item in read_objects(report.get("updates")) if (update := _read_update(item))]
    updates.sort(key=lambda pair: (pair[1].created_at, len(pair[1].remote_id), pair[1].remote_id))
    return updates


def _read_updates(report: Item) -> tuple[RemoteUpdate, ...]:
    return tuple(update for _, update in _sort_updates(report))


def _read_update(value: Item) -> RemoteUpdate | None:
    remote_id, status, date = read_id(value.get("id")), _read_status(value), read_time(value.get("date"))
    if remote_id is None or status is None or date is None:
        return None
    return RemoteUpdate(remote_id, status, read_text(value.get("message")), date)


def _read_states(report: Item) -> dict[str, ComponentStatus]:
    """Returns the state of each component that a report names; one that it says nothing of is shown as degraded."""
    if not _is_open(report):
        return dict.fromkeys(sorted(list_ids(report)), ComponentStatus.OPERATIONAL)
    states = dict.fromkeys(sorted(list_ids(report)), ComponentStatus.DEGRADED_PERFORMANCE)
    for item, _ in _sort_updates(report):
        for told in read_objects(get_field(item, "componentImpacts")):
            state = _READ_IMPACTS.get(str(told.get("impact")).removeprefix(_IMPACT))
            if (key := read_id(get_field(told, "pageComponentId"))) is not None and state is not None:
                states[key] = state
    return states

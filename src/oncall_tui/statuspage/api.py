"""The write API under /v1: what writers may call, and which transaction each call runs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oncall_tui.statuspage import components, edits, incidents, postmortems, rules, shapes
from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.gate import JsonAnswer, read_fields
from oncall_tui.statuspage.pagefile import Identity, PageFile, read_identity
from oncall_tui.statuspage.sqlite import sqlite3

_PAGE_MOST = 100
_LAST_PAGE = 1_000_000
Endpoint = Callable[[Request], Awaitable[Response]]


class Call(Struct, frozen=True):
    """One admitted request inside its transaction."""

    db: sqlite3.Connection
    identity: Identity
    url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    fields: dict[str, object]
    now: int

    @property
    def incident_id(self) -> str:
        return self.path["incident_id"]

    @property
    def component_id(self) -> str:
        return self.path["component_id"]

    def read_span(self, size_name: str) -> tuple[int, int]:
        """Returns limit and offset from `page` and the size parameter; raises RequestRefusedError (422)."""
        size = min(self._read_count(size_name, _PAGE_MOST), _PAGE_MOST)
        return size, (min(self._read_count("page", 1), _LAST_PAGE) - 1) * size

    def _read_count(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
            raise RequestRefusedError(422, f"{name} must be a whole number from 1 on")
        return int(text)


Work = Callable[[Call], Response]


def build_routes(file: PageFile, url: str, clock: Callable[[], int]) -> list[Route]:
    """Returns the routes; `clock` gives ms since 1970 UTC, `url` is the public address without a slash at its end."""

    def call(request: Request, db: sqlite3.Connection, fields: dict[str, object], now: int) -> Call:
        identity = read_identity(db)
        if identity is None or request.path_params.get("page_id", identity.page_id) != identity.page_id:
            raise refuse_unknown("page")
        return Call(db, identity, url, request.path_params, request.query_params, fields, now)

    def read(work: Work) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            def run() -> Response:
                with file.read() as db:
                    return work(call(request, db, {}, clock()))

            return await run_in_threadpool(run)

        return endpoint

    def write(work: Work, wrapper: str | None = None) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            fields = {} if wrapper is None else await read_fields(request, wrapper)

            def run() -> Response:
                now = clock()
                with file.write(now) as db:
                    return work(call(request, db, fields, now))

            return await run_in_threadpool(run)

        return endpoint

    page = "/v1/pages/{page_id}"
    incident = f"{page}/incidents/{{incident_id}}"
    component = f"{page}/components/{{component_id}}"
    change = ["PATCH", "PUT"]
    return [
        Route("/v1/pages", read(_list_pages), methods=["GET"]),
        Route(page, read(_show_page), methods=["GET"]),
        Route(f"{page}/components", read(_list_components), methods=["GET"]),
        Route(f"{page}/components", write(_add_component, "component"), methods=["POST"]),
        Route(component, read(_show_component), methods=["GET"]),
        Route(component, write(_change_component, "component"), methods=change),
        Route(component, write(_delete_component), methods=["DELETE"]),
        Route(f"{page}/incidents", read(_search), methods=["GET"]),
        Route(f"{page}/incidents", write(_create, "incident"), methods=["POST"]),
        Route(f"{page}/incidents/unresolved", read(_list(incidents.UNRESOLVED)), methods=["GET"]),
        Route(f"{page}/incidents/scheduled", read(_list(incidents.SCHEDULED)), methods=["GET"]),
        Route(f"{page}/incidents/upcoming", read(_list(incidents.UPCOMING)), methods=["GET"]),
        Route(f"{page}/incidents/active_maintenance", read(_list(incidents.ACTIVE_MAINTENANCE)), methods=["GET"]),
        Route(incident, read(_show), methods=["GET"]),
        Route(incident, write(_change, "incident"), methods=change),
        Route(incident, write(_delete), methods=["DELETE"]),
        Route(f"{incident}/incident_updates/{{update_id}}", write(_change_update, "incident_update"), methods=change),
        Route(f"{incident}/postmortem", read(_show_postmortem), methods=["GET"]),
        Route(f"{incident}/postmortem", write(_write_draft, "postmortem"), methods=["PUT"]),
        Route(f"{incident}/postmortem", write(_delete_postmortem), methods=["DELETE"]),
        Route(f"{incident}/postmortem/publish", write(_publish, "postmortem"), methods=["PUT"]),
        Route(f"{incident}/postmortem/revert", write(_revert), methods=["PUT"]),
    ]


def _list_pages(call: Call) -> Response:
    return JsonAnswer([shapes.shape_page(call.identity, call.url)])


def _show_page(call: Call) -> Response:
    return JsonAnswer(shapes.shape_page(call.identity, call.url))


def _list_components(call: Call) -> Response:
    limit, offset = call.read_span("per_page")
    found = components.list_components(call.db, limit, offset)
    return JsonAnswer([shapes.shape_component(component, call.identity.page_id) for component in found])


def _add_component(call: Call) -> Response:
    write = rules.read_component_write(call.fields, is_create=True)
    added = components.add_component(call.db, write, call.now)
    return JsonAnswer(shapes.shape_component(added, call.identity.page_id), 201)


def _show_component(call: Call) -> Response:
    found = components.get_component(call.db, call.component_id)
    return JsonAnswer(shapes.shape_component(found, call.identity.page_id))


def _change_component(call: Call) -> Response:
    write = rules.read_component_write(call.fields, is_create=False)
    changed = components.change_component(call.db, call.component_id, write, call.now)
    return JsonAnswer(shapes.shape_component(changed, call.identity.page_id))


def _delete_component(call: Call) -> Response:
    components.delete_component(call.db, call.component_id)
    return Response(status_code=204)


def _search(call: Call) -> Response:
    limit, offset = call.read_span("limit")
    words = call.query.get("q", "")
    if words:
        found = incidents.search_incidents(call.db, words[:255], limit, offset)
    else:
        found = incidents.list_incidents(call.db, incidents.ALL, limit, offset)
    return JsonAnswer([shapes.shape_incident(each, call.identity.page_id, call.url) for each in found])


def _list(which: str) -> Work:
    def work(call: Call) -> Response:
        limit, offset = call.read_span("per_page")
        found = incidents.list_incidents(call.db, which, limit, offset)
        return JsonAnswer([shapes.shape_incident(each, call.identity.page_id, call.url) for each in found])

    return work


def _create(call: Call) -> Response:
    write = rules.read_incident_write(call.fields, is_create=True)
    created = edits.create_incident(call.db, write, call.now)
    return JsonAnswer(shapes.shape_incident(created, call.identity.page_id, call.url), 201)


def _show(call: Call) -> Response:
    found = incidents.get_incident(call.db, call.incident_id)
    return JsonAnswer(shapes.shape_incident(found, call.identity.page_id, call.url))


def _change(call: Call) -> Response:
    write = rules.read_incident_write(call.fields, is_create=False)
    changed = edits.change_incident(call.db, call.incident_id, write, call.now)
    return JsonAnswer(shapes.shape_incident(changed, call.identity.page_id, call.url))


def _delete(call: Call) -> Response:
    deleted = edits.delete_incident(call.db, call.incident_id)
    return JsonAnswer(shapes.shape_incident(deleted, call.identity.page_id, call.url))


def _change_update(call: Call) -> Response:
    write = rules.read_update_write(call.fields)
    changed = edits.change_update(call.db, call.incident_id, call.path["update_id"], write, call.now)
    return JsonAnswer(shapes.shape_update(changed))


def _show_postmortem(call: Call) -> Response:
    return JsonAnswer(shapes.shape_postmortem(postmortems.get_postmortem(call.db, call.incident_id)))


def _write_draft(call: Call) -> Response:
    draft = rules.read_postmortem_draft(call.fields)
    return JsonAnswer(shapes.shape_postmortem(postmortems.write_draft(call.db, call.incident_id, draft, call.now)))


def _publish(call: Call) -> Response:
    write = rules.read_publish_write(call.fields)
    return JsonAnswer(shapes.shape_postmortem(postmortems.publish(call.db, call.incident_id, write, call.now)))


def _revert(call: Call) -> Response:
    return JsonAnswer(shapes.shape_postmortem(postmortems.revert(call.db, call.incident_id, call.now)))


def _delete_postmortem(call: Call) -> Response:
    postmortems.delete_postmortem(call.db, call.incident_id, call.now)
    return Response(status_code=204)

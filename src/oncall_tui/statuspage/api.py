"""The write API under /v1: the page, its components, incidents, maintenances and postmortems."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from oncall_tui.statuspage import components, edits, groups, incidents, postmortems, rules, shapes
from oncall_tui.statuspage.calls import CHANGE, PAGE_PATH, Call, Endpoints, Work
from oncall_tui.statuspage.gate import JsonAnswer


def build_routes(endpoints: Endpoints) -> list[Route]:
    """Returns the routes of the page itself, components, incidents and postmortems."""
    page, read, write = PAGE_PATH, endpoints.read, endpoints.write
    incident = f"{page}/incidents/{{incident_id}}"
    component = f"{page}/components/{{component_id}}"
    return [
        Route("/v1/pages", read(_list_pages), methods=["GET"]),
        Route(page, read(_show_page), methods=["GET"]),
        Route(f"{page}/components", read(_list_components), methods=["GET"]),
        Route(f"{page}/components", write(_add_component, "component"), methods=["POST"]),
        Route(component, read(_show_component), methods=["GET"]),
        Route(component, write(_change_component, "component"), methods=CHANGE),
        Route(component, write(_delete_component), methods=["DELETE"]),
        Route(f"{page}/incidents", read(_search), methods=["GET"]),
        Route(f"{page}/incidents", write(_create, "incident"), methods=["POST"]),
        Route(f"{page}/incidents/unresolved", read(_list(incidents.UNRESOLVED)), methods=["GET"]),
        Route(f"{page}/incidents/scheduled", read(_list(incidents.SCHEDULED)), methods=["GET"]),
        Route(f"{page}/incidents/upcoming", read(_list(incidents.UPCOMING)), methods=["GET"]),
        Route(f"{page}/incidents/active_maintenance", read(_list(incidents.ACTIVE_MAINTENANCE)), methods=["GET"]),
        Route(incident, read(_show), methods=["GET"]),
        Route(incident, write(_change, "incident"), methods=CHANGE),
        Route(incident, write(_delete), methods=["DELETE"]),
        Route(f"{incident}/incident_updates/{{update_id}}", write(_change_update, "incident_update"), methods=CHANGE),
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
    listed = shapes.shape_components(
        components.list_components(call.db), groups.list_groups(call.db), call.identity.page_id
    )
    return JsonAnswer(listed[offset : offset + limit])


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

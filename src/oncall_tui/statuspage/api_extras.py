"""The write API under /v1: groups of components, templates and metrics."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from oncall_tui.statuspage import components, groups, metrics, rules_extras, shapes, templates
from oncall_tui.statuspage.calls import CHANGE, PAGE_PATH, Call, Endpoints
from oncall_tui.statuspage.faults import refuse_unknown
from oncall_tui.statuspage.gate import JsonAnswer


def build_routes(endpoints: Endpoints) -> list[Route]:
    """Returns the routes of what a page has besides components and incidents."""
    page, read, write = PAGE_PATH, endpoints.read, endpoints.write
    group = f"{page}/component-groups/{{group_id}}"
    provider = f"{page}/metrics_providers"
    metric = f"{page}/metrics/{{metric_id}}"
    beside = ("description",)
    return [
        Route(f"{page}/component-groups", read(_list_groups), methods=["GET"]),
        Route(f"{page}/component-groups", write(_add_group, "component_group", beside), methods=["POST"]),
        Route(group, read(_show_group), methods=["GET"]),
        Route(group, write(_change_group, "component_group", beside), methods=CHANGE),
        Route(group, write(_delete_group), methods=["DELETE"]),
        Route(f"{page}/incident_templates", read(_list_templates), methods=["GET"]),
        Route(f"{page}/incident_templates", write(_add_template, "template"), methods=["POST"]),
        Route(provider, read(_list_providers), methods=["GET"]),
        Route(f"{provider}/{{provider_id}}/metrics", write(_add_metric, "metric"), methods=["POST"]),
        Route(f"{page}/metrics", read(_list_metrics), methods=["GET"]),
        Route(f"{page}/metrics/data", write(_add_points, "data"), methods=["POST"]),
        Route(metric, read(_show_metric), methods=["GET"]),
        Route(metric, write(_delete_metric), methods=["DELETE"]),
        Route(f"{metric}/data", write(_add_point, "data"), methods=["POST"]),
        Route(f"{metric}/data", write(_delete_points), methods=["DELETE"]),
    ]


def _list_groups(call: Call) -> Response:
    limit, offset = call.read_span("per_page")
    found = groups.list_groups(call.db)[offset : offset + limit]
    return JsonAnswer([shapes.shape_group(each, call.identity.page_id) for each in found])


def _show_group(call: Call) -> Response:
    return JsonAnswer(shapes.shape_group(groups.get_group(call.db, call.group_id), call.identity.page_id))


def _add_group(call: Call) -> Response:
    write = rules_extras.read_group_write(call.fields, is_create=True)
    return JsonAnswer(shapes.shape_group(groups.add_group(call.db, write, call.now), call.identity.page_id), 201)


def _change_group(call: Call) -> Response:
    write = rules_extras.read_group_write(call.fields, is_create=False)
    changed = groups.change_group(call.db, call.group_id, write, call.now)
    return JsonAnswer(shapes.shape_group(changed, call.identity.page_id))


def _delete_group(call: Call) -> Response:
    return JsonAnswer(shapes.shape_group(groups.delete_group(call.db, call.group_id), call.identity.page_id))


def _list_templates(call: Call) -> Response:
    limit, offset = call.read_span("per_page")
    known = {component.id: component for component in components.list_components(call.db)}
    found = templates.list_templates(call.db, limit, offset)
    return JsonAnswer([shapes.shape_template(each, known, call.identity.page_id) for each in found])


def _add_template(call: Call) -> Response:
    added = templates.add_template(call.db, rules_extras.read_template_write(call.fields))
    known = {component.id: component for component in components.list_components(call.db)}
    return JsonAnswer(shapes.shape_template(added, known, call.identity.page_id), 201)


def _list_providers(call: Call) -> Response:
    return JsonAnswer([{"id": metrics.PROVIDER_ID, "type": "Self", "disabled": False}])


def _add_metric(call: Call) -> Response:
    if call.path["provider_id"] != metrics.PROVIDER_ID:
        raise refuse_unknown("metrics provider")
    write = rules_extras.read_metric_write(call.fields)
    return JsonAnswer(shapes.shape_metric(metrics.add_metric(call.db, write, call.now), metrics.PROVIDER_ID), 201)


def _list_metrics(call: Call) -> Response:
    limit, offset = call.read_span("per_page")
    found = metrics.list_metrics(call.db, limit, offset)
    return JsonAnswer([shapes.shape_metric(each, metrics.PROVIDER_ID) for each in found])


def _show_metric(call: Call) -> Response:
    return JsonAnswer(shapes.shape_metric(metrics.get_metric(call.db, call.metric_id), metrics.PROVIDER_ID))


def _delete_metric(call: Call) -> Response:
    return JsonAnswer(shapes.shape_metric(metrics.delete_metric(call.db, call.metric_id), metrics.PROVIDER_ID))


def _add_point(call: Call) -> Response:
    point = rules_extras.read_point(call.fields)
    metrics.add_points(call.db, {call.metric_id: [point]}, call.now)
    return JsonAnswer({"data": {"timestamp": point.at_s, "value": point.value}}, 201)


def _add_points(call: Call) -> Response:
    points = rules_extras.read_points(call.fields)
    metrics.add_points(call.db, points, call.now)
    return JsonAnswer(call.fields, 202)


def _delete_points(call: Call) -> Response:
    return JsonAnswer(shapes.shape_metric(metrics.delete_points(call.db, call.metric_id), metrics.PROVIDER_ID))

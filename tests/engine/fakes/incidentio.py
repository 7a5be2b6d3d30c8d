"""A page of the incident.io v2 kind: a model of its own, no kinder than the contract."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from tests.engine.fakes.faultwire import TOKEN, Request
from tests.engine.fakes.incidentio_work import PAGE_ID, IncidentIoWork, copy_shown

from oncall_tui.domain.incident import IncidentStatus

STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = ("operational", "degraded_performance", "partial_outage", "full_outage")


@dataclass
class FakeIncidentIo(IncidentIoWork):
    """Answers a repeated key with its first answer."""

    structure: list[dict[str, Any]] = field(default_factory=list)
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def is_api(self, path: str) -> bool:
        return path.startswith("/v2")

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def explain(self, status: int, words: str) -> object:
        error = {"code": "invalid_value", "message": words, "source": {"field": "message"}}
        return {"type": "validation_error", "status": status, "request_id": "r-1", "errors": [error]}

    def show(self) -> str:
        shown = [*self.incidents.values(), *self.works.values()]
        texts = [update["message"] for item in shown for update in item["updates"]]
        return "<html><body>" + "".join(f"<p>{html.escape(text)}</p>" for text in texts) + "</body></html>"

    def add_component(self, name: str, group: str = "") -> str:
        key = self.make_id()
        self.components[key] = name
        component = {"component_id": key, "name": name}
        held = {"group": {"id": self.make_id(), "name": group, "components": [component]}}
        self.structure.append(held if group else {"component": component})
        return key

    def add_nested(self, group: str, sub_page: str) -> tuple[str, str]:
        """Adds a component in a group, and one in a group of a sub-page."""
        keys = []
        for name in (group, sub_page):
            keys.append(self.make_id())
            self.components[keys[-1]] = name
        groups = [
            {"group": {"id": self.make_id(), "name": "G", "components": [{"component_id": key, "name": name}]}}
            for key, name in zip(keys, (group, sub_page), strict=True)
        ]
        self.structure += [groups[0], {"sub_page": {"id": self.make_id(), "name": "S", "items": [groups[1]]}}]
        return keys[0], keys[1]

    def open(self, name: str, status: str, message: str) -> str:
        """A colleague declares on the page."""
        return str(self._create({"name": name, "incident_status": status, "message": message})["id"])

    def edit(self, incident_id: str, status: str, message: str) -> str:
        """A colleague writes on the page."""
        fields = {"incident_status": status, "message": message}
        return str(self._append(self.incidents[incident_id], fields)["id"])

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, status.value, body)

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, status.value, body)

    def list_words(self) -> list[list[str]]:
        return [[update["message"] for update in item["updates"][::-1]] for item in self.incidents.values()]

    def list_notified(self) -> list[bool]:
        return [write["notify_subscribers"] for write in self.writes]

    def _create(self, fields: dict[str, Any]) -> dict[str, Any]:
        incident: dict[str, Any] = {
            "id": self.make_id(),
            "status_page_id": PAGE_ID,
            "name": fields["name"],
            "incident_status": fields["incident_status"],
            "published_at": self.say_now(),
            "component_impacts": [],
            "updates": [],
        }
        self.incidents[incident["id"]] = incident
        self._append(incident, fields)
        return incident

    def _append(self, incident: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        at = self.say_now()
        given = {item["component_id"]: item["component_status"] for item in fields.get("component_statuses", ())}
        status = fields.get("incident_status", incident["incident_status"])
        update = {
            "id": self.make_id(),
            "status_page_incident_id": incident["id"],
            "message": fields["message"],
            "incident_status": status,
            "component_statuses": fields.get("component_statuses", []),
            "published_at": at,
        }
        for impact in incident["component_impacts"]:
            if impact["end_at"] is None and (status == "resolved" or impact["component_id"] in given):
                impact["end_at"] = at
        incident["component_impacts"] += [
            {"component_id": key, "component_status": state, "start_at": at, "end_at": None}
            for key, state in given.items()
            if state != "operational"
        ]
        incident["incident_status"] = status
        incident["updates"].insert(0, update)
        return update

    def answer(self, request: Request) -> tuple[int, object]:
        path = request.path
        if request.method == "POST" and path == "/v2/status_page_incidents":
            return self._answer_create(request.document)
        if request.method == "POST" and path == "/v2/status_page_incident_updates":
            return self._answer_update(request.document)
        if "status_page_maintenance" in path:
            return self.answer_work(request)
        if request.method == "PUT":
            return self._answer_name(path.removeprefix("/v2/status_page_incidents/"), request.document)
        if request.method != "GET":
            return 404, self.explain(404, "no such place")
        if path == "/v2/status_pages":
            url = f"{self.origin}/"
            return 200, {
                "status_pages": [{"id": "01OTHER", "name": "Other"}, {"id": PAGE_ID, "name": "Acme", "public_url": url}]
            }
        if path == f"/v2/status_page_structures/{PAGE_ID}":
            return 200, {"current_structure": {"items": self.structure}}
        if path == "/v2/status_page_incidents":
            return self.answer_list(request, "status_page_incidents", list(self.incidents.values()))
        found = self.incidents.get(path.removeprefix("/v2/status_page_incidents/"))
        return (200, {"status_page_incident": found}) if found else (404, self.explain(404, "not found"))

    def _answer_create(self, fields: dict[str, Any]) -> tuple[int, object]:
        if not isinstance(fields.get("idempotency_key"), str) or not fields["idempotency_key"]:
            return 422, self.explain(422, "idempotency_key is required")
        if fields["idempotency_key"] in self.keys:
            return 201, self.keys[fields["idempotency_key"]]
        if fields.get("status_page_id") != PAGE_ID:
            return 404, self.explain(404, "no such status page")
        if not fields.get("name") or len(fields["name"]) > 200:
            return 422, self.explain(422, "name must have 1 to 200 characters")
        if "incident_status" not in fields:
            return 422, self.explain(422, "incident_status is required")
        if problem := self._find_problem(fields):
            return 422, self.explain(422, problem)
        self.writes.append(fields)
        answer = {"status_page_incident": copy_shown(self._create(fields))}
        self.keys[fields["idempotency_key"]] = answer
        return 201, answer

    def _answer_update(self, fields: dict[str, Any]) -> tuple[int, object]:
        incident = self.incidents.get(str(fields.get("status_page_incident_id")))
        if incident is None:
            return 404, self.explain(404, "no such incident")
        if set(fields) - {
            "status_page_incident_id",
            "message",
            "incident_status",
            "notify_subscribers",
            "component_statuses",
        }:
            return 422, self.explain(422, "unknown field")
        if len(incident["updates"]) >= 100:
            return 422, self.explain(422, "an incident has at most 100 updates")
        if problem := self._find_problem(fields):
            return 422, self.explain(422, problem)
        self.writes.append(fields)
        return 201, {"status_page_incident_update": copy_shown(self._append(incident, fields))}

    def _find_problem(self, fields: dict[str, Any]) -> str | None:
        if not isinstance(fields.get("notify_subscribers"), bool):
            return "notify_subscribers is required"
        if not fields.get("message") or len(fields["message"]) > 4096:
            return "message must have 1 to 4096 characters"
        if fields.get("incident_status", "resolved") not in STATUSES:
            return "unknown incident_status"
        if fields.get("incident_status") == "resolved" and "component_statuses" in fields:
            return "component_statuses must not be set when resolving"
        for item in fields.get("component_statuses", ()):
            if item["component_status"] not in COMPONENT_STATUSES:
                return "unknown component_status"
            if item["component_id"] not in self.components:
                return f"no component {item['component_id']}"
        return None

    def _answer_name(self, incident_id: str, fields: dict[str, Any]) -> tuple[int, object]:
        """Its name is all that can be changed of an incident, and is not written of in its updates."""
        if (incident := self.incidents.get(incident_id)) is None:
            return 404, self.explain(404, "not found")
        if set(fields) != {"name"} or not fields["name"] or len(fields["name"]) > 200:
            return 422, self.explain(422, "name must have 1 to 200 characters")
        incident["name"] = fields["name"]
        return 200, {"status_page_incident": incident}

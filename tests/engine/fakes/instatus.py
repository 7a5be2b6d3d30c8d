"""A page of the Instatus v1 kind: a model of its own, no kinder than the contract."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from tests.engine.fakes.faultwire import TOKEN, Request
from tests.engine.fakes.instatus_work import PAGE_ID, InstatusWork

from oncall_tui.domain.incident import IncidentStatus

STATUSES = ("INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED")


@dataclass
class FakeInstatus(InstatusWork):
    """Keeps no ids of ours; `zone_hours` is what it moves given times by, `is_oldest_first` the order of its lists."""

    message_most: int | None = None
    ignores_filter: bool = False
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def is_api(self, path: str) -> bool:
        return path.startswith(("/v1", "/v2"))

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def explain(self, status: int, words: str) -> object:
        return {"error": {"code": "forbidden" if status == 403 else f"error-{status}", "message": words}}

    def show(self) -> str:
        shown = [*self.incidents.values(), *self.works.values()]
        texts = [update["message"] for item in shown for update in item["updates"]]
        return "<html><body>" + "".join(f"<p>{html.escape(text)}</p>" for text in texts) + "</body></html>"

    def add_component(self, name: str, group: str = "", **more: Any) -> str:
        key, order = self.make_id(), len(self.components)
        held = {"id": f"group-{group}", "name": group} if group else None
        shown = {"id": key, "name": name, "status": "OPERATIONAL", "order": order, "group": held}
        self.components[key] = {**shown, **more}
        return key

    def open(self, name: str, status: str, message: str, **more: Any) -> str:
        """A colleague declares on the page."""
        return str(self._create({"name": name, "status": status, "message": message, **more})["id"])

    def edit(self, incident_id: str, status: str, message: str, **more: Any) -> str:
        """A colleague writes on the page."""
        return str(self._append(self.incidents[incident_id], {"status": status, "message": message, **more})["id"])

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, status.value.upper(), body)

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, status.value.upper(), body)

    def list_words(self) -> list[list[str]]:
        return [[update["message"] for update in item["updates"][::-1]] for item in self.incidents.values()]

    def list_notified(self) -> list[bool]:
        return [write["notify"] for write in self.writes]

    def _create(self, fields: dict[str, Any]) -> dict[str, Any]:
        incident: dict[str, Any] = {
            "id": self.make_id(),
            "name": fields["name"],
            "status": fields["status"],
            "started": self.store_time(fields.get("started")),
            "resolved": None,
            "updates": [],
            "components": [],
        }
        self.incidents[incident["id"]] = incident
        self._append(incident, fields)
        return incident

    def _append(self, incident: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        update = {
            "id": self.make_id(),
            "message": fields["message"],
            "messageHtml": f"<p>{html.escape(fields['message'])}</p>",
            "status": fields["status"],
            "notify": fields.get("notify"),
            "started": self.store_time(fields.get("started")),
            "ended": None,
            "duration": None,
            "createdAt": self.say(self.now()),
        }
        incident["updates"].insert(0, update)
        incident["status"] = update["status"]
        incident["resolved"] = update["started"] if update["status"] == "RESOLVED" else None
        for item in fields.get("statuses", ()):
            self.components[item["id"]]["status"] = item["status"]
        if "components" in fields:
            incident["components"] = [self.components[key] for key in fields["components"]]
        return update

    def _find_problem(self, fields: dict[str, Any], is_new: bool) -> str | None:
        if is_new and not fields.get("name"):
            return "name is required"
        if not fields.get("message") or fields.get("status") not in STATUSES:
            return "message and status are required"
        if self.message_most is not None and len(fields["message"]) > self.message_most:
            return f"message is longer than {self.message_most}"
        if not isinstance(fields.get("notify"), bool):
            return "this page takes no write that does not say whether to notify"
        return self.find_named_problem(fields)

    def answer(self, request: Request) -> tuple[int, object]:
        root = f"/v1/{PAGE_ID}"
        if request.path == "/v2/pages":
            page = {"id": PAGE_ID, "name": "Acme", "subdomain": "acme", "customDomain": None}
            return 200, [{"id": "other", "name": "Other", "subdomain": "other", "customDomain": None}, page]
        if request.path == f"{root}/components":
            return 200, self.cut(list(self.components.values()), request)
        if request.path.startswith(f"{root}/maintenances"):
            return self.answer_work(request.path.removeprefix(f"{root}/maintenances").strip("/").split("/"), request)
        if not request.path.startswith(f"{root}/incidents"):
            return 404, self.explain(404, "no such place")
        parts = request.path.removeprefix(f"{root}/incidents").strip("/").split("/")
        if self.is_write(request):
            return self._write(parts, request)
        if parts == [""]:
            return 200, self.cut(self._select(request.query.get("status")), request)
        found = self.incidents.get(parts[0])
        return (200, found) if found else (404, self.explain(404, "not found"))

    def _write(self, parts: list[str], request: Request) -> tuple[int, object]:
        is_new = parts == [""]
        if request.method != "POST" or not (is_new or (len(parts) == 2 and parts[1] == "incident-updates")):
            return 404, self.explain(404, "no such place")
        if not is_new and parts[0] not in self.incidents:
            return 404, self.explain(404, "not found")
        if problem := self._find_problem(request.document, is_new):
            return 422, self.explain(422, problem)
        self.writes.append(request.document)
        if is_new:
            return 200, self._create(request.document)
        incident = self.incidents[parts[0]]
        update = self._append(incident, request.document)
        shown = {key: value for key, value in update.items() if key not in ("createdAt", "ended", "duration")}
        return 200, {**shown, "incident": {key: incident[key] for key in ("id", "name", "started", "status")}}

    def _select(self, statuses: str | None) -> list[dict[str, Any]]:
        items = list(self.incidents.values())
        if not self.is_oldest_first:
            items.reverse()
        if statuses is None or self.ignores_filter:
            return items
        return [item for item in items if item["status"] in statuses.split(",")]

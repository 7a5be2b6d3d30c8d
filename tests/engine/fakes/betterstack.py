"""A page of the Better Stack Uptime v2 kind: a model of its own, no kinder than the contract."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from tests.engine.fakes.betterstack_work import PAGE_ID, BetterStackWork
from tests.engine.fakes.faultwire import TOKEN, Request

from oncall_tui.domain.incident import IncidentStatus

ROOT = f"/api/v2/status-pages/{PAGE_ID}"
STATES = ("resolved", "degraded", "downtime")
WORK_STATES = ("resolved", "maintenance")


@dataclass
class FakeBetterStack(BetterStackWork):
    """Knows no lifecycle, only states of resources; lists name updates without telling their words."""

    forgets_included: bool = False
    is_oldest_first: bool = False
    sections: dict[str, str] = field(default_factory=dict)

    def is_api(self, path: str) -> bool:
        return path.startswith("/api/v2")

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def explain(self, status: int, words: str) -> object:
        return {"errors": {"base": [words]} if status == 422 else words}

    def show(self) -> str:
        texts = [update["attributes"]["message"] for update in self.updates.values()]
        return "<html><body>" + "".join(f"<div>{html.escape(text)}</div>" for text in texts) + "</body></html>"

    def add_component(self, name: str, group: str = "", **more: Any) -> str:
        key = self.make_id()
        if group not in self.sections:
            self.sections[group] = self.make_id()
        attributes = {
            "public_name": name,
            "position": len(self.resources),
            "resource_type": "Monitor",
            "status_page_section_id": int(self.sections[group]),
            **more,
        }
        self.resources[key] = {"id": key, "type": "status_page_resource", "attributes": attributes}
        return key

    def open(self, title: str, message: str, resources: dict[str, str], **more: Any) -> str:
        """A colleague, or a monitor, declares on the page."""
        listed = [{"status_page_resource_id": key, "status": state} for key, state in resources.items()]
        return self.make_report({"title": title, "message": message, "affected_resources": listed, **more})

    def edit(self, report_id: str, message: str, resources: dict[str, str]) -> str:
        """A colleague writes on the page."""
        listed = [{"status_page_resource_id": key, "status": state} for key, state in resources.items()]
        return self.say_in(report_id, {"message": message, "affected_resources": listed})

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, body, self._hold(status))

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, body, self._hold(status))

    def list_words(self) -> list[list[str]]:
        return self.list_words_of("manual")

    def list_notified(self) -> list[bool]:
        return [write["notify_subscribers"] for write in self.writes]

    def _hold(self, status: IncidentStatus) -> dict[str, str]:
        """A page without a lifecycle: what its resources are like says it."""
        return dict.fromkeys(self.resources, "downtime" if status.is_open else "resolved")

    def _show_report(self, key: str) -> dict[str, Any]:
        report = self.reports[key]
        if self.forgets_included:
            return {"data": report}
        return {
            "data": report,
            "included": [self.updates[item["id"]] for item in report["relationships"]["status_updates"]["data"]],
        }

    def _find_problem(self, fields: dict[str, Any], is_new: bool) -> str | None:
        if is_new and not fields.get("title"):
            return "Can't be blank."
        if not is_new and not fields.get("affected_resources"):
            return "affected_resources is required"
        if not isinstance(fields.get("notify_subscribers"), bool):
            return "this page takes no write that does not say whether to notify"
        if problem := self.find_work_problem(fields):
            return problem
        is_work = fields.get("report_type") == "maintenance"
        for item in fields.get("affected_resources", ()):
            if item["status"] not in (STATES if not is_work else WORK_STATES):
                return f"status can't be {item['status']}"
            if item["status_page_resource_id"] not in self.resources:
                return f"no resource {item['status_page_resource_id']}"
        return None

    def answer(self, request: Request) -> tuple[int, object]:
        if request.path == ROOT:
            page = {"company_name": "Acme", "subdomain": "acme", "custom_domain": "status.acme.test"}
            return 200, {"data": {"id": PAGE_ID, "type": "status_page", "attributes": page}}
        if request.path == f"{ROOT}/resources":
            return 200, self._cut(list(self.resources.values()), request)
        if request.path == f"{ROOT}/sections":
            named = {key: {"name": name, "position": 0} for name, key in self.sections.items()}
            listed = [{"id": key, "type": "status_page_section", "attributes": each} for key, each in named.items()]
            return 200, self._cut(listed, request)
        if not request.path.startswith(f"{ROOT}/status-reports"):
            return 404, self.explain(404, "no such place")
        parts = request.path.removeprefix(f"{ROOT}/status-reports").strip("/").split("/")
        if self.is_write(request):
            return self._write(parts, request)
        if parts == [""]:
            reports = list(self.reports.values())
            return 200, self._cut(reports if self.is_oldest_first else reports[::-1], request)
        return (200, self._show_report(parts[0])) if parts[0] in self.reports else (404, self.explain(404, "none"))

    def _write(self, parts: list[str], request: Request) -> tuple[int, object]:
        is_new = parts == [""]
        if request.method == "PATCH" and parts[0] in self.reports:
            return self.answer_change(parts[0], request.document)
        if request.method != "POST" or not (is_new or (len(parts) == 2 and parts[1] == "status-updates")):
            return 404, self.explain(404, "no such place")
        if not is_new and parts[0] not in self.reports:
            return 404, self.explain(404, "not found")
        fields = request.document
        if not is_new:
            fields = {**fields, "report_type": self.reports[parts[0]]["attributes"]["report_type"]}
        if problem := self._find_problem(fields, is_new):
            return 422, self.explain(422, problem)
        self.writes.append(request.document)
        if is_new:
            return 201, self._show_report(self.make_report(request.document))
        return 201, {"data": self.updates[self.say_in(parts[0], request.document)]}

    def _cut(self, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        size = min(int(request.query.get("per_page", "50")), 250)
        number = int(request.query.get("page", "1"))
        place = f"https://elsewhere.test{request.path}?page="
        more = f"{place}{number + 1}" if len(items) > number * size else None
        pagination = {"first": f"{place}1", "last": f"{place}9", "prev": None, "next": more}
        return {"data": items[(number - 1) * size : number * size], "pagination": pagination}

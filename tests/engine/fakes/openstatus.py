"""A workspace of the OpenStatus v2 kind with its pages: a model of its own, no kinder than the contract."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.engine.fakes.faultwire import TOKEN, Request
from tests.engine.fakes.openstatus_work import DATE, PAGE_ID, OpenStatusWork

from oncall_tui.domain.incident import IncidentStatus

_STATUSES = tuple(f"STATUS_REPORT_STATUS_{word}" for word in ("INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED"))
_WORDS = ("OPERATIONAL", "DEGRADED_PERFORMANCE", "PARTIAL_OUTAGE", "MAJOR_OUTAGE")
_IMPACTS = tuple(f"PAGE_COMPONENT_IMPACT_{word}" for word in _WORDS)
_CODES = {400: "invalid_argument", 401: "unauthenticated", 403: "permission_denied", 404: "not_found"}
_CODES |= {409: "already_exists", 429: "resource_exhausted", 500: "internal"}


@dataclass
class FakeOpenStatus(OpenStatusWork):
    """Keeps whole seconds, leaves out what is empty, and never tells the page of a report unless `tells_page`.

    `is_snake` is the casing that its answers have; `has_short_content` leaves the updates out of a page's content.
    """

    tells_page: bool = False
    is_snake: bool = False
    has_short_content: bool = False
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    pages: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {PAGE_ID: {"id": PAGE_ID, "title": "Acme", "slug": "acme"}}
    )

    def is_api(self, path: str) -> bool:
        return path.startswith("/rpc/")

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("x-openstatus-key") == TOKEN and "authorization" not in request.headers

    def is_write(self, request: Request) -> bool:
        return request.path.endswith(
            ("/CreateStatusReport", "/AddStatusReportUpdate", "/CreateMaintenance", "/UpdateMaintenance")
        )

    def explain(self, status: int, words: str) -> object:
        return {"code": _CODES.get(status, "unknown"), "message": words}

    def show(self) -> str:
        texts = [update["message"] for report in self.reports.values() for update in report["updates"]]
        texts += [text for words in self.list_planned_words() for text in words]
        return "<html><body>" + "".join(f"<p>{html.escape(text)}</p>" for text in texts) + "</body></html>"

    def add_page(self, title: str) -> str:
        key = str(int(PAGE_ID) + len(self.pages))
        self.pages[key] = {"id": key, "title": title, "slug": title.lower()}
        return key

    def add_component(self, name: str, group: str = "", page_id: str = PAGE_ID, **more: Any) -> str:
        key, order = self.make_id(), len(self.components)
        if group and group not in self.groups:
            self.groups[group] = self.make_id()
        held = self.groups.get(group, "")
        self.components[key] = {"id": key, "name": name, "pageId": page_id, "order": order, "groupId": held, **more}
        return key

    def open(self, title: str, status: str, message: str, page_id: str = PAGE_ID, **more: Any) -> str:
        """A colleague declares on a page."""
        fields = {"title": title, "status": f"STATUS_REPORT_STATUS_{status}", "message": message, "pageId": page_id}
        return str(self._create({**fields, "date": self.say(self.now()), **more})["id"])

    def edit(self, report_id: str, status: str, message: str) -> str:
        """A colleague writes on the page."""
        fields = {"status": f"STATUS_REPORT_STATUS_{status}", "message": message}
        return str(self._append(self.reports[report_id], fields)["id"])

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, status.value.upper(), body)

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, status.value.upper(), body)

    def list_words(self) -> list[list[str]]:
        return [[update["message"] for update in report["updates"]] for report in self.reports.values()]

    def list_notified(self) -> list[bool]:
        return [write["notify"] for write in self.writes]

    def _create(self, fields: dict[str, Any]) -> dict[str, Any]:
        report: dict[str, Any] = {
            "id": self.make_id(),
            "status": fields["status"],
            "title": fields["title"],
            "pageComponentIds": fields.get("pageComponentIds", []),
            "updates": [],
            "createdAt": self.say(self.now()),
            "updatedAt": self.say(self.now()),
            "pageId": fields["pageId"],
        }
        self.reports[report["id"]] = report
        self._append(report, fields)
        return report

    def _append(self, report: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        given = fields.get("date")
        update = {
            "id": self.make_id(),
            "status": fields["status"],
            "date": self.say(datetime.fromisoformat(given).timestamp() if given else self.now()),
            "message": fields["message"],
            "createdAt": self.say(self.now()),
            "componentImpacts": fields.get("componentImpacts", []),
        }
        report["updates"].append(update)
        report["status"] = update["status"]
        report["updatedAt"] = self.say(self.now())
        return update

    def _show(self, report: dict[str, Any], *, is_whole: bool) -> dict[str, Any]:
        shown = {key: value for key, value in report.items() if key != "pageId" or self.tells_page}
        newest_first = sorted(report["updates"], key=lambda item: (str(item["date"]), str(item["id"])), reverse=True)
        return {**shown, "updates": newest_first if is_whole else []}

    def _find_problem(self, fields: dict[str, Any], is_new: bool) -> str | None:
        if is_new and (not fields.get("title") or fields.get("pageId") not in self.pages):
            return "title and pageId are required"
        if not fields.get("message") or fields.get("status") not in _STATUSES:
            return "message and status are required"
        if not DATE.fullmatch(fields.get("date", "")):
            return "date is not RFC 3339"
        if not isinstance(fields.get("notify"), bool):
            return "this page takes no write that does not say whether to notify"
        told = fields.get("componentImpacts", [])
        if any(item["impact"] not in _IMPACTS for item in told):
            return "impact is not defined"
        named = [*fields.get("pageComponentIds", []), *(item["pageComponentId"] for item in told)]
        page_id = fields.get("pageId", PAGE_ID)
        known = {key for key, component in self.components.items() if component["pageId"] == page_id}
        return next((f"page component {key} not found" for key in named if key not in known), None)

    def answer(self, request: Request) -> tuple[int, object]:
        fields = request.document
        if "MaintenanceService" in request.path:
            status, answer = self.answer_work(request.path.rsplit("/", 1)[-1], fields)
            return self._say_json(answer) if status == 200 else (status, answer)
        match request.path.rsplit("/", 1)[-1]:
            case "CreateStatusReport" | "AddStatusReportUpdate":
                return self._write(fields)
            case "GetStatusReport" if fields["id"] in self.reports:
                return self._say_json({"statusReport": self._show(self.reports[fields["id"]], is_whole=True)})
            case "ListStatusReports":
                reports = list(self.reports.values())
                begin, size = fields.get("offset", 0), fields.get("limit", 50)
                cut = (reports if self.is_oldest_first else reports[::-1])[begin : begin + size]
                shown = [self._show(report, is_whole=False) for report in cut]
                return self._say_json({"statusReports": shown, "totalSize": len(reports)})
            case "GetStatusPage" if fields["id"] in self.pages:
                return self._say_json({"statusPage": self.pages[fields["id"]]})
            case "ListStatusPages":
                pages = list(self.pages.values())
                return self._say_json({"statusPages": pages[: fields["limit"]], "totalSize": len(pages)})
            case "GetStatusPageContent" if fields["id"] in self.pages:
                return self._say_json(self._show_content(fields["id"]))
        return 404, self.explain(404, "not found")

    def _show_content(self, page_id: str) -> dict[str, Any]:
        reports = [
            self._show(report, is_whole=not self.has_short_content)
            for report in reversed(self.reports.values())
            if report["pageId"] == page_id and not report["status"].endswith("RESOLVED")
        ]
        components = [component for component in self.components.values() if component["pageId"] == page_id]
        groups = [{"id": key, "pageId": page_id, "name": name} for name, key in self.groups.items()]
        page = self.pages[page_id]
        works = [work for work in self.works.values() if work["pageId"] == page_id]
        content = {"statusPage": page, "components": components, "groups": groups}
        return {**content, "statusReports": reports, "maintenances": works}

    def _write(self, fields: dict[str, Any]) -> tuple[int, object]:
        is_new = "statusReportId" not in fields
        if not is_new and fields["statusReportId"] not in self.reports:
            return 404, self.explain(404, "status report not found")
        if problem := self._find_problem(fields, is_new):
            return 400, self.explain(400, problem)
        self.writes.append(fields)
        report = self._create(fields) if is_new else self.reports[fields["statusReportId"]]
        if not is_new:
            self._append(report, fields)
        return self._say_json({"statusReport": self._show(report, is_whole=True)})

    def _say_json(self, value: Any) -> tuple[int, object]:
        return 200, self._prune(value)

    def _prune(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._prune(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {key: self._prune(item) for key, item in value.items() if item not in ("", 0, False, None, [], {})}
        return {re.sub(r"(?=[A-Z])", "_", key).lower() if self.is_snake else key: item for key, item in kept.items()}

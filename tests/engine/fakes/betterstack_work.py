"""Planned work on a page of the Better Stack Uptime v2 kind: a report that goes by its times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.engine.fakes.planned import FakePlanned

from oncall_tui.domain.maintenance import MaintenanceStatus

PAGE_ID = "123456"
WORST = ("resolved", "maintenance", "degraded", "downtime")


@dataclass
class BetterStackWork(FakePlanned):
    """Reports of people, of monitors and of planned work stand in one list."""

    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    _number: int = 1000

    def plan_there(self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()) -> str:
        listed = [{"status_page_resource_id": key, "status": "maintenance"} for key in components or self.resources]
        fields = {"title": title, "message": body, "affected_resources": listed, "report_type": "maintenance"}
        times = {"starts_at": _write(starts_at / 1000), "ends_at": _write(ends_at / 1000)}
        return self.make_report({**fields, **times})

    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str:
        listed = self.reports[work_id]["attributes"]["affected_resources"]
        return self.say_in(work_id, {"message": body, "affected_resources": listed})

    def rename_there(self, work_id: str, title: str) -> None:
        self.reports[work_id]["attributes"]["title"] = title

    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None:
        times = {"starts_at": _write(starts_at / 1000), "ends_at": _write(ends_at / 1000)}
        self.reports[work_id]["attributes"].update(times)

    def delete_there(self, work_id: str) -> None:
        del self.reports[work_id]

    def list_planned_words(self) -> list[list[str]]:
        return self.list_words_of("maintenance")

    def list_planned_notified(self) -> list[bool]:
        return [write["notify_subscribers"] for write in self.writes if "message" in write]

    def list_words_of(self, kind: str) -> list[list[str]]:
        named = [
            report["relationships"]["status_updates"]["data"]
            for report in self.reports.values()
            if (report["attributes"]["report_type"] == "maintenance") == (kind == "maintenance")
        ]
        return [[self.updates[item["id"]]["attributes"]["message"] for item in items] for items in named]

    def find_work_problem(self, fields: dict[str, Any]) -> str | None:
        if fields.get("report_type", "manual") not in ("manual", "maintenance"):
            return "unknown report_type"
        if fields.get("report_type") != "maintenance" or "title" not in fields:
            return None
        if not fields.get("ends_at"):
            return "ends_at is required for maintenance"
        if not fields.get("affected_resources"):
            return "affected_resources is required"
        if not datetime.fromisoformat(fields["starts_at"]) < datetime.fromisoformat(fields["ends_at"]):
            return "ends_at must be after starts_at"
        return None

    def answer_change(self, report_id: str, fields: dict[str, Any]) -> tuple[int, object]:
        if set(fields) - {"title", "starts_at", "ends_at"}:
            return 422, self.explain(422, "unknown parameter")
        attributes = self.reports[report_id]["attributes"]
        changed = {**attributes, **fields}
        if not datetime.fromisoformat(changed["starts_at"]) < datetime.fromisoformat(changed["ends_at"]):
            return 422, self.explain(422, "ends_at must be after starts_at")
        self.writes.append(fields)
        attributes.update(fields)
        return 200, {"data": self.reports[report_id]}

    def make_id(self) -> str:
        self._number += 1
        return str(self._number)

    def store_time(self, given: str | None) -> str:
        at = self.now() if given is None else datetime.fromisoformat(given).timestamp()
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def make_report(self, fields: dict[str, Any]) -> str:
        key = self.make_id()
        attributes = {
            "title": fields["title"],
            "report_type": fields.get("report_type", "manual"),
            "starts_at": self.store_time(fields.get("starts_at")),
            "ends_at": fields.get("ends_at"),
            "status_page_id": int(PAGE_ID),
            "affected_resources": [],
        }
        updates: dict[str, Any] = {"status_updates": {"data": []}}
        self.reports[key] = {"id": key, "type": "status_report", "attributes": attributes, "relationships": updates}
        self.say_in(key, fields)
        return key

    def say_in(self, report_id: str, fields: dict[str, Any]) -> str:
        key, report = self.make_id(), self.reports[report_id]
        listed = fields.get("affected_resources", [])
        self.updates[key] = {
            "id": key,
            "type": "status_update",
            "attributes": {
                "message": fields["message"],
                "published_at": self.store_time(fields.get("published_at")),
                "published_at_timezone": "UTC",
                "notify_subscribers": fields.get("notify_subscribers"),
                "status_report_id": int(report_id),
                "affected_resources": listed,
            },
        }
        report["relationships"]["status_updates"]["data"].append({"id": key, "type": "status_update"})
        report["attributes"]["affected_resources"] = listed
        worst = max((item["status"] for item in listed), key=WORST.index, default="resolved")
        report["attributes"]["aggregate_state"] = "operational" if worst == "resolved" else worst
        return key


def _write(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Planned work on a page of the incident.io v2 kind: what is given when it is made is never changed again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.engine.fakes.faultwire import Request
from tests.engine.fakes.planned import FakePlanned

from oncall_tui.domain.maintenance import MaintenanceStatus

PAGE_ID = "01PAGE"
SCHEDULED, GOING_ON, COMPLETE = "maintenance_scheduled", "maintenance_in_progress", "maintenance_complete"
STATUSES = {
    MaintenanceStatus.SCHEDULED: SCHEDULED,
    MaintenanceStatus.IN_PROGRESS: GOING_ON,
    MaintenanceStatus.COMPLETED: COMPLETE,
}
MADE_WITH = {
    *("idempotency_key", "status_page_id", "name", "message", "maintenance_status", "start_at", "end_at"),
    *("affected_component_ids", "notify_subscribers"),
}
SAID_WITH = {
    *("status_page_maintenance_id", "message", "maintenance_status", "notify_subscribers", "component_statuses"),
}


@dataclass
class IncidentIoWork(FakePlanned):
    """`hides_window` leaves out the periods of components that are not yet under maintenance."""

    is_oldest_first: bool = False
    hides_window: bool = False
    works: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    _number: int = 0
    _last: float = 0.0

    def plan_there(self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()) -> str:
        fields = {
            "name": title,
            "message": body,
            "maintenance_status": SCHEDULED,
            "start_at": write(starts_at / 1000),
            "end_at": write(ends_at / 1000),
            "affected_component_ids": list(components),
        }
        return str(self._make_work(fields)["id"])

    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str:
        fields = {"message": body} | ({"maintenance_status": STATUSES[status]} if status else {})
        return str(self._say_work(self.works[work_id], fields)["id"])

    def rename_there(self, work_id: str, title: str) -> None:
        self.works[work_id]["name"] = title

    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None:
        for period in self.works[work_id]["component_maintenance_periods"]:
            period.update(start_at=write(starts_at / 1000), end_at=write(ends_at / 1000))

    def delete_there(self, work_id: str) -> None:
        del self.works[work_id]

    def list_planned_words(self) -> list[list[str]]:
        return [[update["message"] for update in work["updates"][::-1]] for work in self.works.values()]

    def list_planned_notified(self) -> list[bool]:
        return [write["notify_subscribers"] for write in self.writes]

    def answer_work(self, request: Request) -> tuple[int, object]:
        path = request.path.removeprefix("/v2/")
        if request.method == "POST" and path == "status_page_maintenances":
            return self._answer_make(request.document)
        if request.method == "POST" and path == "status_page_maintenance_updates":
            return self._answer_say(request.document)
        if request.method != "GET":
            return 404, self.explain(404, "no such place")
        if path == "status_page_maintenances":
            return self.answer_list(request, path, [self._shown(work) for work in self.works.values()])
        found = self.works.get(path.removeprefix("status_page_maintenances/"))
        return (200, {"status_page_maintenance": self._shown(found)}) if found else (404, self.explain(404, "none"))

    def answer_list(self, request: Request, name: str, items: list[dict[str, Any]]) -> tuple[int, object]:
        if request.query.get("status_page_id") != PAGE_ID:
            return 422, self.explain(422, "status_page_id is required")
        size = int(request.query.get("page_size", "25"))
        if not 0 < size <= 250:
            return 422, self.explain(422, "page_size must be 1 to 250")
        if not self.is_oldest_first:
            items.reverse()
        begin = 0
        if "after" in request.query:
            begin = [item["id"] for item in items].index(request.query["after"]) + 1
        shown = items[begin : begin + size]
        meta: dict[str, Any] = {"page_size": size}
        if begin + size < len(items):
            meta["after"] = shown[-1]["id"]
        return 200, {name: shown, "pagination_meta": meta}

    def make_id(self) -> str:
        self._number += 1
        return f"01FCNDV6{self._number:06d}"

    def say_now(self) -> str:
        self._last = max(self.now(), self._last + 0.001)
        return write(self._last)

    def _answer_make(self, fields: dict[str, Any]) -> tuple[int, object]:
        key = fields.get("idempotency_key")
        if not isinstance(key, str) or not key:
            return 422, self.explain(422, "idempotency_key is required")
        if key in self.keys:
            return 201, self.keys[key]
        if problem := self._find_made_problem(fields) or self._find_said_problem(fields):
            return 422, self.explain(422, problem)
        self.writes.append(fields)
        answer = {"status_page_maintenance": copy_shown(self._shown(self._make_work(fields)))}
        self.keys[key] = answer
        return 201, answer

    def _find_made_problem(self, fields: dict[str, Any]) -> str | None:
        if unknown := set(fields) ^ MADE_WITH:
            return f"unknown or missing: {sorted(unknown)}"
        if fields["status_page_id"] != PAGE_ID:
            return "no such status page"
        if not fields["name"] or len(fields["name"]) > 200:
            return "name must have 1 to 200 characters"
        if not datetime.fromisoformat(fields["start_at"]) < datetime.fromisoformat(fields["end_at"]):
            return "end_at must be after start_at"
        missing = [key for key in fields["affected_component_ids"] if key not in self.components]
        return f"no component {missing[0]}" if missing else None

    def _answer_say(self, fields: dict[str, Any]) -> tuple[int, object]:
        work = self.works.get(str(fields.get("status_page_maintenance_id")))
        if work is None:
            return 404, self.explain(404, "no such maintenance")
        if unknown := set(fields) - SAID_WITH:
            return 422, self.explain(422, f"unknown: {sorted(unknown)}")
        if problem := self._find_said_problem(fields):
            return 422, self.explain(422, problem)
        self.writes.append(fields)
        return 201, {"status_page_maintenance_update": copy_shown(self._say_work(work, fields))}

    def _find_said_problem(self, fields: dict[str, Any]) -> str | None:
        if not isinstance(fields.get("notify_subscribers"), bool):
            return "notify_subscribers is required"
        if not fields.get("message") or len(fields["message"]) > 4096:
            return "message must have 1 to 4096 characters"
        if fields.get("maintenance_status", SCHEDULED) not in STATUSES.values():
            return "unknown maintenance_status"
        if fields.get("maintenance_status") == COMPLETE and "component_statuses" in fields:
            return "component_statuses must not be set when completing"
        for item in fields.get("component_statuses", ()):
            if item["component_status"] not in ("operational", "under_maintenance"):
                return "unknown component_status"
            if item["component_id"] not in self.components:
                return f"no component {item['component_id']}"
        return None

    def _make_work(self, fields: dict[str, Any]) -> dict[str, Any]:
        work: dict[str, Any] = {
            "id": self.make_id(),
            "status_page_id": PAGE_ID,
            "name": fields["name"],
            "maintenance_status": SCHEDULED,
            "published_at": self.say_now(),
            "component_maintenance_periods": [
                {"component_id": key, "start_at": fields["start_at"], "end_at": fields["end_at"]}
                for key in fields["affected_component_ids"]
            ],
            "updates": [],
        }
        self.works[work["id"]] = work
        self._say_work(work, fields)
        return work

    def _say_work(self, work: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        at, before = self.say_now(), work["maintenance_status"]
        status = fields.get("maintenance_status", before)
        update = {
            "id": self.make_id(),
            "status_page_maintenance_id": work["id"],
            "message": fields["message"],
            "maintenance_status": status,
            "component_statuses": fields.get("component_statuses", []),
            "published_at": at,
        }
        for period in work["component_maintenance_periods"]:
            if status == GOING_ON and before == SCHEDULED:
                period.update(start_at=at, end_at=None)
            elif status == COMPLETE and before == GOING_ON:
                period["end_at"] = at
        work["maintenance_status"] = status
        work["updates"].insert(0, update)
        return update

    def _shown(self, work: dict[str, Any]) -> dict[str, Any]:
        is_hidden = self.hides_window and work["maintenance_status"] == SCHEDULED
        return {**work, "component_maintenance_periods": []} if is_hidden else work


def write(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def copy_shown(value: dict[str, Any]) -> dict[str, Any]:
    """What was answered stays as it was, whatever happens to it afterwards."""
    return {key: [dict(item) for item in inner] if isinstance(inner, list) else inner for key, inner in value.items()}

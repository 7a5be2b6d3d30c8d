"""Planned work on a page of the Instatus v1 kind, no kinder than its public description."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engine.fakes.faultwire import Request
from tests.engine.fakes.planned import FakePlanned

from oncall_tui.domain.maintenance import MaintenanceStatus

PAGE_ID = "ck1page"
COMPONENT_STATUSES = ("OPERATIONAL", "UNDERMAINTENANCE", "DEGRADEDPERFORMANCE", "PARTIALOUTAGE", "MAJOROUTAGE")
STATUSES = {
    MaintenanceStatus.SCHEDULED: "NOTSTARTEDYET",
    MaintenanceStatus.IN_PROGRESS: "INPROGRESS",
    MaintenanceStatus.COMPLETED: "COMPLETED",
}
NEEDED = {
    *("name", "components", "status", "autoStart", "autoEnd", "notifyStart", "notifyEnd", "notifyEarly", "notify"),
    *("start", "end"),
}


@dataclass
class InstatusWork(FakePlanned):
    """`tells_no_length` leaves out how long work lasts while it is not over, as its description says."""

    zone_hours: int = 0
    is_oldest_first: bool = False
    tells_no_length: bool = False
    works: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    _number: int = 0

    def plan_there(self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()) -> str:
        length = (ends_at - starts_at) // 60_000
        fields = {"name": title, "message": body, "status": "NOTSTARTEDYET", "duration": length}
        start = self.say(starts_at / 1000)
        return str(self._make_work({**fields, "components": list(components)}, start)["id"])

    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str:
        work = self.works[work_id]
        word = work["status"] if status is None else STATUSES[status]
        return str(self._say_work(work, {"message": body, "status": word})["id"])

    def rename_there(self, work_id: str, title: str) -> None:
        self.works[work_id]["name"] = title

    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None:
        self.works[work_id].update(start=self.say(starts_at / 1000), duration=(ends_at - starts_at) // 60_000)

    def delete_there(self, work_id: str) -> None:
        del self.works[work_id]

    def list_planned_words(self) -> list[list[str]]:
        return [[update["message"] for update in work["updates"][::-1]] for work in self.works.values()]

    def list_planned_notified(self) -> list[bool]:
        return [write["notify"] for write in self.writes]

    def make_id(self) -> str:
        self._number += 1
        return f"ck{self._number:06d}"

    def store_time(self, given: str | None) -> str:
        if given is None:
            return self.say(self.now())
        moved = datetime.fromisoformat(given) - timedelta(hours=self.zone_hours)
        return self.say((moved if moved.tzinfo else moved.replace(tzinfo=UTC)).timestamp())

    def say(self, at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def cut(self, items: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
        size = min(int(request.query.get("per_page", "50")), 100)
        begin = (int(request.query.get("page", "1")) - 1) * size
        return items[begin : begin + size]

    def answer_work(self, parts: list[str], request: Request) -> tuple[int, object]:
        if self.is_write(request):
            return self._write_work(parts, request)
        if parts == [""]:
            items = [self._shown(work) for work in self.works.values()]
            return 200, self.cut(items if self.is_oldest_first else items[::-1], request)
        found = self.works.get(parts[0])
        return (200, self._shown(found)) if found else (404, self.explain(404, "not found"))

    def find_named_problem(self, fields: dict[str, Any]) -> str | None:
        if any(item["status"] not in COMPONENT_STATUSES for item in fields.get("statuses", ())):
            return "unknown component status"
        for item in fields.get("statuses", ()):
            if "components" in fields and item["id"] not in fields["components"]:
                return "a component with a status must be among the components"
        named = [*fields.get("components", ()), *(item["id"] for item in fields.get("statuses", ()))]
        return next((f"no component {key}" for key in named if key not in self.components), None)

    def _write_work(self, parts: list[str], request: Request) -> tuple[int, object]:
        """A change of the work itself is not modelled: what it does to its words is not documented."""
        is_new, fields = parts == [""], request.document
        if request.method != "POST" or not (is_new or (len(parts) == 2 and parts[1] == "maintenance-updates")):
            return 404, self.explain(404, "no such place")
        if not is_new and parts[0] not in self.works:
            return 404, self.explain(404, "not found")
        if problem := self._find_work_problem(fields, is_new):
            return 422, self.explain(422, problem)
        self.writes.append(fields)
        if is_new:
            return 200, self._shown(self._make_work(fields, self.store_time(fields["start"])))
        work = self.works[parts[0]]
        update = self._say_work(work, fields)
        shown = {key: value for key, value in update.items() if key not in ("createdAt", "ended", "duration")}
        return 200, {**shown, "maintenance": {key: work[key] for key in ("id", "name", "start", "status")}}

    def _find_work_problem(self, fields: dict[str, Any], is_new: bool) -> str | None:
        if is_new and (missing := NEEDED - set(fields)):
            return f"missing: {sorted(missing)}"
        if is_new and not fields["name"]:
            return "name is required"
        if is_new and not datetime.fromisoformat(fields["start"]) < datetime.fromisoformat(fields["end"]):
            return "end must be after start"
        if not fields.get("message") or fields.get("status") not in STATUSES.values():
            return "message and status are required"
        if not isinstance(fields.get("notify"), bool):
            return "this page takes no write that does not say whether to notify"
        return self.find_named_problem(fields)

    def _make_work(self, fields: dict[str, Any], start: str) -> dict[str, Any]:
        work: dict[str, Any] = {
            "id": self.make_id(),
            "name": fields["name"],
            "status": fields["status"],
            "start": start,
            "duration": fields.get("duration"),
            **{key: fields.get(key, False) for key in ("notifyStart", "notifyEnd", "notifyEarly")},
            "notifyMinutes": 60,
            **{key: fields.get(key, False) for key in ("autoStart", "autoEnd")},
            "updates": [],
            "components": [],
        }
        self.works[work["id"]] = work
        self._say_work(work, fields)
        return work

    def _say_work(self, work: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
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
        work["updates"].insert(0, update)
        work["status"] = update["status"]
        for item in fields.get("statuses", ()):
            self.components[item["id"]]["status"] = item["status"]
        if "components" in fields:
            work["components"] = [self.components[key] for key in fields["components"]]
        return update

    def _shown(self, work: dict[str, Any]) -> dict[str, Any]:
        is_hidden = self.tells_no_length and work["status"] != "COMPLETED"
        return {**work, "duration": None} if is_hidden else work

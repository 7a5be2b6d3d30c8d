"""Planned work of the OpenStatus v2 kind: one text with a window, and nothing besides."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.engine.fakes.planned import FakePlanned

from oncall_tui.domain.maintenance import MaintenanceStatus

PAGE_ID = "7"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
CHANGED_WITH = {"id", "title", "message", "from", "to", "pageComponentIds", "updatePageComponentIds"}


@dataclass
class OpenStatusWork(FakePlanned):
    """Keeps whole seconds; `notified` are the works of which subscribers got mail."""

    is_oldest_first: bool = False
    works: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    notified: list[str] = field(default_factory=list)
    _number: int = 3

    def plan_there(self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()) -> str:
        times = {"from": self.say(starts_at / 1000), "to": self.say(ends_at / 1000)}
        return self._make_work({"title": title, "message": body, **times, "pageComponentIds": list(components)})

    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str:
        """A colleague who goes on as the program does."""
        work = self.works[work_id]
        work.update(message=f"{work['message']}\n\n* * *\n\n{body}", updatedAt=self.say(self.now()))
        return work_id

    def rename_there(self, work_id: str, title: str) -> None:
        self.works[work_id].update(title=title, updatedAt=self.say(self.now()))

    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None:
        times = {"from": self.say(starts_at / 1000), "to": self.say(ends_at / 1000)}
        self.works[work_id].update(times, updatedAt=self.say(self.now()))

    def delete_there(self, work_id: str) -> None:
        del self.works[work_id]

    def list_planned_words(self) -> list[list[str]]:
        return [work["message"].split("\n\n* * *\n\n") for work in self.works.values()]

    def list_planned_notified(self) -> list[bool]:
        return [write.get("notify", False) for write in self.writes]

    def make_id(self) -> str:
        self._number += 1
        return str(self._number)

    def say(self, at: float) -> str:
        return datetime.fromtimestamp(int(at), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def answer_work(self, method: str, fields: dict[str, Any]) -> tuple[int, object]:
        match method:
            case "CreateMaintenance":
                if problem := self._find_work_problem(fields):
                    return 400, self.explain(400, problem)
                self.writes.append(fields)
                key = self._make_work(fields)
                if fields.get("notify"):
                    self.notified.append(key)
                return 200, {"maintenance": self.works[key]}
            case "UpdateMaintenance" if fields["id"] in self.works:
                return self._answer_change(self.works[fields["id"]], fields)
            case "GetMaintenance" if fields["id"] in self.works:
                return 200, {"maintenance": self.works[fields["id"]]}
            case "ListMaintenances":
                works = [work for work in self.works.values() if work["pageId"] == fields.get("pageId")]
                begin, size = fields.get("offset", 0), fields.get("limit", 50)
                cut = (works if self.is_oldest_first else works[::-1])[begin : begin + size]
                return 200, {"maintenances": cut, "totalSize": len(works)}
        return 404, self.explain(404, "not found")

    def _answer_change(self, work: dict[str, Any], fields: dict[str, Any]) -> tuple[int, object]:
        if unknown := set(fields) - CHANGED_WITH:
            return 400, self.explain(400, f"unknown: {sorted(unknown)}")
        times = {name: self._keep(fields[name]) for name in ("from", "to") if fields.get(name)}
        changed = {**work, **times}
        if changed["from"] >= changed["to"]:
            return 409, self.explain(409, "End date must be after start date.")
        ids = fields.get("pageComponentIds", []) if fields.get("updatePageComponentIds") else None
        if ids is not None and (missing := [key for key in ids if key not in self.components]):
            return 400, self.explain(400, f"page component {missing[0]} not found")
        self.writes.append(fields)
        changed |= {name: fields[name] for name in ("title", "message") if fields.get(name)}
        if ids is not None:
            changed |= {"pageComponentIds": ids, "pageId": PAGE_ID if ids else ""}
        work.update(changed, updatedAt=self.say(self.now()))
        return 200, {"maintenance": work}

    def _find_work_problem(self, fields: dict[str, Any]) -> str | None:
        if not 0 < len(fields.get("title", "")) <= 256 or not fields.get("message") or fields.get("pageId") != PAGE_ID:
            return "title, message and pageId are required"
        if any(not DATE.fullmatch(fields.get(name, "")) for name in ("from", "to")):
            return "from and to are RFC 3339"
        if self._keep(fields["from"]) >= self._keep(fields["to"]):
            return "End date must be after start date."
        if not isinstance(fields.get("notify"), bool):
            return "this page takes no announcement that does not say whether to notify"
        named = fields.get("pageComponentIds", [])
        return next((f"page component {key} not found" for key in named if key not in self.components), None)

    def _make_work(self, fields: dict[str, Any]) -> str:
        key = self.make_id()
        self.works[key] = {
            "id": key,
            "title": fields["title"],
            "message": fields["message"],
            "from": self._keep(fields["from"]),
            "to": self._keep(fields["to"]),
            "pageId": fields.get("pageId", PAGE_ID),
            "pageComponentIds": fields.get("pageComponentIds", []),
            "createdAt": self.say(self.now()),
            "updatedAt": self.say(self.now()),
        }
        return key

    def _keep(self, given: str) -> str:
        return self.say(datetime.fromisoformat(given).timestamp())

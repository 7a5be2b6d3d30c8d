"""Planned work on a page of the Cachet v3 kind: a schedule whose state follows from its times alone."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.engine.fakes.faultwire import Request
from tests.engine.fakes.planned import FakePlanned

from oncall_tui.domain.maintenance import MaintenanceStatus

SEVERITY = {1: 0, 5: 1, 6: 2, 2: 3, 3: 4, 4: 5}
UPCOMING, GOING_ON, COMPLETE = 0, 1, 2
CHANGED_WITH = {"name", "message", "scheduled_at", "completed_at", "published_at", "components", "meta"}


@dataclass
class CachetWork(FakePlanned):
    """Times are in the zone of its settings and do not say so; `mails` are what subscribers were sent."""

    zone_minutes: int = 0
    says_zone: bool = False
    mails: list[str] = field(default_factory=list)
    works: dict[int, dict[str, Any]] = field(default_factory=dict)
    components: dict[int, dict[str, Any]] = field(default_factory=dict)
    _number: int = 0

    @abstractmethod
    def write_component(self, number: int, held: int | None = None) -> dict[str, Any]: ...

    def plan_there(self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()) -> str:
        held = [{"id": int(key), "status": 6} for key in components]
        return str(self._make_work({"name": title, "message": body, "components": held}, starts_at, ends_at))

    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str:
        return str(self._say_work(int(work_id), body)["id"])

    def rename_there(self, work_id: str, title: str) -> None:
        self.works[int(work_id)]["name"] = title

    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None:
        self.works[int(work_id)].update(scheduled=starts_at / 1000, completed=ends_at / 1000)

    def delete_there(self, work_id: str) -> None:
        del self.works[int(work_id)]

    def list_planned_words(self) -> list[list[str]]:
        return [[work["message"], *(update["message"] for update in work["updates"])] for work in self.works.values()]

    def list_planned_notified(self) -> list[bool]:
        """A message has no word for it: the announcement said so for all."""
        said, notified = False, []
        for method, _, fields in self.writes:
            said = fields.get("notifications", said)
            if method == "POST":
                notified.append(said)
        return notified

    def make_id(self) -> int:
        self._number += 1
        return self._number

    def say(self, at: float) -> dict[str, str]:
        shown = datetime.fromtimestamp(at + self.zone_minutes * 60, UTC).strftime("%Y-%m-%d %H:%M:%S")
        hours, minutes = divmod(abs(self.zone_minutes), 60)
        zone = f"{'-' if self.zone_minutes < 0 else '+'}{hours:02d}:{minutes:02d}" if self.says_zone else ""
        return {"human": "1 second ago", "string": shown + zone}

    def cut(self, keys: list[int], request: Request) -> list[int]:
        size = min(max(int(request.query.get("per_page", "15")), 1), 100)
        begin = (int(request.query.get("page", "1")) - 1) * size
        return keys[begin : begin + size]

    def list_held(self, number: int) -> list[int]:
        """Returns what schedules that go on say of a component."""
        return [
            work["components"][number]
            for work in self.works.values()
            if number in work["components"] and self._find_status(work) == GOING_ON
        ]

    def answer_work(self, parts: list[str], request: Request) -> tuple[int, object]:
        fields = request.document
        if request.method == "GET":
            return self._read_work(parts, request)
        self.writes.append((request.method, request.path, fields))
        if parts and (not parts[0].isdecimal() or int(parts[0]) not in self.works):
            return 404, {"message": "No query results for model."}
        if problem := self._find_work_problem(parts, fields, request.method):
            return 422, {"message": problem, "errors": {}}
        match request.method, parts:
            case "POST", []:
                times = (_read(fields["scheduled_at"]), _read(fields.get("completed_at")))
                number = self._make_work(fields, *(at * 1000 if at is not None else None for at in times))
                return 201, self._write_works([number], request, is_one=True)
            case "PUT", [key]:
                self._change_work(int(key), fields)
                return 200, self._write_works([int(key)], request, is_one=True)
            case "POST", [key, "updates"]:
                update = self._say_work(int(key), fields["message"], _read(fields.get("completed_at")))
                return 201, {"data": self._write_said(update)}
        return 404, {"message": "Not found."}

    def _find_status(self, work: dict[str, Any]) -> int:
        if work["scheduled"] > self.now():
            return UPCOMING
        return GOING_ON if work["completed"] is None or work["completed"] >= self.now() else COMPLETE

    def _find_work_problem(self, parts: list[str], fields: dict[str, Any], method: str) -> str | None:
        needed = {("POST", 0): ("name", "message", "scheduled_at"), ("POST", 2): ("message",)}
        for name in needed.get((method, len(parts)), ()):
            if fields.get(name) in ("", None):
                return f"The {name} field is required."
        if len(fields.get("name", "")) > 255:
            return "The name field must not be greater than 255 characters."
        for item in fields.get("components", ()):
            if not isinstance(item["id"], int) or item["id"] not in self.components or item["status"] not in SEVERITY:
                return "The selected components is invalid."
        return None

    def _make_work(self, fields: dict[str, Any], starts_at: float | None, ends_at: float | None) -> int:
        assert starts_at is not None
        number = self.make_id()
        self.works[number] = {
            "name": fields["name"],
            "message": fields["message"],
            "notifications": fields.get("notifications", False),
            "scheduled": starts_at / 1000,
            "completed": None if ends_at is None else ends_at / 1000,
            "components": {item["id"]: item["status"] for item in fields.get("components") or ()},
            "meta": dict(fields.get("meta") or {}),
            "updates": [],
            "at": self.now(),
        }
        self._mail_work(number, f"planned: {fields['message']}")
        return number

    def _change_work(self, number: int, fields: dict[str, Any]) -> None:
        """What cannot be changed is left as it is, without a word; moved times are mailed."""
        work = self.works[number]
        before = (work["scheduled"], work["completed"])
        work |= {name: fields[name] for name in ("name", "message") if fields.get(name)}
        for name, key in (("scheduled", "scheduled_at"), ("completed", "completed_at")):
            if fields.get(key) is not None:
                work[name] = _read(fields[key])
        if fields.get("components"):
            work["components"] = {item["id"]: item["status"] for item in fields["components"]}
        if fields.get("meta") is not None:
            work["meta"] = dict(fields["meta"])
        if (work["scheduled"], work["completed"]) != before:
            self._mail_work(number, "completed" if self._find_status(work) == COMPLETE else "rescheduled")

    def _say_work(self, number: int, words: str, completed: float | None = None) -> dict[str, Any]:
        update = {"id": self.make_id(), "message": words, "at": self.now()}
        work = self.works[number]
        work["updates"].append(update)
        if completed is not None:
            work["completed"] = completed
        is_over = completed is not None and self._find_status(work) == COMPLETE
        self._mail_work(number, "completed" if is_over else words)
        return update

    def _mail_work(self, number: int, words: str) -> None:
        if self.works[number]["notifications"]:
            self.mails.append(words)

    def _write_said(self, update: dict[str, Any]) -> dict[str, Any]:
        at = self.say(update["at"])
        attributes = {"id": update["id"], "message": update["message"], "created": at, "updated": at}
        return {"id": str(update["id"]), "type": "updates", "attributes": attributes}

    def _write_work(self, number: int, includes: list[str], has_meta: bool) -> tuple[dict[str, Any], list[Any]]:
        work = self.works[number]
        attributes = {"id": number, "name": work["name"], "message": work["message"]}
        attributes["status"] = {"human": "x", "value": self._find_status(work)}
        for name in ("scheduled", "completed"):
            at = work[name]
            attributes[name] = {"human": None, "string": None} if at is None else self.say(at)
        attributes |= {"created": self.say(work["at"]), "updated": self.say(work["at"])}
        if has_meta and "meta" in includes:
            attributes["meta"] = work["meta"]
        related = {
            "components": [self.write_component(key, held) for key, held in work["components"].items()],
            "updates": [self._write_said(update) for update in work["updates"]],
        }
        shown = {name: items for name, items in related.items() if name in includes}
        relationships = {
            name: {"data": [{"id": item["id"], "type": name} for item in items]} for name, items in shown.items()
        }
        item = {"id": str(number), "type": "schedules", "attributes": attributes, "relationships": relationships}
        return item, [item for items in shown.values() for item in items]

    def _write_works(self, numbers: list[int], request: Request, *, is_one: bool = False) -> dict[str, Any]:
        includes = request.query.get("include", "").split(",")
        written = [self._write_work(number, includes, request.method == "GET") for number in numbers]
        included = {(item["type"], item["id"]): item for _, items in written for item in items}
        listed = [item for item, _ in written]
        return {"data": listed[0] if is_one else listed, "included": list(included.values())}

    def _read_work(self, parts: list[str], request: Request) -> tuple[int, object]:
        if parts:
            if not parts[0].isdecimal() or int(parts[0]) not in self.works:
                return 404, {"message": "No query results for model."}
            return 200, self._write_works([int(parts[0])], request, is_one=True)
        seen = list(self.works)
        if "filter[status]" in request.query:
            words = request.query["filter[status]"].split(",")
            seen = [key for key in seen if str(self._find_status(self.works[key])) in words]
        if request.query.get("sort") == "-id":
            seen.reverse()
        return 200, self._write_works(self.cut(seen, request), request)


def _read(given: str | None) -> float | None:
    """The page keeps whole seconds."""
    return None if given is None else float(int(datetime.fromisoformat(given).timestamp()))

"""A page of the Cachet v3 kind: a model of its own, no kinder than the source of its core."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from tests.engine.fakes.cachet_work import SEVERITY, CachetWork
from tests.engine.fakes.faultwire import TOKEN, Request

from oncall_tui.domain.incident import IncidentStatus

STATUSES = (0, 1, 2, 3, 4)
FIXED = 4
NUMBERS = {
    IncidentStatus.INVESTIGATING: 1,
    IncidentStatus.IDENTIFIED: 2,
    IncidentStatus.MONITORING: 3,
    IncidentStatus.RESOLVED: FIXED,
}
GUEST = 1


@dataclass
class FakeCachet(CachetWork):
    """Times are in the zone of its settings and do not say so; `mails` are what subscribers were sent."""

    incidents: dict[int, dict[str, Any]] = field(default_factory=dict)

    def is_api(self, path: str) -> bool:
        return path.startswith("/api")

    def is_allowed(self, request: Request) -> bool:
        """Whoever reads without a good token is a guest."""
        return request.method == "GET" or self._is_ours(request)

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def explain(self, status: int, words: str) -> object:
        return {"message": words}

    def show(self) -> str:
        texts = [
            text
            for incident in self.incidents.values()
            if incident["visible"] == GUEST
            for text in (incident["message"], *(update["message"] for update in incident["updates"]))
        ]
        texts += [text for words in self.list_planned_words() for text in words]
        return "<html><body>" + "".join(f"<p>{html.escape(text)}</p>" for text in texts) + "</body></html>"

    def add_component(self, name: str, group: str = "", status: int = 1) -> str:
        key, order = self.make_id(), len(self.components)
        self.components[key] = {"name": name, "status": status, "order": order, "enabled": True, "group": group}
        return str(key)

    def open(self, name: str, status: int, message: str, **more: Any) -> str:
        """A colleague declares on the page."""
        fields = {"name": name, "status": status, "message": message, "visible": True, **more}
        return str(self._create(fields))

    def edit(self, incident_id: str, status: int, message: str) -> str:
        """A colleague writes on the page."""
        return str(self._append(int(incident_id), {"status": status, "message": message})["id"])

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, NUMBERS[status], body)

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, NUMBERS[status], body)

    def list_words(self) -> list[list[str]]:
        return [
            [item["message"], *(update["message"] for update in item["updates"])] for item in self.incidents.values()
        ]

    def list_notified(self) -> list[bool]:
        """An update has no word for it: its incident says so before it."""
        said, notified = False, []
        for method, _, fields in self.writes:
            said = fields.get("notifications", said)
            if method == "POST":
                notified.append(said)
        return notified

    def _is_ours(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    # -- the model ---------------------------------------------------------------------------------------------------

    def _create(self, fields: dict[str, Any]) -> int:
        number = self.make_id()
        self.incidents[number] = {
            "name": fields["name"],
            "status": fields["status"],
            "message": fields["message"],
            "visible": GUEST if fields.get("visible", False) else 0,
            "notifications": fields.get("notifications", False),
            "components": {item["id"]: item["status"] for item in fields.get("components", ())},
            "meta": dict(fields.get("meta") or {}),
            "updates": [],
            "at": self.now(),
        }
        self._mail(number, fields["message"])
        return number

    def _append(self, number: int, fields: dict[str, Any]) -> dict[str, Any]:
        update = {"id": self.make_id(), "status": fields["status"], "message": fields["message"], "at": self.now()}
        self.incidents[number]["updates"].append(update)
        self.incidents[number]["status"] = fields["status"]
        self._mail(number, fields["message"])
        return update

    def _mail(self, number: int, words: str) -> None:
        incident = self.incidents[number]
        if incident["notifications"] and incident["visible"] == GUEST:
            self.mails.append(words)

    def find_latest(self, number: int) -> int:
        """What customers see of a component: the worst of what is set by hand and what open incidents say."""
        held = [
            incident["components"][number]
            for incident in self.incidents.values()
            if number in incident["components"] and incident["status"] != FIXED
        ]
        held += self.list_held(number)
        return int(max([*held, self.components[number]["status"]], key=SEVERITY.__getitem__))

    # -- its JSON ----------------------------------------------------------------------------------------------------

    def write_component(self, number: int, held: int | None = None) -> dict[str, Any]:
        component = self.components[number]
        attributes: dict[str, Any] = {
            "id": number,
            "name": component["name"],
            "order": component["order"],
            "enabled": component["enabled"],
            "status": {"human": "x", "value": component["status"]},
            "latest_status": {"human": "x", "value": self.find_latest(number)},
        }
        if held is not None:
            attributes["pivot"] = {"component_status": {"human": "x", "value": held}}
        return {"id": str(number), "type": "components", "attributes": attributes}

    def _write_components(self, numbers: list[int], request: Request) -> dict[str, Any]:
        written = [self.write_component(number) for number in numbers]
        if request.query.get("include") != "group":
            return {"data": written}
        included = {}
        for item, number in zip(written, numbers, strict=True):
            name = self.components[number]["group"]
            pointer = {"id": f"g-{name}", "type": "componentGroups"} if name else None
            item["relationships"] = {"group": {"data": pointer}}
            if pointer is not None:
                included[name] = {**pointer, "attributes": {"name": name, "order": 0}}
        return {"data": written, "included": list(included.values())}

    def _write_update(self, update: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            "id": update["id"],
            "message": update["message"],
            "status": {"human": "x", "value": update["status"]},
            "created": self.say(update["at"]),
            "updated": self.say(update["at"]),
        }
        return {"id": str(update["id"]), "type": "updates", "attributes": attributes}

    def _write_incident(self, number: int, includes: list[str], has_meta: bool) -> tuple[dict[str, Any], list[Any]]:
        incident = self.incidents[number]
        attributes = {key: incident[key] for key in ("name", "message", "visible", "notifications")}
        attributes |= {"id": number, "guid": f"guid-{number}", "status": {"human": "x", "value": incident["status"]}}
        attributes |= {"created": self.say(incident["at"]), "updated": self.say(incident["at"])}
        if has_meta and "meta" in includes:
            attributes["meta"] = incident["meta"]
        related = {
            "components": [self.write_component(key, held) for key, held in incident["components"].items()],
            "updates": [self._write_update(update) for update in incident["updates"]],
        }
        shown = {name: items for name, items in related.items() if name in includes}
        relationships = {
            name: {"data": [{"id": item["id"], "type": name} for item in items]} for name, items in shown.items()
        }
        item = {"id": str(number), "type": "incidents", "attributes": attributes, "relationships": relationships}
        return item, [item for items in shown.values() for item in items]

    def _write_incidents(self, numbers: list[int], request: Request) -> dict[str, Any]:
        includes = request.query.get("include", "").split(",")
        written = [self._write_incident(number, includes, request.method == "GET") for number in numbers]
        included = {(item["type"], item["id"]): item for _, items in written for item in items}
        return {"data": [item for item, _ in written], "included": list(included.values())}

    # -- its calls ---------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> tuple[int, object]:
        parts = request.path.removeprefix("/api/").split("/")
        if parts[0] == "schedules":
            return self.answer_work(parts[1:], request)
        if request.method == "GET":
            return self._read(parts, request)
        self.writes.append((request.method, request.path, request.document))
        fields = request.document
        if problem := self._find_problem(parts, fields, request.method):
            return 422, {"message": problem, "errors": {}}
        match request.method, parts:
            case "POST", ["incidents"]:
                document = self._write_incidents([self._create(fields)], request)
                return 201, {**document, "data": document["data"][0]}
            case "PUT", ["incidents", key] if int(key) in self.incidents:
                incident = self.incidents[int(key)]
                incident |= {name: fields[name] for name in ("name", "notifications") if name in fields}
                if fields.get("meta") is not None:
                    incident["meta"] = dict(fields["meta"])
                document = self._write_incidents([int(key)], request)
                return 200, {**document, "data": document["data"][0]}
            case "PUT", ["components", key] if int(key) in self.components:
                self.components[int(key)]["status"] = fields["status"]
                return 200, {"data": self.write_component(int(key))}
            case "POST", ["incidents", key, "updates"] if int(key) in self.incidents:
                return 201, {"data": self._write_update(self._append(int(key), fields))}
        return 404, {"message": "Not found."}

    def _find_problem(self, parts: list[str], fields: dict[str, Any], method: str) -> str | None:
        if parts[0] == "components":
            return None if fields.get("status") in SEVERITY else "The selected status is invalid."
        needed = {("POST", 1): ("name", "message", "status"), ("POST", 3): ("message", "status")}
        for name in needed.get((method, len(parts)), ()):
            if fields.get(name) in ("", None):
                return f"The {name} field is required."
        if len(fields.get("name", "")) > 255:
            return "The name field must not be greater than 255 characters."
        if fields.get("status", 1) not in STATUSES:
            return "The selected status is invalid."
        for item in fields.get("components", ()):
            if not isinstance(item["id"], int) or item["id"] not in self.components or item["status"] not in SEVERITY:
                return "The selected components is invalid."
        return None

    def _read(self, parts: list[str], request: Request) -> tuple[int, object]:
        if parts == ["components"]:
            return 200, self._write_components(self.cut(list(self.components), request), request)
        seen = [
            key
            for key, incident in self.incidents.items()
            if incident["visible"] == GUEST or (incident["visible"] == 0 and self._is_ours(request))
        ]
        if len(parts) == 2 and parts[0] == "incidents":
            if not parts[1].isdecimal() or int(parts[1]) not in seen:
                return 404, {"message": "No query results for model."}
            document = self._write_incidents([int(parts[1])], request)
            return 200, {**document, "data": document["data"][0]}
        if parts != ["incidents"]:
            return 404, {"message": "Not found."}
        for name, value in request.query.items():
            if name == "filter[status]":
                seen = [key for key in seen if str(self.incidents[key]["status"]) in value.split(",")]
            if name.startswith("filter[meta]["):
                meta_key = name.removeprefix("filter[meta][").rstrip("]")
                seen = [key for key in seen if self.incidents[key]["meta"].get(meta_key) == value]
        seen.sort(key=lambda key: (self.incidents[key]["at"], key), reverse=True)
        return 200, self._write_incidents(self.cut(seen, request), request)

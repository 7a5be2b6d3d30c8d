"""What a page of the Statuspage v1 kind holds and rules: a model of its own, no kinder than the real thing."""

from __future__ import annotations

import copy
import string
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

PAGE_ID = "p4ge00000000"
STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = ("operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage")


@dataclass
class Write:
    """One write that the page applied: `op` is None for a colleague's."""

    incident_id: str
    update_id: str
    status: str
    body: str
    op: str | None
    fields: dict[str, Any]
    at: float


@dataclass
class FaultModel:
    """One page's incidents and components, and how it departs from what a client would like.

    Reads show the page as it was `read_lag_s` ago, the public ones as it was `public_delay_s` ago. More than `limit`
    requests in `window_s` are turned away, whoever made them. `clock` tells seconds since 1970. One that `derives_time`
    dates an incident by its last message, as many do: an edit does not move that, and a removal moves it back.
    """

    rng: Random = field(default_factory=lambda: Random(1))
    metadata_mode: str = "replace"
    public_delay_s: float = 0.0
    read_lag_s: float = 0.0
    limit: int | None = None
    window_s: float = 60.0
    clock: Callable[[], float] = time.time
    clock_ahead_s: float = 0.0
    derives_time: bool = False
    writes: list[Write] = field(default_factory=list)
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    corrections: list[tuple[str, str]] = field(default_factory=list)
    turned_away: int = 0
    _versions: dict[str, list[tuple[float, dict[str, Any]]]] = field(default_factory=dict)
    _taken: deque[float] = field(default_factory=deque)
    _last: float = 0.0

    def add_component(self, name: str, **more: Any) -> str:
        component_id = self._new_id()
        self.components[component_id] = {
            "id": component_id,
            "name": name,
            "status": "operational",
            "group": False,
            "position": len(self.components) + 1,
            **more,
        }
        return component_id

    def edit(self, incident_id: str, status: str, body: str) -> str:
        """A colleague writes on the page."""
        return self._append(self.incidents[incident_id], {"status": status, "body": body}, None)

    def rename(self, incident_id: str, name: str) -> None:
        """A colleague gives an incident another name."""
        incident = self.incidents[incident_id]
        incident["name"] = name
        self._date(incident)

    def reword(self, incident_id: str, body: str, which: int = 0) -> None:
        """A colleague puts other words into a message of an incident, the newest unless told otherwise."""
        incident = self.incidents[incident_id]
        incident["incident_updates"][which]["body"] = body
        self._date(incident)

    def remove(self, incident_id: str, update_id: str) -> None:
        """A colleague takes a message away; the incident says what its last one says then."""
        incident = self.incidents[incident_id]
        kept = [item for item in incident["incident_updates"] if item["id"] != update_id]
        incident["incident_updates"] = kept
        if kept:
            self._set_status(incident, kept[0]["status"])
        self._date(incident)

    def move(self, incident_id: str, status: str) -> None:
        """A colleague sets the state of an incident without a word."""
        self._set_status(self.incidents[incident_id], status)
        self._date(self.incidents[incident_id])

    def _set_status(self, incident: dict[str, Any], status: str) -> None:
        incident["status"] = status
        incident["resolved_at"] = self._stamp(self._now()) if status == "resolved" else None

    def _date(self, incident: dict[str, Any]) -> None:
        """Notes that an incident was changed other than by a message."""
        if self.derives_time:
            messages = incident["incident_updates"]
            incident["updated_at"] = messages[0]["created_at"] if messages else self._stamp(incident["created"])
        else:
            incident["updated_at"] = self._stamp(self._now())
        self._versions.setdefault(incident["id"], []).append((self.clock(), copy.deepcopy(incident)))

    def open(self, name: str, status: str, body: str, **more: Any) -> str:
        """A colleague declares on the page."""
        return str(self._create({"name": name, "status": status, "body": body, **more}, None)["id"])

    def shown(self) -> list[str]:
        """Returns what customers read, in the order in which it was posted."""
        return [
            item["body"].replace("\r\n", "\n")
            for incident in self.incidents.values()
            for item in reversed(incident["incident_updates"])
        ]

    def bodies(self, incident_id: str | None = None) -> list[str]:
        """Returns what stands on the page, in the order in which it was applied."""
        return [write.body for write in self.writes if incident_id in (None, write.incident_id)]

    def count_versions(self) -> int:
        """Counts the states that incidents have been in."""
        return sum(map(len, self._versions.values()))

    def use_up(self, count: int) -> None:
        """Others with the same token ask so many times."""
        self._taken.extend([self.clock()] * count)

    def _take(self) -> bool:
        """Tells whether one more request is within the limit, and counts it if so."""
        now = self.clock()
        while self._taken and self._taken[0] <= now - self.window_s:
            self._taken.popleft()
        if self.limit is not None and len(self._taken) >= self.limit:
            self.turned_away += 1
            return False
        self._taken.append(now)
        return True

    def _new_id(self) -> str:
        return "".join(self.rng.choices(string.ascii_lowercase + string.digits, k=12))

    def _now(self) -> float:
        self._last = max(self.clock() + self.clock_ahead_s, self._last + 0.001)
        return self._last

    def _stamp(self, at: float, hours: int = 0) -> str:
        instant = datetime.fromtimestamp(at, UTC).astimezone(timezone(timedelta(hours=hours)))
        return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _create(self, fields: dict[str, Any], op: str | None) -> dict[str, Any]:
        at = self._now()
        incident_id = self._new_id()
        incident: dict[str, Any] = {
            "id": incident_id,
            "page_id": PAGE_ID,
            "name": fields["name"],
            "status": "investigating",
            "impact": "minor",
            "impact_override": None,
            "created_at": self._stamp(at, -6),
            "updated_at": self._stamp(at),
            "monitoring_at": None,
            "resolved_at": None,
            "shortlink": f"http://stspg.test/{incident_id}",
            "metadata": {},
            "components": [],
            "incident_updates": [],
            "created": at,
        }
        self.incidents[incident_id] = incident
        self._append(incident, fields, op)
        return incident

    def _append(self, incident: dict[str, Any], fields: dict[str, Any], op: str | None) -> str:
        at = self._now()
        incident["updated_at"] = self._stamp(at)
        if "name" in fields:
            incident["name"] = fields["name"]
        if fields.get("impact_override"):
            incident["impact"] = incident["impact_override"] = fields["impact_override"]
        if "metadata" in fields and self.metadata_mode != "drop":
            kept = incident["metadata"] if self.metadata_mode == "merge" else {}
            incident["metadata"] = {**kept, **fields["metadata"]}
        if "component_ids" in fields:
            incident["components"] = [self.components[item] for item in fields["component_ids"]]
        for component_id, status in (fields.get("components") or {}).items():
            self.components[component_id]["status"] = status
            if all(item["id"] != component_id for item in incident["components"]):
                incident["components"].append(self.components[component_id])
        incident["status"] = fields.get("status", incident["status"])
        if incident["status"] == "resolved":
            incident["resolved_at"] = self._stamp(at)
        update_id = self._new_id()
        incident["incident_updates"].insert(
            0,
            {
                "id": update_id,
                "incident_id": incident["id"],
                "status": incident["status"],
                "body": fields.get("body", "").replace("\r\n", "\n").replace("\n", "\r\n"),
                "created_at": self._stamp(at),
                "display_at": self._stamp(at),
                "affected_components": None,
            },
        )
        body = fields.get("body", "")
        self.writes.append(Write(incident["id"], update_id, incident["status"], body, op, fields, at))
        self._versions.setdefault(incident["id"], []).append((self.clock(), copy.deepcopy(incident)))
        return update_id

    def _show(self) -> dict[str, dict[str, Any]]:
        """Returns the incidents as reads show them, oldest first: for a while those just made are not there."""
        if not self.read_lag_s:
            return self.incidents
        old_enough = self.clock() - self.read_lag_s
        shown = {}
        for incident_id in self.incidents:
            if behind := [incident for at, incident in self._versions[incident_id] if at <= old_enough]:
                shown[incident_id] = behind[-1]
        return shown

    def _check(self, fields: dict[str, Any], is_new: bool) -> str | None:
        if is_new and not fields.get("name"):
            return "Validation failed: Name can't be blank"
        if len(fields.get("name", "")) > 255 or len(fields.get("body", "")) > 25_000:
            return "Validation failed: too long"
        if fields.get("status", "resolved") not in STATUSES:
            return "status is not included in the list"
        if any(not isinstance(value, dict) for value in fields.get("metadata", {}).values()):
            return "metadata must be a map of maps"
        components = fields.get("components", {})
        if not isinstance(components, dict) or any(item not in COMPONENT_STATUSES for item in components.values()):
            return "components is malformed"
        named = [*components, *fields.get("component_ids", ())]
        return next((f"component {item} does not exist" for item in named if item not in self.components), None)

    def _edit(self, path: str, document: Any) -> tuple[int, Any]:
        """Puts other words into a message; repeated or not, it is the same edit."""
        incident_id, _, update_id = path.removeprefix(f"/v1/pages/{PAGE_ID}/incidents/").split("/")
        incident = self.incidents.get(incident_id, {"incident_updates": []})
        found = next((item for item in incident["incident_updates"] if item["id"] == update_id), None)
        if found is None:
            return 404, {"message": "not found"}
        body = document["incident_update"]["body"]
        self.corrections.append((update_id, body))
        found["body"] = body.replace("\r\n", "\n").replace("\n", "\r\n")
        self._date(incident)
        return 200, found

    def _apply(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        if "/incident_updates/" in path:
            return self._edit(path, document)
        fields = document.get("incident") if isinstance(document, dict) else None
        if not isinstance(fields, dict):
            return 400, {"error": "incident is missing"}
        if problem := self._check(fields, method == "POST"):
            return 422, {"error": [problem]}
        ops = fields.get("metadata", {}).get("oncall_tui", {}).get("ops", [])
        op = ops[-1] if ops else None
        if method == "POST":
            made = self._create(fields, op)
            if fields.get("backfilled"):
                made["created_at"] = fields["backfill_date"]
            return 201, made
        incident = self.incidents.get(path.rsplit("/", 1)[-1])
        if incident is None:
            return 404, {"message": "not found"}
        self._append(incident, fields, op)
        return 200, incident

    def _read(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == "/api/v2/incidents.json":
            shown = []
            for incident in self.incidents.values():
                updates = [
                    item
                    for item in incident["incident_updates"]
                    if datetime.fromisoformat(item["created_at"]).timestamp()
                    <= self.clock() + self.clock_ahead_s - self.public_delay_s
                ]
                shown.append({"id": incident["id"], "name": incident["name"], "incident_updates": updates})
            return 200, {"page": {"id": PAGE_ID}, "incidents": shown}
        root = f"/v1/pages/{PAGE_ID}"
        number = int(query.get("page", ["1"])[0])
        size = int(query.get("limit", query.get("per_page", ["100"]))[0])
        begin = (number - 1) * size
        incidents = self._show()
        newest = sorted(incidents.values(), key=lambda item: -item["created"])
        if path == root:
            return 200, {"id": PAGE_ID, "name": "Acme", "url": "https://acme.test", "domain": None, "subdomain": "acme"}
        if path == f"{root}/components":
            return 200, list(self.components.values())[begin : begin + size]
        if path == f"{root}/incidents/unresolved":
            return 200, [item for item in newest if item["status"] != "resolved"][begin : begin + size]
        if path in (f"{root}/incidents/upcoming", f"{root}/incidents/active_maintenance"):
            return 200, []
        if path == f"{root}/incidents":
            return 200, newest[begin : begin + size]
        found = incidents.get(path.removeprefix(f"{root}/incidents/"))
        return (200, found) if found else (404, {"message": "not found"})

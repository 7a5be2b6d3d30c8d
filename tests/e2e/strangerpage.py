"""Another page that speaks Statuspage v1 and v2: sound in what it stores, unkind in how it answers.

It shares nothing with the program or its embedded page. What the vendor leaves open (does metadata merge, does a list
carry all components, how times are written) is drawn from the seed; so are the faults and what somebody else writes.
"""

from __future__ import annotations

import copy
import random
import string
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

from tests.e2e.strangerserver import StrangerServer

Record = dict[str, object]
Fields = Mapping[str, object]

TOKEN = "stranger-canary-7d20"
PAGE_ID = "str4ng3rpage"
COMPONENTS = ("API", "Website")
_REALTIME = ("investigating", "identified", "monitoring", "resolved")
_COMPONENT_STATES = ("operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage")
_WRITE_FAULTS = (
    *("drop_before", "drop_after", "429_before", "420_before", "429_after", "500_before", "500_after"),
    *("502_html_after", "html_before", "html_after", "half_after", "slow_after", "late", "never", "trickle"),
)
_READ_FAULTS = (
    "drop_before",
    "429_before",
    "420_before",
    "500_before",
    "html_before",
    "half_after",
    "slow_after",
    "trickle",
)


@dataclass(frozen=True)
class Traits:
    """What the vendor's contract leaves open."""

    is_metadata_merged: bool
    are_component_ids_added: bool
    has_crlf: bool
    offset_hours: int
    has_whole_seconds: bool
    shows_all_components: bool
    has_null_affected: bool
    has_metadata_in_lists: bool
    skew_s: int
    lag_s: float

    @staticmethod
    def draw(rng: random.Random) -> Traits:
        return Traits(
            is_metadata_merged=rng.random() < 0.5,
            are_component_ids_added=rng.random() < 0.5,
            has_crlf=rng.random() < 0.5,
            offset_hours=rng.choice((0, -6, 9)),
            has_whole_seconds=rng.random() < 0.3,
            shows_all_components=rng.random() < 0.4,
            has_null_affected=rng.random() < 0.5,
            has_metadata_in_lists=rng.random() < 0.7,
            skew_s=rng.choice((0, 0, -90, 90)),
            lag_s=rng.choice((0.0, 0.0, 0.3)),
        )


@dataclass
class Version:
    """An incident as it was from an instant of the monotonic clock on."""

    at: float
    record: Record


@dataclass
class StrangerPage:
    """The page, its HTTP server and the somebody else who writes on it; `fault_rate` may be changed at any time."""

    seed: int
    fault_rate: float = 0.0
    token: str = TOKEN
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    edits: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.traits = Traits.draw(self.rng)
        self.lock = threading.RLock()
        self.incidents: dict[str, Record] = {}
        self.versions: dict[str, list[Version]] = {}
        #: Ids of updates that came through the write API with our token.
        self.written: set[str] = set()
        self.components = {self._new_id(): name for name in COMPONENTS}
        self.component_status = dict.fromkeys(self.components, "operational")
        self._stop = threading.Event()
        self._editor = threading.Thread(target=self._edit_on, daemon=True)
        self._server = StrangerServer(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> StrangerPage:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._editor.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.calm()
        self._server.shutdown()
        self._server.server_close()

    def calm(self) -> None:
        """Ends the faults and sends somebody else home."""
        self.fault_rate = 0.0
        self._stop.set()
        self._editor.join(5)

    def list_ours(self) -> dict[str, list[tuple[str, str]]]:
        """Returns status and text of what the program wrote, oldest first, by incident id."""
        with self.lock:
            ours = {
                remote_id: [
                    (str(update["status"]), _plain(update["body"]))
                    for update in _records(record["incident_updates"])
                    if update["id"] in self.written
                ]
                for remote_id, record in self.incidents.items()
            }
        return {remote_id: updates for remote_id, updates in ours.items() if updates}

    def draw_fault(self, is_write: bool) -> str | None:
        with self.lock:
            if self.rng.random() >= self.fault_rate:
                return None
            fault = self.rng.choice(_WRITE_FAULTS if is_write else _READ_FAULTS)
            if fault == "429_after" and self.traits.lag_s:
                fault = "429_before"
            self.faults[fault] += 1
            return fault

    # -- the API: each returns a status code and what is answered ---------------------------------------------------

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: object) -> tuple[int, object]:
        parts = path.removesuffix(".json").strip("/").split("/")
        if parts[:2] == ["api", "v2"]:
            return self._answer_public(method, parts[2:])
        if parts[:3] != ["v1", "pages", PAGE_ID]:
            return 404, {"error": "Not found"}
        with self.lock:
            match (method, parts[3:]):
                case ("GET", ["components"]):
                    self._expect_paging(path, query)
                    return 200, self._cut(list(self._list_components()), query)
                case ("GET", ["incidents"]):
                    self._expect_paging(path, query)
                    return 200, self._cut(self._list(), query)
                case ("GET", ["incidents", "unresolved"]):
                    self._expect_paging(path, query)
                    shown = [record for record in self._list() if record["status"] not in ("resolved", "postmortem")]
                    return 200, self._cut(shown, query)
                case ("GET", ["incidents", remote_id]):
                    found = self._look(remote_id)
                    return (404, {"error": "Not found"}) if found is None else (200, found)
                case ("POST", ["incidents"]):
                    return self._write(None, body)
                case ("PATCH", ["incidents", remote_id]):
                    return self._write(remote_id, body) if remote_id in self.incidents else (404, {"message": "gone"})
        return 404, {"error": "Not found"}

    def _answer_public(self, method: str, parts: list[str]) -> tuple[int, object]:
        if method != "GET" or parts != ["incidents"]:
            return 404, ""
        with self.lock:
            shown = [{key: value for key, value in record.items() if key != "metadata"} for record in self._list()[:50]]
        return 200, {"page": {"id": PAGE_ID, "name": "Stranger", "time_zone": "Etc/UTC"}, "incidents": shown}

    def _expect_paging(self, path: str, query: Mapping[str, list[str]]) -> None:
        if "page" not in query or not ({"per_page", "limit"} & set(query)):
            self.breaches.append(f"GET {path} without page and size")

    def _cut(self, items: list[Record], query: Mapping[str, list[str]]) -> list[Record]:
        size = min(int((query.get("limit") or query.get("per_page") or ["100"])[0]), 100)
        start = (int(query.get("page", ["1"])[0]) - 1) * size
        return items[start : start + size]

    def _list_components(self) -> Iterator[Record]:
        yield {"id": "gr0up0000001", "name": "Everything", "group": True, "status": "operational", "position": 1}
        for position, (remote_id, name) in enumerate(self.components.items(), start=2):
            yield {
                "id": remote_id,
                "name": name,
                "group": False,
                "status": self.component_status[remote_id],
                "position": position,
                "group_id": None,
                "page_id": PAGE_ID,
            }

    def _list(self) -> list[Record]:
        old_enough = time.monotonic() - self.traits.lag_s
        found = [
            record
            for remote_id in reversed(self.incidents)
            if self.versions[remote_id][0].at <= old_enough and (record := self._look(remote_id)) is not None
        ]
        if not self.traits.has_metadata_in_lists:
            for record in found:
                record["metadata"] = {}
        return found

    def _look(self, remote_id: str) -> Record | None:
        """Returns an incident as reads show it: a moment behind the writes, where the page is such a one."""
        versions = self.versions.get(remote_id)
        if versions is None:
            return None
        old_enough = time.monotonic() - self.traits.lag_s
        behind = [version for version in versions if version.at <= old_enough]
        return self._show((behind or versions)[-1 if behind else 0].record)

    def _show(self, record: Record) -> Record:
        shown = copy.deepcopy(record)
        updates = _records(shown["incident_updates"])
        updates.reverse()
        shown["incident_updates"] = updates
        ids = shown.pop("component_ids")
        assert isinstance(ids, list)
        shown["components"] = [
            item
            for item in self._list_components()
            if item["id"] in ids or (self.traits.shows_all_components and not item["group"])
        ]
        return shown

    def _write(self, remote_id: str | None, body: object) -> tuple[int, object]:
        fields = body.get("incident") if isinstance(body, dict) else None
        if not isinstance(fields, dict):
            return 400, {"message": "incident is missing"}
        wrong = list(self._find_wrong(fields, remote_id is None))
        if wrong:
            self.breaches += wrong
            return 422, {"error": wrong}
        record = self.apply(remote_id, fields)
        updates = _records(record["incident_updates"])
        self.written.add(str(updates[-1]["id"]))
        return 201 if remote_id is None else 200, self._show(record)

    def _find_wrong(self, fields: Fields, is_new: bool) -> Iterator[str]:
        name, body, metadata = fields.get("name"), fields.get("body"), fields.get("metadata", {})
        if (is_new or "name" in fields) and not (isinstance(name, str) and 0 < len(name) <= 255):
            yield "name has 1 to 255 characters"
        if not (isinstance(body, str) and 0 < len(body) <= 25_000):
            yield "body has 1 to 25000 characters"
        if fields.get("status") not in _REALTIME:
            yield f"status {fields.get('status')} is unknown"
        if not isinstance(fields.get("deliver_notifications"), bool):
            yield "deliver_notifications is not said"
        if not isinstance(metadata, dict) or not all(isinstance(item, dict) for item in metadata.values()):
            yield "metadata values must be objects"
        states, ids = fields.get("components", {}), fields.get("component_ids", [])
        if not isinstance(states, dict) or not all(
            key in self.components and value in _COMPONENT_STATES for key, value in states.items()
        ):
            yield "components is no map of known ids to states"
        if not isinstance(ids, list) or not all(item in self.components for item in ids):
            yield "component_ids is no list of known ids"

    # -- the state ---------------------------------------------------------------------------------------------------

    def apply(self, remote_id: str | None, fields: Fields) -> Record:
        with self.lock:
            now = self._now()
            if remote_id is None:
                remote_id = self._new_id()
                self.versions[remote_id] = []
                self.incidents[remote_id] = {
                    "id": remote_id,
                    "page_id": PAGE_ID,
                    "name": "",
                    "status": "investigating",
                    "impact": "none",
                    "impact_override": None,
                    "created_at": now,
                    "updated_at": now,
                    "monitoring_at": None,
                    "resolved_at": None,
                    "shortlink": f"http://stspg.test/{remote_id[:6]}",
                    "metadata": {},
                    "component_ids": [],
                    "incident_updates": [],
                }
            record = self.incidents[remote_id]
            record["updated_at"] = now
            for key in ("name", "status", "impact_override"):
                if key in fields:
                    record[key] = fields[key]
            if isinstance(override := record["impact_override"], str):
                record["impact"] = override
            if record["status"] == "resolved":
                record["resolved_at"] = record["resolved_at"] or now
            elif record["status"] != "postmortem":
                record["resolved_at"] = None
            if isinstance(metadata := fields.get("metadata"), dict):
                old = cast("Record", record["metadata"]) if self.traits.is_metadata_merged else {}
                record["metadata"] = {**old, **copy.deepcopy(metadata)}
            self._apply_components(record, fields)
            if "body" in fields or "status" in fields:
                self._add_update(record, str(fields.get("body") or "We are continuing to look into this."), now)
            self.versions[remote_id].append(Version(time.monotonic(), copy.deepcopy(record)))
            return record

    def _apply_components(self, record: Record, fields: Fields) -> None:
        states, ids = fields.get("components"), fields.get("component_ids")
        held = cast("list[str]", record["component_ids"])
        if isinstance(ids, list):
            held = list(dict.fromkeys([*(held if self.traits.are_component_ids_added else []), *ids]))
        if isinstance(states, dict):
            held = list(dict.fromkeys([*held, *states]))
            self.component_status.update(cast("dict[str, str]", states))
        record["component_ids"] = held

    def _add_update(self, record: Record, body: str, now: str) -> None:
        if self.traits.has_crlf:
            body = body.replace("\n", "\r\n")
        _records(record["incident_updates"]).append(
            {
                "id": self._new_id(),
                "incident_id": record["id"],
                "status": record["status"],
                "body": body,
                "created_at": now,
                "updated_at": now,
                "display_at": now,
                "deliver_notifications": True,
                "affected_components": None if self.traits.has_null_affected else [],
            }
        )

    def _now(self) -> str:
        at = datetime.now(UTC) + timedelta(seconds=self.traits.skew_s)
        if self.traits.offset_hours:
            at = at.astimezone(timezone(timedelta(hours=self.traits.offset_hours)))
        text = at.isoformat(timespec="seconds" if self.traits.has_whole_seconds else "milliseconds")
        return text.replace("+00:00", "Z")

    def _new_id(self) -> str:
        return "".join(self.rng.choices(string.ascii_lowercase + string.digits, k=12))

    # -- somebody else -----------------------------------------------------------------------------------------------

    def _edit_on(self) -> None:
        rng = random.Random(self.seed + 1)
        number = 0
        while not self._stop.wait(rng.uniform(0.2, 1.2)):
            if self.fault_rate:
                number += 1
                with self.lock:
                    self._edit(rng, number)

    def _edit(self, rng: random.Random, number: int) -> None:
        act = rng.choices(("note", "title", "incident", "twin", "resolve", "metadata"), (6, 2, 1, 1, 0.6, 0.6))[0]
        open_ones = [each for each in self.incidents.values() if each["status"] in _REALTIME[:3]]
        record = rng.choice(open_ones) if open_ones else None
        note = f"Somebody else, note {number}."
        if act == "incident" or record is None:
            act = "incident"
            self.apply(None, {"name": f"Elsewhere {number}", "status": "investigating", "body": note})
        elif act == "twin":
            self.apply(None, {"name": record["name"], "status": record["status"], "body": note})
        elif act == "note":
            self.apply(str(record["id"]), {"body": note, "status": rng.choice(_REALTIME[:3])})
        elif act == "title":
            self.apply(str(record["id"]), {"name": f"Renamed {number}"})
        elif act == "resolve":
            self.apply(str(record["id"]), {"body": note, "status": "resolved"})
        else:
            self.apply(str(record["id"]), {"metadata": {"elsewhere": {"number": number}}})
        self.edits[act] += 1


def _records(value: object) -> list[Record]:
    assert isinstance(value, list)
    return cast("list[Record]", value)


def _plain(body: object) -> str:
    return str(body).replace("\r\n", "\n").strip()

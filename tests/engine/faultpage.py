"""A status page of the Statuspage v1 kind that fails on purpose: a model of its own, no kinder than the real thing."""

from __future__ import annotations

import asyncio
import json
import string
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from random import Random
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.engine.faultkinds import APPLIED_FAULTS, Fault

PAGE_ID = "p4ge00000000"
TOKEN = "canary-token-8f2c1d"  # a token that no file, log or message may show
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
class FaultPage:
    """Serves one page on loopback; `faults` are used up by writes and `read_faults` by reads, one a request."""

    rng: Random = field(default_factory=lambda: Random(1))
    faults: deque[Fault] = field(default_factory=deque)
    read_faults: deque[Fault] = field(default_factory=deque)
    draw: Callable[[str], Fault] | None = None
    slow_s: float = 1.0
    late_s: float = 0.05
    retry_after: str | None = None
    metadata_mode: str = "replace"
    on_step: Callable[[str], None] = lambda _: None
    public_delay_s: float = 0.0
    requests: list[tuple[float, str, str]] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: list[Fault] = field(default_factory=list)
    clock_ahead_s: float = 0.0
    answer_s: list[float] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _last: float = 0.0
    port: int = 0

    async def __aenter__(self) -> FaultPage:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        # A connection that was just accepted has a task that has not begun, and an abort takes a turn of the loop.
        await asyncio.sleep(0.01)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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

    def open(self, name: str, status: str, body: str, **more: Any) -> str:
        """A colleague declares on the page."""
        return str(self._create({"name": name, "status": status, "body": body, **more}, None)["id"])

    def bodies(self, incident_id: str | None = None) -> list[str]:
        """Returns what stands on the page, in the order in which it was applied."""
        return [write.body for write in self.writes if incident_id in (None, write.incident_id)]

    def count(self, method: str) -> int:
        return sum(1 for _, seen, _ in self.requests if seen == method)

    # -- the model ---------------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        return "".join(self.rng.choices(string.ascii_lowercase + string.digits, k=12))

    def _now(self) -> float:
        self._last = max(time.time() + self.clock_ahead_s, self._last + 0.001)
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
        return update_id

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

    def _apply(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        fields = document.get("incident") if isinstance(document, dict) else None
        if not isinstance(fields, dict):
            return 400, {"error": "incident is missing"}
        if problem := self._check(fields, method == "POST"):
            return 422, {"error": [problem]}
        ops = fields.get("metadata", {}).get("oncall_tui", {}).get("ops", [])
        op = ops[-1] if ops else None
        if method == "POST":
            return 201, self._create(fields, op)
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
                    <= time.time() + self.clock_ahead_s - self.public_delay_s
                ]
                shown.append({"id": incident["id"], "name": incident["name"], "incident_updates": updates})
            return 200, {"page": {"id": PAGE_ID}, "incidents": shown}
        root = f"/v1/pages/{PAGE_ID}"
        number = int(query.get("page", ["1"])[0])
        size = int(query.get("limit", query.get("per_page", ["100"]))[0])
        begin = (number - 1) * size
        newest = sorted(self.incidents.values(), key=lambda item: -item["created"])
        if path == root:
            return 200, {"id": PAGE_ID, "name": "Acme", "url": "https://acme.test", "domain": None, "subdomain": "acme"}
        if path == f"{root}/components":
            return 200, list(self.components.values())[begin : begin + size]
        if path == f"{root}/incidents/unresolved":
            return 200, [item for item in newest if item["status"] != "resolved"][begin : begin + size]
        if path == f"{root}/incidents":
            return 200, newest[begin : begin + size]
        found = self.incidents.get(path.removeprefix(f"{root}/incidents/"))
        return (200, found) if found else (404, {"message": "not found"})

    # -- the wire ----------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.on_step("connected")
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        self.requests.append((time.time(), method, parts.path))
        if parts.path.startswith("/v1") and headers.get("authorization") != f"OAuth {TOKEN}":
            return await self._answer(writer, 401, {"error": f"unknown token {headers.get('authorization')}"})
        if method == "GET":
            self.on_step("read")
            fault = self._next_fault(method, self.read_faults)
            return await self._fail(writer, fault, lambda: self._read(parts.path, parse_qs(parts.query)))
        self.on_step("received")
        fault = self._next_fault(method, self.faults)
        document = json.loads(content)
        return await self._fail(writer, fault, lambda: self._apply(method, parts.path, document))

    def _next_fault(self, method: str, queue: deque[Fault]) -> Fault:
        fault = queue.popleft() if queue else self.draw(method) if self.draw else Fault.NONE
        self.used.append(fault)
        return fault

    async def _fail(self, writer: asyncio.StreamWriter, fault: Fault, apply: Callable[[], tuple[int, Any]]) -> bool:
        if fault is Fault.LATE:
            asyncio.get_running_loop().call_later(self.late_s, apply)
            return False
        if fault in APPLIED_FAULTS:
            status, answer = apply()
            self.on_step("applied")
        else:
            status, answer = 500, {"message": "something went wrong"}
        match fault:
            case Fault.NONE:
                await self._answer(writer, status, answer)
                self.on_step("answered")
                return True
            case Fault.CLOSE_LATER:
                await self._answer(writer, status, answer)
                return False
            case Fault.DROP_BEFORE | Fault.DROP_AFTER:
                return False
            case Fault.SLOW_BEFORE | Fault.SLOW_AFTER:
                await asyncio.sleep(self.slow_s)
                return False
            case Fault.HALF_JSON:
                return await self._answer_text(writer, status, json.dumps(answer)[:40], "application/json")
            case Fault.HTML_BEFORE | Fault.HTML_AFTER:
                return await self._answer_text(writer, 200, "<html><h1>Welcome</h1></html>", "text/html")
            case Fault.EMPTY_204_AFTER:
                return await self._answer_text(writer, 204, "", "")
            case Fault.WRONG_SHAPE_AFTER:
                return await self._answer(writer, 200, {"ok": True})
            case Fault.EMPTY_500:
                return await self._answer_text(writer, 500, "", "")
            case Fault.E503_AFTER:
                return await self._answer_text(writer, 503, "<html>Back soon</html>", "text/html")
            case Fault.T420 | Fault.T429:
                more = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
                code = 420 if fault is Fault.T420 else 429
                return await self._answer(writer, code, {"error": "slow down"}, more)
            case Fault.MOVED:
                return await self._answer(writer, 301, {}, {"Location": "http://127.0.0.1:9/elsewhere?api_key=x"})
            case Fault.E401 | Fault.E403 | Fault.E404 | Fault.E409 | Fault.E422:
                return await self._answer(writer, int(fault.name[1:]), {"error": ["no\x1b]52;c;eA==\x07 thanks"]})
        return await self._answer(writer, 500, answer)

    async def _answer(
        self, writer: asyncio.StreamWriter, status: int, answer: Any, more: dict[str, str] | None = None
    ) -> bool:
        return await self._answer_text(writer, status, json.dumps(answer), "application/json; charset=utf-8", more)

    async def _answer_text(
        self, writer: asyncio.StreamWriter, status: int, text: str, kind: str, more: dict[str, str] | None = None
    ) -> bool:
        body = text.encode()
        headers = {
            "Date": formatdate(time.time() + self.clock_ahead_s, usegmt=True),
            "Content-Type": kind,
            **(more or {}),
        }
        if status != 204:
            headers["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode("latin-1") + body)
        await writer.drain()
        return True

"""The wire of a status page that fails on purpose; what it says and keeps is for each kind to add."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.engine.faultkinds import APPLIED_FAULTS, Fault

from oncall_tui.domain.incident import IncidentStatus

TOKEN = "canary-token-8f2c1d"  # a token that no file, log or message may show
HOSTILE = "no\x1b]52;c;eA==\x07 thanks"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    document: Any


@dataclass
class FaultWire(ABC):
    """Serves one page on loopback; `faults` are used up by writes and `read_faults` by reads, one a request."""

    faults: deque[Fault] = field(default_factory=deque)
    read_faults: deque[Fault] = field(default_factory=deque)
    retry_after: str | None = None
    clock: Callable[[], float] = time.time
    clock_ahead_s: float = 0.0
    requests: list[Request] = field(default_factory=list)
    writes: list[Any] = field(default_factory=list)
    spoil: Callable[[object], object] = lambda answer: answer
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @abstractmethod
    def is_allowed(self, request: Request) -> bool:
        """Tells whether the token is right."""

    @abstractmethod
    def is_write(self, request: Request) -> bool: ...

    @abstractmethod
    def answer(self, request: Request) -> tuple[int, object]:
        """Does what was asked; what is written is noted in `writes`."""

    @abstractmethod
    def explain(self, status: int, words: str) -> object:
        """Returns the document of an error."""

    @abstractmethod
    def show(self) -> str:
        """Returns the page that browsers get, at every address outside of the API."""

    @abstractmethod
    def is_api(self, path: str) -> bool: ...

    @abstractmethod
    def add_component(self, name: str, group: str = "") -> str: ...

    @abstractmethod
    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        """A colleague declares on the page; returns the id of the incident."""

    @abstractmethod
    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        """A colleague writes on the page; returns the id of the update."""

    @abstractmethod
    def list_words(self) -> list[list[str]]:
        """Returns the words of each incident from old to new."""

    @abstractmethod
    def list_notified(self) -> list[bool]:
        """Tells of each message that was taken from the adapter whether subscribers were to be told."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> float:
        return self.clock() + self.clock_ahead_s

    def count_writes(self) -> int:
        return sum(1 for request in self.requests if self.is_write(request))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0.01)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
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
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        request = Request(method, parts.path, query, headers, json.loads(content) if content else None)
        if not self.is_api(parts.path):
            assert TOKEN not in str(headers)
            return await self._reply(writer, 200, self.show(), "text/html; charset=utf-8")
        self.requests.append(request)
        if not self.is_allowed(request):
            return await self._reply_json(writer, 401, self.explain(401, f"unknown token {headers!r}"))
        queue = self.faults if self.is_write(request) else self.read_faults
        return await self._fail(writer, queue.popleft() if queue else Fault.NONE, request)

    async def _fail(self, writer: asyncio.StreamWriter, fault: Fault, request: Request) -> bool:
        status, answer = 500, self.explain(500, HOSTILE)
        if fault in APPLIED_FAULTS:
            status, answer = self.answer(request)
        match fault:
            case Fault.NONE:
                return await self._reply_json(writer, status, self.spoil(answer))
            case Fault.DROP_BEFORE | Fault.DROP_AFTER:
                return False
            case Fault.HALF_JSON:
                return await self._reply(writer, status, json.dumps(answer)[:40], "application/json")
            case Fault.EMPTY_204_AFTER:
                return await self._reply(writer, 204, "", "")
            case Fault.HTML_AFTER:
                return await self._reply(writer, 200, "<html><h1>Welcome</h1></html>", "text/html")
            case Fault.WRONG_SHAPE_AFTER:
                return await self._reply_json(writer, 200, {"ok": True})
            case Fault.T429:
                more = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
                return await self._reply_json(writer, 429, self.explain(429, "slow down"), more)
            case Fault.E401 | Fault.E403 | Fault.E404 | Fault.E409 | Fault.E422:
                code = int(fault.name[1:])
                return await self._reply_json(writer, code, self.explain(code, HOSTILE))
        return await self._reply_json(writer, 500, self.explain(500, HOSTILE))

    async def _reply_json(
        self, writer: asyncio.StreamWriter, status: int, answer: object, more: dict[str, str] | None = None
    ) -> bool:
        return await self._reply(writer, status, json.dumps(answer), "application/json; charset=utf-8", more)

    async def _reply(
        self, writer: asyncio.StreamWriter, status: int, text: str, kind: str, more: dict[str, str] | None = None
    ) -> bool:
        body = text.encode()
        headers = {
            "Date": formatdate(self.now(), usegmt=True),
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(more or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode("latin-1") + body)
        await writer.drain()
        return True

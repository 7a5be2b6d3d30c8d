"""A status page of the Statuspage v1 kind that fails on purpose: its model behind real sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.engine.faultkinds import APPLIED_FAULTS, Fault
from tests.engine.faultmodel import PAGE_ID, FaultModel

__all__ = ["PAGE_ID", "TOKEN", "FaultPage"]

TOKEN = "canary-token-8f2c1d"  # a token that no file, log or message may show
_TLS_BEGIN = b"\x16"  # a handshake record (RFC 8446, 5.1)
NOWHERE = "http://127.0.0.1:9/elsewhere?api_key=x"


@dataclass
class FaultPage(FaultModel):
    """Serves one page on loopback; `faults` are used up by writes and `read_faults` by reads, one a request."""

    faults: deque[Fault] = field(default_factory=deque)
    read_faults: deque[Fault] = field(default_factory=deque)
    draw: Callable[[str], Fault] | None = None
    slow_s: float = 1.0
    late_s: float = 0.05
    retry_after: str | None = None
    limit_code: int = 429
    elsewhere: str = NOWHERE
    token: str = TOKEN
    tls: ssl.SSLContext | None = None
    on_step: Callable[[str], None] = lambda _: None
    requests: list[tuple[float, str, str]] = field(default_factory=list)
    used: list[Fault] = field(default_factory=list)
    is_deaf: bool = False
    preamble: str = ""
    think_s: float = 0.0
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> FaultPage:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
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

    def hang_up(self) -> None:
        """Ends every connection at once, as the kernel does for a client that dies."""
        for writer in self._writers:
            writer.transport.abort()

    @property
    def api_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def public_url(self) -> str:
        return self.api_url.removesuffix("/v1")

    def count(self, method: str) -> int:
        return sum(1 for _, seen, _ in self.requests if seen == method)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.is_deaf:
            writer.transport.abort()
            return
        self._tasks.add(task)
        self._writers.add(writer)
        self.on_step("connected")
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        begin = await reader.readexactly(1)
        if begin == _TLS_BEGIN:
            return await self._answer(writer, 400, {"error": "plain HTTP is spoken here"}) and False
        head = (begin + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        self.requests.append((self.clock(), method, parts.path))
        if parts.path.startswith("/v1") and headers.get("authorization") != f"OAuth {self.token}":
            await asyncio.sleep(self.think_s)
            said = f"{self.preamble}unknown token {headers.get('authorization')}"
            return await self._answer(writer, 401, {"error": said})
        if parts.path.startswith("/v1") and not self._take():
            return await self._turn_away(writer, self.limit_code)
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
            case Fault.HALF_ANSWER:
                text = json.dumps(answer)
                writer.write(f"HTTP/1.1 {status} Status\r\nContent-Length: {len(text)}\r\n\r\n{text[:40]}".encode())
                await writer.drain()
                return False
            case Fault.TRICKLE:
                text = json.dumps(answer)
                writer.write(f"HTTP/1.1 {status} Status\r\nContent-Length: {len(text)}\r\n\r\n".encode())
                for sign in text[:10]:
                    writer.write(sign.encode())
                    await writer.drain()
                    await asyncio.sleep(self.slow_s / 10)
                return False
            case Fault.EMPTY_204_AFTER:
                return await self._answer_text(writer, 204, "", "")
            case Fault.WRONG_SHAPE_AFTER:
                return await self._answer(writer, 200, {"ok": True})
            case Fault.EMPTY_500:
                return await self._answer_text(writer, 500, "", "")
            case Fault.E503_AFTER:
                return await self._answer_text(writer, 503, "<html>Back soon</html>", "text/html")
            case Fault.T420 | Fault.T429:
                return await self._turn_away(writer, 420 if fault is Fault.T420 else 429)
            case Fault.MOVED_301 | Fault.MOVED_302 | Fault.MOVED_307:
                return await self._answer(writer, int(fault.name[-3:]), {}, {"Location": self.elsewhere})
            case Fault.E401 | Fault.E403 | Fault.E404 | Fault.E409 | Fault.E422:
                return await self._answer(writer, int(fault.name[1:]), {"error": ["no\x1b]52;c;eA==\x07 thanks"]})
        return await self._answer(writer, 500, answer)

    async def _turn_away(self, writer: asyncio.StreamWriter, code: int) -> bool:
        more = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
        return await self._answer(writer, code, {"error": "slow down"}, more)

    async def _answer(
        self, writer: asyncio.StreamWriter, status: int, answer: Any, more: dict[str, str] | None = None
    ) -> bool:
        return await self._answer_text(writer, status, json.dumps(answer), "application/json; charset=utf-8", more)

    async def _answer_text(
        self, writer: asyncio.StreamWriter, status: int, text: str, kind: str, more: dict[str, str] | None = None
    ) -> bool:
        body = text.encode()
        headers = {
            "Date": formatdate(self.clock() + self.clock_ahead_s, usegmt=True),
            "Content-Type": kind,
            **(more or {}),
        }
        if status != 204:
            headers["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode("latin-1") + body)
        await writer.drain()
        return True

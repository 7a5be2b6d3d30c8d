"""How the stranger's page answers: over HTTP, and with every fault that a line and a server can have."""

from __future__ import annotations

import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from tests.e2e.strangerpage import StrangerPage

#: A request that waits is applied within this time of its arrival or never: a page that is slower breaks the promise
#: of the quiet period, which the program does not claim to survive.
LATE_MOST_S = 0.95


class StrangerServer(ThreadingHTTPServer):
    """The sockets of one page, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, page: StrangerPage) -> None:
        self.page = page
        super().__init__(("127.0.0.1", 0), _Answer)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed leaves broken pipes, which are no news here."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stranger"
    timeout = 20

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_GET  # noqa: N815 -- the base class names them so

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + self._page.traits.skew_s)

    @property
    def _page(self) -> StrangerPage:
        assert isinstance(self.server, StrangerServer)
        return self.server.page

    def _serve(self) -> None:
        arrived = time.monotonic()
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        is_public = parts.path.startswith("/api/v2/")
        is_write = self.command != "GET"
        self._page.requests[self.command] += 1
        if not is_public and self.headers.get("Authorization") != f"OAuth {self._page.token}":
            self._page.breaches.append(f"{self.command} {parts.path} without the token")
            self._send(401, {"error": f"Could not authenticate {self.headers.get('Authorization')}"})
            return
        if "api_key" in parts.query:
            self._page.breaches.append("the token in an address")
        fault = self._page.draw_fault(is_write)
        if fault is not None and self._refuse(fault):
            return
        if fault == "late":
            time.sleep(0.8)
            if time.monotonic() - arrived > LATE_MOST_S:
                self._drop()
                return
        status, answer = self._page.answer(
            self.command, parts.path, parse_qs(parts.query), json.loads(content) if content else None
        )
        self._reply(fault, status, answer)

    def _refuse(self, fault: str) -> bool:
        """Acts out a fault that applies nothing; returns whether it was one."""
        match fault:
            case "drop_before":
                self._drop()
            case "never":
                time.sleep(1.0)
                self._drop()
            case "429_before" | "420_before":
                self._send(int(fault[:3]), {"error": "slow down"}, retry_after="1" if fault[0:3] == "429" else None)
            case "500_before":
                self._send(500, {"error": f"Broken by {self.headers.get('Authorization')}"})
            case "html_before":
                self._send_raw(200, b"<html><body>Sign in to this Wi-Fi</body></html>", "text/html")
            case _:
                return False
        return True

    def _reply(self, fault: str | None, status: int, answer: object) -> None:
        content = json.dumps(answer).encode()
        match fault:
            case "drop_after" | "late":
                self._drop()
            case "429_after":
                self._send(429, {"error": "slow down"}, retry_after="1")
            case "500_after":
                self._send_raw(500, b"", "text/html")
            case "502_html_after":
                self._send_raw(502, b"<html><h1>Bad gateway</h1></html>", "text/html")
            case "html_after":
                self._send_raw(200, b"<html><body>Welcome</body></html>", "text/html")
            case "half_after":
                self._send_raw(status, content[: len(content) // 2], "application/json", claimed=len(content))
                self._drop()
            case "slow_after":
                time.sleep(0.9)
                self._send_raw(status, content, "application/json")
            case "trickle":
                self._send_raw(status, content[:1], "application/json", claimed=len(content))
                for sign in content[1:20]:
                    time.sleep(0.08)
                    self.wfile.write(bytes([sign]))
                self._drop()
            case _:
                self._send_raw(status, content, "application/json; charset=utf-8")

    def _send(self, status: int, answer: object, retry_after: str | None = None) -> None:
        self._send_raw(status, json.dumps(answer).encode(), "application/json", retry_after=retry_after)

    def _send_raw(
        self, status: int, content: bytes, kind: str, *, claimed: int | None = None, retry_after: str | None = None
    ) -> None:
        self.send_response(status, "Enhance Your Calm" if status == 420 else None)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if claimed is None else claimed))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _drop(self) -> None:
        """Ends the connection by a reset, without a word."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

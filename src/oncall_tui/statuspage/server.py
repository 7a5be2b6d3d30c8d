"""Serves the page: binds, says where, and stops within a second of being told to."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from oncall_tui.domain.errors import DiskError, UsageError
from oncall_tui.statuspage import api, api_extras, public
from oncall_tui.statuspage.calls import Endpoints
from oncall_tui.statuspage.faults import RequestRefusedError
from oncall_tui.statuspage.gate import Gate, JsonAnswer, answer_refusal
from oncall_tui.statuspage.pagefile import PageFile
from oncall_tui.statuspage.sqlite import sqlite3
from oncall_tui.statuspage.transitions import advance, keep_time

# An answer takes milliseconds: what is still open after this is a reader who does not read.
_GRACE_S = 1


def read_clock() -> int:
    """Returns the present in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def build_app(
    file: PageFile, url: str, token: str, requests_per_minute: int | None, clock: Callable[[], int]
) -> ASGIApp:
    """Returns the ASGI application; `requests_per_minute` limits the write API, None leaves it free."""

    async def refuse(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestRefusedError):
            return answer_refusal(error)
        return JsonAnswer({"message": "the page's file cannot be used just now: nothing was saved"}, 503)

    async def miss(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return await run_in_threadpool(public.answer_missing, file, request, status)

    endpoints = Endpoints(file, url, clock)
    routes = [
        *api.build_routes(endpoints),
        *api_extras.build_routes(endpoints),
        *public.build_routes(file, url, clock),
    ]
    app = Starlette(
        routes=routes, exception_handlers={RequestRefusedError: refuse, sqlite3.Error: refuse, HTTPException: miss}
    )
    return Gate(app, token, requests_per_minute)


class _Server(uvicorn.Server):
    """Tells when it listens, and leaves signals to `_run`: the original would raise them again after its end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve_file(
    host: str,
    port: int,
    data: Path,
    token: str,
    ready: Callable[[str], None],
    *,
    public_url: str | None = None,
    requests_per_minute: int | None = None,
    clock: Callable[[], int] = read_clock,
) -> None:
    """Serves a prepared file until SIGTERM or SIGINT, calling `ready` with the address once it listens.

    Port 0 takes a free one. `public_url` is what links in answers begin with, for a page behind a proxy. Moves of
    maintenances that fell due meanwhile are made before anybody can ask. Raises UsageError when the address cannot be
    bound, NotOursError, TooNewError or DiskError for the file.
    """
    file = PageFile(data)
    try:
        with _bind(host, port) as listener:
            _catch_up(file, data, clock())
            address = _format_address(host, listener)
            app = build_app(file, (public_url or address).rstrip("/"), token, requests_per_minute, clock)
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=_GRACE_S,
            )
            asyncio.run(_run(_Server(config, lambda: ready(address)), listener, keep_time(file, clock)))
    finally:
        file.close()


def _catch_up(file: PageFile, data: Path, now: int) -> None:
    try:
        advance(file, now)
    except sqlite3.Error as error:
        raise DiskError(f"{data} cannot be used: {error}.") from error


async def _run(server: _Server, listener: socket.socket, timekeeping: Coroutine[None, None, None]) -> None:
    def stop() -> None:
        server.should_exit = True

    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
    timekeeper = asyncio.create_task(timekeeping)
    try:
        await server.serve([listener])
    finally:
        timekeeper.cancel()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {error}. Choose another with --host or --port."
        ) from error


def _format_address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def describe(url: str, page_id: str, token: str) -> str:
    """Returns the lines that `page serve` prints: where the page is, and a [page] block to paste into oncall.toml."""
    lines = [
        f"Status page   {url}/",
        f"Page id       {page_id}",
        f"Token         {token}",
        "",
        "Put the token into the environment of oncall-tui:",
        f"    export STATUSPAGE_TOKEN={token}",
        "and this into oncall.toml:",
        "    [page]",
        '    adapter = "statuspage"',
        f'    api_url = "{url}/v1"',
        f'    public_url = "{url}"',
        f'    page_id = "{page_id}"',
        '    token = { env = "STATUSPAGE_TOKEN" }',
    ]
    if not _is_loopback(url):
        lines += [
            "",
            "Others can reach this address, and the token travels in the clear: put a proxy with TLS before it.",
        ]
    return "\n".join(lines)


def _is_loopback(url: str) -> bool:
    host = url.removeprefix("http://").rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

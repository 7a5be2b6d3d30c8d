"""The grpc probe: what a server's own health service (grpc.health.v1) says of one of its services.

HTTP/2 is spoken by h2, which does no I/O: phases, addresses and certificates are those of every other probe. What gRPC
adds for one call is five bytes and one field. (github.com/grpc/grpc/blob/master/doc/health-checking.md)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec.structs import replace

from oncall_tui import __version__
from oncall_tui.domain.probe import Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import Wire, open_wire, split_target, start_tls

if TYPE_CHECKING:
    from h2.connection import H2Connection
    from h2.events import Event

INSTALL = "pip install 'oncall-tui[grpc]'"
RECEIVE_CAP = 32 * 1024
PIECE_LIMIT = 500
_PATH = "/grpc.health.v1.Health/Check"
_STREAM = 1
_SHOWN = 100
_HEALTH = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_CODES = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
_NOT_FOUND, _UNIMPLEMENTED = 5, 12
_TLS_ALERT = b"\x15\x03"
_SETTINGS = b"\x04"
"""A server begins with this type of frame (RFC 9113, 3.4); the parser waits for the end of what only looks like one."""


def has_http2() -> bool:
    """Tells whether the extra is installed."""
    return find_spec("h2") is not None


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks once for the health of `service`, empty for the whole server. Raises TargetError unless it is SERVING."""
    started = tools.monotonic()
    host, port = split_target(probe.target)
    if not has_http2():
        raise NotRunError(f"HTTP/2 is missing here: {INSTALL}")
    is_tls = probe.security == "tls"
    if is_tls:
        tools = replace(tools, tls=await asyncio.to_thread(tools.make_http2))
    wire = await open_wire(host, port, tools, trace)
    try:
        expires_in_ms = None
        if is_tls:
            left_s = probe.timeout_ms / 1000 - (tools.monotonic() - started)
            certificate = await start_tls(wire, host, tools, trace, left_s)
            expires_in_ms = certificate.ends_at - tools.wall_ms()
            if wire.tls is None or wire.tls.selected_alpn_protocol() != "h2":
                raise TargetError("the target speaks TLS without HTTP/2 (ALPN): look at what stands before the service")
        call = _make_call(wire, trace)
        await call.ask(probe.target, "https" if is_tls else "http", probe.service, probe.timeout_ms)
        health = call.judge()
    finally:
        wire.close()
    trace.note("health", health)
    if health != "SERVING":
        raise TargetError(_explain_health(health, probe.service))
    return Observation(expires_in_ms=expires_in_ms)


def _explain_health(health: str, service: str) -> str:
    who = clean_line(service, _SHOWN) or "the server"
    if health == "SERVICE_UNKNOWN":
        return f"{who} is not known to the server ({health}): correct `service` of the probe, or deploy it"
    return f"{who} says that it is {health}" if health == "NOT_SERVING" else f"{who} does not say how it is ({health})"


def _make_call(wire: Wire, trace: Trace) -> _Call:
    from h2.config import H2Configuration
    from h2.connection import H2Connection

    return _Call(wire, trace, H2Connection(H2Configuration(client_side=True)))


@dataclass(slots=True)
class _Call:
    """One call on a connection of its own, its answer bounded in bytes and pieces."""

    wire: Wire
    trace: Trace
    protocol: H2Connection
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    received: int = 0
    is_over: bool = False

    async def ask(self, authority: str, scheme: str, service: str, timeout_ms: int) -> None:
        """Sends the question and reads to the end of the answer."""
        message = _write_request(service)
        self.protocol.initiate_connection()
        self.protocol.send_headers(
            _STREAM,
            [
                (":method", "POST"),
                (":scheme", scheme),
                (":path", _PATH),
                (":authority", authority),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
                ("user-agent", f"oncall-tui/{__version__}"),
                ("grpc-timeout", f"{timeout_ms}m"),
            ],
        )
        self.protocol.send_data(_STREAM, b"\0" + len(message).to_bytes(4) + message, end_stream=True)
        self.trace.enter("first_byte")
        await self.wire.send(self.protocol.data_to_send())
        for _ in range(PIECE_LIMIT):
            if self.is_over:
                break
            await self._take(await self.wire.receive())
        else:
            raise TargetError(f"answer in more than {PIECE_LIMIT} pieces")

    async def _take(self, chunk: bytes) -> None:
        from h2.exceptions import ProtocolError

        if not chunk:
            where = "in the middle of the answer" if self.headers else "before an answer"
            raise TargetError(f"connection closed {where}: is this the port of the gRPC service?")
        if not self.received and chunk.startswith(b"HTTP/1"):
            raise TargetError("answer is HTTP/1, not gRPC: is this the port of the gRPC service?")
        if not self.received and chunk.startswith(_TLS_ALERT):
            raise TargetError('answer is TLS: give the probe security = "tls"')
        if not self.received and len(chunk) > 3 and chunk[3:4] != _SETTINGS:
            raise TargetError("answer is not HTTP/2: is this the port of the gRPC service?")
        self.received += len(chunk)
        if self.received > RECEIVE_CAP:
            raise TargetError(f"answer larger than {RECEIVE_CAP // 1024} KiB")
        try:
            events = self.protocol.receive_data(chunk)
        except ProtocolError as error:
            raise TargetError("answer is not HTTP/2") from error
        for event in events:
            self._take_event(event)
        pending = self.protocol.data_to_send()
        if pending and not self.is_over:
            await self.wire.send(pending)

    def _take_event(self, event: Event) -> None:
        from h2.errors import ErrorCodes
        from h2.events import (
            ConnectionTerminated,
            DataReceived,
            ResponseReceived,
            StreamEnded,
            StreamReset,
            TrailersReceived,
        )

        match event:
            case ResponseReceived() | TrailersReceived():
                self.trace.enter("transfer")
                pairs = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
                self.trace.headers = [*self.trace.headers, *pairs]
                self.headers.update((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
            case DataReceived():
                self.body += event.data or b""
            case StreamEnded():
                self.is_over = True
            case StreamReset():
                raise TargetError(f"call refused by the target: {_name_code(event.error_code)}")
            case ConnectionTerminated() if event.error_code != ErrorCodes.NO_ERROR:
                said = clean_line((event.additional_data or b"").decode("utf-8", "replace"), _SHOWN)
                raise TargetError(f"connection ended by the target: {_name_code(event.error_code)} {said}".rstrip())

    def judge(self) -> str:
        """Returns the word that the health service says. Raises TargetError where it says none."""
        status = self.headers.get(":status", "")
        self.trace.note("status", status)
        if status != "200" or not self.headers.get("content-type", "").startswith("application/grpc"):
            self.trace.body = self.body
            told = f"HTTP {status}" if status != "200" else "HTTP 200 with another content type"
            raise TargetError(f"{told} in place of gRPC: look at what stands before the service")
        code = _read_number(self.headers.get("grpc-status", ""))
        if code is None:
            raise TargetError("answer ended without a gRPC status")
        self.trace.note("grpc status", _name_grpc(code))
        if code == _NOT_FOUND:
            return "SERVICE_UNKNOWN"
        if code == _UNIMPLEMENTED:
            raise TargetError("the server has no health service (UNIMPLEMENTED): add grpc.health.v1 to it")
        if code:
            said = clean_line(self.trace.hide(unquote(self.headers.get("grpc-message", ""))), _SHOWN)
            raise TargetError(f"gRPC status {_name_grpc(code)}{f': {said}' if said else ''}")
        try:
            number = _read_response(bytes(self.body))
            return _HEALTH[number]
        except (IndexError, ValueError) as error:
            raise TargetError("answer holds no health status") from error


def _name_code(code: object) -> str:
    return str(getattr(code, "name", f"error {code}"))


def _name_grpc(code: int) -> str:
    return _CODES[code] if code < len(_CODES) else str(code)


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None


def _write_request(service: str) -> bytes:
    """Returns a HealthCheckRequest: field 1, a text, left out when empty."""
    name = service.encode()
    return b"\x0a" + _write_varint(len(name)) + name if name else b""


def _write_varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _write_varint(value >> 7)


def _read_response(body: bytes) -> int:
    """Returns field 1 of a HealthCheckResponse, zero where it is left out. Raises ValueError or IndexError."""
    if len(body) < 5 or body[0] != 0 or int.from_bytes(body[1:5]) != len(body) - 5:
        raise ValueError("not one plain message")
    at, status = 5, 0
    while at < len(body):
        key, at = _read_varint(body, at)
        match key & 7:
            case 0:
                value, at = _read_varint(body, at)
                status = value if key >> 3 == 1 else status
            case 1:
                at += 8
            case 2:
                length, at = _read_varint(body, at)
                at += length
            case 5:
                at += 4
            case _:
                raise ValueError("not a field")
    return status


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("not a number")

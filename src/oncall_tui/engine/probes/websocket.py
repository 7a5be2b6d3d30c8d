"""The websocket probe: the opening handshake, an answer where one is expected, and a clean close.

Speaks through wsproto, the companion of the http probe's parser, which does no I/O: phases, address and certificate
are those of every other probe.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from oncall_tui import __version__
from oncall_tui.domain.probe import Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.credentials import make_header
from oncall_tui.engine.probes.evidence import READ_LIMIT
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import Wire, open_wire, start_tls

if TYPE_CHECKING:
    from wsproto import WSConnection
    from wsproto.events import Event, Request

RECEIVE_CAP = 256 * 1024
MESSAGE_LIMIT = 1_000
CLOSE_WITHIN_S = 0.25
"""A target that does not answer the close is slow at nothing that customers notice: it is a fact, not a fault."""
_SWITCHING = 101
_NO_CODE = 1005
_GOOD_CLOSES = (1000, 1001, _NO_CODE)
_SHOWN = 60
_ADVICE = {
    401: "look at auth of the probe",
    403: "look at auth and the Origin header of the probe",
    404: "no WebSocket is served at this path",
}


class _Place(Struct, frozen=True):
    host: str
    port: int
    is_tls: bool
    named: str
    path: str


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Opens, says and awaits what the config names, and closes. Raises TargetError where the target refuses."""
    started = tools.monotonic()
    ends = started + probe.timeout_ms / 1000
    place = _read_target(probe.target)
    headers = list(probe.request.headers)
    if probe.request.auth is not None:
        trace.enter("token")
        auth, trace.hidden = make_header(probe.request.auth, await tools.credentials.read(probe.request.auth))
        headers.append(auth)
        trace.leave()
    wire = await open_wire(place.host, place.port, tools, trace)
    try:
        expires_in_ms = None
        if place.is_tls:
            certificate = await start_tls(wire, place.host, tools, trace, ends - tools.monotonic())
            expires_in_ms = certificate.ends_at - tools.wall_ms()
        talk = _make_talk(wire, trace)
        status = await talk.open(_make_request(place, headers, probe.subprotocol))
        if probe.request.auth is not None and status in (401, 403):
            tools.credentials.forget(probe.request.auth)
        if status != _SWITCHING:
            raise TargetError(_explain_refusal(status, trace))
        if probe.subprotocol is not None and talk.subprotocol is None:
            raise TargetError(f"the target did not take the subprotocol {probe.subprotocol}")
        if probe.request.body is not None:
            await talk.say(probe.request.body)
        if probe.expect.contains is not None:
            await talk.await_text(probe.expect.contains, probe.timeout_ms / 1000)
        trace.leave()
        latency_ms = (tools.monotonic() - started) * 1000
        await talk.close(min(CLOSE_WITHIN_S, (ends - tools.monotonic()) / 2))
    finally:
        wire.close()
    return Observation(expires_in_ms=expires_in_ms, latency_ms=latency_ms)


def _read_target(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        port = parts.port or {"ws": 80, "wss": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise NotRunError("the target is not a ws or wss URL") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(parts.hostname or "", port, parts.scheme == "wss", parts.netloc.rpartition("@")[2], path)


def _make_request(place: _Place, headers: list[tuple[str, str]], subprotocol: str | None) -> Request:
    from wsproto.events import Request

    usual = [("User-Agent", f"oncall-tui/{__version__}")]
    chosen = {name.lower() for name, _ in headers}
    sent = [pair for pair in usual if pair[0].lower() not in chosen] + headers
    return Request(
        host=place.named,
        target=place.path,
        subprotocols=[] if subprotocol is None else [subprotocol],
        extra_headers=[(name.encode(), text.encode()) for name, text in sent],
    )


def _explain_refusal(status: int, trace: Trace) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    told = f"handshake refused: HTTP {status} {phrase}".rstrip()
    location = next((value.decode("latin-1") for name, value in trace.headers if name.lower() == b"location"), "")
    if 300 <= status < 400 and location:
        return f"{told}, moved to {clean_line(location.partition('?')[0], _SHOWN)}: correct the url of the probe"
    advice = _ADVICE.get(status)
    return f"{told}: {advice}" if advice else told


def _make_talk(wire: Wire, trace: Trace) -> _Talk:
    from wsproto import ConnectionType, WSConnection

    return _Talk(wire, trace, WSConnection(ConnectionType.CLIENT))


@dataclass(slots=True)
class _Talk:
    """One conversation, of a bounded number of bytes and messages."""

    wire: Wire
    trace: Trace
    protocol: WSConnection
    is_open: bool = False
    subprotocol: str | None = None
    received: int = 0
    waiting: deque[Event] = field(default_factory=deque)

    async def open(self, request: Request) -> int:
        """Returns the HTTP status of the answer, 101 when the connection is open."""
        from wsproto.events import AcceptConnection, RejectConnection, RejectData

        self.trace.enter("first_byte")
        await self.wire.send(self.protocol.send(request))
        event = await self._next()
        if isinstance(event, AcceptConnection):
            self.is_open, self.subprotocol = True, event.subprotocol
            self.trace.headers = list(event.extra_headers)
            self.trace.note("status", "101 Switching Protocols")
            if event.subprotocol is not None:
                self.trace.note("subprotocol", event.subprotocol)
            return _SWITCHING
        if not isinstance(event, RejectConnection):
            raise TargetError("answer is not a WebSocket handshake")
        self.trace.headers = list(event.headers)
        self.trace.note("status", str(event.status_code))
        body = bytearray()
        self.trace.body = body
        while event.has_body and len(body) < READ_LIMIT:
            part = await self._next()
            if not isinstance(part, RejectData):
                break
            body += part.data
            if part.body_finished:
                break
        return event.status_code

    async def say(self, text: str) -> None:
        from wsproto.events import TextMessage

        await self.wire.send(self.protocol.send(TextMessage(data=text)))

    async def await_text(self, wanted: str, timeout_s: float) -> None:
        """Reads until a message holds a text; a run that is cut off meanwhile tells what came instead."""
        self.trace.enter("transfer")
        count, latest = 0, ""

        def tell() -> str:
            shown = clean_line(self.trace.hide(latest), _SHOWN)
            came = f"{count} came, the latest: {shown}" if count else "none came"
            return f"no message held '{clean_line(wanted, _SHOWN)}' within {timeout_s:.1f} s, {came}"

        self.trace.tell_overrun = tell
        while not count or wanted not in latest:
            if count == MESSAGE_LIMIT:
                raise TargetError(tell())
            latest = await self._read_message()
            count += 1
            if count % 50 == 0:
                await asyncio.sleep(0)
        self.trace.tell_overrun = None

    async def close(self, within_s: float) -> None:
        """Says goodbye and notes how it was answered. Raises TargetError for a close that tells of a fault."""
        from wsproto.events import CloseConnection

        code = None
        try:
            async with asyncio.timeout(within_s):
                await self.wire.send(self.protocol.send(CloseConnection(code=1000)))
                while code is None:
                    event = await self._next()
                    code = event.code if isinstance(event, CloseConnection) else None
        except (OSError, _EndedError):
            # A connection that ends here had done its work.
            self.trace.note("close", "not answered")
            return
        self._judge_close(event)
        self.trace.note("close", str(code))

    async def _read_message(self) -> str:
        """Returns the next message, bytes as the text that they may be. Raises TargetError when none comes any more."""
        from wsproto.events import BytesMessage, CloseConnection, TextMessage

        body = bytearray()
        while True:
            event = await self._next()
            if isinstance(event, TextMessage | BytesMessage):
                self.trace.body = body
                body += event.data.encode() if isinstance(event, TextMessage) else event.data
            elif isinstance(event, CloseConnection):
                self._judge_close(event)
                code = "" if event.code == _NO_CODE else f" with {event.code}"
                raise TargetError(f"closed by the target{code} before the expected message")
            else:
                continue
            if event.message_finished:
                return body.decode("utf-8", "replace")

    def _judge_close(self, event: Event) -> None:
        from wsproto.connection import ConnectionState
        from wsproto.events import CloseConnection
        from wsproto.frame_protocol import CloseReason

        assert isinstance(event, CloseConnection)
        reason = clean_line(self.trace.hide(event.reason or ""), _SHOWN)
        if self.protocol.state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            # The parser's own verdict on a frame, not a word of the target.
            raise TargetError(f"answer is not WebSocket: {reason or 'a frame that cannot be read'}")
        if event.code not in _GOOD_CLOSES:
            named = CloseReason(event.code).name.lower().replace("_", " ") if event.code in set(CloseReason) else ""
            raise TargetError(f"closed by the target with {event.code} {reason or named}".rstrip())

    async def _next(self) -> Event:
        """Returns what comes next, pings answered. Raises TargetError for what is no WebSocket or too much of it."""
        from wsproto.events import Ping
        from wsproto.utilities import RemoteProtocolError

        while True:
            while self.waiting:
                event = self.waiting.popleft()
                if not isinstance(event, Ping):
                    return event
                await self.wire.send(self.protocol.send(event.response()))
            chunk = await self.wire.receive()
            if not chunk:
                where = "before an answer" if not self.received else "in the middle of the handshake"
                raise _EndedError(f"connection closed {'without a close frame' if self.is_open else where}")
            self.received += len(chunk)
            if self.received > RECEIVE_CAP:
                raise TargetError(f"more than {RECEIVE_CAP // 1024} KiB without the expected message")
            try:
                self.protocol.receive_data(chunk)
                self.waiting.extend(self.protocol.events())
            except (RemoteProtocolError, UnicodeError) as error:
                why = str(error) if isinstance(error, RemoteProtocolError) else "a header that is not ASCII"
                raise TargetError(f"answer is not a WebSocket handshake: {clean_line(why, _SHOWN)}") from error


class _EndedError(TargetError):
    """The target hung up."""

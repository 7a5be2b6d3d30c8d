"""The http probe: one request on a fresh connection, read within bounds.

Speaks through h11 on a bare socket. A client library costs eight times as much a check, keeps connections that hide
faults of connecting, and does not tell the phases apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from dataclasses import dataclass
from urllib.parse import urljoin

import h11
import msgspec
from msgspec.structs import replace

from oncall_tui.domain.json_check import JsonCheck, find_value, show_value
from oncall_tui.domain.probe import HttpRequest, Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.credentials import make_header
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.request import Request, read_request
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import Wire, open_wire, start_tls
from oncall_tui.engine.vantage import read_scope

HEADER_CAP = 64 * 1024
INTERIM_LIMIT = 16
REDIRECT_LIMIT = 5
PIECE_LIMIT = 10_000
PIECES_A_TURN = 256
"""Chunks of one byte cost ten microseconds each: the other probes get their turn in between, and it has an end."""
_REDIRECTS = (301, 302, 303, 307, 308)
_PHRASE_LIMIT = 80


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks the target once, and follows redirects only when the config says so."""
    wanted = probe.request
    auth = None
    if wanted.auth is not None:
        trace.enter("token")
        auth, trace.hidden = make_header(wanted.auth, await tools.credentials.read(wanted.auth))
        trace.leave()
    answer = await fetch(probe, tools, trace, wanted, auth)
    if wanted.auth is not None and answer.status in (401, 403):
        tools.credentials.forget(wanted.auth)
    expect = probe.expect
    has_text = None
    if expect.body_contains is not None:
        has_text = expect.body_contains.encode() in answer.body
    return Observation(
        status=answer.status,
        status_text=answer.status_text,
        has_text=has_text,
        is_body_cut=answer.is_cut,
        expires_in_ms=answer.expires_in_ms,
        values=_find_values(bytes(answer.body), (*expect.json, *expect.json_degraded), trace),
    )


def _find_values(body: bytes, checks: tuple[JsonCheck, ...], trace: Trace) -> dict[str, object] | None:
    """Returns the values that checks are about, by path, None for a body that is not JSON."""
    if not checks:
        return None
    try:
        document: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    values: dict[str, object] = {}
    for check in checks:
        with contextlib.suppress(LookupError):
            value = find_value(document, check)
            # Before it is shortened: half a secret is one too.
            values[check.path] = trace.hide(value) if isinstance(value, str) else value
            trace.note(f"json {check.path}", show_value(values[check.path]))
    return values


async def fetch(
    probe: Probe, tools: Tools, trace: Trace, wanted: HttpRequest, auth: tuple[str, str] | None = None
) -> Answer:
    """Returns the answer for the target of a probe, after redirects when it follows them.

    A redirect never leads to a scope of addresses (loopback, private) that the configured host is not in itself, and
    takes neither token, headers nor body to another origin.
    """
    deadline = tools.monotonic() + probe.timeout_ms / 1000
    url = probe.target
    seen_urls = {url}
    allowed: frozenset[str] | None = None
    try:
        request = read_request(url, wanted, auth)
    except ValueError as error:
        raise NotRunError("the target is not a URL that can be asked for") from error
    origin = request.origin
    while True:
        began = tools.monotonic()
        answer = await _ask(request, tools, trace, allowed, deadline)
        is_redirect = probe.follow_redirects and answer.location and answer.status in _REDIRECTS
        if is_redirect or len(seen_urls) > 1:
            took_ms = (tools.monotonic() - began) * 1000
            trace.note(f"hop {len(seen_urls)}", f"{answer.status} in {took_ms:.0f} ms, {request.shown}")
        if not is_redirect:
            return answer
        wanted = _after_redirect(wanted, answer.status)
        try:
            url = urljoin(url, answer.location).partition("#")[0]
            request = read_request(url, wanted, auth)
            if request.origin != origin:
                if wanted.body is not None:
                    raise TargetError("redirect that would take the body of the request to another host")
                request = read_request(url, replace(wanted, headers=()))
        except ValueError as error:
            raise TargetError("redirect to something that is not an http or https URL") from error
        if url in seen_urls:
            raise TargetError("redirect loop")
        if len(seen_urls) > REDIRECT_LIMIT:
            raise TargetError(f"more than {REDIRECT_LIMIT} redirects")
        seen_urls.add(url)
        trace.note("redirects", str(len(seen_urls) - 1))
        allowed = allowed or frozenset({"global", read_scope(trace.ip)})


def _after_redirect(wanted: HttpRequest, status: int) -> HttpRequest:
    """A 303 asks for a GET, and so do browsers after a POST that was moved (RFC 9110, 15.4)."""
    if wanted.method == "HEAD" or (status != 303 and (wanted.method != "POST" or status in (307, 308))):
        return wanted
    return replace(wanted, method="GET", body=None)


@dataclass(slots=True)
class Answer:
    """What came back; `body` is unpacked and may be cut."""

    status: int
    status_text: str
    location: str
    encoding: str
    body: bytearray
    is_cut: bool = False
    expires_in_ms: int | None = None


async def _ask(request: Request, tools: Tools, trace: Trace, allowed: frozenset[str] | None, deadline: float) -> Answer:
    wire = await open_wire(request.host, request.port, tools, trace, allowed)
    try:
        expires_in_ms = None
        if request.is_https:
            certificate = await start_tls(wire, request.host, tools, trace, deadline - tools.monotonic())
            expires_in_ms = certificate.ends_at - tools.wall_ms()
        answer = await _converse(wire, request, tools.body_cap, trace)
    finally:
        wire.close()
    answer.expires_in_ms = expires_in_ms
    trace.note("status", answer.status_text)
    trace.note("body", f"{len(answer.body)} bytes" + (", the rest was not read" if answer.is_cut else ""))
    if answer.encoding:
        trace.note("encoding", answer.encoding)
    return answer


async def _converse(wire: Wire, request: Request, body_cap: int, trace: Trace) -> Answer:
    protocol = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=HEADER_CAP)
    payload = protocol.send(request.head) or b""
    if request.body:
        payload += protocol.send(h11.Data(data=request.body)) or b""
    payload += protocol.send(h11.EndOfMessage()) or b""
    trace.enter("first_byte")
    await wire.send(payload)
    reader = _Reader(wire, protocol, trace)
    try:
        answer = await reader.read_head()
        trace.body = answer.body
        await reader.read_body(answer, body_cap)
    except h11.RemoteProtocolError as error:
        raise TargetError(_explain_protocol(error, reader.received)) from error
    return answer


def _explain_protocol(error: h11.RemoteProtocolError, received: int) -> str:
    text = str(error)
    if "receive buffer" in text.lower():
        return f"header larger than {HEADER_CAP // 1024} KiB"
    if received == 0:
        return "connection closed before an answer"
    if "closed connection" in text:
        return "connection closed in the middle of the answer"
    if "illegal header line" in text:
        return "answer has a header line that is not HTTP"
    return "answer is not HTTP"


@dataclass(slots=True)
class _Reader:
    wire: Wire
    protocol: h11.Connection
    trace: Trace
    received: int = 0

    async def _next(self) -> object:
        while True:
            event = self.protocol.next_event()
            if event is not h11.NEED_DATA:
                return event
            chunk = await self.wire.receive()
            if chunk and not self.received:
                self.trace.enter("transfer")
            self.received += len(chunk)
            self.protocol.receive_data(chunk)

    async def read_head(self) -> Answer:
        for _ in range(INTERIM_LIMIT):
            event = await self._next()
            if isinstance(event, h11.Response):
                headers = {name: value.decode("latin-1") for name, value in event.headers}
                self.trace.headers, self.trace.body = list(event.headers), b""
                phrase = clean_line(self.trace.hide(event.reason.decode("latin-1")), _PHRASE_LIMIT).strip()
                return Answer(
                    status=event.status_code,
                    status_text=f"{event.status_code} {phrase}".rstrip(),
                    location=headers.get(b"location", ""),
                    encoding=headers.get(b"content-encoding", "").strip().lower(),
                    body=bytearray(),
                )
            if not isinstance(event, h11.InformationalResponse):
                raise TargetError("connection closed before an answer")
        raise TargetError("interim answers (1xx) without an end")

    async def read_body(self, answer: Answer, cap: int) -> None:
        """Reads to the end, to `cap` bytes (counted both on the wire and unpacked) or to a limit of pieces."""
        unpack = _Unpacker(answer.encoding)
        pieces = 0
        while isinstance(event := await self._next(), h11.Data):
            pieces += 1
            answer.body += unpack.feed(bytes(event.data), cap - len(answer.body))
            if self.received >= cap + HEADER_CAP or len(answer.body) >= cap or pieces >= PIECE_LIMIT:
                answer.is_cut = True
                return
            if pieces % PIECES_A_TURN == 0:
                await asyncio.sleep(0)


class _Unpacker:
    """Takes gzip and deflate apart piece by piece; other encodings, which were not asked for, stay as they are."""

    def __init__(self, encoding: str) -> None:
        self._is_packed = encoding in ("gzip", "x-gzip", "deflate")
        # 32 + 15: the zlib or the gzip frame, found out by itself.
        self._stream = zlib.decompressobj(47)
        self._is_first = True

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Returns at most `room` bytes, so that a small packet cannot become a large one."""
        if not self._is_packed:
            return chunk[:room]
        try:
            return self._inflate(chunk, room)
        except zlib.error as error:
            raise TargetError("body is not the gzip or deflate that its header says") from error

    def _inflate(self, chunk: bytes, room: int) -> bytes:
        try:
            found = self._stream.decompress(chunk, max(room, 1))
        except zlib.error:
            if not self._is_first:
                raise
            # Some servers send deflate without its zlib frame.
            self._stream = zlib.decompressobj(-15)
            found = self._stream.decompress(chunk, max(room, 1))
        self._is_first = False
        return found

"""The http probe: one request on a fresh connection, read within bounds.

Speaks on a bare socket. A client library costs eight times as much a check, keeps connections that hide
faults of connecting, and does not tell the phases apart.
"""

from __future__ import annotations

import contextlib
from urllib.parse import urljoin

import msgspec
from msgspec.structs import replace

from oncall_tui.domain.json_check import JsonCheck, find_value, show_value
from oncall_tui.domain.probe import HttpRequest, Probe
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.answer import Answer, AnswerReader
from oncall_tui.engine.probes.credentials import make_header
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.request import Request, make_request, read_request
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import Wire, open_wire, start_tls
from oncall_tui.engine.vantage import read_scope

REDIRECT_LIMIT = 5
_REDIRECTS = (301, 302, 303, 307, 308)


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
        # The search in bytes is enough for nearly all.
        has_text = expect.body_contains.encode() in answer.body or expect.body_contains in answer.read_text()
    return Observation(
        status=answer.status,
        status_text=answer.status_text,
        has_text=has_text,
        is_body_cut=answer.is_cut,
        expires_in_ms=answer.expires_in_ms,
        values=_find_values(answer, (*expect.json, *expect.json_degraded), trace),
    )


def _find_values(answer: Answer, checks: tuple[JsonCheck, ...], trace: Trace) -> dict[str, object] | None:
    """Returns the values that checks are about, by path, None for a body that is not JSON."""
    if not checks:
        return None
    try:
        document: object = msgspec.json.decode(answer.read_text())
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
            request = make_request(url, wanted, auth)
            if request.origin != origin:
                if wanted.body is not None:
                    raise TargetError("redirect that would take the body of the request to another host")
                request = make_request(url, replace(wanted, headers=()))
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


async def _ask(request: Request, tools: Tools, trace: Trace, allowed: frozenset[str] | None, deadline: float) -> Answer:
    wire = await open_wire(request.host, request.port, tools, trace, allowed)
    try:
        expires_in_ms = None
        if request.is_https:
            certificate = await start_tls(wire, request.name, tools, trace, deadline - tools.monotonic())
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
    trace.enter("first_byte")
    await wire.send(request.head + request.body)
    reader = AnswerReader(request.method, body_cap, trace.hide)
    while not reader.is_done:
        chunk = await wire.receive()
        if not chunk:
            reader.end()
            break
        if not reader.received:
            trace.enter("transfer")
        reader.feed(chunk)
        if reader.answer is not None:
            trace.headers, trace.body = reader.answer.headers, reader.answer.body
    assert reader.answer is not None
    return reader.answer

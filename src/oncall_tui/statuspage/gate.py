"""What every request passes first: the token, the rate, the body's size and form; and what all answers carry."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import math
import time
from collections import deque
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncall_tui.statuspage.faults import RequestRefusedError

BODY_LIMIT_BYTES = 1_000_000
BODY_DEADLINE_S = 10.0
WINDOW_S = 60.0
_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


class JsonAnswer(Response):
    """JSON in plain ASCII: hostile text stays inert wherever the bytes are looked at."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def answer_refusal(refusal: RequestRefusedError) -> Response:
    """Returns the refusal as JSON: a list of faults under `error` for 422, one sentence as `message` otherwise."""
    if refusal.http_status == 422:
        content: dict[str, object] = {"error": list(refusal.faults)}
    else:
        content = {"message": str(refusal)}
    headers = {} if refusal.retry_after_s is None else {"retry-after": str(refusal.retry_after_s)}
    if refusal.http_status == 401:
        headers["www-authenticate"] = "OAuth"
    return JsonAnswer(content, refusal.http_status, headers)


def answer_cacheable(request: Request, content: bytes, media_type: str, max_age_s: int) -> Response:
    """Returns content with an ETag, or 304 when the reader has it; a cache may serve it on when this page is down."""
    return _answer_tagged(request, content, media_type, f"public, max-age={max_age_s}, stale-if-error=86400")


def tag_answer(request: Request, answer: Response) -> Response:
    """Returns an answer to a writer with an ETag, or 304 when the writer has it: polling then costs no body."""
    if answer.status_code != 200:
        return answer
    return _answer_tagged(request, bytes(answer.body), JsonAnswer.media_type, "private, no-cache")


def _answer_tagged(request: Request, content: bytes, media_type: str, caching: str) -> Response:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": caching}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


class Gate:
    """ASGI layer around the routes; it answers 401 and 429 before a byte of the body is read."""

    def __init__(self, app: ASGIApp, token: str, requests_per_minute: int | None) -> None:
        self._app = app
        self._expected = f"OAuth {token}".encode()
        self._rate = None if requests_per_minute is None else _Window(requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        is_api = path.startswith(("/v1/", "/api/"))
        if is_api and path.endswith(".json"):
            scope["path"] = path.removesuffix(".json")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if path.startswith("/api/"):
                    headers["access-control-allow-origin"] = "*"
            await send(message)

        try:
            if path.startswith("/v1/"):
                self._admit(Headers(scope=scope))
        except RequestRefusedError as refusal:
            await answer_refusal(refusal)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _admit(self, headers: Headers) -> None:
        shown = headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(shown, self._expected):
            raise RequestRefusedError(401, "Could not authenticate: send the header Authorization: OAuth <token>")
        if self._rate is not None:
            self._rate.admit(time.monotonic())


class _Window:
    """Counts requests in a rolling minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._admitted: deque[float] = deque()

    def admit(self, now_s: float) -> None:
        while self._admitted and self._admitted[0] <= now_s - WINDOW_S:
            self._admitted.popleft()
        if len(self._admitted) >= self._limit:
            wait_s = max(1, math.ceil(self._admitted[0] + WINDOW_S - now_s))
            raise RequestRefusedError(
                429, f"More than {self._limit} requests in a minute: try again in {wait_s} s", retry_after_s=wait_s
            )
        self._admitted.append(now_s)


async def read_fields(request: Request, wrapper: str, beside: Sequence[str] = ()) -> dict[str, object]:
    """Returns the object under `wrapper` in a JSON body, with the fields named `beside` it taken in.

    Raises RequestRefusedError (400, 408, 413, 415).
    """
    declared = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if declared != "application/json" and not declared.endswith("+json"):
        raise RequestRefusedError(415, "send the body as application/json")
    body = await _read_body(request)
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RequestRefusedError(400, "the body is not valid JSON") from error
    fields = content.get(wrapper) if isinstance(content, dict) else None
    if not isinstance(fields, dict):
        raise RequestRefusedError(400, f'the body must be a JSON object {{"{wrapper}": {{...}}}}')
    return {**fields, **{name: content[name] for name in beside if name in content}}


async def _read_body(request: Request) -> bytes:
    too_large = RequestRefusedError(413, f"the body is larger than {BODY_LIMIT_BYTES} bytes")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > BODY_LIMIT_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT_BYTES:
                    raise too_large
    except TimeoutError as error:
        raise RequestRefusedError(408, f"the body did not arrive within {BODY_DEADLINE_S:.0f} s") from error
    except ClientDisconnect as error:
        raise RequestRefusedError(400, "the body broke off") from error
    return bytes(body)


def _refuse_constant(word: str) -> object:
    raise ValueError(word)

"""One request to the page and its answer, with a deadline, a size cap, and certainty about whether a byte had left."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import truststore

from oncall_tui import __version__
from oncall_tui.config.token import Secret
from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.outbox import Exchange, Outcome, Ruling, rule_exchange
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages.answer import Answer, parse, read_answer
from oncall_tui.engine.pages.credential import Credential
from oncall_tui.engine.pages.errors import AmbiguousError, make_error
from oncall_tui.engine.pages.values import bound_time

_KNOWN_LIMIT = 500_000
_KNOWN_MOST = 8
_COUNTED_MOST = 60
# Common servers close an idle connection after five seconds, and a request that meets the closing is ambiguous.
_KEEP_ALIVE_S = 4.0
# Refused for what was asked, so by a page that knew who asked.
_HEARD = (409, 422)


class PageLine:
    """The line to one API: a long-lived client that follows no redirect and takes no proxy from the environment.

    The token goes into `header` behind `scheme`; `credential` tells whether the page takes it.
    """

    def __init__(
        self,
        api_url: str,
        read_token: Callable[[], Secret],
        *,
        timeout_ms: int,
        clock: Callable[[], int],
        scheme: str,
        header: str = "Authorization",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        _require_safe(api_url)
        self._api_url = api_url.rstrip("/")
        self.credential = Credential(read_token)
        self._timeout_ms = timeout_ms
        self._clock = clock
        self._scheme = scheme
        self._header = header
        self._tls = tls
        self._client: httpx.AsyncClient | None = None
        self._starting = asyncio.Lock()
        self._known: dict[tuple[str, str], Answer] = {}
        self._asked: deque[float] = deque(maxlen=_COUNTED_MOST)
        self.clock_skew_ms: int | None = None

    async def make_ready(self) -> None:
        """Reads the token and makes the client. Raises NotAppliedError when there is no token."""
        async with self._starting:
            if self._client is None:
                tls = self._tls if self._tls is not None else await asyncio.to_thread(_make_tls)
                self._client = httpx.AsyncClient(
                    verify=tls,
                    trust_env=False,
                    follow_redirects=False,
                    timeout=self._timeout_ms / 1000,
                    limits=httpx.Limits(max_connections=8, keepalive_expiry=_KEEP_ALIVE_S),
                    headers={"User-Agent": f"oncall-tui/{__version__}", "Accept-Encoding": "identity"},
                )
            await self.credential.read()

    def count_lately(self, within_s: float) -> int:
        """Returns how many requests went out lately, as far as that matters: sixty at most."""
        since = asyncio.get_running_loop().time() - within_s
        return sum(1 for at in self._asked if at > since)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        is_missing_fine: bool = False,
        is_empty_fine: bool = False,
        is_repeated: bool = False,
    ) -> object:
        """Returns the decoded answer; None for a 404 when `is_missing_fine`. Raises PageError.

        When `is_empty_fine` an answer without a body is None, too: only for what is known to be answered so. Of any
        other call it is a doubt, since what was made is not told.
        What `is_repeated` is sent only if it changed, where the page allows that (RFC 9110, 13.1.2). Not for what a
        write depends on: a cache between us and the page may be behind.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=True).encode("ascii")
        known = self._known.get((path, str(params))) if is_repeated else None
        token, status, answer = await self._ask_once(method, path, params, content, known)
        if status == 401 and await self.credential.has_other(token):
            # Refused, so not applied: the token was changed where we read it.
            token, status, answer = await self._ask_once(method, path, params, content, known)
        is_write = method != "GET"
        if status == 401:
            raise self.credential.note_refused(token, self._rule(status, answer).reason, is_write=is_write)
        if status < 400 or status in _HEARD:
            self.credential.note_taken(token, is_write=is_write)
        if status == 403:
            self.credential.forget()
        if status == 404 and is_missing_fine and not answer.is_html:
            return None
        if status == 304 and known is not None:
            return self._decode(200, known)
        if is_empty_fine and not answer.body and not answer.fault:
            self._require_accepted(status, answer)
            return None
        decoded = self._decode(status, answer)
        if is_repeated and answer.etag and len(answer.body) <= _KNOWN_LIMIT:
            kept = list(self._known.items())[1 - _KNOWN_MOST :]
            self._known = {**dict(kept), (path, str(params)): answer}
        return decoded

    async def _ask_once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        content: bytes | None,
        known: Answer | None,
    ) -> tuple[Secret, int, Answer]:
        await self.make_ready()
        token = await self.credential.read()
        headers = {
            self._header: f"{self._scheme} {token.reveal()}".strip(),
            "Accept": "application/json",
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        if known is not None:
            headers["If-None-Match"] = known.etag
        return token, *await self._exchange(method, self._api_url + path, params, headers, content)

    async def read_url(self, url: str) -> object:
        """Returns the decoded answer of a public address, without the token. Raises PageError."""
        await self.make_ready()
        status, answer = await self._exchange("GET", url, None, {"Accept": "application/json"}, None)
        return self._decode(status, answer)

    async def read_text(self, url: str) -> str:
        """Returns the text of a public address as browsers get it, without the token. Raises PageError."""
        await self.make_ready()
        status, answer = await self._exchange("GET", url, None, {"Accept": "text/html"}, None)
        self._require_accepted(status, answer)
        return answer.body.decode("utf-8", "replace")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _rule(self, status: int, answer: Answer) -> Ruling:
        said, location = answer.say(self.credential.hide), self.credential.hide(answer.location)
        return rule_exchange(Exchange(True, status, answer.fault, said, answer.retry_after, location), self._clock())

    def _require_accepted(self, status: int, answer: Answer) -> None:
        ruling = self._rule(status, answer)
        if ruling.outcome is not Outcome.ACCEPTED:
            raise make_error(ruling)
        if answer.fault:
            raise AmbiguousError(f"the page answered {status}, but {answer.fault}")

    def _decode(self, status: int, answer: Answer) -> object:
        self._require_accepted(status, answer)
        if not answer.body:
            raise AmbiguousError(f"the page answered {status} and not a word: whether it did anything is not known")
        try:
            return parse(answer.body)
        except ValueError:
            what = answer.tell_kind(self.credential.hide)
            raise AmbiguousError(
                f"the page answered {status} with something that is not JSON ({what}): check api_url in config"
            ) from None

    async def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None,
        headers: dict[str, str],
        content: bytes | None,
    ) -> tuple[int, Answer]:
        assert self._client is not None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout_ms / 1000
        has_sent = False

        async def trace(event: str, _: object) -> None:
            nonlocal has_sent
            if event.endswith("send_request_headers.started"):
                if loop.time() >= deadline:
                    # This process slept: others may have taken the delivery for dead by now.
                    raise TimeoutError
                has_sent = True

        started_at = self._clock()
        self._asked.append(loop.time())
        try:
            request = self._client.build_request(method, url, params=params, headers=headers, content=content)
            request.extensions["trace"] = trace
            async with asyncio.timeout_at(deadline):
                response = await self._client.send(request, stream=True)
                try:
                    self._note_clock(response, started_at)
                    return response.status_code, await read_answer(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, UnicodeError) as error:
            fault = self._tell(error, has_sent)
        raise make_error(rule_exchange(Exchange(has_sent, fault=fault), self._clock()))

    def _tell(self, error: Exception, has_sent: bool) -> str:
        """Never quotes an error of a request's own making: it may hold the header with the token."""
        where = urlsplit(self._api_url).hostname or "the page"
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            phase = "before it answered" if has_sent else "while connecting to it"
            return f"{where} timed out {phase} after {format_duration(self._timeout_ms)}"
        if isinstance(error, httpx.ConnectError):
            return f"{where} cannot be reached: {clean_line(str(error), 160)}"
        if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | httpx.UnsupportedProtocol):
            return "the request could not be made: check api_url and token in config"
        if has_sent:
            return f"{where} closed the connection before its answer was whole"
        return f"{where} cannot be reached"

    def _note_clock(self, response: httpx.Response, started_at: int) -> None:
        try:
            date_at = int(parsedate_to_datetime(response.headers["date"]).timestamp() * 1000)
        except (KeyError, ValueError, TypeError, OverflowError, IndexError):
            return
        if bound_time(date_at) is None:
            return
        # The field has whole seconds: half of one is its mean error.
        self.clock_skew_ms = date_at + 500 - (started_at + self._clock()) // 2


def _make_tls() -> ssl.SSLContext:
    """Reads the system's trust store, which takes tens of milliseconds."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _require_safe(api_url: str) -> None:
    """The token must not cross a network in the clear. Raises UsageError."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError("page.api_url is not a web address: https://api.statuspage.io/v1 is one.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("page.api_url holds a user or a password: put the token in page.token.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise UsageError("page.api_url must begin with https://: plain http would show the token to the network.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"

"""Posts the document of a hook to a URL: within a deadline, without redirects, and without telling the address."""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import truststore

from oncall_tui import __version__
from oncall_tui.config.model import HookConfig, TokenSource
from oncall_tui.config.token import TOKEN_LIMIT, read_token
from oncall_tui.config.values import check_url, is_sent_in_clear
from oncall_tui.domain.duration import MINUTE, format_duration
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.hiding import hide_secrets
from oncall_tui.domain.probe import Credential
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.engine.hook_command import Outcome
from oncall_tui.engine.probes.credentials import make_header

WAIT_MOST_MS = 5 * MINUTE
ANSWER_LIMIT = 4_000
# A secret that is cut off could not be found any more.
_READ_LIMIT = ANSWER_LIMIT + TOKEN_LIMIT
_READ_WITHIN_S = 1.0
_COME_AGAIN = (408, 425, 429)


class HookLine:
    """The way to one URL. Addresses and tokens are read when they are needed, and hidden in all that is told."""

    def __init__(self, hook: HookConfig, tls: ssl.SSLContext | None = None) -> None:
        self._hook = hook
        self._tls = tls
        self._hidden: tuple[str, ...] = ()

    async def post(self, document: str, uid: str, now: int) -> Outcome:
        """Posts a document once; `uid` lets the receiver know it again."""
        try:
            url, headers = await asyncio.to_thread(self._read_secrets)
        except UsageError as error:
            return Outcome(False, str(error), may_follow=True)
        except ValueError as error:
            return Outcome(False, f"what secret_url leads to {error}")
        if self._tls is None and url.startswith("https:"):
            self._tls = await asyncio.to_thread(truststore.SSLContext, ssl.PROTOCOL_TLS_CLIENT)
        host = clean_line(urlsplit(url).hostname or "", 100)
        headers |= {
            "User-Agent": f"oncall-tui/{__version__}",
            "Content-Type": "application/json",
            "Idempotency-Key": uid,
            "Accept-Encoding": "identity",
        }
        timeout_s = self._hook.timeout_ms / 1000
        verify = self._tls or False
        client = httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=timeout_s)
        async with client:
            try:
                request = client.build_request("POST", url, headers=headers, content=document.encode("ascii"))
                async with asyncio.timeout(timeout_s):
                    response = await client.send(request, stream=True)
            except (TimeoutError, httpx.TimeoutException):
                within = format_duration(self._hook.timeout_ms)
                return Outcome(False, f"{host} did not answer within {within}", may_follow=True)
            except httpx.ConnectError as error:
                why = clean_line(self._hide(str(error)), 160)
                return Outcome(False, f"{host} cannot be reached: {why}", may_follow=True)
            except (httpx.HTTPError, OSError):
                return Outcome(False, f"{host} closed the connection before it answered", may_follow=True)
            except (httpx.InvalidURL, UnicodeError, ValueError):
                return Outcome(False, "the request could not be made: check the url and the token in config")
            return await self._judge(response, host, now)

    async def _judge(self, response: httpx.Response, host: str, now: int) -> Outcome:
        """A status that was read stands, whatever becomes of the rest."""
        status = response.status_code
        said = clean_block(self._hide(await _read_start(response)), ANSWER_LIMIT)
        if 200 <= status < 300:
            return Outcome(True, f"{host} took it: HTTP {status}", said)
        if 300 <= status < 400:
            words = f"{host} redirects (HTTP {status}), which is not followed: put the final address into config"
            return Outcome(False, words, said)
        words = f"{host} answered HTTP {status}"
        if status in _COME_AGAIN or status >= 500:
            wait_ms = _read_wait(response.headers.get("retry-after", ""), now)
            return Outcome(False, words, said, may_follow=True, wait_ms=wait_ms)
        return Outcome(False, f"{words}: it does not take this", said)

    def _read_secrets(self) -> tuple[str, dict[str, str]]:
        """Returns the URL and the header with the token; blocks. Raises UsageError or ValueError."""
        hook = self._hook
        if hook.secret_url is not None:
            url = read_token(hook.secret_url, os.environ, "hook.secret_url").reveal()
            self._hidden = (url, urlsplit(url).path)
            check_url(url)
            if is_sent_in_clear(url):
                raise ValueError("would be sent unencrypted, allowed: an https url; http for this machine only")
            return url, {}
        assert hook.url is not None
        if hook.auth is None:
            return hook.url, {}
        header, self._hidden = make_header(hook.auth, read_token(_find_source(hook.auth), os.environ, "hook.auth"))
        return hook.url, dict([header])

    def _hide(self, text: str) -> str:
        return hide_secrets(text, self._hidden)


async def _read_start(response: httpx.Response) -> str:
    """Returns the start of the body, as far as it comes within a second."""
    start = bytearray()
    with suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_READ_WITHIN_S):
            async for chunk in response.aiter_raw():
                start += chunk
                if len(start) >= _READ_LIMIT:
                    break
    with suppress(httpx.HTTPError, OSError):
        await response.aclose()
    return start[:_READ_LIMIT].decode("utf-8", "replace")


def _read_wait(field: str, now: int) -> int | None:
    """Returns the milliseconds of a Retry-After (RFC 9110, 10.2.3), five minutes at most; None for what is none."""
    try:
        wait_ms = int(field) * 1000 if field.isdecimal() else int(parsedate_to_datetime(field).timestamp() * 1000) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait_ms, 0), WAIT_MOST_MS)


def _find_source(auth: Credential) -> TokenSource:
    return TokenSource(auth.env, None if auth.file is None else Path(auth.file), auth.command)

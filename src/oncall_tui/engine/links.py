"""Asks whether the links of drafts answer, one at a time and in the background: what it finds never delays sending.

Only public hosts are asked, at the very address that was looked up, so that no draft leads into a private network.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress

import httpx
import truststore

from oncall_tui import __version__
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.update import Draft
from oncall_tui.engine.resolver import Address, Resolver, ResolverBusyError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.engine.vantage import read_scope
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.links import list_asked_links, note_link

EVERY_S = 5.0
ASK_AGAIN_MS = 10 * MINUTE
LINKS_MOST = 20
ANSWER_WITHIN_S = 5.0
REDIRECTS_MOST = 3
_NAMED_WITHIN_S = 3.0
#: What was typed a moment ago may be half an address.
_SETTLED_MS = 3_000
_PUBLIC = frozenset({"global"})
_NO_HEAD = (405, 501)
#: Anything else says that somebody is there: a page behind a login is none that is gone.
_GONE = (404, 410)
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

_log = logging.getLogger(__name__)


async def run_links(
    store: StoreThread,
    *,
    clock: Callable[[], int],
    stop: asyncio.Event,
    has_way_out: Callable[[], bool],
    every_s: float = EVERY_S,
    scopes: frozenset[str] = _PUBLIC,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Asks the links of drafts until `stop`, none more often than every ten minutes.

    `scopes` are the kinds of addresses that may be asked. While there is no way out nothing is asked, and a link that
    fails as it is lost is not blamed.
    """
    line = LinkLine(scopes, tls)
    # A file that cannot be written must not make us ask again and again.
    asked_at: dict[str, int] = {}
    try:
        while not stop.is_set():
            asked_at = {url: at for url, at in asked_at.items() if at > clock() - ASK_AGAIN_MS}
            try:
                for url in await _list_due(store, clock()) if has_way_out() else ():
                    if stop.is_set():
                        break
                    if url in asked_at:
                        continue
                    asked_at[url] = clock()
                    fault = await line.find_fault(url)
                    await store.call(note_link, url, fault if has_way_out() else "", clock())
            except StoreError as error:
                _log.info("links are not asked: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await stop.wait()
    finally:
        await line.close()


async def _list_due(store: StoreThread, now: int) -> list[str]:
    links = list_links(await store.call(list_drafts), now)
    asked = await store.call(list_asked_links, now - ASK_AGAIN_MS) if links else set()
    return [url for url in links if url not in asked]


def list_links(drafts: Sequence[Draft], now: int) -> list[str]:
    """Returns the encrypted links of drafts at rest, those of the newest first, as many as are asked."""
    settled = [draft.body for draft in drafts if draft.updated_at <= now - _SETTLED_MS and "https://" in draft.body]
    found = (link.url for body in settled for link in Reading(body).links if link.url.startswith("https://"))
    return list(dict.fromkeys(found))[:LINKS_MOST]


class LinkLine:
    """Asks for links without a body, a cookie or a proxy; `scopes` are the kinds of addresses that may be asked."""

    def __init__(
        self,
        scopes: frozenset[str] = _PUBLIC,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._scopes = scopes
        self._tls = tls
        self._resolver = resolver or Resolver()
        self._within_s = within_s
        self._client: httpx.AsyncClient | None = None

    async def find_fault(self, url: str) -> str:
        """Returns why nobody can open a link; empty when it answers, and when nothing can or may be found out."""
        try:
            async with asyncio.timeout(self._within_s):
                return await self._follow(httpx.URL(url))
        except (TimeoutError, httpx.TimeoutException):
            return f"no answer within {self._within_s:g} s"
        except socket.gaierror as error:
            return "no such host" if error.errno in _NO_SUCH_NAME else ""
        except (ResolverBusyError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return ""

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _follow(self, url: httpx.URL) -> str:
        for _ in range(REDIRECTS_MOST + 1):
            if url.scheme != "https" or url.userinfo or not url.host:
                return ""
            addresses = await self._look_up(url.raw_host.decode("ascii"))
            if any(read_scope(address.ip) not in self._scopes for address in addresses):
                return ""
            address = min(addresses, key=lambda each: each.family != socket.AF_INET)
            try:
                status, location = await self._ask("HEAD", url, address.ip)
                if status in _NO_HEAD:
                    status, location = await self._ask("GET", url, address.ip)
            except httpx.ConnectError:
                # Many a desk has no IPv6.
                return "nothing there takes a connection" if address.family == socket.AF_INET else ""
            if not (300 <= status < 400 and location):
                return f"the answer was {status}" if status in _GONE or status >= 500 else ""
            url = url.join(location)
        return ""

    async def _look_up(self, host: str) -> tuple[Address, ...]:
        """A name that hangs says more of our resolver than of the link. Raises as Resolver.resolve does."""
        try:
            async with asyncio.timeout(_NAMED_WITHIN_S):
                return await self._resolver.resolve(host)
        except TimeoutError:
            raise ResolverBusyError("the name is not found in time") from None

    async def _ask(self, method: str, url: httpx.URL, ip: str) -> tuple[int, str]:
        if self._client is None:
            if self._tls is None:
                self._tls = await asyncio.to_thread(_make_tls)
            limits = httpx.Limits(max_keepalive_connections=0)
            self._client = httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._within_s, limits=limits)
        # Not built by the client, which would add its own headers and the cookies that others have set.
        request = httpx.Request(
            method,
            url.copy_with(host=ip),
            headers={"Host": url.netloc.decode("ascii"), "User-Agent": f"oncall-tui/{__version__}"},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        await response.aclose()
        return response.status_code, response.headers.get("location", "")


def _make_tls() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

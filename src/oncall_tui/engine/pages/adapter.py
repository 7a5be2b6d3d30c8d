"""What every adapter begins with: one line to its API, and the names that components have in our file."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping

from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.capability import Capabilities
from oncall_tui.engine.pages.exchange import PageLine
from oncall_tui.engine.pages.htmlpage import find_words


class Adapter:
    """One page behind one token. Raises UsageError at once for an address that would show the token to the network.

    Of `Page` it is what does not depend on the vendor.
    """

    capabilities: Capabilities
    auth_scheme = "Bearer"
    auth_header = "Authorization"

    def __init__(
        self,
        config: PageConfig,
        read_token: Callable[[], Secret],
        clock: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.component_names: Mapping[str, str] = {}
        self._page_id = config.page_id
        self._public_url = config.public_url
        self._clock = clock
        self._line = PageLine(
            config.api_url,
            read_token,
            timeout_ms=find_deadline_ms(config),
            clock=clock,
            scheme=self.auth_scheme,
            header=self.auth_header,
            tls=tls,
        )

    @property
    def clock_skew_ms(self) -> int | None:
        return self._line.clock_skew_ms

    @property
    def refusal(self) -> str:
        return self._line.credential.refusal

    async def find_rest_s(self, *, is_write: bool) -> float:
        return await self._line.credential.find_rest_s(is_write=is_write)

    async def make_ready(self) -> None:
        await self._line.make_ready()

    async def read_public(self, awaited: Mapping[str, str]) -> dict[str, str]:
        """Returns the awaited bodies that stand in what browsers get."""
        if self._public_url is None or not awaited:
            return {}
        # A hostile page can make this take a second.
        return await asyncio.to_thread(find_words, await self._line.read_text(self._public_url), awaited)

    async def close(self) -> None:
        await self._line.close()


def find_deadline_ms(config: PageConfig) -> int:
    """Returns how long one request may take: always less than the quiet period, after which the page is looked at."""
    return min(config.request_timeout_ms, config.quiet_period_ms * 9 // 10)

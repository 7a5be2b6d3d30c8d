"""What every part of the Statuspage adapter calls with: one line, lists page by page, the stamp of our ids."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import quote

from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.outbox import OPS_KEPT
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.exchange import PageLine
from oncall_tui.engine.pages.shapes import STAMP, read_objects, read_time

_PAGE_SIZE = 100
_PAGES_MOST = 20


class StatuspageCalls:
    """One page behind one token. Raises UsageError at once for an address that would show the token to the network."""

    def __init__(
        self,
        config: PageConfig,
        read_token: Callable[[], Secret],
        clock: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.component_names: Mapping[str, str] = {}
        self._line = PageLine(
            config.api_url, read_token, timeout_ms=find_deadline_ms(config), clock=clock, scheme="OAuth", tls=tls
        )
        self._public_url = config.public_url.rstrip("/") if config.public_url is not None else None
        self._root = f"/pages/{quote(config.page_id, safe='')}"

    def _incident_path(self, remote_id: str) -> str:
        """Maintenances live among the incidents of the API."""
        return f"{self._root}/incidents/{quote(remote_id, safe='')}"

    async def _list(
        self, path: str, size_name: str, permit: Permit, since: int | None = None
    ) -> list[dict[str, object]]:
        """Pages on until a short page, one without news, or one wholly older than `since`.

        Both size and page are always sent: the vendor slows down lists without them to one a minute.
        """
        found: dict[str, dict[str, object]] = {}
        for number in range(1, _PAGES_MOST + 1):
            await permit()
            params: dict[str, str | int] = {"page": number, size_name: _PAGE_SIZE}
            answer = await self._line.ask("GET", self._root + path, params=params, is_repeated=since is None)
            if not isinstance(answer, list):
                raise AmbiguousError("the page answered with something that is not a list: check api_url in config")
            items = list(read_objects(answer))
            news = [item for item in items if str(item.get("id")) not in found]
            found.update((str(item.get("id")), item) for item in news)
            if len(answer) < _PAGE_SIZE or not news:
                break
            if since is not None and all((read_time(item.get("created_at")) or since) < since for item in items):
                break
        return list(found.values())


def stamp_metadata(
    metadata: Mapping[str, Mapping[str, object]], ops: tuple[str, ...], uid: str, op: str, origin: str = ""
) -> dict[str, Mapping[str, object]]:
    """Returns the whole metadata with our ids in it: whether the vendor merges or replaces it is not documented."""
    earlier = metadata.get(STAMP, {})
    known = earlier.get("uid")
    stamp = {
        **earlier,
        "uid": known if isinstance(known, str) else uid,
        "ops": [*(each for each in ops if each != op), op][-OPS_KEPT:],
    }
    if origin:
        stamp["origin"] = origin
    return {**metadata, STAMP: stamp}


def find_deadline_ms(config: PageConfig) -> int:
    """Returns how long one request may take: always less than the quiet period, after which the page is looked at."""
    return min(config.request_timeout_ms, config.quiet_period_ms * 9 // 10)

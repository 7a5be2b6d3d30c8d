"""What every part of the Statuspage adapter calls with: addresses, lists part by part, the stamp of our ids."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from oncall_tui.domain.outbox import OPS_KEPT
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.errors import require_list
from oncall_tui.engine.pages.lists import read_list
from oncall_tui.engine.pages.statuspage_shapes import STAMP
from oncall_tui.engine.pages.values import Item, read_objects, read_time

PAGE_SIZE = 100


class StatuspageCalls(Adapter):
    """Its token stands behind a scheme of the vendor's own."""

    auth_scheme = "OAuth"

    @property
    def _root(self) -> str:
        return f"/pages/{quote(self._page_id, safe='')}"

    def _incident_path(self, remote_id: str) -> str:
        """Maintenances live among the incidents of the API."""
        return f"{self._root}/incidents/{quote(remote_id, safe='')}"

    def _public_path(self, path: str) -> str | None:
        return None if self._public_url is None else f"{self._public_url.rstrip('/')}/api/v2/{path}"

    async def _list(
        self, path: str, size_name: str, permit: Permit, since: int | None = None, *, is_fresh: bool = False
    ) -> list[Item]:
        """Both size and page are always sent: the vendor slows down lists without them to one a minute."""

        async def ask(number: int) -> tuple[list[Item], bool]:
            params: dict[str, str | int] = {"page": number + 1, size_name: PAGE_SIZE}
            is_repeated = since is None and not is_fresh
            answer = await self._line.ask("GET", self._root + path, params=params, is_repeated=is_repeated)
            items = require_list(answer)
            return list(read_objects(items)), len(items) >= PAGE_SIZE

        return await read_list(ask, permit, lambda item: read_time(item.get("created_at")), since)


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

"""What every part of the incident.io adapter calls with: its lists, and states of components."""

from __future__ import annotations

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.errors import require_list
from oncall_tui.engine.pages.lists import read_list
from oncall_tui.engine.pages.values import Item, read_object, read_objects, read_time

PAGE_SIZE = 250
MADE_AT = "published_at"
_CURSOR_MOST = 500
READ_COMPONENTS = {
    "operational": ComponentStatus.OPERATIONAL,
    "under_maintenance": ComponentStatus.UNDER_MAINTENANCE,
    "degraded_performance": ComponentStatus.DEGRADED_PERFORMANCE,
    "partial_outage": ComponentStatus.PARTIAL_OUTAGE,
    "full_outage": ComponentStatus.MAJOR_OUTAGE,
}


class IncidentIoCalls(Adapter):
    """A list of the page stands under the name of its path."""

    async def _list(
        self, name: str, permit: Permit, since: int | None = None, *, is_routine: bool = False
    ) -> list[Item]:
        """The page's own filter by time goes by impacts, and what is without components has none."""
        after: str | None = None

        async def ask(_: int) -> tuple[list[Item], bool]:
            nonlocal after
            items, after = await self._ask_part(name, after, is_routine=is_routine)
            return items, after is not None

        return await read_list(ask, permit, lambda item: read_time(item.get(MADE_AT)), since, may_be_cut=is_routine)

    async def _ask_part(self, name: str, after: str | None, *, is_routine: bool) -> tuple[list[Item], str | None]:
        params: dict[str, str | int] = {"status_page_id": self._page_id, "page_size": PAGE_SIZE}
        if after is not None:
            params["after"] = after
        answer = await self._line.ask("GET", f"/v2/{name}", params=params, is_repeated=is_routine)
        cursor = read_object(answer, "pagination_meta").get("after")
        return read_items(answer, name), cursor if isinstance(cursor, str) and 0 < len(cursor) <= _CURSOR_MOST else None

    def _make_key(self, op: str) -> str:
        """What is said on two pages is made twice: the page answers a known key with what it made of it elsewhere."""
        return f"{op}-{self._page_id}"


def read_items(answer: object, key: str) -> list[Item]:
    """Raises AmbiguousError for what holds no such list."""
    items = answer.get(key) if isinstance(answer, dict) else None
    return list(read_objects(items if answer is None else require_list(items)))

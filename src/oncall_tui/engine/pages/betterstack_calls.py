"""What every part of the Better Stack adapter calls with: its lists, and the updates that a report names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.errors import require_list
from oncall_tui.engine.pages.lists import read_list
from oncall_tui.engine.pages.values import Item, read_id, read_object, read_objects, read_time

PAGE_SIZE = 250


class BetterStackCalls(Adapter):
    """Incidents and planned work are reports of one list."""

    _resource_names: Mapping[str, str] = {}

    @property
    def _root(self) -> str:
        return f"/status-pages/{quote(self._page_id, safe='')}"

    def _report_path(self, remote_id: str) -> str:
        return f"{self._root}/status-reports/{quote(remote_id, safe='')}"

    async def _list(
        self,
        path: str,
        permit: Permit,
        since: int | None = None,
        *,
        is_routine: bool = False,
        may_be_cut: bool = False,
    ) -> list[Item]:
        async def ask(number: int) -> tuple[Sequence[Item], bool]:
            params: dict[str, str | int] = {"page": number + 1, "per_page": PAGE_SIZE}
            answer = await self._line.ask("GET", self._root + path, params=params, is_repeated=is_routine)
            items = require_list(answer.get("data") if isinstance(answer, dict) else None)
            # The number of the next part is ours: an address from an answer could lead the token elsewhere.
            return list(read_objects(items)), read_object(answer, "pagination").get("next") is not None

        return await read_list(ask, permit, find_starts_at, since, may_be_cut=may_be_cut)


def find_starts_at(value: Item) -> int | None:
    return read_time(read_object(value, "attributes").get("starts_at"))


def index_updates(included: object) -> dict[str, Item]:
    return {
        key: item
        for item in read_objects(included)
        if item.get("type") == "status_update" and (key := read_id(item.get("id")))
    }


def list_update_ids(value: Item) -> list[str] | None:
    listed = read_object(read_object(value, "relationships"), "status_updates").get("data")
    if not isinstance(listed, list):
        return None
    return [key for item in read_objects(listed) if (key := read_id(item.get("id")))]

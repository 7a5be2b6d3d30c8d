"""What every part of the Instatus adapter calls with: its lists, and states of components."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.errors import require_list
from oncall_tui.engine.pages.lists import Repeated, read_list
from oncall_tui.engine.pages.values import Item, name_component, read_id, read_line, read_objects, read_time

PAGE_SIZE = 100
COMPONENTS = {
    ComponentStatus.OPERATIONAL: "OPERATIONAL",
    ComponentStatus.UNDER_MAINTENANCE: "UNDERMAINTENANCE",
    ComponentStatus.DEGRADED_PERFORMANCE: "DEGRADEDPERFORMANCE",
    ComponentStatus.PARTIAL_OUTAGE: "PARTIALOUTAGE",
    ComponentStatus.MAJOR_OUTAGE: "MAJOROUTAGE",
}
# Older pages have one state more, between degraded and partial.
READ_COMPONENTS = {word: status for status, word in COMPONENTS.items()} | {
    "MINOROUTAGE": ComponentStatus.PARTIAL_OUTAGE
}
KEPT = "instatus"


class InstatusCalls(Adapter):
    """Components are read every other minute while nothing is open, which leaves a request for planned work."""

    @cached_property
    def _components(self) -> Repeated[list[RemoteComponent]]:
        return Repeated(self._clock)

    @property
    def _root(self) -> str:
        return f"/v1/{quote(self._page_id, safe='')}"

    async def _list(
        self,
        path: str,
        params: Mapping[str, str],
        permit: Permit,
        since: int | None = None,
        *,
        is_routine: bool = False,
    ) -> list[Item]:
        async def ask(number: int) -> tuple[list[Item], bool]:
            window: dict[str, str | int] = {**params, "page": number + 1, "per_page": PAGE_SIZE}
            answer = await self._line.ask("GET", self._root + path, params=window, is_repeated=is_routine)
            items = require_list(answer)
            return list(read_objects(items)), len(items) >= PAGE_SIZE

        return await read_list(ask, permit, find_made_at, since)


def find_made_at(value: Item) -> int | None:
    stored = [at for item in read_objects(value.get("updates")) if (at := read_time(item.get("createdAt"))) is not None]
    return min(stored) if stored else read_time(value.get("started"))


def read_held(value: Item, names: Mapping[str, str]) -> tuple[dict[str, ComponentStatus], dict[str, object]]:
    """Returns the states of the components that something names, and the names that the page has for their ids."""
    listed = {item["id"]: item for item in read_objects(value.get("components")) if read_id(item.get("id"))}
    states = {
        name_component(str(key), item.get("name"), names): state
        for key, item in listed.items()
        if (state := READ_COMPONENTS.get(str(item.get("status"))))
    }
    return states, {str(key): read_line(item.get("name")) for key, item in listed.items()}

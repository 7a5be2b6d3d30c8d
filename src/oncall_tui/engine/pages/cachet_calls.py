"""What every part of the Cachet adapter calls with: its lists, and times in the zone of the page's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.cachet_shapes import (
    Document,
    find_stamped_zone_ms,
    find_zone_ms,
    read_document,
    read_moment,
)
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, require
from oncall_tui.engine.pages.lists import Repeated, read_list
from oncall_tui.engine.pages.values import Item

_PAGE_SIZE = 100
_ID_DIGITS = 19


class CachetCalls(Adapter):
    """Its times are in a zone which the page does not tell: what we stamp and what we write show it.

    Until then it is taken for UTC. Components are read every other minute while nothing is open, which leaves a request
    for planned work.
    """

    _zone_ms = 0

    @cached_property
    def _components(self) -> Repeated[list[RemoteComponent]]:
        return Repeated(self._clock)

    async def _prepare(self, path: str, body: Item) -> None:
        """Raises NotAppliedError for a doubt too: customers have been told nothing yet."""
        try:
            await self._line.ask("PUT", path, body=body)
        except AmbiguousError as error:
            raise NotAppliedError(str(error)) from None

    def _note_zone(self, item: Item) -> None:
        """Takes what the page stored just now for now."""
        if (shown_at := read_moment(item, "created")) is not None:
            self._zone_ms = find_zone_ms(shown_at, self._clock() + (self.clock_skew_ms or 0))

    def _note_zones(self, found: Document) -> None:
        """What is ours shows the zone for what is of others; the newest one counts, for the time of the year."""
        zones = [zone_ms for item in found.items if (zone_ms := find_stamped_zone_ms(item)) is not None]
        if zones:
            self._zone_ms = zones[0]

    async def _list(
        self,
        path: str,
        more: Mapping[str, str],
        permit: Permit,
        since: int | None = None,
        *,
        is_routine: bool = False,
    ) -> Document:
        included: dict[tuple[str, str], Item] = {}

        async def ask(number: int) -> tuple[list[Item], bool]:
            params: dict[str, str | int] = {**more, "per_page": _PAGE_SIZE, "page": number + 1}
            found = read_document(await self._line.ask("GET", path, params=params, is_repeated=is_routine))
            require(found if found.is_list else None, "a list")
            included.update(found.included)
            return found.items, len(found.items) >= _PAGE_SIZE

        items = await read_list(ask, permit, lambda item: read_moment(item, "created"), since)
        return Document(items, included, True)


def write_id(remote_id: str) -> int | str:
    return int(remote_id) if remote_id.isdecimal() and len(remote_id) < _ID_DIGITS else remote_id

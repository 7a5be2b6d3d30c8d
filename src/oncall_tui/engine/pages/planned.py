"""Planned work that a page keeps in a list of its own: read now and then, so that an idle page costs little."""

from __future__ import annotations

import asyncio
import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.adapter import Adapter
from oncall_tui.engine.pages.values import Item

_MINUTE_S = 60.0
_REQUESTS_IDLE = 2
_LATE_S = 150.0


class PlannedList(Adapter):
    """Part of what `MaintenancePage` asks for."""

    latest_readings = 0
    _latest: Sequence[Item] = ()
    _latest_s = -math.inf

    async def list_latest_maintenances(self, permit: Permit) -> list[RemoteMaintenance]:
        """Asks nothing in a minute in which the page was asked twice already, unless that goes on for too long."""
        now = asyncio.get_running_loop().time()
        if self._line.count_lately(_MINUTE_S) >= _REQUESTS_IDLE and now < self._latest_s + _LATE_S:
            return []
        await permit()
        self._note_latest(await self._read_latest_items(permit))
        return self.recall_latest_maintenances()

    def _note_latest(self, items: Sequence[Item]) -> None:
        self._latest = items
        self._latest_s = asyncio.get_running_loop().time()
        self.latest_readings += 1

    def recall_latest_maintenances(self) -> list[RemoteMaintenance]:
        return self._read_maintenances(self._latest)

    async def read_public_maintenances(self, awaited: Mapping[str, str]) -> dict[str, str]:
        """Returns the awaited words that stand in what browsers get, where planned work stands too."""
        return await self.read_public(awaited)

    def _forget_latest(self, remote_id: str) -> None:
        """After a write of ours: what was read before it is no longer true."""
        self._latest = tuple(item for item in self._latest if str(item.get("id")) != remote_id)

    def _read_maintenances(self, items: Iterable[Item]) -> list[RemoteMaintenance]:
        return [found for item in items if (found := self._read_listed(item))]

    @abstractmethod
    async def _read_latest_items(self, permit: Permit) -> Sequence[Item]:
        """Makes the one request that tells of most, which is paid, and those for what it does not tell."""

    @abstractmethod
    def _read_listed(self, item: Item) -> RemoteMaintenance | None: ...

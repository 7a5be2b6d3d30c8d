"""The failing page of the Statuspage kind, as the tests of all kinds talk to theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.engine.faultpage import FaultPage

from oncall_tui.domain.incident import IncidentStatus


@dataclass
class FakeStatuspage(FaultPage):
    """Adds groups to the page, which stand among its components."""

    groups: dict[str, str] = field(default_factory=dict)
    spoil: Callable[[object], object] = lambda answer: answer

    async def _answer(
        self, writer: asyncio.StreamWriter, status: int, answer: Any, more: dict[str, str] | None = None
    ) -> bool:
        return await super()._answer(writer, status, self.spoil(answer), more)

    @property
    def origin(self) -> str:
        return self.public_url

    def now(self) -> float:
        return self.clock() + self.clock_ahead_s

    def count_writes(self) -> int:
        return len(self.requests) - self.count("GET")

    def add_component(self, name: str, group: str = "", **more: Any) -> str:
        if group and group not in self.groups:
            self.groups[group] = super().add_component(group, group=True)
        return super().add_component(name, group_id=self.groups.get(group), **more)

    def declare(self, title: str, status: IncidentStatus, body: str) -> str:
        return self.open(title, status.value, body)

    def append(self, incident_id: str, status: IncidentStatus, body: str) -> str:
        return self.edit(incident_id, status.value, body)

    def list_words(self) -> list[list[str]]:
        return [self.bodies(incident_id) for incident_id in self.incidents]

    def list_notified(self) -> list[bool]:
        return [write.fields["deliver_notifications"] for write in self.writes if write.op is not None]

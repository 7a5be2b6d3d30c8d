"""What a fake of a page with planned work offers to tests, in our words; instants are ms since 1970."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from tests.engine.fakes.faultwire import FaultWire

from oncall_tui.domain.maintenance import MaintenanceStatus


@dataclass
class FakePlanned(FaultWire):
    """A colleague plans, says, renames, moves and deletes on the page's own web site."""

    @abstractmethod
    def plan_there(
        self, title: str, body: str, starts_at: int, ends_at: int, components: tuple[str, ...] = ()
    ) -> str: ...

    @abstractmethod
    def say_there(self, work_id: str, status: MaintenanceStatus | None, body: str) -> str: ...

    @abstractmethod
    def rename_there(self, work_id: str, title: str) -> None: ...

    @abstractmethod
    def move_there(self, work_id: str, starts_at: int, ends_at: int) -> None: ...

    @abstractmethod
    def delete_there(self, work_id: str) -> None: ...

    @abstractmethod
    def list_planned_words(self) -> list[list[str]]:
        """Returns the words of each planned work from old to new."""

    @abstractmethod
    def list_planned_notified(self) -> list[bool]:
        """Tells of each notice that was taken from the adapter whether subscribers were to be told."""

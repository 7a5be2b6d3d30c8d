"""Scheduled maintenance: the words of the public page."""

from __future__ import annotations

from enum import StrEnum


class MaintenanceStatus(StrEnum):
    """What the public page says of planned work, in the order in which it goes."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"

    @property
    def is_open(self) -> bool:
        return self is not MaintenanceStatus.COMPLETED

    @property
    def is_active(self) -> bool:
        return self in (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.VERIFYING)

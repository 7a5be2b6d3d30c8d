"""When customers are told next: how long a promise may run, and how the time left is said."""

from __future__ import annotations

from enum import StrEnum

from oncall_tui.domain.duration import MINUTE, format_clock
from oncall_tui.domain.incident import IncidentStatus, Severity

CLOCK_STEP_MS = 5 * MINUTE
SOON_MS = 5 * MINUTE
URGENT_MS = MINUTE
_SEV4_LIMIT_MIN = 24 * 60

_MINUTES: dict[Severity, tuple[int, int, int]] = {
    Severity.SEV1: (15, 20, 30),
    Severity.SEV2: (30, 30, 60),
    Severity.SEV3: (60, 60, 120),
    Severity.SEV4: (_SEV4_LIMIT_MIN, _SEV4_LIMIT_MIN, _SEV4_LIMIT_MIN),
}
_COLUMN = {IncidentStatus.INVESTIGATING: 0, IncidentStatus.IDENTIFIED: 1, IncidentStatus.MONITORING: 2}


class Urgency(StrEnum):
    """How near a promise is; each step has its own word on the screen."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    LATE = "late"


def next_update_at(severity: Severity, status: IncidentStatus, now: int) -> int | None:
    """Returns the instant to promise, on the next full five minutes of the clock; None once nothing is promised."""
    column = _COLUMN.get(status)
    if column is None:
        return None
    due_at = now + _MINUTES[severity][column] * MINUTE
    return -(-due_at // CLOCK_STEP_MS) * CLOCK_STEP_MS


def judge_due(due_at: int, now: int) -> Urgency:
    """Returns how near a promise is, so that colour and word change at the same moment."""
    left_ms = due_at - now
    if left_ms < 0:
        return Urgency.LATE
    if left_ms < URGENT_MS:
        return Urgency.URGENT
    return Urgency.SOON if left_ms < SOON_MS else Urgency.CALM


def describe_due(due_at: int | None, now: int) -> str:
    """Returns `in 13:53`, `DUE SOON 04:10`, `DUE NOW 00:30` or `LATE 04:10`; `no update promised` without a promise."""
    if due_at is None:
        return "no update promised"
    clock = format_clock(abs(due_at - now))
    return {
        Urgency.CALM: f"in {clock}",
        Urgency.SOON: f"DUE SOON {clock}",
        Urgency.URGENT: f"DUE NOW {clock}",
        Urgency.LATE: f"LATE {clock}",
    }[judge_due(due_at, now)]

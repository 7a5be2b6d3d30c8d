"""When customers are told next: how long a promise may run, and how the time left is said."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import DAY, HOUR, MINUTE, format_clock
from oncall_tui.domain.incident import IncidentStatus, Severity

CLOCK_STEP_MS = 5 * MINUTE
SOON_MS = 5 * MINUTE
URGENT_MS = MINUTE

_COLUMN = {IncidentStatus.INVESTIGATING: 0, IncidentStatus.IDENTIFIED: 1, IncidentStatus.MONITORING: 2}


class Rhythm(Struct, frozen=True):
    """How often customers hear from us, in milliseconds.

    `steps` are for investigating, identified and monitoring; `slow` is what is offered once it has lasted long.
    """

    steps: Mapping[Severity, tuple[int, int, int]]
    slow: Mapping[Severity, int]


USUAL_RHYTHM = Rhythm(
    steps={
        Severity.SEV1: (15 * MINUTE, 20 * MINUTE, 30 * MINUTE),
        Severity.SEV2: (30 * MINUTE, 30 * MINUTE, HOUR),
        Severity.SEV3: (HOUR, HOUR, 2 * HOUR),
        Severity.SEV4: (DAY, DAY, DAY),
    },
    slow={Severity.SEV1: 30 * MINUTE, Severity.SEV2: HOUR, Severity.SEV3: 4 * HOUR, Severity.SEV4: DAY},
)


class Urgency(StrEnum):
    """How near a promise is; each step has its own word on the screen."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    LATE = "late"


def next_update_at(
    severity: Severity,
    status: IncidentStatus,
    now: int,
    *,
    rhythm: Rhythm = USUAL_RHYTHM,
    interval_ms: int | None = None,
) -> int | None:
    """Returns the instant to promise, on the next full five minutes of the clock; None once nothing is promised.

    `interval_ms` is a rhythm that customers were told.
    """
    column = _COLUMN.get(status)
    if column is None:
        return None
    due_at = now + (rhythm.steps[severity][column] if interval_ms is None else interval_ms)
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

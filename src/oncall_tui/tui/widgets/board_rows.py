"""What a row of the board holds, how its columns share the width, and how it says spans and latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus

if TYPE_CHECKING:
    from oncall_tui.domain.change import Change

_WHY_AT_LEAST = 14
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


def tell_span(ms: int) -> str:
    """Returns how long something has lasted, in steps of a minute: a running second would cost a repaint a row."""
    if ms < _MINUTE:
        return "<1m"
    if ms < _HOUR:
        return f"{ms // _MINUTE}m"
    if ms < _DAY:
        return f"{ms // _HOUR}h {ms % _HOUR // _MINUTE:02}m"
    return f"{ms // _DAY}d {ms % _DAY // _HOUR:02}h"


def tell_latency(ms: float) -> str:
    """Returns a latency in at most six signs."""
    return f"{ms:.0f}ms" if ms < 1000 else f"{ms / 1000:.1f}s" if ms < 100_000 else f"{ms / 1000:.0f}s"


class Row(NamedTuple):
    """One probe on the board; rows that look the same are equal. `change` came shortly before it turned red."""

    probe: Probe
    state: ProbeState
    status: ProbeStatus
    incident_id: int | None
    change: Change | None = None


def find_since(row: Row) -> int:
    """Returns the instant since which a probe has been as it is shown."""
    is_flapping = row.status is ProbeStatus.FLAPPING
    return (row.state.flapping_at if is_flapping else None) or row.state.since_at


class Columns(NamedTuple):
    """Widths in cells; 0 leaves a column out."""

    name: int
    response: int
    strip: int
    why: int


def lay_columns(width: int, longest_name: int) -> Columns:
    """Returns the columns that fit: names first, then a reason that can be read, then the strip."""
    fixed = 2 + 9 + 9 + 8
    name = max(8, min(longest_name, 14 if width < 70 else 20 if width < 110 else 32))
    left = width - fixed - name - 2
    if left < 0:
        return Columns(max(4, width - 2 - 9 - 9 - 2), 0, 0, 0)
    widest = 10 if width < 70 else 20 if width < 130 else 40 if width < 170 else 60
    strip = min(widest, left - 2 - _WHY_AT_LEAST)
    if strip < 6:
        return Columns(name, 8, 0, left)
    return Columns(name, 8, strip, left - strip - 2)

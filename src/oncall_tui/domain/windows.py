"""Recurring windows of work on probes: when they come, by the clocks of their zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from oncall_tui.domain.duration import DAY, MINUTE

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD_MS = 2 * DAY
"""Windows are put into the file so long before they begin: an engine that is away meanwhile changes nothing."""
SHORTEST_MS, LONGEST_MS = MINUTE, 7 * DAY
LOOKED_AT_MS = 8 * DAY
"""Within so long each window comes at least once."""
_DAY = timedelta(days=1)


class Window(Struct, frozen=True):
    """A window of a config. `days` are weekdays from Monday = 0, `at_minute` the minute of the zone's day.

    It lasts `for_ms` of real time, whatever clocks do meanwhile, and covers `probes`, those of `components`, or all.
    """

    name: str
    days: tuple[int, ...]
    at_minute: int
    for_ms: int
    zone: str = "UTC"
    probes: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    covers_all: bool = False


def find_covered(window: Window, watched: Mapping[str, str | None]) -> list[str]:
    """Returns the probes that a window covers; `watched` tells each probe's component."""
    return [
        name
        for name, component in watched.items()
        if window.covers_all or name in window.probes or component in window.components
    ]


def list_occurrences(window: Window, since: int, until: int) -> list[tuple[int, int]]:
    """Returns the (start, end) of each time that touches [since, until), in order.

    There is one on each of its local days. Where clocks skip the start, it begins with the jump; where they show it
    twice, with the first.
    """
    return [
        (starts_at, starts_at + window.for_ms)
        for starts_at in _list_starts(window, since - window.for_ms, until)
        if starts_at < until and starts_at + window.for_ms > since
    ]


def _list_starts(window: Window, since: int, until: int) -> Iterator[int]:
    # Zones are up to 14 h from UTC.
    day = datetime.fromtimestamp(since / 1000, UTC).date() - _DAY
    last = datetime.fromtimestamp(until / 1000, UTC).date() + _DAY
    while day <= last:
        if day.weekday() in window.days:
            yield _find_start(window, day)
        day += _DAY


def _find_start(window: Window, day: date) -> int:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(window.zone)
    local = datetime.combine(day, time(window.at_minute // 60, window.at_minute % 60))
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early <= late:
        return round(early.timestamp() * 1000)
    # The clocks skip it: `late` lies before the jump and `early` after it.
    before, after = round(late.timestamp() * 1000), round(early.timestamp() * 1000)
    offset = late.astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        is_before = datetime.fromtimestamp(middle / 1000, UTC).astimezone(zone).utcoffset() == offset
        before, after = (middle, after) if is_before else (before, middle)
    return after

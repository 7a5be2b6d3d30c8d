"""Lengths of time as people write and read them; inside, a length is always a number of milliseconds."""

from __future__ import annotations

import re

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"([0-9]{1,12})(ms|s|m|h|d)")
DURATION_FORM = 'a whole number with ms, s, m, h or d, such as "10s"'


def parse_duration(text: str) -> int:
    """Returns the milliseconds that text such as `500ms`, `10s`, `2m`, `1h` or `1d` stands for.

    One number and one unit, so that a length has one spelling. Raises ValueError, which says what is allowed.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"is not a length of time, allowed: {DURATION_FORM}")
    return int(match[1]) * _UNITS[match[2]]


def write_duration(ms: int) -> str:
    """Returns the shortest text that `parse_duration` reads back as `ms`, for configs and their reference."""
    unit = next(unit for unit, size in reversed(_UNITS.items()) if ms % size == 0 and (ms or unit == "s"))
    return f"{ms // _UNITS[unit]}{unit}"


def format_duration(ms: float) -> str:
    """Returns a length in at most two units: `850ms`, `4.2s`, `1m30s`, `2h10m`, `9d 02h`.

    Cut off and never rounded up: a probe that took 4.99 s did not take 5 s, which may be its limit.
    """
    whole = int(ms)
    if whole < 0:
        return f"-{format_duration(-ms)}"
    if whole < SECOND:
        return f"{whole}ms"
    if whole < MINUTE:
        seconds, tenths = divmod(whole // 100, 10)
        return f"{seconds}.{tenths}s" if tenths else f"{seconds}s"
    if whole < HOUR:
        minutes, seconds = divmod(whole // SECOND, 60)
        return f"{minutes}m{seconds:02}s" if seconds else f"{minutes}m"
    if whole < DAY:
        hours, minutes = divmod(whole // MINUTE, 60)
        return f"{hours}h{minutes:02}m" if minutes else f"{hours}h"
    return _format_days(whole)


def format_clock(ms: float) -> str:
    """Returns a running clock, `MM:SS` or `H:MM:SS`; a promise that has passed counts on with a minus."""
    whole = int(ms) // SECOND
    if whole < 0:
        return f"-{format_clock(-ms)}"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def format_age(ms: float) -> str:
    """Returns how long something has lasted in at most seven signs: `04:22`, `2h 10m`, `9d 02h`.

    An age below zero is a clock that was set back, and reads as `00:00`.
    """
    whole = max(0, int(ms))
    if whole < HOUR:
        return format_clock(whole)
    if whole < DAY:
        hours, minutes = divmod(whole // MINUTE, 60)
        return f"{hours}h {minutes:02}m"
    return _format_days(whole)


def _format_days(ms: int) -> str:
    days, hours = divmod(ms // HOUR, 24)
    return f"{days}d {hours:02}h"

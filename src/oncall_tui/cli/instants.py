"""Instants and lengths of time as people type them: always with a zone, so that nobody guesses."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from oncall_tui.domain.duration import MINUTE, parse_duration
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.sanitize import clean_line

_FORM = 'such as "now", "2026-11-29T02:00Z", "2026-11-29 02:00 +01:00" or "2026-11-29 02:00 Europe/Berlin"'
_SHAPE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)[ ]?(\S+)?")


def read_instant(text: str, option: str, now: int) -> int:
    """Returns the instant that a text names, ms since 1970 UTC; one that has just passed counts as now.

    Raises UsageError for a time without a zone, one that the zone's clocks skip or show twice, and for the past.
    """
    shown = clean_line(text, 60)
    if text.strip().lower() == "now":
        return now
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{option} {shown} is no time, allowed: {_FORM}.")
    if match[2] is None:
        raise UsageError(f"{option} {shown} has no zone: add Z, an offset or a zone, {_FORM}.")
    at = _read_zoned(match[1], match[2], option, shown)
    if at < now - MINUTE:
        raise UsageError(f"{option} {shown} lies in the past: give a time to come, or now.")
    return max(at, now)


def _read_zoned(local: str, zone: str, option: str, shown: str) -> int:
    if zone.upper() in ("Z", "UTC", "GMT"):
        zone = "+00:00"
    try:
        if zone[0] in "+-":
            return _to_ms(datetime.fromisoformat(f"{local}{zone}"))
        naive = datetime.fromisoformat(local)
    except ValueError as error:
        raise UsageError(f"{option} {shown} is no time, allowed: {_FORM}.") from error
    from zoneinfo import ZoneInfo

    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"{option} {shown}: {clean_line(zone, 40)} is no zone that this host knows.") from error
    first, second = (naive.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(place).replace(tzinfo=None) != naive:
        raise UsageError(f"{option} {shown} does not exist: clocks there skip it. Give it with an offset.")
    if first != second:
        raise UsageError(f"{option} {shown} comes twice: clocks there are set back. Give it with an offset.")
    return _to_ms(first)


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def read_length(text: str, option: str) -> int:
    """Returns a length of time in ms. Raises UsageError, also for none at all."""
    try:
        length_ms = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}.") from error
    if not length_ms:
        raise UsageError(f"{option} must be longer than nothing.")
    return length_ms


def read_end(length: str | None, until: str | None, from_at: int, now: int) -> int:
    """Returns when something ends that begins, or goes on, at `from_at`. Raises UsageError unless one is given."""
    if (length is None) == (until is None):
        raise UsageError("Give either --for, such as 30m, or --until with a time.")
    if until is not None:
        return read_instant(until, "--until", now)
    return from_at + read_length(length or "", "--for")

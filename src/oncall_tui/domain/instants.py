"""Instants and lengths of time as people type them; each is read back to them before anything follows from it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from oncall_tui.domain.duration import DAY, MINUTE, parse_duration
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.sanitize import clean_line

_FORM = (
    'such as "now", "in 30m", "tomorrow 02:00 UTC", "sun 29 nov 02:00 +01:00", "2026-11-29T02:00Z" or '
    '"2026-11-29 02:00 Europe/Berlin"'
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)[ ]?(\S+)?")
_SPOKEN = re.compile(
    rf"(?:(?P<near>today|tomorrow),? )?(?:(?P<week>{'|'.join(_DAYS)})[a-z]*,? ?)?"
    rf"(?:(?P<date>\d{{1,2}})\.? (?P<month>{'|'.join(_MONTHS)})[a-z]*,? (?:(?P<year>\d{{4}}),? )?)?"
    r"(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d\d) ?(?P<zone>\S+)?",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"(?:for )?(\d+ ?[a-z]+)", re.IGNORECASE)
_UNTIL = re.compile(r"^until ", re.IGNORECASE)
_JOINT = re.compile(r" (?:for|until|to|-) ", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_LOOK_AHEAD_DAYS = 8
_LONGEST_MS = 3_650 * DAY


def read_instant(text: str, label: str, now: int, *, zone: str | None = None, may_be_past: bool = False) -> int:
    """Returns the instant that a text names, ms since 1970 UTC; one that has just passed counts as now.

    `label` names the text in errors; `zone` is that of a time without one, None where each must have its own. Raises
    UsageError for a time without a zone, one that the zone's clocks skip or show twice, and for the past unless it
    `may_be_past`.
    """
    shown = f"{label} {clean_line(text, 60)}"
    words = " ".join(text.split())
    if words.lower() == "now":
        return now
    if words.lower().startswith("in "):
        return now + read_length(words[3:].replace(" ", ""), label)
    if match := _ISO.fullmatch(words):
        naive, place = _read_iso(match[1], shown), _find_zone(match[2] or zone, shown)
    elif match := _SPOKEN.fullmatch(words):
        place = _find_zone(match["zone"] or zone, shown)
        naive = _read_spoken(match, datetime.fromtimestamp(now / 1000, place).replace(tzinfo=None), shown)
    else:
        raise UsageError(f"{shown} is no time, allowed: {_FORM}.")
    at = _to_ms(naive, place, shown)
    if at > now + _LONGEST_MS:
        raise UsageError(f"{shown} lies more than ten years ahead.")
    if may_be_past:
        return at
    if at < now - MINUTE:
        raise UsageError(f"{shown} lies in the past: give a time to come, or now.")
    return max(at, now)


def _read_iso(local: str, shown: str) -> datetime:
    try:
        return datetime.fromisoformat(local)
    except ValueError as error:
        raise UsageError(f"{shown} is no time, allowed: {_FORM}.") from error


def _read_spoken(match: re.Match[str], today: datetime, shown: str) -> datetime:
    """Returns the next local time that the words mean."""
    try:
        clock = today.replace(hour=int(match["hour"]), minute=int(match["minute"]), second=0, microsecond=0)
        if match["near"]:
            found = clock + timedelta(days=match["near"].lower() == "tomorrow")
        elif match["date"]:
            found = _find_date(match, clock, today)
        else:
            week = match["week"].lower() if match["week"] else ""
            days = (clock + timedelta(days=ahead) for ahead in range(_LOOK_AHEAD_DAYS))
            past = today.replace(second=0, microsecond=0)
            return next(day for day in days if day >= past and week in ("", _DAYS[day.weekday()]))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{shown} is no time, allowed: {_FORM}.") from error
    if match["week"] and _DAYS[found.weekday()] != match["week"].lower():
        raise UsageError(f"{shown}: {found.day} {found:%B %Y} is a {_DAY_NAMES[found.weekday()]}.")
    return found


def _find_date(match: re.Match[str], clock: datetime, today: datetime) -> datetime:
    month, day = _MONTHS.index(match["month"].lower()) + 1, int(match["date"])
    if match["year"]:
        return clock.replace(year=int(match["year"]), month=month, day=day)
    found = clock.replace(month=month, day=day)
    return found if found >= today - timedelta(days=1) else found.replace(year=found.year + 1)


def _find_zone(zone: str | None, shown: str) -> tzinfo:
    if zone is None:
        raise UsageError(f"{shown} has no zone: add Z, an offset or a zone, {_FORM}.")
    if zone.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if match := _OFFSET.fullmatch(zone):
        length = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if length < timedelta(hours=24):
            return timezone(-length if match[1] == "-" else length)
    if zone[0] in "+-":
        raise UsageError(f"{shown} is no time, allowed: {_FORM}.")
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"{shown}: {clean_line(zone, 40)} is no zone that this host knows.") from error


def _to_ms(naive: datetime, place: tzinfo, shown: str) -> int:
    try:
        first, second = (naive.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError as error:
        raise UsageError(f"{shown} is no time, allowed: {_FORM}.") from error
    if first.astimezone(place).replace(tzinfo=None) != naive:
        raise UsageError(f"{shown} does not exist: clocks there skip it. Give it with an offset.")
    if first != second:
        raise UsageError(f"{shown} comes twice: clocks there are set back. Give it with an offset.")
    return round(first.timestamp() * 1000)


def read_length(text: str, label: str) -> int:
    """Returns a length of time in ms. Raises UsageError, also for none at all."""
    try:
        length_ms = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{label} {error}.") from error
    if not length_ms:
        raise UsageError(f"{label} must be longer than nothing.")
    if length_ms > _LONGEST_MS:
        raise UsageError(f"{label} must be shorter than ten years.")
    return length_ms


def read_end(length: str | None, until: str | None, from_at: int, now: int) -> int:
    """Returns when something ends that begins, or goes on, at `from_at`. Raises UsageError unless one is given."""
    if (length is None) == (until is None):
        raise UsageError("Give either --for, such as 30m, or --until with a time.")
    if until is not None:
        return read_instant(until, "--until", now)
    return from_at + read_length(length or "", "--for")


def read_end_words(text: str, label: str, from_at: int, *, zone: str | None = None) -> int:
    """Returns the end that a text names for what begins at `from_at`: `2h`, `for 2h`, or a time after that.

    Raises UsageError.
    """
    words = " ".join(text.split())
    if match := _LENGTH.fullmatch(words):
        return from_at + read_length(match[1].replace(" ", "").lower(), label)
    return read_instant(_UNTIL.sub("", words), label, from_at, zone=zone)


def split_window(text: str) -> tuple[str, str]:
    """Returns the start and the end of words such as `sun 02:00 UTC for 2h`; the end is empty where none is named."""
    words = " ".join(text.split())
    match = _JOINT.search(words)
    return (words[: match.start()], words[match.end() :]) if match else (words, "")

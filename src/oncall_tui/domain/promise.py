"""Promises to customers: which were kept, and when a slower rhythm may be offered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.update import IncidentUpdate

SLOW_AFTER_MS = 2 * HOUR
LEAST_GRACE_MS = 2 * MINUTE
GRACE_SHARE = 10
"""A tenth of the interval: most promises of those who mean them are kept so, and far fewer to the minute."""
_LONGEST_MS = DAY

_SENTENCE = re.compile(r"[^\s](?:[^\n.!?]|[.!?](?!\s|\Z))*[.!?]?")
_ANNOUNCEMENT = re.compile(
    r"\b(?:next (?:update|post|news|message)|hear (?:again|more|from us)|(?:another|further|an|more) updates?"
    r"|updates? you|(?:write|post|report|call|update|inform) (?:you )?again|more (?:news|information|details))\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}\b|\b\d{1,2} ?[ap]\.?m\b"
    r"|\b(?:in|within|after) (?:about )?(?:\d+|an?|one|two|half an?) (?:minute|hour|day)s?",
    re.IGNORECASE,
)
_CLOCK_AND_ZONE = re.compile(
    r"\b\d{1,2}:\d{2}(?: ?[AaPp]\.?[Mm]\.?)?(?: (?:[A-Z]{2,5}\b|\([A-Z]{2,5}\)|[+-]\d{2}:?\d{2}))?"
    r"(?: on \d{1,2} [A-Z][a-z]+)?"
)
_LENGTH = re.compile(
    r"\b(?:in|within|after) (?:about )?(\d{1,4}|an?|one|two|half an?) (minute|hour|day)s?\b", re.IGNORECASE
)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2}
_UNITS = {"minute": MINUTE, "hour": HOUR, "day": DAY}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UTC_TIME = re.compile(
    r"\b(\d{1,2}):(\d{2}) (?:UTC|GMT)\b"
    r"(?: on (\d{1,2}) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)?",
    re.IGNORECASE,
)


class Told(Struct, frozen=True):
    """One update that customers got: when, and until when it promised the next one, None without a promise."""

    at: int
    promise_at: int | None = None


class Outcome(StrEnum):
    """What became of a promise; `late` is kept within the grace, `open` one that is not due yet or in its grace."""

    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    OPEN = "open"


class Promise(Struct, frozen=True):
    """One promise; `answered_at` is when the next update came, None while there is none."""

    made_at: int
    due_at: int
    answered_at: int | None
    outcome: Outcome


class Score(Struct, frozen=True):
    """How promises were kept: `met` of `due` within the grace, `strict` to the instant."""

    due: int
    met: int
    strict: int

    def __str__(self) -> str:
        return f"{self.met} of {self.due} kept ({self.strict} to the minute)" if self.due else "no promise was due"


def grace_of(made_at: int, due_at: int) -> int:
    """Returns by how many milliseconds an update may be late and still keep a promise: 2 minutes, or a tenth of it."""
    return max(LEAST_GRACE_MS, (due_at - made_at) // GRACE_SHARE)


def list_promises(told: Sequence[Told], now: int) -> list[Promise]:
    """Returns the promises of an incident in their order, each judged by the update that came next.

    `told` runs from old to new.
    """
    promises = []
    for index, update in enumerate(told):
        if update.promise_at is None:
            continue
        answered_at = told[index + 1].at if index + 1 < len(told) else None
        outcome = _judge(update.at, update.promise_at, answered_at, now)
        promises.append(Promise(update.at, update.promise_at, answered_at, outcome))
    return promises


def _judge(made_at: int, due_at: int, answered_at: int | None, now: int) -> Outcome:
    last_at = due_at + grace_of(made_at, due_at)
    if answered_at is None:
        return Outcome.OPEN if now <= last_at else Outcome.MISSED
    if answered_at <= due_at:
        return Outcome.KEPT
    return Outcome.LATE if answered_at <= last_at else Outcome.MISSED


def score_promises(promises: Sequence[Promise]) -> Score:
    """Returns how many of the promises that were due were kept."""
    outcomes = [promise.outcome for promise in promises if promise.outcome is not Outcome.OPEN]
    kept = outcomes.count(Outcome.KEPT)
    return Score(due=len(outcomes), met=kept + outcomes.count(Outcome.LATE), strict=kept)


def offer_slower(
    severity: Severity,
    status: IncidentStatus,
    open_ms: int,
    present_ms: int,
    rhythm: Rhythm = USUAL_RHYTHM,
) -> int | None:
    """Returns a slower rhythm that may be told to customers, in milliseconds; None where none is to be offered.

    Nothing is offered in the first two hours, nor one that is no slower than `present_ms`, which customers know. Once
    it is as slow as the severity allows, it doubles, up to a day.
    """
    if not status.is_open or open_ms < SLOW_AFTER_MS:
        return None
    slow_ms = rhythm.slow[severity]
    offered = slow_ms if present_ms < slow_ms else min(2 * present_ms, _LONGEST_MS)
    return offered if offered > present_ms else None


def find_promise(text: str) -> tuple[int, int] | None:
    """Returns where a text says when customers hear again, the sentence with its stop; None where it does not.

    The last such sentence counts. A promise without a time is none.
    """
    found = None
    for match in _SENTENCE.finditer(text):
        if _ANNOUNCEMENT.search(match.group()) and _CLOCK.search(match.group()):
            found = match.span()
    return found


def find_promised_time(sentence: str) -> str:
    """Returns the time that a promise names, as short as it can be said: `14:35 UTC`, `in 2 hours`; empty for none."""
    match = _CLOCK_AND_ZONE.search(sentence) or _CLOCK.search(sentence)
    return match.group() if match else ""


def read_promise(text: str, at: int) -> int | None:
    """Returns until when a text that was told at an instant promises the next one; None where it does not tell.

    A time of day is the next one after `at`. Zones other than UTC and GMT are not read.
    """
    place = find_promise(text)
    if place is None:
        return None
    sentence = text[slice(*place)]
    if length := _LENGTH.search(sentence):
        count = 0.5 if "half" in length[1] else float(length[1]) if length[1].isdigit() else _NUMBERS[length[1].lower()]
        return at + int(count * _UNITS[length[2].lower()])
    found = _UTC_TIME.search(sentence)
    try:
        return None if found is None else _read_time(found, datetime.fromtimestamp(at / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _read_time(found: re.Match[str], at: datetime) -> int:
    """Raises ValueError for a time or a day that there is not."""
    moment = at.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if found[3]:
        moment = moment.replace(day=int(found[3]), month=_MONTHS.index(found[4].lower()[:3]) + 1)
        if moment < at - timedelta(days=180):
            moment = moment.replace(year=moment.year + 1)
    elif moment < at:
        moment += timedelta(days=1)
    return int(moment.timestamp() * 1000)


def list_told(updates: Iterable[IncidentUpdate]) -> list[Told]:
    """Returns what customers were told, from old to new: when a page had each update, and what its words promise.

    What never reached a page was not told.
    """
    told = []
    for update in updates:
        at = update.delivered_at if update.is_local else update.created_at
        if at is not None:
            told.append(Told(at, read_promise(update.body, at) if update.status.is_open else None))
    return sorted(told, key=lambda each: each.at)

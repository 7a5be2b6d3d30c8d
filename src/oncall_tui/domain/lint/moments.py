"""Times and dates as people write them in messages, with their zones; what is ambiguous stays unknown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from msgspec import Struct, structs

from oncall_tui.domain.duration import DAY, MINUTE
from oncall_tui.domain.lint.dates import WEEKDAY, WEEKDAYS, DateWord
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.signs import find_all, fold

_OFFSETS = {
    "utc": 0, "gmt": 0, "z": 0, "zulu": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "eet": 120,
    "eest": 180, "msk": 180, "sast": 120, "sgt": 480, "hkt": 480, "jst": 540, "kst": 540, "awst": 480, "acst": 570,
    "acdt": 630, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "pst": -480, "pdt": -420, "mst": -420, "mdt": -360,
    "cst": -360, "cdt": -300, "est": -300, "edt": -240, "brt": -180, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
_ZONE = (
    r"(?:(?:UTC|GMT|utc|gmt|Utc)(?: ?[+-] ?\d{1,2}(?::?\d\d)?)?|[PMCE][SD]?T|[CEW]E?S?T|CES?T|BST|IST|MSK|SAST|SGT|HKT"
    r"|JST|KST|A[EWC][SD]T|NZ[SD]T|AK[SD]T|HST|BRT|ART|PHT|PKT|WIB|ICT|GST|Z(?:ulu)?|pst|pdt|est|edt|cet|cest|pt|et"
    r"|(?:Europe|America|Asia|Australia|Africa|Atlantic|Pacific|US)/[A-Z]\w{1,30}(?:/\w{1,30})?"
    r"|(?:US )?(?:(?:Central |Eastern |Western )?(?:Europe(?:an)?|American?|Australian?|African?)|Asia|London|Berlin"
    r"|Paris|Sydney|Singapore|Tokyo|India|UK|British|Japan|Pacific|Eastern|Central|Mountain)"
    r" (?:Standard |Daylight |Summer ){0,2}[Tt]ime"
    r"|[+-]\d\d:?\d\d)(?![\w/])"
)
#: Such a word is a zone right behind a time alone: elsewhere it is a place.
_ZONE_BEHIND = rf"(?:{_ZONE}|(?:US[/ ] ?)?(?:[Pp]acific|[Ee]astern|[Cc]entral|[Mm]ountain)(?![\w/]| [A-Z]))"
_CLOCK = Pattern(
    r"(?:(?<=\dT)|(?<![\w:.,+/]))(?:"
    r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d(?:[.,]\d{1,6})?)?(?: ?(?P<half>[AaPp][Mm]\b"
    r"|[AaPp]\.[Mm]\b\.?|(?<=\d)[ap]\b))?"
    r"|(?P<hour2>1[0-2]|0?[1-9])(?:\.(?P<minute2>[0-5]\d))? ?(?P<half2>[AaPp][Mm]\b|[AaPp]\.[Mm]\b\.?)"
    r"|(?P<hour3>[01]\d|2[0-4])[.h]?(?P<minute3>[0-5]\d)(?= ?(?:hrs |hours )?(?:UTC|GMT|Z\b))"
    r"|(?P<hour4>[01]?\d|2[0-3])(?: ?[hH] ?|\.)(?P<minute4>[0-5]\d)(?!\w| ?(?:%|percent|[kMGT]i?B|ms|s|seconds"
    r"|million|x|LTS)\b)"
    r"|(?P<hour5>[01]?\d|2[0-3])(?= ?(?:o['’]clock|Uhr)\b)|(?P<hour6>[01]\d|2[0-3])(?P<minute6>[0-5]\d)(?= ?(?:hrs"
    r"|hours|h)\b)"
    r"|(?P<hour7>[01]\d|2[0-3])(?P<minute7>[0-5]\d)(?!\w| ?%)"
    r")(?![\d%]|:\d|\.\d)"
)
_TIME_BEFORE = Pattern(
    r"(?i:\b(?:at|by|since|until|till|around|about|from|between|before|after|um|ab|seit|bis|gegen|vers|à|depuis|dès"
    r"|las) )\Z"
)
#: What may stand before and behind a time that is written as `1405`.
_BARE_BEFORE = Pattern(
    r"(?i:\b(?:at|by|since|until|till|from|between|before|after)(?: about| around| approximately| roughly)?"
    r"|\b0\d[0-5]\d(?: to| until| till| and|-| -| –|–))[ ]?\Z"
)
_BARE_TO = Pattern(r"(?<!\d)0\d[0-5]\d(?: (?:to|until|till|and|-|–) |[-–])\Z")
_OTHER_BARE = Pattern(r"(?: (?:to|until|till|and|-|–) |[-–])0\d[0-5]\d(?!\w)")
_AMOUNT_BEFORE = Folded(
    r"\b(?:cap\w*|limit\w*|set|stands?|stood|peak\w*|pric\w*|port|lines?|versions?|builds?|rows?|pages?|count\w*|max\w*"
    r"|total\w*|increas\w*|decreas\w*|grew|grow\w*|rose|fell|drop\w*|rais\w*|reduc\w*|scal\w*|errors?|codes?|room|suite"
    r"|numbers?|ids?|article|rfc|iso|year|years|step\w*)\b[^.!?\n]{0,30}\Z"
)
_BARE_AFTER = Pattern(
    r"(?=[.,;!?)]*(?:\s*\Z|\s*\n)|[.!?)] |,? (?:today|yesterday|tomorrow|tonight|this morning|this afternoon"
    r"|this evening|on (?:Mon"
    r"|Tues|Wednes|Thurs|Fri|Satur|Sun)day|local|we|our|it|they|customers|users|sign-ins?|there|until|till|but|when)\b)"
)
_COUNTED = Folded(
    r"[- ]?(?:users|customers|requests|errors?|calls|messages|accounts|servers|sites|orders|ms|seconds|minutes|of"
    r"|times|per|px"
    r"|units|items|records|people|instances|jobs|events|rps|qps|mb|gb)\b"
)
_DAY_AFTER = Pattern(
    r" (?:this (?:morning|afternoon|evening)|today|yesterday|tonight|last night|in the (?:morning|evening))\b"
)
#: So many signs before and behind a time another word may tell its day.
_NEAR = 60
_ANY_DAY = (
    r"(?:(?i:\b(?:today|tomorrow|yesterday|overnight|tonight|(?:this|next|last) (?:week|weekend|morning|evening))\b)"
    rf"|\b{WEEKDAY}\b)"
)
_DAY_WORD = Pattern(_ANY_DAY)
_BEHIND = (
    r"[)\]]?,? ?\(?(?i:(?:(?:in|on) the (?:early )?(?:morning|afternoon|evening|night) )?(?:on|of|the|am|le|el) )*"
)
#: What stands between a time and the day that belongs to it: behind it, and behind it with words that leave no doubt.
_DATE_BEHIND = Pattern(rf"{_BEHIND}(?:(?i:today|tomorrow),? \(?)?")
_SURELY_BEHIND = Pattern(r"(?i:\b(?:on|of|am|le|el) )|\(")
_DAY_BEHIND = Pattern(rf"{_BEHIND}(?:this |next )?(?P<day>{_ANY_DAY})")
#: The same before it. `by` and `until` begin what may have a day of its own.
_DATE_BEFORE = Pattern(r"(?:T|[)\]]?[,:]? ?(?i:at |around |about |um |à |las |from |since )*)")
_DAY_BEFORE = Pattern(
    rf"(?P<day>{_ANY_DAY})(?: (?:morning|afternoon|evening|night))?,? ?"
    r"(?i:(?:at|by|around|about|before|until|no later than|um|à) )*\Z"
)
_LENGTH_AFTER = Pattern(r" ?(?:hours?|min(?:ute)?s?|mins?|ratio|odds|scale)\b")
_O_CLOCK = Pattern(r" ?(?:o['’]clock|Uhr)\b")
_HOURS = Pattern(r" ?(?:hrs?|h|o'clock)\b\.?")
_ZONE_AFTER = Pattern(rf"[ \u2060]{{0,2}}[(\[]?(?P<zone>{_ZONE_BEHIND})")
_ZONE_BEFORE = Pattern(r"\b(?P<zone>UTC|GMT|[PMCE][SD]?T|CES?T)\b[)\]]?:? ?$")
_ZONE_OF_ALL = Pattern(
    r"(?i:\b(?:all |the |these |our )?times?(?: shown| given| listed| stated| below| here){0,3}(?: are)?(?: in)?)"
    rf" \(?(?P<zone>{_ZONE_BEHIND})"
)
_ZONE_ALONE = Pattern(rf"(?<![\w/])(?P<zone>{_ZONE})")


class Clock(Struct, frozen=True):
    """A time of day that is named; `zone` is empty where the text has none, `offset_min` None where it is not certain.

    `zone_end` is where the time ends together with a zone right behind it, `day_word` what else tells the day, such as
    `tomorrow`. `is_day_guessed` tells that the date stands elsewhere in the sentence and may be of another time.
    """

    start: int
    end: int
    minute: int
    zone: str = ""
    offset_min: int | None = None
    zone_end: int = 0
    date: DateWord | None = None
    day_word: str = ""
    is_day_guessed: bool = False

    def at(self, now: int) -> int | None:
        """Returns the instant: on its date, else the one nearest to `now`; None when the zone is not certain.

        On a guessed day that has passed, the later of the two.
        """
        weekday = WEEKDAYS.index(self.day_word[:3]) if self.day_word[:3] in WEEKDAYS else None
        if self.offset_min is None or (weekday is None and self.day_word not in ("", "today", "tomorrow")):
            return None
        shift = timedelta(minutes=self.offset_min)
        here = datetime.fromtimestamp(now / 1000, UTC) + shift
        day = self.date.on(here.date()) if self.date is not None else here.date()
        if day is None:
            return None
        moment = datetime.combine(day, time(), UTC) + timedelta(minutes=self.minute) - shift
        at = int(moment.timestamp() * 1000)
        if self.day_word == "tomorrow":
            at += DAY
        elif weekday is not None:
            at += (weekday - here.weekday()) % 7 * DAY
        elif self.date is None and not self.day_word:
            at = min((at - DAY, at, at + DAY), key=lambda each: abs(each - now))
        if self.is_day_guessed and at < now:
            undated = structs.replace(self, date=None, is_day_guessed=False).at(now)
            return at if undated is None else max(at, undated)
        return at


def find_clocks(
    prose: str, sentences: Sequence[tuple[int, int]], dates: Sequence[DateWord], numbers: Sequence[int]
) -> list[Clock]:
    """Returns the times of day, each with the zone that stands beside it or holds for its sentence or for all.

    `numbers` is where runs of digits begin.
    """
    starts = [start for start, _ in sentences]
    begins = [day.start for day in dates]
    grouped: dict[int, list[Clock]] = {}
    for match in _CLOCK.match_at(prose, numbers):
        clock = _read_clock(prose, match)
        if clock is not None:
            grouped.setdefault(bisect_right(starts, clock.start) - 1, []).append(clock)
    if not grouped:
        return []
    everywhere = next(_ZONE_OF_ALL.match_at(prose, find_all(fold(prose), ("time",))), None)
    found: list[Clock] = []
    for index, clocks in grouped.items():
        start, end = sentences[index] if index >= 0 else (0, len(prose))
        near = next((clock for clock in clocks if clock.zone), None)
        shared = "" if near is not None else _zone_in(prose, start, end) or (everywhere["zone"] if everywhere else "")
        for clock in clocks:
            if not clock.zone and near is not None:
                clock = structs.replace(clock, zone=near.zone, offset_min=near.offset_min)
            elif not clock.zone and shared:
                clock = structs.replace(clock, zone=shared, offset_min=_offset_of(shared))
            found.append(_find_day(clock, prose, dates, begins, start, end))
    return found


def _read_clock(prose: str, match: re.Match[str]) -> Clock | None:
    start, end = match.span()
    hour = int(
        match["hour"]
        or match["hour2"]
        or match["hour3"]
        or match["hour4"]
        or match["hour5"]
        or match["hour6"]
        or match["hour7"]
    )
    found = (
        match["minute"]
        or match["minute2"]
        or match["minute3"]
        or match["minute4"]
        or match["minute6"]
        or match["minute7"]
    )
    minute = int(found or 0)
    # Written so it may be a length or a version as well, unless the word before it tells.
    if match["hour7"] and not _is_bare_time(prose, start, end):
        return None
    if match["hour4"] or match["hour6"]:
        before = _TIME_BEFORE.search(prose, max(0, start - 12), start)
        is_sure = before is not None and (
            before.group().strip().lower() in ("at", "around")
            or _DAY_AFTER.match(prose, end)
            or _O_CLOCK.match(prose, end)
        )
        if before is None or ("." in match.group() and not is_sure):
            return None
    half = (match["half"] or match["half2"] or "")[:1].lower()
    if half:
        if not 1 <= hour <= 12:
            half = ""
        else:
            hour = hour % 12 + (12 if half == "p" else 0)
    elif not match["hour6"] and _LENGTH_AFTER.match(prose, end):
        return None
    if hour * 60 + minute > 24 * 60:
        return None
    after = end
    if hours := _HOURS.match(prose, after):
        after = hours.end()
    zone, zone_end = "", end
    behind = _ZONE_AFTER.match(prose, after)
    # `02:00-04:00` is a range, unless it is written as machines write instants.
    if behind and (behind["zone"][0] not in "+-" or behind.start("zone") > after or prose[start - 1 : start] == "T"):
        zone, zone_end = behind["zone"], behind.end()
    elif before := _ZONE_BEFORE.search(prose, max(0, start - 8), start):
        zone = before["zone"]
    return Clock(start, end, hour * 60 + minute, zone, _offset_of(zone), zone_end)


def _is_bare_time(prose: str, start: int, end: int) -> bool:
    """Tells whether four figures are a time of day: words of time before them, and nothing behind that they count."""
    low = max(0, start - 60)
    if not _BARE_BEFORE.search(prose, low, start) or _AMOUNT_BEFORE.search(prose, low, start):
        return False
    shown = prose[start:end]
    if shown[0] == "0" or _OTHER_BARE.match(prose, end) or _BARE_TO.search(prose, low, start):
        return _COUNTED.match(prose, end) is None
    # Years stand behind such words too.
    is_year = shown[:2] == "19" or "2000" <= shown <= "2059"
    return not is_year and _BARE_AFTER.match(prose, end) is not None


def _zone_in(prose: str, start: int, end: int) -> str:
    match = _ZONE_ALONE.search(prose, start, end)
    return match["zone"] if match else ""


def _offset_of(zone: str) -> int | None:
    name = zone.lower().replace(" ", "")
    if name in _OFFSETS:
        return _OFFSETS[name]
    match = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d\d)?", name)
    if match is None:
        return None
    size = int(match[2]) * 60 + int(match[3] or 0)
    return (-size if match[1] == "-" else size) if size <= 14 * 60 else None


def _find_day(
    clock: Clock, prose: str, dates: Sequence[DateWord], begins: Sequence[int], start: int, end: int
) -> Clock:
    """Returns a time with its day: what is joined to it, else the nearest date of its sentence, one before it first."""
    index, behind = bisect_right(begins, clock.start), max(clock.end, clock.zone_end)
    before = dates[index - 1] if index and dates[index - 1].start >= start else None
    after = dates[index] if index < len(dates) and dates[index].end <= end + 1 else None
    is_behind = after is not None and _DATE_BEHIND.fullmatch(prose, behind, after.start) is not None
    if after is not None and is_behind and _SURELY_BEHIND.search(prose, behind, after.start):
        return structs.replace(clock, date=after)
    if before is not None and _DATE_BEFORE.fullmatch(prose, before.end, clock.start):
        return structs.replace(clock, date=before)
    if is_behind:
        return structs.replace(clock, date=after)
    low, high = max(start, clock.start - _NEAR), min(end, clock.end + _NEAR)
    word = _DAY_BEHIND.match(prose, behind, high) or _DAY_BEFORE.search(prose, low, clock.start)
    if word is not None:
        return structs.replace(clock, day_word=word["day"].lower())
    if before is not None or after is not None:
        return structs.replace(clock, date=before or after, is_day_guessed=True)
    word = _DAY_WORD.search(prose, low, high)
    return structs.replace(clock, day_word=word.group().lower()) if word is not None else clock


def tell_clock(at: int) -> str:
    """Returns an instant as customers read it, `14:05 UTC`."""
    return f"{datetime.fromtimestamp(at // MINUTE * MINUTE / 1000, UTC):%H:%M} UTC"

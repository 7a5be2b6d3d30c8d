"""Times and dates as people write them in messages, with their zones; what is ambiguous stays unknown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct, structs

from oncall_tui.domain.duration import DAY, MINUTE
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.signs import find_all, fold

_WEEKDAY = (
    r"(?:Mon(?:day)?|Tue(?:s(?:day)?)?|Wed(?:nesday|s)?|Thu(?:rs?(?:day)?)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?"
    r"|MON(?:DAY)?|TUE(?:SDAY)?|WED(?:NESDAY)?|THU(?:RSDAY)?|FRI(?:DAY)?|SAT(?:URDAY)?|SUN(?:DAY)?"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
)
#: Days and months in German, French and Spanish, by their first letters.
_OTHER_DAYS = {
    "mo": 0, "lun": 0, "di": 1, "mar": 1, "mi": 2, "mer": 2, "mié": 2, "do": 3, "jeu": 3, "jue": 3, "fr": 4, "ven": 4,
    "vie": 4, "sa": 5, "sam": 5, "sáb": 5, "so": 6, "dim": 6, "dom": 6,
}  # fmt: skip
_OTHER_MONTHS = {
    "janu": 1, "janv": 1, "ener": 1, "febr": 2, "févr": 2, "märz": 3, "mars": 3, "avri": 4, "abri": 4, "mai": 5,
    "mayo": 5, "juni": 6, "juin": 6, "juli": 7, "juil": 7, "août": 8, "agos": 8, "sept": 9, "okto": 10, "octu": 10,
    "dici": 12, "deze": 12, "déce": 12,
}  # fmt: skip
_MONTH = (
    r"(?:Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|[Jj]anvier|[Ff]évrier|[Mm]ars|[Aa]vril|[Mm]ai|[Jj]uin"
    r"|[Jj]uillet|[Aa]oût|[Ss]eptembre|[Oo]ctobre|[Nn]ovembre|[Dd]écembre|[Ee]nero|[Ff]ebrero|[Mm]arzo|[Aa]bril"
    r"|[Mm]ayo|[Jj]unio|[Jj]ulio|[Aa]gosto|[Ss]eptiembre|[Oo]ctubre|[Nn]oviembre|[Dd]iciembre"
    r"|JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER|JAN|FEB|APR|JUN|JUL|AUG"
    r"|SEPT?|OCT|NOV|DEC|january|february|april|june|july|august|september|october|november|december"
    r"|Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_ANY_WEEKDAY = (
    rf"(?:{_WEEKDAY}|(?:Mo|Di|Mi|Do|Fr|Sa|So)(?=[.,]? \d{{1,2}}\.)|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch"
    r"|[Ll]undi|[Mm]ardi|[Mm]ercredi|[Jj]eudi|[Vv]endredi|[Ss]amedi|[Dd]imanche"
    r"|[Ll]unes|[Mm]artes|[Mm]iércoles|[Jj]ueves|[Vv]iernes|[Ss]ábado|[Dd]omingo)"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = Pattern(
    rf"(?<![\w-])(?:(?=[DFJLMSTVWdfjlmstvw])(?P<before>{_ANY_WEEKDAY})\b[.,]? \(?(?:the |den |le |el )?)?(?:"
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?: of| de)?[ -](?P<month>{_MONTH})\b\.?"
    r"(?:,?[ -](?:de )?(?P<year>\d{4})(?![\d:]))?"
    rf"|(?=[ADEFJMNOSadefjmnos])(?P<month2>{_MONTH})\b\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?![:.]\d|\w|%)"
    r"(?:,? (?P<year2>\d{4})(?![\d:]))?"
    r"|(?P<iso>\d{4}(?P<sign>[-/])\d\d(?P=sign)\d\d)(?![\d/]|-)|(?P<dotted>\d{1,2}(?:\.\d{1,2}\."
    r"|-\d{1,2}-)\d{4})(?![\d.])"
    r"|(?(before)(?P<short>(?:\d{1,2}\.\d{1,2}\.|\d{1,2}/\d{1,2})(?![\d./%:]))|(?!))"
    r"|(?P<slashed>\d{1,2}/\d{1,2}/\d{4})(?![\d/])"
    rf")(?:,? \(?(?P<after>{_WEEKDAY})\b\)?)?"
)
_NUMBER = Pattern(r"\d+")
#: So far before its first number a date begins, and so far behind that it ends, with what may not follow it.
_BEFORE_NUMBER, _BEHIND_NUMBER = 40, 60
_MONTH_STARTS = frozenset({*_MONTHS, *(name[:3] for name in _OTHER_MONTHS), "déc", "dez", "dic", "ene", "fév", "mär"})
_DAY_BEHIND = Pattern(
    r"\d{1,4}(?:[./-]\d|(?:st|nd|rd|th|er|\.)?(?: of| de)?[ -](?i:" + "|".join(sorted(_MONTH_STARTS)) + "))"
)
_OFFSETS = {
    "utc": 0, "gmt": 0, "z": 0, "zulu": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "eet": 120,
    "eest": 180, "msk": 180, "sast": 120, "sgt": 480, "hkt": 480, "jst": 540, "kst": 540, "awst": 480, "acst": 570,
    "acdt": 630, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "pst": -480, "pdt": -420, "mst": -420, "mdt": -360,
    "cst": -360, "cdt": -300, "est": -300, "edt": -240, "brt": -180, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
_ZONE = (
    r"(?:(?:UTC|GMT|utc|gmt|Utc)(?: ?[+-] ?\d{1,2}(?::?\d\d)?)?|[PMCE][SD]?T|[CEW]E?S?T|CES?T|BST|IST|MSK|SAST|SGT|HKT"
    r"|JST|KST|A[EWC][SD]T|NZ[SD]T|AK[SD]T|HST|BRT|ART|PHT|PKT|WIB|ICT|GST|Z(?:ulu)?|pst|pdt|est|edt|cet|cest|pt|et"
    r"|(?:US[/ ])?(?:Pacific|Eastern|Central|Mountain|Europe|America|Asia|Australia|Africa|London|Berlin|Paris"
    r"|Sydney|Singapore|Tokyo|India|UK|local)"
    r"(?:/[A-Z]\w{1,30}(?:/\w{1,30})?| (?:Standard |Daylight |European |Summer ){0,2}[Tt]ime)?"
    r"|[+-]\d\d:?\d\d)(?![\w/])"
)
_CLOCK = Pattern(
    r"(?:(?<=\dT)|(?<![\w:.,+/]))(?:"
    r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d(?:[.,]\d{1,6})?)?(?: ?(?P<half>[AaPp][Mm]\b"
    r"|[AaPp]\.[Mm]\b\.?))?"
    r"|(?P<hour2>1[0-2]|0?[1-9])(?:\.(?P<minute2>[0-5]\d))? ?(?P<half2>[AaPp][Mm]\b|[AaPp]\.[Mm]\b\.?)"
    r"|(?P<hour3>[01]\d|2[0-4])[.h]?(?P<minute3>[0-5]\d)(?= ?(?:hrs |hours )?(?:UTC|GMT|Z\b))"
    r"|(?P<hour4>[01]?\d|2[0-3])(?: ?[hH] ?|\.)(?P<minute4>[0-5]\d)(?!\w| ?(?:%|percent|[kMGT]i?B|ms|s|seconds"
    r"|million|x|LTS)\b)"
    r"|(?P<hour5>[01]?\d|2[0-3])(?= ?(?:o['’]clock|Uhr)\b)|(?P<hour6>[01]\d|2[0-3])(?P<minute6>[0-5]\d)(?= ?(?:hrs"
    r"|hours)\b)"
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
_DAY_WORD = Pattern(
    rf"(?i:\b(?:today|tomorrow|yesterday|overnight|tonight|(?:this|next|last) (?:week|weekend|morning|evening))\b)"
    rf"|\b{_WEEKDAY}\b"
)
_LENGTH_AFTER = Pattern(r" ?(?:hours?|min(?:ute)?s?|mins?|ratio|odds|scale)\b")
_HOURS = Pattern(r" ?(?:hrs?|h|o'clock)\b\.?")
_ZONE_AFTER = Pattern(rf"[ \u2060]{{0,2}}[(\[]?(?P<zone>{_ZONE})")
_ZONE_BEFORE = Pattern(r"\b(?P<zone>UTC|GMT|[PMCE][SD]?T|CES?T)\b[)\]]?:? ?$")
_ZONE_OF_ALL = Pattern(
    r"(?i:\b(?:all |the |these |our )?times?(?: shown| given| listed| stated| below| here){0,3}(?: are)?(?: in)?)"
    rf" \(?(?P<zone>{_ZONE})"
)
_ZONE_ALONE = Pattern(rf"(?<![\w/])(?P<zone>{_ZONE})")


class DateWord(Struct, frozen=True):
    """A day that is named; `year` and `weekday` (Monday is 0) are None where the text has none."""

    start: int
    end: int
    month: int
    day: int
    year: int | None = None
    weekday: int | None = None

    def on(self, near: date) -> date | None:
        """Returns the day, of the year that brings it nearest to another where it has none; None when there is none."""
        years = [self.year] if self.year is not None else [near.year - 1, near.year, near.year + 1]
        days = [day for year in years if (day := _make_date(year, self.month, self.day)) is not None]
        return min(days, key=lambda day: abs(day - near), default=None)


class Clock(Struct, frozen=True):
    """A time of day that is named; `zone` is empty where the text has none, `offset_min` None where it is not certain.

    `zone_end` is where the time ends together with a zone right behind it, `day_word` what else tells the day, such as
    `tomorrow`.
    """

    start: int
    end: int
    minute: int
    zone: str = ""
    offset_min: int | None = None
    zone_end: int = 0
    date: DateWord | None = None
    day_word: str = ""

    def at(self, now: int) -> int | None:
        """Returns the instant: on its date, else the one nearest to `now`; None when the zone is not certain."""
        weekday = _WEEKDAYS.index(self.day_word[:3]) if self.day_word[:3] in _WEEKDAYS else None
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
        return at


def find_dates(prose: str) -> list[DateWord]:
    """Returns the days that a text names with month and day, in the order of the text; `3/4` is no certain day."""
    found: list[DateWord] = []
    for match in _list_dates(prose):
        if match["iso"]:
            year, month, day = (int(part) for part in match["iso"].replace("/", "-").split("-"))
        elif match["dotted"]:
            day, month, year = (int(part) for part in match["dotted"].replace("-", ".").split("."))
            if "-" in match["dotted"] and month > 12:
                day, month = month, day
        elif match["short"]:
            day, month = (int(part) for part in match["short"].rstrip(".").replace("/", ".").split("."))
            year = 0
            if "/" in match["short"] and (day <= 12 or month > 12):
                continue
        elif match["slashed"]:
            month, day, year = (int(part) for part in match["slashed"].split("/"))
            if month > 12:
                day, month = month, day
            elif day <= 12 and day != month:
                continue
        else:
            year = int(match["year"] or match["year2"] or 0)
            month = _read_month((match["month"] or match["month2"]).lower())
            day = int(match["day"] or match["day2"])
        is_date = 1 <= month <= 12 and 1 <= day <= 31
        if not is_date and not (year and 1_970 <= year < 2_100 and 1 <= day < 40):
            continue
        name = match["before"] or match["after"]
        weekday = _read_weekday(name.lower()) if name else None
        found.append(DateWord(match.start(), match.end(), month, day, year or None, weekday))
    return found


def _is_near_month(prose: str, at: int) -> bool:
    """Tells whether a number may belong to a date: beside a month, or joined to another number."""
    if _DAY_BEHIND.match(prose, at):
        return True
    before = prose[max(0, at - 14) : at].rstrip(" .")
    start = len(before)
    while start and before[start - 1].isalpha():
        start -= 1
    return before[start : start + 3].lower() in _MONTH_STARTS


def _list_dates(prose: str) -> list[re.Match[str]]:
    """Returns what has the form of a date: each holds a number, before which stand a weekday and a month at most."""
    found, reached = list[re.Match[str]](), 0
    for number in _NUMBER.finditer(prose):
        if number.start() < reached or not _is_near_month(prose, number.start()):
            continue
        start, end = max(reached, number.start() - _BEFORE_NUMBER), number.end() + _BEHIND_NUMBER
        for match in _DATE.finditer(prose, start, min(len(prose), end)):
            if match.start() > number.start():
                break
            found.append(match)
            reached = match.end()
    return found


def _read_month(name: str) -> int:
    return _OTHER_MONTHS.get(name[:4]) or _MONTHS.index(name[:3]) + 1


def _read_weekday(name: str) -> int:
    if name[:3] in _WEEKDAYS:
        return _WEEKDAYS.index(name[:3])
    return _OTHER_DAYS.get(name[:3], _OTHER_DAYS.get(name[:2], 0))


def find_ambiguous_dates(prose: str) -> list[tuple[int, int]]:
    """Returns the days such as `3/4/2026` that half of the world reads as another day."""
    if "/" not in prose:
        return []
    return [
        match.span("slashed")
        for match in _list_dates(prose)
        if match["slashed"] and not (match["before"] or match["after"]) and _is_ambiguous(match["slashed"])
    ]


def _is_ambiguous(slashed: str) -> bool:
    first, second, _ = (int(part) for part in slashed.split("/"))
    return 1 <= first <= 12 and 1 <= second <= 12 and first != second


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
            day = _date_of(clock, dates, begins, start, end)
            word = (
                None
                if day is not None
                else _DAY_WORD.search(prose, max(start, clock.start - _NEAR), min(end, clock.end + _NEAR))
            )
            found.append(structs.replace(clock, date=day, day_word=word.group().lower() if word else ""))
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
            before.group().strip().lower() in ("at", "around") or _DAY_AFTER.match(prose, end)
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


def _date_of(clock: Clock, dates: Sequence[DateWord], begins: Sequence[int], start: int, end: int) -> DateWord | None:
    """The date nearest to a time within its sentence, one before it first."""
    index = bisect_right(begins, clock.start)
    if index and dates[index - 1].start >= start:
        return dates[index - 1]
    return dates[index] if index < len(dates) and dates[index].end <= end + 1 else None


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def tell_clock(at: int) -> str:
    """Returns an instant as customers read it, `14:05 UTC`."""
    return f"{datetime.fromtimestamp(at // MINUTE * MINUTE / 1000, UTC):%H:%M} UTC"

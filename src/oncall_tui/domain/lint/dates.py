"""Days as people write them in messages, in several languages; what is ambiguous stays unknown."""

from __future__ import annotations

import re
from datetime import date

from msgspec import Struct

from oncall_tui.domain.lint.pattern import Pattern

WEEKDAY = (
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
    rf"(?:{WEEKDAY}|(?:Mo|Di|Mi|Do|Fr|Sa|So)(?=[.,]? \d{{1,2}}\.)|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch"
    r"|[Ll]undi|[Mm]ardi|[Mm]ercredi|[Jj]eudi|[Vv]endredi|[Ss]amedi|[Dd]imanche"
    r"|[Ll]unes|[Mm]artes|[Mm]iércoles|[Jj]ueves|[Vv]iernes|[Ss]ábado|[Dd]omingo)"
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
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
    rf")(?:,? \(?(?P<after>{WEEKDAY})\b\)?)?"
)
_NUMBER = Pattern(r"\d+")
#: So far before its first number a date begins, and so far behind that it ends, with what may not follow it.
_BEFORE_NUMBER, _BEHIND_NUMBER = 40, 60
_MONTH_STARTS = frozenset({*_MONTHS, *(name[:3] for name in _OTHER_MONTHS), "déc", "dez", "dic", "ene", "fév", "mär"})
_DAY_BEHIND = Pattern(
    r"\d{1,4}(?:[./-]\d|(?:st|nd|rd|th|er|\.)?(?: of| de)?[ -](?i:" + "|".join(sorted(_MONTH_STARTS)) + "))"
)


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
    if name[:3] in WEEKDAYS:
        return WEEKDAYS.index(name[:3])
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


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

"""What a text promises: when customers hear again, when it will be over, and how long it lasted."""

from __future__ import annotations

from msgspec import Struct

from oncall_tui.domain.cadence import CLOCK_STEP_MS
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.lint.moments import Clock
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.lint.signs import find_all, fold

_NEXT = (
    r"(?:(?<![a-z])(?:(?:next|further|another|new|following) (?:\w+ )?(?:update|post|message|news)"
    r"|(?:update|inform|notify"
    r"|tell) you(?: again)?"
    r"|hear (?:from us|more|again)(?: again)?|more (?:news |information )?(?:at|by|around|before)|update again"
    r"|(?:post|report|write|speak|be in touch) again|n[äa]chste[sr]? (?:update|meldung)|prochaine? (?:mise|message)"
    r"|pr[óo]xim[ao] (?:actualizaci|mensaje)|(?:will|shall|ll) (?:post"
    r"|provide|give|share|send|issue|publish|write)(?: \w+){0,4}"
    r" (?:updates?|information|message|news)|(?:be|check) back|updates? (?:due|will (?:follow|be \w+)|by|at|before"
    r"|no later than)))"
)
_END = (
    r"(?:ETA|estimated (?:time|resolution|completion|recovery|fix)|expect(?:s|ed|ing)?|anticipat\w+"
    r"|(?:will|should) (?:be (?:back|fixed|resolved|restored|repaired|over|done|complete[d]?|available)|end|finish"
    r"|complete))"
)
_NEXT_BEFORE = Folded(rf"(?i:{_NEXT})(?P<between>[^.!?\n]{{0,60}})\Z")
_END_BEFORE = Folded(rf"(?i:\b{_END}\b)(?P<between>[^.!?\n]{{0,60}})\Z")
_WILL_BY = Folded(
    r"(?i:\b(?:will|shall|'ll|should|going to|plan to|aim to|hope to)\b[^.!?\n]{0,80}\b(?:by|before|until"
    r"|no later than))"
    r"(?P<between> ?(?:about |around |approximately )?)\Z"
)
_BY = Pattern(r"\b(?:[Bb]y|[Bb]efore) ?\Z")
_WILL = Folded(r"(?i:\b(?:will|shall)\b|'ll\b)")
_BEHIND_US = Folded(
    r"(?i:\b(?:since|began|started|from|ago|was|were|previous|last|posted|reported|received|did|had)\b)[^,;]{0,40}\Z"
)
_NEXT_IN_BEFORE = Folded(
    rf"(?i:{_NEXT})[^.!?\n]{{0,30}}?(?i:\b(?:in|within|every)(?: the next)? (?:about |approximately |~ ?)?)\Z"
    rf"|(?i:\bupdates? (?:you )?every )\Z"
)
#: So many signs around a time may say what it is.
_AROUND = 160
#: What is looked for first: without any of these, nothing is promised.
_CUES = (
    *("update", "post", "message", "news", "more", "inform", "notify", "tell", "hear", "information", "back", "eta"),
    *("meldung", "mise", "actualiza", "mensaje", "report again", "write again", "speak again", "touch again"),
    *("estimated", "expect", "anticipat", "will", "'ll", "shall", "should", "going to", "plan to", "aim to", "hope to"),
)
_EVERY = Folded(r"(?i:\bevery \d{1,3} ?(?:min|hour)|\bupdates? (?:hourly|daily)\b|\bhourly updates?\b)")
_LENGTH = Pattern(
    r"(?:(?P<days>\d{1,3}) ?(?:d|days?)\b)?(?:,? ?(?:and )?(?P<hours>\d{1,3}(?:\.\d)?) ?-?(?:h(?P<rest>[0-5]\d)?|hrs?"
    r"|hours?)\b)?"
    r"(?:,? ?(?:and )?(?P<minutes>\d{1,4}) ?-?(?:m|mins?|minutes?)\b)?"
)
_COUNTS = {
    "half an": 0.5, "half a": 0.5, "a": 1, "an": 1, "a whole": 1,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "forty-five": 45, "fifty": 50, "sixty": 60,
}  # fmt: skip
_UNIT = Pattern(r"\b(?:[Hh]ours?|[Mm]inutes?|[Dd]ays?)\b")
_COUNT_BEFORE = Folded(rf"(?i:\b(?P<count>{'|'.join(sorted(_COUNTS, reverse=True))}))[ -]\Z")
_LENGTH_START = Pattern(
    r"(?<![\w.:-])(?:\d{1,3} ?[-–] ?)?(?P<last>\d{1,4}(?:\.\d)? ?-?(?:d|days?|h(?:[0-5]\d)?|hrs?|hours?|m|mins?"
    r"|minutes?)\b)"
)


class Length(Struct, frozen=True):
    """A length of time that is named."""

    start: int
    end: int
    ms: int


class Promise(Struct, frozen=True):
    """A time to come that customers are told: `is_news` is when they hear again, else when it is over."""

    clock: Clock
    is_news: bool


class Told(Struct, frozen=True):
    """When a text says that customers hear again; `is_exact` is whether it names the time and not how long it is."""

    start: int
    end: int
    at: int
    is_exact: bool

    def is_kept_by(self, promise_at: int) -> bool:
        """Tells whether a promise is this one, as near as it was told."""
        return abs(promise_at - self.at) <= (MINUTE if self.is_exact else CLOCK_STEP_MS)


def find_told(reading: Reading, now: int) -> list[Told]:
    """Returns the times at which a text says that customers hear again, those whose zone is certain."""
    told = [
        Told(promise.clock.start, max(promise.clock.end, promise.clock.zone_end), at, is_exact=True)
        for promise in reading.once(find_promises)
        if promise.is_news and (at := promise.clock.at(now)) is not None
    ]
    return [
        *told,
        *(Told(each.start, each.end, now + each.ms, is_exact=False) for each in reading.once(find_next_in)),
    ]


def find_own_promise(reading: Reading, now: int) -> Told | None:
    """Returns the one time to come at which customers hear again by a text; None where it names none, or several."""
    told = find_told(reading, now)
    is_one = bool(told) and all(each.is_kept_by(told[0].at) for each in told)
    return told[0] if is_one and told[0].at > now else None


def find_promises(reading: Reading) -> list[Promise]:
    """Returns the clock times that a text promises, in its order."""
    found: list[Promise] = []
    for clock in reading.clocks:
        sentence = reading.sentence_at(clock.start)
        low = max(sentence.start if sentence is not None else 0, clock.start - _AROUND)
        high = min(sentence.end if sentence is not None else clock.start, clock.start + _AROUND)
        around = reading.prose[low:high].lower()
        if not any(cue in around for cue in _CUES):
            continue
        for pattern, is_news in ((_NEXT_BEFORE, True), (_END_BEFORE, False), (_WILL_BY, False)):
            match = pattern.search(reading.prose, low, clock.start)
            if match and not _BEHIND_US.search(match["between"]):
                found.append(Promise(clock, is_news))
                break
        else:
            if _BY.search(reading.prose, low, clock.start) and _WILL.search(around):
                found.append(Promise(clock, is_news=False))
    return found


def _read_words(reading: Reading) -> list[Length]:
    found: list[Length] = []
    for unit in _UNIT.match_at(reading.prose, find_all(fold(reading.prose), ("hour", "minute", "day"))):
        count = _COUNT_BEFORE.search(reading.prose, max(0, unit.start() - 14), unit.start())
        if count is not None:
            size = {"h": HOUR, "m": MINUTE, "d": DAY}[unit.group()[0].lower()]
            found.append(Length(count.start(), unit.end(), int(_COUNTS[count["count"].lower()] * size)))
    return found


def find_lengths(reading: Reading) -> list[Length]:
    """Returns the lengths of time that a text names, such as `47 minutes` or `2 hours 5 min`, in its order."""
    found: list[Length] = []
    reached = 0
    for start in _LENGTH_START.match_at(reading.prose, reading.numbers):
        match = _LENGTH.match(reading.prose, start.start("last")) if start.start() >= reached else None
        if match is None or match.end() == match.start():
            continue
        reached = match.end()
        ms = (
            int(match["days"] or 0) * DAY
            + float(match["hours"] or 0) * HOUR
            + int(match["minutes"] or match["rest"] or 0) * MINUTE
        )
        found.append(Length(start.start(), match.end(), int(ms)))
    return sorted([*found, *_read_words(reading)], key=lambda length: length.start)


def find_next_in(reading: Reading) -> list[Length]:
    """Returns the lengths after which customers are to hear again, as in `next update in 30 minutes`."""
    return [
        length
        for length in reading.once(find_lengths)
        if _NEXT_IN_BEFORE.search(reading.prose, max(0, length.start - 120), length.start)
    ]


_VAGUE_NEXT = Folded(
    rf"(?:{_NEXT})[^.!?\n]{{0,30}}?\b(?P<when>tomorrow|tonight|overnight|(?:in|within) (?:a few|several"
    rf"|some) (?:hours|days)"
    r"|in the (?:morning|afternoon|evening)|next week|(?:on |next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:by |at )?(?:the )?end of (?:the |this )?(?:day|week)|by eod|eod|later today|this (?:evening|afternoon)"
    r"|(?:when|once|as soon as) (?:we|there|more)|daily|once a day|every day)\b"
    r"|\bwe(?: will|['’]ll)? (?:post|write|report|update)(?: you)?(?: \w+)? (?P<when2>daily|once a day|every day)\b"
    r"|(?P<when3>\bdaily) updates?\b",
    needs=(
        " afterno| day| evening| there| week|as soon |daily|eod|friday|in sever|later to|n a few h|n some h"
        "|n the mo|nday|night|once mor|once we|saturday|sday|tomorrow|when mor|when we"
    ),
)


def find_vague_next(reading: Reading) -> list[tuple[int, int]]:
    """Returns the words for a day or a part of it on which customers are to hear again, where no clock time is near."""
    starts = [clock.start for clock in reading.clocks]
    found: list[tuple[int, int]] = []
    for match in reading.seek(_VAGUE_NEXT):
        sentence = reading.sentence_at(match.start())
        low, high = (sentence.start, sentence.end) if sentence is not None else match.span()
        if not any(low <= start < high for start in starts):
            found.append(match.span(next(name for name in ("when", "when2", "when3") if match[name])))
    return found


def has_next_time(reading: Reading) -> bool:
    """Tells whether a text says when customers hear again: at a time, after a length, or in a rhythm."""
    return bool(
        any(promise.is_news for promise in reading.once(find_promises))
        or reading.once(find_next_in)
        or _EVERY.search(reading.prose)
    )

"""Times in a text that are past, without a zone, vague or contradictory (TM)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.dates import DateWord, find_ambiguous_dates
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.moments import Clock, tell_clock
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.promises import Length, find_lengths, find_next_in, find_promises, find_vague_next
from oncall_tui.domain.lint.reading import Post, Reading, Sentence
from oncall_tui.domain.lint.signs import find_all, fold
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.template import say_length

#: A promise so near is missed before anybody has read it.
_TOO_NEAR_MS = 2 * MINUTE
#: What a clock time without a date may lie back before it is taken for one of tomorrow.
_LONG_AGO_MS = 9 * HOUR
_SLOW_AFTER_MS = 2 * HOUR
_HALF_A_DAY_MS = 12 * HOUR
_NEXT_ON = Folded(r"\b(?:next|further|another) (?:\w+ )?update\b[^.!?\n]{0,40}\Z")
_DAY_STARTS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A day of the week and of a month that is not named.
_DAY_ONLY = Pattern(
    r"\b(?P<weekday>[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)(?:day|sday|nesday|rsday|urday)?,? (?:the )?"
    r"(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)\b(?!,? (?:of |[A-Z][a-z]{2}))",
)
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_VAGUE = Folded(
    r"(?i:\b(?=\w)(?:(?:earlier |later )?(?:today|tonight|tomorrow)|yesterday|(?:this|yesterday|tomorrow) (?:morning"
    r"|afternoon|evening)"
    r"|last night|overnight|moments? ago|a moment ago|just now|later on|(?:in|within|over) (?:a few|several|some"
    r"|the (?:next|coming|following) (?:few |couple of )?) ?(?:minutes|hours|days|moments|seconds)|(?:by "
    r"|at )?(?:the )?end of (?:the |this )?(?:day|week)|by EOD|EOD|within the (?:day|hour)|in due time|next (?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)day|(?:later )?(?:this|next|last) (?:week(?:end)?|month)|shortly|momentarily"
    r"|in a (?:bit|moment|while|jiffy|short (?:time|while))|in (?:about )?an hour or so|in a couple of (?:minutes|hours"
    r"|days)|(?:by )?close of business|(?:by )?cob|recently|(?:a )?(?:short|little|bit) (?:while |time )?(?:ago|later)"
    r"|before long|(?:by |around |before |after )lunch(?: ?time)?|first thing (?:in the morning|tomorrow)"
    r"|any (?:minute|moment|time) now|within (?:minutes|hours|days|a (?:short|little) (?:time|while))"
    r"|in no time|over the weekend|the other day|at some (?:point|time|stage)|eventually|presently|stay tuned"
    r"|in the (?:next|coming|following) (?:little )?(?:while|hours|minutes|days)|until further notice"
    r"|in the (?:not too distant|near) future|in the early hours"
    r"|(?:on|by|until|this|before) (?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:morning|afternoon|evening|night))?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day (?:morning|afternoon|evening|night)|heute|demnächst|in kürze"
    r"|aujourd['’]hui|demain|bientôt|mañana"
    r"|in due course|a while ago"
    r"|(?<!as )soon(?! as)(?:er)?)\b)(?!['’]s)",
    needs=(
        " afterno| ago| day| evening| friday| month| morning| the hou| week|any m|any time|at some |before l"
        "|bientôt|close of|cob|demain|demnächs|eod|eventual|heute|hui|in a |in due |in kürze|in no ti|in sever"
        "|in some|in the n|ithin mi|just now|later|lunch|mañana|momentar|n hour|n the ea|n the fol|nday|night"
        "|over |presentl|rday|recently|sday|shortly|soon|stay tun|the comi|today|tomorrow|until fu"
    ),
)
_NOON = Folded(
    r"\b(?:at|by|until|before|around|since|from) (?P<at>noon|midday|midnight|(?:half|quarter) (?:past|to) \w+"
    r"|(?:[1-9]|1[0-2]) (?:in the (?:morning|afternoon|evening)|at night))\b"
    r"(?! ?[(\[]?(?:utc|gmt|[pmce][sd]?t|ces?t|bst|local|pacific|eastern)\b)",
    needs="half |midday|n the ev|n the mo|night|noon|quarter ",
)
_SPOKEN = Folded(
    r"\b(?:half past|(?:a )?quarter (?:past|to)|(?:five|ten|twenty|twenty-five) (?:minutes )?(?:past|to)) "
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
    r"(?! ?[(\[]?(?:utc|gmt|[pmce][sd]?t|ces?t|bst|local|pacific|eastern)\b)",
    needs=(" past ", "quarter to ", "five to ", "ten to ", "twenty to ", "minutes to "),
)
_NO_CLOCK = Pattern(
    r"(?<![\w:.,+/-])(?:(?:2[5-9]|24(?!:00)|[3-9]\d):[0-5]\d|(?:[01]?\d|2[0-4]):[6-9]\d)(?!:\d|[\d%])"
    r"(?= ?(?:UTC|GMT|[PMCE][SD]?T|CES?T|BST)\b| ?(?:to|until|till|and|-|–) ?\d{1,2}:\d\d ?(?:UTC|GMT|[PMCE][SD]?T"
    r"|CES?T|BST)\b)",
    needs=":",
)
_SURE_END = Folded(
    r"(?<![a-z])(?i:\b(?:will|shall|ll|(?:is|are) going to) (?:be|have (?:this|it)) (?:fully )?(?:fixed|resolved"
    r"|restored|repaired|deployed"
    r"|back(?: (?:up|online|to normal))?|over|solved)"
    r"(?: \w+){0,3}? (?:in|within|by|before|at) (?:the next )?(?:\d|one |two |three |an? |the hour)"
    r"|\b(?:will|shall|ll|(?:is|are) going to) (?:return|resume|recover|restore|fix|repair|resolve|work|be (?:up|live"
    r"|available"
    r"|operational"
    r"|running|done|finished))"
    r"(?: (?!not\b|if\b|when\b|once\b)[\w-]+){0,3}? (?:in|within|by|before|at) (?:the next )?(?:\d|one |two |three "
    r"|an? (?:hour|few)"
    r"|the hour)"
    r"|\b(?:service|sign-in|access|it|everything) (?:returns|resumes|recovers) (?:in|by|at|within) \d"
    r"|\b(?:full |complete )?recovery (?:in|by|within) \d|(?:^|(?<=[.!?] )|(?<=\n))back (?:up |online )(?:in|by|at"
    r"|within) \d"
    r"|\b(?:will|shall|ll|should|ought to|(?:is|are) going to) (?:be|have (?:\w+ ){1,3}?) ?(?:fully |all )?(?:fixed"
    r"|resolved|restored|repaired|done|completed?|back|up|over|solved|available)(?: \w+){0,3}? (?:in|within|by|before"
    r"|at) (?:about |around |approximately |roughly |~)?(?:the next )?(?:\d|one |two |three |half an? |an? hour)"
    r"|\bestimated (?:time|duration|resolution|recovery|repair|fix)(?: \w+){0,4}(?: is|:)? (?:about |around |~)?"
    r"(?:\d|one |two |three |half an? |an? hour)"
    r"|\b(?:takes|will take|will last) (?:about )?(?:another )?(?:\d{1,3}|one|two|three|four|five|six|an?) ?(?:more )?"
    r"(?:min|hour)|\b(?:resolution|repair|restoration) (?:in|within|by) (?:\d|one |two |three |an? )|\betr:? (?:is )?\d"
    r"|\bthe fix (?:lands|ships|goes live|arrives) (?:at|by|in|within) \d"
    r"|\b(?:customers|users|you|everyone) (?:can|will be able to) [\w -]{1,30} again (?:at|by|from|in) \d"
    r"|\bresolution time(?: is)?:? \d"
    r"|\b(?:fixed|resolved|solved|back(?: up| online)?) (?:in|within) (?:the next )?(?:\d{1,3}|a few|an?) ?(?:min"
    r"|hour|day)\w*"
    r"|\bETA(?: for (?:\w+ ){1,4}?|(?: is|:)? )(?:is |: ?)?(?:in )?(?:about |around |approximately |~)?"
    r"(?:\d{1,3}(?![a-z\d])|one |two |half an? |an? ))",
    needs=(
        " again | fix| resumes| returns|back |ecovers |eta|etr |etr: |fixed |going to|ll |lution |oration "
        "|ought to|overy by|overy in|repair |ry withi|should |solved i|solved w|stimated|takes "
    ),
)
_NEAR_END = Folded(r"\b(?:the hour|eta|a few)\b", needs=("the hour", "eta", "a few"))
_HEDGE = Folded(
    r"(?i:\b(?:(?:more|further|additional|new|another) (?:\w+ )?(?:information|details|news)|news|(?:report"
    r"|check) back|posted|"
    r"expect\w*|anticipat\w*|may|might|hope\w*|likely|based on|judging|by (?:its|their|the) (?:pace|size)"
    r"|aim\w*|"
    r"target\w*|according to|tell us|told us|says?|was|were|has been|have been|had been|been|typically|usually"
    r"|next update|"
    r"update|confirm|plan\w*|maintenance|scheduled|window|reboot\w*|restart\w*)\b|~)"
)
_LASTED = Folded(
    r"(?i:\b(?:last(?:ed|ing)|duration|took|in (?:all|total)|downtime:?|total:?|outage of|over a period of"
    r"|for(?: a total of| about"
    r"| approximately| almost| nearly| over)?)\b[^.]{0,20}\Z)"
)
_TO = Pattern(r"[ \u2060]*(?:to|until|till|and|-|–)[ \u2060]*(?:about |around )?")
_WHOLE = Folded(
    r"\b(?:lasted|outage|down|unavailable|could not|couldn['’]t|unable|failed|failing|incident|affected|errors?|slow)\b"
)
_TOTAL_AFTER = Folded(r"(?i:[^.,;]{0,3}(?:long )?(?:in (?:all|total)|outage|\)))")


def _find_past_promises(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    now = context.now
    if now is None or context.status is IncidentStatus.RESOLVED:
        return
    fix_at = context.promise_at if context.promise_at is not None and context.promise_at > now + _TOO_NEAR_MS else None
    fix = Fix(f"promise {tell_clock(fix_at)}", tell_clock(fix_at)) if fix_at is not None else None
    told = False
    for promise in post.body.once(find_promises):
        clock = promise.clock
        at = _read_promise(clock, now)
        if at is None or at >= now + _TOO_NEAR_MS:
            continue
        told = True
        end = max(clock.end, clock.zone_end)
        word = "has passed" if at < now else "passes before it is read"
        text = f"'{post.body.text[clock.start : end]}' {word}: promise a time that is still to come."
        yield Remark(clock.start, end, text, fix=fix if promise.is_news else None)
    if not told and context.promise_at is not None and context.promise_at < now + _TOO_NEAR_MS:
        yield Remark(0, 0, f"The next update is promised for {tell_clock(context.promise_at)}: choose a later time.")
    if context.facts.eta_at is not None and context.facts.eta_at < now:
        yield Remark(0, 0, f"The end was expected by {tell_clock(context.facts.eta_at)}: give a new time, or none.")


def _read_promise(clock: Clock, now: int) -> int | None:
    """Returns the instant of a time that is promised: without a day, one that is long past is tomorrow's."""
    at = clock.at(now)
    is_bare = clock.date is None and not clock.day_word
    return at + DAY if at is not None and is_bare and at < now - _LONG_AGO_MS else at


def _find_zoneless(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    level = Level.WARN if context.now is not None else Level.INFO
    for part, reading in post.parts:
        for clock in reading.clocks:
            if not clock.zone:
                shown = reading.text[clock.start : clock.end]
                text = f"'{shown}' has no time zone: readers elsewhere take it for theirs. Add UTC."
                yield Remark(clock.start, clock.end, text, part, Fix("add UTC", f"{shown} UTC"), level)
        spoken = [match for match in _SPOKEN.finditer(reading.prose) if not _NOON.match(reading.prose, match.start())]
        for match in spoken:
            shown = reading.text[match.start() : match.end()]
            text = f"'{shown}' has no time zone: write it in figures, with UTC."
            yield Remark(*match.span(), text, part, level=level)
        for match in reading.seek(_NOON):
            if any(each.start() < match.end() and match.start() < each.end() for each in spoken):
                continue
            shown = reading.text[match.start("at") : match.end("at")]
            text = f"'{shown}' has no time zone: write it in figures, with UTC."
            yield Remark(*match.span("at"), text, part, level=level)


def _find_vague(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in reading.seek(_VAGUE):
            sentence = reading.sentence_at(match.start())
            low, high = (sentence.start, sentence.end) if sentence is not None else (0, 0)
            starts = [clock.start for clock in reading.clocks] + [named.start for named in reading.dates]
            if any(low <= start < high for start in starts):
                continue
            shown = reading.text[match.start() : match.end()]
            yield Remark(*match.span(), f"'{shown}' ages while it is read: give a time or a date.", part)


def _find_wrong_dates(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    today = datetime.fromtimestamp(context.now / 1000, UTC).date() if context.now is not None else None
    for part, reading in post.parts:
        yield from _find_wrong_clocks(reading, part)
        for named in reading.dates:
            yield from _check_weekday(reading, part, named, today)
        days = find_all(fold(reading.prose), _DAY_STARTS)
        for match in _DAY_ONLY.match_at(reading.prose, days):
            near = _list_days_near(today, int(match["day"])) if today is not None else []
            if near and all(_DAY_NAMES[day.weekday()][:3].lower() != match["weekday"][:3].lower() for day in near):
                shown = reading.text[match.start() : match.end()]
                text = f"'{shown}' is no day of these weeks: correct the day or the date, and name the month."
                yield Remark(*match.span(), text, part, level=Level.WARN)
        for start, end in find_ambiguous_dates(reading.prose):
            text = f"'{reading.text[start:end]}' is one day here and another there: write the month as a word."
            yield Remark(start, end, text, part, level=Level.WARN if context.now is not None else Level.INFO)
    yield from _find_past_maintenance(post, context, today)


def _find_wrong_clocks(reading: Reading, part: Part) -> Iterator[Remark]:
    for match in _NO_CLOCK.finditer(reading.prose):
        yield Remark(*match.span(), f"'{match.group()}' is no time of day: correct it.", part)


def _list_days_near(today: date, number: int) -> list[date]:
    """Returns the days of a number in the month before, in this and in the next, as far as they are near."""
    days = (today + timedelta(days=offset) for offset in range(-31, 32))
    return [day for day in days if day.day == number]


def _check_weekday(reading: Reading, part: Part, named: DateWord, today: date | None) -> Iterator[Remark]:
    if named.year is None and today is None:
        return
    day = named.on(today or date(named.year or 1, 1, 1))
    shown = reading.text[named.start : named.end]
    if day is None:
        if named.year is not None or named.day > 29:
            yield Remark(named.start, named.end, f"'{shown}' is no day of the calendar.", part)
    elif named.weekday is not None and day.weekday() != named.weekday:
        is_other = _DAY_NAMES[day.weekday()]
        yield Remark(named.start, named.end, f"'{shown}' is a {is_other}: correct the day or the date.", part)


def _find_past_maintenance(post: Post, context: Context, today: date | None) -> Iterator[Remark]:
    window, now = context.window, context.now
    if window is None or now is None or today is None or window.status is not MaintenanceStatus.SCHEDULED:
        return
    if window.starts_at is not None and window.ends_at is not None and window.ends_at <= window.starts_at:
        yield Remark(0, 0, "The work ends before it starts: correct the window.")
    elif window.ends_at is not None and window.ends_at <= now:
        yield Remark(0, 0, "The window of this work is over already: correct its date.")
    for named in post.body.dates:
        day = named.on(today)
        if day is not None and day < today:
            shown = post.body.text[named.start : named.end]
            yield Remark(named.start, named.end, f"'{shown}' is over already: correct the date of the work.")


def _find_late_promises(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    now, status, severity = context.now, context.status, context.severity
    if now is None or status is None or severity is None:
        return
    due_at = next_update_at(severity, status, now, rhythm=context.rhythm, interval_ms=context.interval_ms)
    if due_at is None:
        return
    began_at = context.declared_at if context.declared_at is not None else context.started_at
    if began_at is not None and now - began_at >= _SLOW_AFTER_MS:
        due_at = max(due_at, now + context.rhythm.slow[severity])
    most_ms = due_at - now + max(_TOO_NEAR_MS, (due_at - now) // 10) + 3 * MINUTE
    rule = f"SEV{severity.value} {status.value} promises one within {say_length(due_at - now)}"
    places = [
        (promise.clock.start, max(promise.clock.end, promise.clock.zone_end), at - now)
        for promise in post.body.once(find_promises)
        if promise.is_news and (at := _read_promise(promise.clock, now)) is not None
    ]
    places += [(length.start, length.end, length.ms) for length in post.body.once(find_next_in)]
    is_told = False
    for start, end, ms in places:
        if ms > most_ms:
            is_told = True
            yield Remark(start, end, f"The next update is {say_length(ms)} away: {rule}.")
    if most_ms < _HALF_A_DAY_MS:
        for start, end in post.body.once(find_vague_next):
            is_told = True
            shown = post.body.text[start:end]
            yield Remark(start, end, f"'{shown}' is no time for the next update: {rule}.")
    for named in post.body.dates:
        is_news = _NEXT_ON.search(post.body.prose, max(0, named.start - 60), named.start)
        day = named.on(datetime.fromtimestamp(now / 1000, UTC).date())
        if is_news and day is not None and not is_told and most_ms < _HALF_A_DAY_MS:
            is_later = day > datetime.fromtimestamp((now + most_ms) / 1000, UTC).date()
            if is_later:
                is_told = True
                yield Remark(named.start, named.end, f"The next update is days away: {rule}.")
    if not is_told and context.promise_at is not None and context.promise_at - now > most_ms:
        yield Remark(0, 0, f"The next update is {say_length(context.promise_at - now)} away: {rule}.")


def _find_bare_ends(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    facts = context.facts
    if facts.eta_source or context.status is IncidentStatus.RESOLVED:
        return
    is_told = False
    for sentence, match in _list_sure_ends(post.body):
        if _HEDGE.search(sentence.text):
            continue
        is_told = True
        shown = post.body.text[match.start() : match.end()].strip()
        yield Remark(
            *match.span(), f"'{shown}' is certain of a time: say who expects it, and when you will confirm it."
        )
    if facts.eta_at is not None and not is_told:
        yield Remark(0, 0, "The expected end has no source: say who expects it.", level=Level.INFO)


def _list_sure_ends(reading: Reading) -> Iterator[tuple[Sentence, re.Match[str]]]:
    """Yields the ends that are told as certain: only sentences with a time or a length can hold one."""
    starts = [clock.start for clock in reading.clocks] + [length.start for length in reading.once(find_lengths)]
    starts += [match.start() for match in _NEAR_END.finditer(reading.prose)]
    told = {sentence.start for start in starts if (sentence := reading.sentence_at(start)) is not None}
    for match in reading.seek(_SURE_END) if told else ():
        sentence = reading.sentence_at(match.start())
        if sentence is not None and sentence.start in told:
            yield sentence, match


def _find_wrong_lengths(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    ended_at = context.resolved_at if context.resolved_at is not None else context.now
    if context.status is not IncidentStatus.RESOLVED or context.started_at is None or ended_at is None:
        return
    real_ms = ended_at - context.started_at
    for length in post.body.once(find_lengths):
        if _is_whole_length(post.body, length) and abs(length.ms - real_ms) > max(5 * MINUTE, real_ms // 5):
            shown, real = post.body.text[length.start : length.end], say_length(real_ms)
            text = f"'{shown}' is not how long it lasted: by the timeline it was {real}."
            yield Remark(length.start, length.end, text, fix=Fix(f"say {real}", real))
    yield from _find_wrong_window(post, real_ms)


def _find_wrong_window(post: Post, real_ms: int) -> Iterator[Remark]:
    """Yields the one window of a text where it is not as long as the incident was."""
    clocks, prose = post.body.clocks, post.body.prose
    pairs = [
        (first, second)
        for first, second in pairwise(clocks)
        if _TO.fullmatch(prose, max(first.end, first.zone_end), second.start) and first.zone == second.zone
    ]
    if len(pairs) != 1:
        return
    first, second = pairs[0]
    sentence = post.body.sentence_at(first.start)
    if sentence is None or not _WHOLE.search(sentence.text) or (first.date != second.date and second.date is not None):
        return
    said_ms = (second.minute - first.minute) % (24 * 60) * MINUTE
    if real_ms < 24 * HOUR and abs(said_ms - real_ms) > max(5 * MINUTE, real_ms // 5):
        text = f"This is {say_length(said_ms)}, by the timeline it was {say_length(real_ms)}: check the times."
        yield Remark(first.start, second.end, text)


def _is_whole_length(reading: Reading, length: Length) -> bool:
    sentence = reading.sentence_at(length.start)
    low = sentence.start if sentence is not None else max(0, length.start - 60)
    is_after = _LASTED.search(reading.prose, max(low, length.start - 60), length.start) is not None
    return is_after or _TOTAL_AFTER.match(reading.prose, length.end) is not None


RULES = (
    Rule("TM001", Level.BLOCK, "A promised time that has passed", _find_past_promises),
    Rule("TM002", Level.WARN, "A clock time without a zone", _find_zoneless),
    Rule("TM003", Level.INFO, "A word for a time that ages", _find_vague),
    Rule("TM004", Level.BLOCK, "A date that cannot be, or that is read in two ways (warn)", _find_wrong_dates),
    Rule("TM005", Level.WARN, "A next update further off than the rhythm allows", _find_late_promises),
    Rule("TM006", Level.WARN, "An expected end without a source", _find_bare_ends),
    Rule("TM007", Level.WARN, "A length that the timeline contradicts", _find_wrong_lengths),
)

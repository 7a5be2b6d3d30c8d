"""When customers hear again, what they heard already, drills, and planned work (CD, DR, MW)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from oncall_tui.domain.duration import HOUR, MINUTE, SECOND, format_clock, format_duration
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern, any_word
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import fold
from oncall_tui.domain.maintenance import MaintenanceStatus

SAME_SHARE = 0.9
"""From here on two texts are alike."""
_LATELY_MS = 3 * MINUTE
_LONG_MS = 2 * HOUR
_INVESTIGATING_MS = {Severity.SEV1: HOUR, Severity.SEV2: 2 * HOUR}
_RHYTHM = any_word(
    "every (?:\\w+ )?(?:minutes?|hours?|\\d+)|from now on|less often|hourly|once an hour|(?:our"
    "|the) next updates? will|we will (?:now )?post (?:only )?when|as soon as"
    " (?:there is|we have)|when we have|longer than"
)
_RULED_OUT = any_word(
    "ruled? (?:\\w+ ){0,3}?out|excluded|not (?:caused by|related to|the cause)|narrowed|eliminated|unlikely to be"
    "|checked (?:and|so far)|we have looked at"
)
_DRILL = Pattern(r"(?<![\w-])(?:DRILL|(?i:this is (?:only |just )?a drill))(?![\w-])(?! ?(?:DOWN|THROUGH|PRESS|BIT))")
_NOTHING_NEW = Folded(
    r"(?:there (?:is|are) )?(?:no (?:change|news|updates?|new information)s?|nothing new|same as (?:before|above)"
    r"|see above"
    r"|unchanged|still working on it|as before)(?: (?:yet|so far|to report|at this time|for now))?[.! ]*"
)
#: What may be a drill by another name.
_REHEARSAL = Folded(
    r"\bthis is (?:just |only )?an? (?:test|exercise|rehearsal)(?=[.,;!]|$| (?:incident|message|post|notification"
    r"|only|of our))"
    r"|^(?:drill|exercise):|^[\[(](?:test|drill|exercise|training)[\])]|\(drill\)|\btraining exercise\b"
    r"|^testing(?=[.! ]*$)|\b(?:exercise|test)(?:[ ,!]+(?:exercise|test)){1,}\b|\bignore,? (?:this is )?an? ?drill\b"
    r"|\bignore, drill\b|\btest (?:incident|post|outage|alarm)\b(?=[.,:;!]|$)|\bplease ignore(?=[.!]|$| this (?:test"
    r"|post|message"
    r"|incident|update))|\bignore this (?:post|test)\b|^ignore this (?:message|incident|update)\b|\bjust testing\b"
    r"|\btesting 1\b|\bgame ?day\b"
    r"|\bfire drill\b|\bsimulated (?:outage|incident|failure)\b|\bthis is a simulation\b|\btabletop\b|\bdry[- ]run\b"
    r"|\bchaos (?:experiment|test|engineering)\b|\bprobealarm\b|\bübung\b",
    needs=(
        "chaos e|drill|dry run|dry-run|exercise|game|ignore|is is a |probeala|rehearsa|simulate|tabletop|test"
        "|training|übung"
    ),
)
_WORD = Pattern(r"\w+(?:['’.:-]\w+)*")


def _find_late(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    last, now = context.last, context.now
    if (
        last is not None
        and now is not None
        and last.promise_at is not None
        and last.status.is_open
        and now > last.promise_at
    ):
        yield Remark(0, 0, f"This is late by {format_clock(now - last.promise_at)}: the timeline will say so.")


def _find_same(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    last = context.last
    if last is None or not post.body.has_text:
        return
    if _NOTHING_NEW.fullmatch(post.body.text.strip()):
        yield Remark(0, 0, "Say again what fails, and when customers hear next: few read the update before.")
        return
    words, before = _list_words(post.body.text), _list_words(last.body)
    share = _measure_shared(words, before)
    if context.status is last.status and words == before:
        yield Remark(0, 0, "Customers read exactly this last time: say what is new, or that nothing is.")
    elif share >= SAME_SHARE:
        is_timed = _clocks_of(post.body) != _clocks_of(Reading(last.body))
        level = Level.INFO if is_timed or context.status is not last.status else None
        yield Remark(0, 0, f"{share:.0%} of this is what customers read last: say what is new.", level=level)


def _clocks_of(reading: Reading) -> set[int]:
    return {clock.minute for clock in reading.clocks}


def measure_likeness(one: str, other: str) -> float:
    """Returns how many words two texts share, from 0 to 1, whatever their order, case and signs."""
    return _measure_shared(_list_words(one), _list_words(other))


def _measure_shared(one: list[str], other: list[str]) -> float:
    first, second = Counter(one), Counter(other)
    count = first.total() + second.total()
    return 2 * (first & second).total() / count if count else 1.0


def _list_words(text: str) -> list[str]:
    return _WORD.compiled.findall(fold(text))


def _find_hurry(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.last is not None and context.now is not None and 0 <= context.now - context.last.at < _LATELY_MS:
        seconds = max(1, (context.now - context.last.at) // SECOND)
        yield Remark(0, 0, f"The last update went out {format_duration(seconds * SECOND)} ago.")


def _find_moved(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.is_page_moved:
        yield Remark(0, 0, "Somebody else posted on the page since this was begun: read that first.")


def _find_long_same(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    last, now = context.last, context.now
    if last is None or now is None or context.declared_at is None or context.status is not last.status:
        return
    is_long = last.status.is_open and now - context.declared_at >= _LONG_MS
    if is_long and measure_likeness(post.body.text, last.body) >= SAME_SHARE and not _RHYTHM.search(post.body.prose):
        yield Remark(0, 0, "Nothing has changed for long: tell customers of a slower rhythm, and keep to it.")


def _find_stretched(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    last, now = context.last, context.now
    if last is None or last.promise_at is None or now is None or context.promise_at is None:
        return
    before, after = last.promise_at - last.at, context.promise_at - now
    is_longer = before > 0 and after > 1.5 * before and after - before > 10 * MINUTE
    if is_longer and context.status is last.status and not _RHYTHM.search(post.body.prose):
        text = f"Customers were used to {format_duration(before)}, now it is {format_duration(after)}: tell them so."
        yield Remark(0, 0, text)


def _find_stuck(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status is not IncidentStatus.INVESTIGATING or context.declared_at is None or context.now is None:
        return
    most = _INVESTIGATING_MS.get(context.severity) if context.severity is not None else None
    if most is not None and context.now - context.declared_at > most and not _RULED_OUT.search(post.body.prose):
        yield Remark(0, 0, f"Still investigating after {format_duration(most)}: say what was ruled out.")


def _find_drill(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.is_live is False:
        return
    if context.is_drill:
        yield Remark(0, 0, "This is a drill: nothing of it goes to customers.")
        return
    for part, reading in post.parts:
        for match in _DRILL.finditer(reading.prose) if "drill" in fold(reading.prose) else ():
            yield Remark(*match.span(), "This speaks of a drill: take it out, or send it nowhere.", part)
        for match in _REHEARSAL.finditer(reading.prose):
            if not _DRILL.search(reading.prose):
                text = "This reads like a rehearsal: do customers need it?"
                yield Remark(*match.span(), text, part, level=Level.WARN)


def _find_short_notice(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    window, now = context.window, context.now
    if window is None or window.starts_at is None or window.least_notice_ms is None or now is None:
        return
    left = window.starts_at - now
    if window.status in (None, MaintenanceStatus.SCHEDULED) and left < window.least_notice_ms:
        wanted = format_duration(window.least_notice_ms)
        yield Remark(0, 0, f"Customers hear {format_duration(max(left, 0))} before it starts; the team wants {wanted}.")


def _find_overlaps(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for name in context.window.overlaps or () if context.window is not None else ():
        yield Remark(0, 0, f"'{name}' is at the same time: move one of them.")


def _find_no_plan(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    window = context.window
    if window is None:
        return
    if window.has_backout is False:
        yield Remark(0, 0, "Nobody has said how to go back: write down the way, and until when it is open.")
    if window.owner is not None and not window.owner.strip():
        yield Remark(0, 0, "This work has no owner: name one person.")


RULES = (
    Rule("CD001", Level.INFO, "An update that is late", _find_late),
    Rule("CD002", Level.WARN, "The same as the last update", _find_same),
    Rule("CD003", Level.INFO, "An update right after another", _find_hurry),
    Rule("CD004", Level.BLOCK, "A page that somebody else changed", _find_moved),
    Rule("CD005", Level.INFO, "Nothing new for two hours", _find_long_same),
    Rule("CD006", Level.WARN, "A slower rhythm that customers are not told of", _find_stretched),
    Rule("CD007", Level.INFO, "Investigating for long", _find_stuck),
    Rule("DR001", Level.BLOCK, "A drill that customers would see", _find_drill, is_final=True),
    Rule("MW001", Level.BLOCK, "A notice shorter than the team wants", _find_short_notice),
    Rule("MW002", Level.BLOCK, "Work at the time of something else", _find_overlaps),
    Rule("MW003", Level.WARN, "Work without a way back or an owner", _find_no_plan),
)

"""What a good update has and this one lacks (MS): what is known in parts needs no prose."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.moments import tell_clock
from oncall_tui.domain.lint.pattern import Folded
from oncall_tui.domain.lint.promises import find_lengths, find_told, has_next_time
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.unfinished import tells_end
from oncall_tui.domain.lint.whom import says_action, says_whom
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.template import say_length

#: Words that say nothing of what is broken.
_GENERAL_WORDS = (
    "a able about actively additional affected affecting after again all also am an and any apologies apologize "
    "appears appreciate are as at aware back be because been before being believe by can cause causing certain client "
    "clients company confirm confirmed continue continued continues continuing could current currently customer "
    "customers degradation degraded detail details detected did disruption disruptions do does down due during "
    "engineer engineering engineers error errors experience experienced experiencing few fix fixed for from fully "
    "further gmt had happening has have help hope identified identify if impact impacted impacting implemented in "
    "incident incidents inconvenience information intermittent into investigate investigating investigation is issue "
    "issues it it's its keep known likely ll look looking made major may might minor monitor monitoring more most "
    "near new news next no normal normally not notice noticed now occurred occurring of on once one ongoing "
    "operational or our out outage outages page partial patience performance place please pm possible possibly post "
    "posted potential problem problems progress provide re reach receive received regarding report reported reports "
    "resolution resolve resolved resolving result root s scheduled see seeing seen service services several share "
    "shortly should since situation some something soon sorry status still subset such sure system systems t taking "
    "team team's teams than thank thanks that the their them there there's these they they're thing things this those "
    "time to today trouble unable under understanding unexpected unplanned until up update updates us user users utc "
    "ve via was we we'll we're we've were what when where which while will with within work working wrong you your "
)
_GENERAL = frozenset(_GENERAL_WORDS.split())
_FELT = Folded(
    r"(?i:\b(?:can(?:not|'t|’t| ?not)|could(?:n't|n’t| not)|unable|not able|fail\w*|errors?|unavailab\w*|unreachable"
    r"|inaccessible"
    r"|slow\w*|delay\w*|lag\w*|time-?outs?|timing out|down|missing|lost|wrong|incorrect\w*|stale|outdated|degraded"
    r"|drop\w*"
    r"|blocked|stuck|reject\w*|interrupt\w*|disrupt\w*|latency|not (?:load\w*|work\w*|receiv\w*|deliver\w*|send\w*"
    r"|show\w*|possible|available|sav\w*)"
    r"|blank|duplicate\w*|disconnect\w*|crash\w*|freez\w*|hang\w*|higher than (?:usual|normal)|longer than (?:usual"
    r"|normal)"
    r"|packet loss|loss of|difficult\w*|trouble|read-only|offline)\b)"
)
_REVIEW = Folded(
    r"(?i:\b(?:caus\w+|due to|because|result(?:ed|ing)? (?:of|from)|review|post-?mortem|root|analysis|rca|report"
    r"|trigger\w+|fault|prevent\w*)\b)"
)
_DATA = Folded(
    r"(?i:\b(?:data|records?|messages?|events?|orders? (?:was|were|is|are|has|have)|lost|loss|backfill\w*|replay\w*"
    r"|queued?|process\w*|no action"
    r"|delivered|missing)\b)"
)
_EFFECT = Folded(
    r"(?i:\b(?:read-only|unavailab\w*|available|interrupt\w*|disrupt\w*|downtime|offline|slow\w*|delay\w*"
    r"|no (?:effect|impact|disruption|interruption|downtime)"
    r"|not (?:affect\w*|be (?:able|possible|available))|may (?:see|experience|notice|be|need)|will (?:see|be|not"
    r"|restart|lose|need|experience)|might"
    r"|expect\w*|impact\w*|affect\w*|unable|cannot|brief\w*|restart\w*|reconnect\w*|degrad\w*|transparent|seamless)\b)"
)
_SHARED_WORDS = 0.5


def _words(reading: Reading) -> set[str]:
    return {reading.prose[word.start : word.end].lower() for word in reading.words}


def _is_open(context: Context) -> bool:
    return context.status is not None and context.status.is_open


def _needed(post: Post, context: Context) -> Level:
    """What the first words lack is told louder, where they do not say either what is being done."""
    return Level.WARN if context.is_first and _lacks_action(post, context) else Level.INFO


def _lacks_action(post: Post, context: Context) -> bool:
    if not _is_open(context) or context.facts.action or not post.body.is_english:
        return False
    return not (says_action(post.body) or tells_end(post.body))


def _find_empty(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if not post.title.has_text:
        yield Remark(0, 0, "The title is empty: say in a few words what is wrong.", Part.TITLE)
    if not post.body.has_words:
        yield Remark(0, 0, "There is no text yet.")


def _find_no_subject(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if not _is_open(context) or context.components or not post.body.is_english:
        return
    special = {
        word for word in _words(post.body) | _words(post.title) if len(word) > 1 and not word.isdigit()
    } - _GENERAL
    if not special:
        is_certain = context.is_first is True and context.components is not None
        text = "This does not say what is broken: choose a component, or name what fails."
        yield Remark(0, 0, text, level=Level.BLOCK if is_certain else Level.INFO)


def _find_no_impact(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status not in (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED) or context.facts.impact:
        return
    if post.body.is_english and not _FELT.search(post.body.prose) and not _FELT.search(post.title.prose):
        yield Remark(
            0,
            0,
            "This does not say what customers notice: what fails for them, or what is slow?",
            level=_needed(post, context),
        )


def _find_no_scope(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    facts = context.facts
    if (
        context.status not in (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED)
        or facts.scope
        or facts.is_scope_unknown
    ):
        return
    if post.body.is_english and not says_whom(post.body) and not says_whom(post.title):
        text = "This does not say who is affected: give a share, a region or a number, or that it is not known yet."
        yield Remark(0, 0, text, level=_needed(post, context))


def _find_no_action(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if _lacks_action(post, context):
        level = Level.WARN if context.is_first else Level.INFO
        yield Remark(0, 0, "This does not say what you are doing about it.", level=level)


def _find_no_promise(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if not _is_open(context) or context.has_promise is None:
        return
    if has_next_time(post.body):
        yield from _find_other_promise(post, context)
    elif not context.has_promise:
        yield Remark(0, 0, "This does not say when customers hear again: choose a time for the next update.")
    elif context.promise_at is not None and not _names_time(post.body, context.promise_at, context.now):
        end, told = len(post.body.text), tell_clock(context.promise_at)
        gap = "" if not end or post.body.text[-1].isspace() else " "
        fix = Fix("say when", f"{gap}Next update by {told}.")
        yield Remark(end, end, f"Customers do not read that they hear again by {told}.", fix=fix, level=Level.WARN)


def _find_other_promise(post: Post, context: Context) -> Iterator[Remark]:
    """Yields a time that customers would read while another one, or none, is counted down here."""
    told = find_told(post.body, context.now) if context.now is not None else []
    if not told:
        return
    first, promise_at = told[0], context.promise_at
    if promise_at is None:
        text = f"Customers read that they hear again by {tell_clock(first.at)}, and nothing counts that down."
        yield Remark(first.start, first.end, text, level=Level.WARN)
    elif not any(each.is_kept_by(promise_at) for each in told):
        due = tell_clock(promise_at)
        text = f"Customers read that they hear again by {tell_clock(first.at)}, and {due} is counted down: choose one."
        yield Remark(first.start, first.end, text, fix=Fix(f"say {due}", due) if first.is_exact else None)


def _names_time(reading: Reading, at: int, now: int | None) -> bool:
    return any(clock.at(now if now is not None else at) == at for clock in reading.clocks)


def _find_no_window(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status is not IncidentStatus.RESOLVED or not post.body.is_english:
        return
    body = post.body
    if body.once(find_lengths) or len(body.clocks) > 1:
        return
    started_at, ended_at = context.started_at, context.resolved_at if context.resolved_at is not None else context.now
    if started_at is None or ended_at is None or ended_at <= started_at:
        yield Remark(0, 0, "This does not say when it was, how long it lasted, or what failed.", level=Level.INFO)
        return
    end = len(body.text)
    length = say_length(ended_at - started_at)
    told = f"It lasted from {tell_clock(started_at)} to {tell_clock(ended_at)}, {length} in all."
    fix = Fix("add the window", told if body.text[-1].isspace() else f" {told}")
    yield Remark(end, end, "This does not say when it was and how long it lasted.", fix=fix)


def _find_no_cause(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status is not IncidentStatus.RESOLVED or context.cause not in (Cause.OURS, Cause.SHARED):
        return
    if not context.facts.cause_plain and post.body.is_english and not _REVIEW.search(post.body.prose):
        yield Remark(0, 0, "It was ours: say what caused it, or when you publish a review.")


def _find_no_data_note(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    is_grave = context.severity is not None and context.severity <= 2
    if context.status is not IncidentStatus.RESOLVED or not (is_grave or context.facts.data_note):
        return
    if post.body.is_english and not _DATA.search(post.body.prose):
        yield Remark(0, 0, "Nothing is said about data: was any lost, late or wrong?")


def _find_unsaid_workaround(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if not context.facts.workaround or not _is_open(context):
        return
    wanted = set(context.facts.workaround.lower().split()) - _GENERAL
    said = set(post.body.text.lower().split())
    if wanted and len(wanted & said) < _SHARED_WORDS * len(wanted):
        yield Remark(0, 0, "There is a way round, but the text does not tell it.")


def _find_no_work_window(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    window = context.window
    if window is None or window.status is not MaintenanceStatus.SCHEDULED or not post.body.is_english:
        return
    clocks = post.body.clocks
    if window.starts_at is None and not clocks:
        yield Remark(0, 0, "This does not say when the work starts: give a date, a time and its zone.")
    elif window.ends_at is None and len(clocks) < 2 and not post.body.once(find_lengths):
        yield Remark(0, 0, "This does not say when the work ends.")
    for clock in clocks:
        if not clock.zone:
            shown = post.body.text[clock.start : clock.end]
            yield Remark(
                clock.start, clock.end, f"'{shown}' has no time zone: add UTC.", fix=Fix("add UTC", f"{shown} UTC")
            )
    if not window.effect and not _EFFECT.search(post.body.prose):
        yield Remark(0, 0, "This does not say what customers notice during the work, or that they notice nothing.")


RULES = (
    Rule("MS000", Level.BLOCK, "No title or no text", _find_empty, is_final=True),
    Rule("MS001", Level.INFO, "Not said what is broken", _find_no_subject),
    Rule("MS002", Level.INFO, "Not said what customers notice", _find_no_impact),
    Rule("MS003", Level.INFO, "Not said who is affected", _find_no_scope),
    Rule("MS004", Level.INFO, "Not said what is being done", _find_no_action),
    Rule("MS005", Level.BLOCK, "Not said when customers hear again", _find_no_promise),
    Rule("MS006", Level.WARN, "Resolved without a window or a length", _find_no_window),
    Rule("MS007", Level.INFO, "Resolved, ours, and no cause or review", _find_no_cause),
    Rule("MS008", Level.INFO, "Resolved, and nothing about data", _find_no_data_note),
    Rule("MS009", Level.INFO, "A way round that the text does not tell", _find_unsaid_workaround),
    Rule("MS010", Level.BLOCK, "Planned work without a start, an end, a zone or an effect", _find_no_work_window),
)

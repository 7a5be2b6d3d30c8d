"""What the heads of screens tell, piece by piece: how far the page, the engine and the queue can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from oncall_tui.domain.board import RED, UNSEEN, Tally
from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.domain.update import DeliveryState, Draft, is_asked_of
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import DELIVERY_LOOK, PROBE_LOOK, Glyphs, fit, join, look
from oncall_tui.tui.widgets.board_rows import tell_span

_GAP = Content("   ")
_SOON_WORK_MS = 60 * 60_000
#: How long a first engine may take on a host that is busy.
_START_MS = 20_000
Piece = tuple[int, Content]


class HeadFacts(NamedTuple):
    """What the head tells beside the file.

    `incident` is the one being worked on, `size_word` names a small screen, `page_url` is where customers read, `drift`
    where the page and the probes contradict each other, `way` the key that leads to where the others act. No bell rings
    before `muted_until`. The terminal was opened at `opened_at`.
    """

    now: int
    actor: str
    has_page: bool
    incident: Incident | None = None
    tally: Tally = Tally()
    size_word: str = ""
    is_read_only: bool = False
    page_url: str = ""
    drift: str = ""
    way: str = ""
    muted_until: int | None = None
    opened_at: int | None = None


def fit_pieces(pieces: Sequence[Piece], width: int, right: Content | None = None) -> Content:
    """Returns the pieces in order, without those of the highest numbers that do not fit beside `right`."""
    kept = list(pieces)
    room = width - 2 - (right.cell_length + 2 if right is not None else 0)

    def length() -> int:
        return sum(piece.cell_length for _, piece in kept) + 3 * max(0, len(kept) - 1)

    while len(kept) > 1 and length() > room:
        worst = max(priority for priority, _ in kept)
        kept.remove(next(item for item in reversed(kept) if item[0] == worst))
    text = _GAP.join([piece for _, piece in kept])
    if not text.plain.startswith(" "):
        text = Content(" ") + text
    if right is None:
        return fit(text, width)
    if width < right.cell_length + 12:
        return fit(text, width)
    return fit(text, width - right.cell_length - 1) + right + Content(" ")


def tell_seconds_ago(ms: int) -> str:
    """Returns an age in steps of five seconds, then of a minute."""
    if ms < 5_000:
        return "just now"
    return f"{ms // 5_000 * 5}s ago" if ms < 60_000 else f"{tell_span(ms)} ago"


def tell_page(snapshot: Snapshot, facts: HeadFacts) -> list[Piece]:
    """Says how fresh our picture of the page is, and why it is not where there is room."""
    page = snapshot.page
    if not facts.has_page:
        return [(4, join(("no status page configured", "$muted")))]
    if page.last_error:
        at = page.last_sync_at or page.last_error_at
        age = "" if at is None else f" {tell_span(max(0, facts.now - at))}"
        told = join((f"{Glyphs.show('✖')} page {page.trouble}{age}", "$state-down bold"))
        return [(1, told), (6, join((page.last_error, "$state-down")))]
    if page.last_sync_at is None:
        return [(4, join(("page not reached yet", "$muted")))]
    return [(4, join(("page synced ", "$muted"), tell_seconds_ago(max(0, facts.now - page.last_sync_at))))]


def tell_queue(snapshot: Snapshot) -> Content:
    """Says how many messages wait, and how many need a person."""
    stuck = {
        state: sum(item.state is state for item in snapshot.deliveries)
        for state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    }
    waiting = len(snapshot.deliveries) - sum(stuck.values())
    told = [join(("queue ", "$muted"), (str(waiting), "$state-slow bold" if waiting else ""))]
    for state, count in stuck.items():
        shape, word, style = DELIVERY_LOOK[state]
        told += [join((f"{Glyphs.show(shape)} {count} {word}", f"{style} bold"))] if count else []
    return Content("  ").join(told)


def is_engine_bad(snapshot: Snapshot, facts: HeadFacts) -> bool:
    """Tells whether nobody probes and publishes, or nobody can."""
    lease = snapshot.lease
    if lease is None:
        return facts.opened_at is not None and facts.now - facts.opened_at >= _START_MS
    return not lease.is_working(facts.now) or not lease.is_online or bool(lease.start_fault)


def tell_engine(snapshot: Snapshot, now: int, opened_at: int | None = None) -> Content:
    """Says whether somebody probes and publishes; `opened_at` is since when an engine should have begun to."""
    lease = snapshot.lease
    if lease is None:
        if opened_at is None or now - opened_at < _START_MS:
            return join(("engine starting", "$muted"))
        return join((f"{Glyphs.show('✖')} engine does not start: its log says why", "$state-down bold"))
    if lease.start_fault:
        return join((f"{Glyphs.show('✖')} engine does not start", "$state-down bold"))
    if lease.is_working(now):
        if not lease.is_online:
            return join((f"{Glyphs.show('▲')} this host is offline", "$state-slow bold"))
        return join(("engine ", "$muted"), "on")
    if lease.stopped_at is not None:
        return join((f"{Glyphs.show('✖')} engine stopped", "$state-down bold"))
    silent = max(0, now - lease.heartbeat_at)
    age = f"{silent // 1000} s" if silent < 60_000 else tell_span(silent)
    return join((f"{Glyphs.show('✖')} engine silent {age}", "$state-down bold"))


def tell_engine_note(snapshot: Snapshot, now: int) -> list[Piece]:
    """Says what the engine cannot do just now, such as to call a hook, or to start."""
    lease = snapshot.lease
    if lease is not None and lease.start_fault:
        return [(2, join((lease.start_fault, "$state-down")))]
    if lease is None or not lease.note or not lease.is_working(now):
        return []
    what, _, why = lease.note.partition(": ")
    pieces: list[Piece] = [(1, join((f"{Glyphs.show('▲')} {what}", "$state-slow bold")))]
    return [*pieces, (6, join((why, "$state-slow")))] if why else pieces


def tell_undecided(snapshot: Snapshot, way: str = "") -> Content | None:
    """Says what waits for a person's decision and which key leads there, None when nothing does."""
    waiting = snapshot.undecided
    if not waiting:
        return None
    asked = sum(item.state is DeliveryState.UNCERTAIN for item in waiting)
    failed = len(waiting) - asked
    words = f"{asked} update{'' if asked == 1 else 's'} may or may not have arrived" if asked else ""
    if failed:
        words += f", {failed} failed" if asked else f"{failed} update{'' if failed == 1 else 's'} failed"
    shape, _, style = DELIVERY_LOOK[waiting[0].state]
    return join(
        (f"{Glyphs.show(shape)} {words}: ", f"{style} bold"), (f"{way}c", "bold"), (" decides", f"{style} bold")
    )


def tell_asking_notices(snapshot: Snapshot, way: str = "") -> Content | None:
    """Says that notices of planned work wait for a person's decision, None when none does."""
    count = len(snapshot.asking_notices)
    if not count:
        return None
    words = "1 notice of planned work waits" if count == 1 else f"{count} notices of planned work wait"
    sign = (f"{Glyphs.show('?')} {words} for you: ", "$state-partial bold")
    return join(sign, (f"{way}m", "bold"), (" shows it", "$state-partial bold"))


def list_planned(snapshot: Snapshot, now: int, way: str | None = "") -> list[Piece]:
    """Says which planned work goes on, overruns, or begins within the hour, the one that matters first.

    `way` leads to the key that shows it; None where there are no keys.
    """
    found = [each for each in snapshot.maintenances if each.status.is_active or each.starts_at < now + _SOON_WORK_MS]
    if not found:
        return []
    work = min(found, key=lambda each: (not each.status.is_active, each.ends_at))
    key = Content("") if way is None else join((f"  {way}m", "bold"))
    if not work.status.is_active:
        left = work.starts_at - now
        when = f"begins in {tell_span(left)}" if left > 0 else f"has not begun, {tell_span(-left)} late"
        return [(4, join((f"M{work.id} ", "bold"), (work.title, "$muted"), f" {when}", key))]
    left = work.ends_at - now
    if left <= 0:
        words = f"{Glyphs.show('▲')} M{work.id} OVERRUNS by {tell_span(-left)} "
        return [(1, join((words, "$state-slow bold"), (work.title, "$muted"), key))]
    sign = (f"{Glyphs.show('■')} M{work.id} ", "$state-maintenance bold")
    return [(3, join(sign, (work.title, "$muted"), f" {tell_span(left)} left", key))]


def list_counts(tally: Tally) -> list[Content]:
    """Returns how many probes stand where, worst first, without the empty ones.

    What fell behind something, and what somebody looks after, is told beside what is red of itself.
    """
    told: list[Content] = []
    is_red = any(tally.counts.get(status) for status in RED)
    known = f"{tally.known} known" if is_red else f"{tally.known} red, known"
    words = [f"+{tally.behind} behind"] if tally.behind else []
    aside = [join((each, "$state-slow")) for each in (*words, *([known] if tally.known else ()))]
    was_down = f" ({tally.was_down} {'was' if tally.was_down == 1 else 'were'} DOWN)" if tally.was_down else ""
    for status, (shape, word, style) in PROBE_LOOK.items():
        count = tally.counts.get(status)
        if not count:
            continue
        if not told and status not in (*RED, *UNSEEN):
            told, aside = aside, []
        told.append(look(shape, f"{count} {word}", style))
        if was_down and status in UNSEEN:
            told[-1] = join(told[-1], (was_down, "$state-down"))
            was_down = ""
        told, aside = [*told, *aside], []
    return told + aside


def tell_failing(tally: Tally) -> str:
    """Returns how many probes are down of which customers may notice something, those that are known apart."""
    loud, known = tally.failing, tally.known_failing
    count, word = (loud, "") if loud else (known, "known ")
    more = f", {known} more known," if loud and known else ""
    return f"{count} {word}probe{' is' if count == 1 else 's are'} down{more}"


def is_nobody_told(snapshot: Snapshot, facts: HeadFacts) -> bool:
    """Tells whether something is down of which no incident tells."""
    is_over = facts.incident is None or facts.incident.resolved_at is not None
    is_drill = all(each.reach is Reach.DRILL for each in snapshot.open_incidents)
    return is_over and is_drill and facts.tally.failing + facts.tally.known_failing > 0


def list_asked(snapshot: Snapshot, facts: HeadFacts) -> list[Draft]:
    """Returns the drafts that this person is asked to send."""
    return [draft for draft in snapshot.drafts if is_asked_of(draft, facts.actor)]


def draw_asked(drafts: Sequence[Draft], *, is_brief: bool = False) -> Content:
    """Says who asks this person to send a draft."""
    first = drafts[0]
    if is_brief:
        words = f"{Glyphs.show('▲')} {first.asked_by} asks you to send: "
        return join((words, "$state-slow bold"), ("p", "bold"))
    more = f" and {len(drafts) - 1} more" if len(drafts) > 1 else ""
    words = f"{first.asked_by} asks a second person to send an update of #{first.incident_id}{more}: "
    return join((f"{Glyphs.show('▲')} {words}", "$state-slow bold"), ("p", "bold"), (" shows it", "$state-slow"))

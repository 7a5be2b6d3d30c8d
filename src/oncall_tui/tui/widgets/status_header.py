"""The head of every screen: the time, what can be trusted, the incident, and when customers hear next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from textual.content import Content

from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.domain.probe import ProbeKind, ProbeStatus
from oncall_tui.domain.update import DeliveryState, Draft, is_asked_of
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import DELIVERY_LOOK, PROBE_LOOK, STATUS_LOOK, Glyphs, clock_utc, fit, join, line, look
from oncall_tui.tui.widgets.board_rows import tell_span
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.promise_line import is_told, tell_due, tell_pressing, tell_untold
from oncall_tui.tui.widgets.reach_mark import mark_reach

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
    counts: Mapping[ProbeStatus, int] = MappingProxyType({})
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
        told = join((f"{Glyphs.show('✖')} page unreachable{age}", "$state-down bold"))
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


def tell_engine(snapshot: Snapshot, now: int, opened_at: int | None = None) -> Content:
    """Says whether somebody probes and publishes; `opened_at` is since when an engine should have begun to."""
    lease = snapshot.lease
    if lease is None:
        if opened_at is None or now - opened_at < _START_MS:
            return join(("engine starting", "$muted"))
        return join((f"{Glyphs.show('✖')} engine does not start: its log says why", "$state-down bold"))
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
    """Says what the engine cannot do just now, such as to call a hook."""
    lease = snapshot.lease
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


def list_counts(counts: Mapping[ProbeStatus, int]) -> list[Content]:
    """Returns how many probes stand where, worst first, without the empty ones."""
    return [
        look(shape, f"{counts[status]} {word}", style)
        for status, (shape, word, style) in PROBE_LOOK.items()
        if counts.get(status)
    ]


def list_promise(incident: Incident, snapshot: Snapshot, now: int, *, can_see: bool = True) -> list[Piece]:
    """Says what was promised to customers and what they were told last.

    Where no public address is known (`can_see`), the page's word that it took the update has to do.
    """
    latest = snapshot.latest_updates.get(incident.id)
    if not is_told(incident, snapshot, can_see=can_see) and incident.resolved_at is None:
        pieces = [(0, tell_untold(incident))]
        if latest is not None:
            seen = "" if latest.delivery is not DeliveryState.DELIVERED else ", not seen there yet"
            pieces.append((1, join("first update ", look(*DELIVERY_LOOK[latest.delivery]), (seen, "$muted"))))
            if latest.reason:
                pieces.append((3, join((latest.reason, "$muted"))))
        return pieces
    parts: list[Piece] = []
    due = incident.next_update_at
    if incident.resolved_at is not None:
        parts.append((0, join(("resolved ", "$muted"), clock_utc(incident.resolved_at, has_seconds=False))))
    elif due is None:
        parts.append((0, join(("no next update promised", "$muted"))))
    else:
        parts.append((0, tell_due(due, now)))
    if latest is not None and latest.delivery is not DeliveryState.DELIVERED and latest.is_local:
        parts.append((1, join("last update ", look(*DELIVERY_LOOK[latest.delivery]))))
    elif latest is not None and latest.seen_at is not None:
        parts.append((4, join(("customers see it since ", "$muted"), clock_utc(latest.seen_at))))
    elif latest is not None:
        told = latest.delivered_at or latest.created_at
        parts.append((4, join(("last public post ", "$muted"), clock_utc(told))))
    return parts


def draw_head(snapshot: Snapshot, facts: HeadFacts, width: int) -> list[Content]:
    """Returns the three lines of the head.

    The clock stands first and in one style: a repaint of a cell begins at the left edge of its widget.
    """
    who = join((facts.actor, "bold"), ("  READ ONLY", "$state-slow bold") if facts.is_read_only else "")
    is_muted = facts.muted_until is not None and facts.now < facts.muted_until
    muted = f"muted {tell_span((facts.muted_until or 0) - facts.now)}" if is_muted else ""
    first: list[Piece] = [
        (0, join((f" {clock_utc(facts.now)}", "bold"))),
        (5, line(snapshot.page.name or "oncall-tui", "$title bold", limit=24)),
        *tell_page(snapshot, facts),
        (2, tell_queue(snapshot)),
        (3, tell_engine(snapshot, facts.now, facts.opened_at)),
        *([(1, join((muted, "$state-slow")))] if muted else []),
        *tell_engine_note(snapshot, facts.now),
    ]
    return [
        fit_pieces(first, width, who),
        _draw_incident(snapshot, facts, width),
        _draw_news(snapshot, facts, width),
    ]


def draw_small_head(snapshot: Snapshot, facts: HeadFacts, width: int) -> list[Content]:
    """Returns the one line of a screen that has no room for three."""
    pieces: list[Piece] = [(rank, count) for rank, count in zip((0, 2, 3, 4), list_counts(facts.counts), strict=False)]
    if snapshot.saving_error:
        pieces.insert(0, (0, join(("not saving", "$state-down bold"))))
    if facts.incident is not None:
        _, word, style = STATUS_LOOK[facts.incident.status]
        pieces.insert(0, (1, join((f"#{facts.incident.id} {word[:3]}", f"{style} bold"))))
        if facts.incident.reach is not Reach.PUBLIC:
            pieces.insert(0, (0, mark_reach(facts.incident, "")))
        due_at = facts.incident.next_update_at
        if due_at is not None and facts.incident.resolved_at is None:
            pieces.insert(1, (0, tell_due(due_at, facts.now, is_brief=True)))
    if (other := tell_pressing(snapshot, facts.incident.id if facts.incident else None, facts.now)) is not None:
        pieces.insert(0, (1, other))
    pieces.append((5, join((clock_utc(facts.now, has_seconds=False), "bold"))))
    if facts.size_word:
        pieces.append((6, join((facts.size_word, "$muted"))))
    return [fit_pieces(pieces, width)]


def _draw_incident(snapshot: Snapshot, facts: HeadFacts, width: int) -> Content:
    counts = Content("  ").join(list_counts(facts.counts))
    incident = facts.incident
    if incident is None:
        quiet: list[Piece] = [(0, join(("No open incident", "$muted")))]
        if facts.page_url:
            quiet.append((1, join(("customers read ", "$muted"), facts.page_url)))
        return fit_pieces(quiet, width, counts)
    others = len(snapshot.open_incidents) - (1 if incident.resolved_at is None else 0)
    shape, word, style = STATUS_LOOK[incident.status]
    ended_at = incident.resolved_at
    age = tell_span(max(0, (facts.now if ended_at is None else ended_at) - incident.started_at))
    words = f"open {age}" if ended_at is None else f"lasted {age}"
    tail = join((words, "$muted"), (f"  +{others} more" if others > 0 else "", "bold"))
    head = join((f"#{incident.id} SEV{int(incident.severity)}  ", "bold"), look(shape, word, f"{style} bold"), "  ")
    head = join(head, mark_reach(incident))
    if width >= 120:
        tail = join(tail, "     ", counts)
    elif facts.counts.get(ProbeStatus.DOWN):
        tail = join(list_counts(facts.counts)[0], "  ", tail)
    room = max(4, width - head.cell_length - tail.cell_length - 4)
    return fit(join(" ", head, fit(line(incident.title, "bold"), room), "  ", tail), width)


def _draw_news(snapshot: Snapshot, facts: HeadFacts, width: int) -> Content:
    if snapshot.saving_error:
        return fit(join(" ", (f"{Glyphs.show('✖')} not saving: ", "$state-down bold"), snapshot.saving_error), width)
    waiting = (tell_undecided(snapshot, facts.way), tell_asking_notices(snapshot, facts.way))
    asked = [(0, words) for words in waiting if words is not None]
    if asked:
        rest = _draw_known(snapshot, facts)
        return fit_pieces([*asked, *((rank + 1, piece) for rank, piece in rest)], width)
    return fit_pieces(_draw_known(snapshot, facts) or [(0, Content(""))], width)


def _count_silent_sources(snapshot: Snapshot) -> int:
    """Returns how many sources cannot be read: that is trouble of those who look, not of customers."""
    silent = [probe for probe in snapshot.probes if probe.intake is not None and probe.kind is not ProbeKind.QUERY]
    states = [snapshot.states.get(probe.name) for probe in silent]
    return sum(state is not None and state.status is ProbeStatus.DOWN for state in states)


def _draw_known(snapshot: Snapshot, facts: HeadFacts) -> list[Piece]:
    """Returns what customers know, the most urgent first, and then what is planned."""
    rest: list[Piece] = list_planned(snapshot, facts.now, facts.way) if snapshot.maintenances else []
    if facts.drift:
        rest.insert(0, (2, join((f"{Glyphs.show('▲')} {facts.drift}", "$state-partial"))))
    down = facts.counts.get(ProbeStatus.DOWN, 0) - _count_silent_sources(snapshot)
    is_over = facts.incident is None or facts.incident.resolved_at is not None
    if is_over and down > 0 and all(each.reach is Reach.DRILL for each in snapshot.open_incidents):
        words = "1 probe is down" if down == 1 else f"{down} probes are down"
        sentence = f"{words} and customers have not been told: "
        return [
            (0, join((sentence, "$state-down"), (f"{facts.way}i", "bold"), (" opens an incident", "$state-down"))),
            *rest,
        ]
    if facts.incident is None:
        return rest
    if facts.incident.conflict:
        return [(0, join((f"{Glyphs.show('▲')} ", "$state-slow"), (facts.incident.conflict, "$state-slow"))), *rest]
    asked = [draft for draft in snapshot.drafts if is_asked_of(draft, facts.actor)]
    if asked:
        rest.append((0, _draw_asked(asked)))
    pieces = list_promise(facts.incident, snapshot, facts.now, can_see=bool(facts.page_url))
    latest = snapshot.latest_updates.get(facts.incident.id)
    for proof in latest.proofs if latest is not None and latest.is_local else ():
        if proof.difference:
            told = f"{Glyphs.show('▲')} NOT AS SENT on {snapshot.name_page(proof.page)}"
            pieces.append((2, join((told, "$state-partial bold"))))
    if (other := tell_pressing(snapshot, facts.incident.id, facts.now)) is not None:
        pieces.insert(1, (1, other))
    return [*pieces, *rest, *([(5, join((facts.page_url, "$muted")))] if facts.page_url else [])]


def _draw_asked(drafts: Sequence[Draft]) -> Content:
    first = drafts[0]
    more = f" and {len(drafts) - 1} more" if len(drafts) > 1 else ""
    words = f"{first.asked_by} asks a second person to send an update of #{first.incident_id}{more}: "
    return join((f"{Glyphs.show('▲')} {words}", "$state-slow bold"), ("p", "bold"), (" shows it", "$state-slow"))


class StatusHeader(Lines):
    """Shows the head in three lines, or in one on a small screen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id)
        self._shown: tuple[Snapshot, HeadFacts] | None = None

    def show_head(self, snapshot: Snapshot, facts: HeadFacts) -> None:
        self._shown = snapshot, facts
        self.redraw()

    def redraw(self) -> None:
        if self._shown is not None:
            draw = draw_head if self.size.height >= 3 else draw_small_head
            self.show_lines(draw(*self._shown, self.size.width))

"""The head of every screen: the time, what can be trusted, the incident, and when customers hear next."""

from __future__ import annotations

from textual.content import Content

from oncall_tui.domain.incident import Incident
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import DELIVERY_LOOK, STATUS_LOOK, Glyphs, clock_utc, fit, join, line, look
from oncall_tui.tui.widgets.board_rows import tell_span
from oncall_tui.tui.widgets.head_words import (
    HeadFacts,
    Piece,
    draw_asked,
    fit_pieces,
    is_engine_bad,
    is_nobody_told,
    list_asked,
    list_counts,
    list_planned,
    tell_asking_notices,
    tell_engine,
    tell_engine_note,
    tell_failing,
    tell_page,
    tell_queue,
    tell_undecided,
)
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.promise_line import is_told, tell_due, tell_pressing, tell_untold
from oncall_tui.tui.widgets.reach_mark import mark_reach

#: What the words for no open incident take, with the gap before the counts.
_NO_INCIDENT_ROOM = 20
_SMALL_ROWS = 2


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
        (1 if is_engine_bad(snapshot, facts) else 3, tell_engine(snapshot, facts.now, facts.opened_at)),
        *([(1, join((muted, "$state-slow")))] if muted else []),
        *tell_engine_note(snapshot, facts.now),
    ]
    return [
        fit_pieces(first, width, who),
        _draw_incident(snapshot, facts, width),
        _draw_news(snapshot, facts, width),
    ]


def _draw_incident(snapshot: Snapshot, facts: HeadFacts, width: int) -> Content:
    told = list_counts(facts.tally)
    incident = facts.incident
    if incident is None:
        while len(told) > 1 and Content("  ").join(told).cell_length > width - _NO_INCIDENT_ROOM:
            told.pop()
    counts = Content("  ").join(told)
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
    elif facts.tally.counts.get(ProbeStatus.DOWN):
        tail = join(list_counts(facts.tally)[0], "  ", tail)
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


def _draw_known(snapshot: Snapshot, facts: HeadFacts) -> list[Piece]:
    """Returns what customers know, the most urgent first, and then what is planned."""
    rest: list[Piece] = list_planned(snapshot, facts.now, facts.way) if snapshot.maintenances else []
    if facts.drift:
        rest.insert(0, (2, join((f"{Glyphs.show('▲')} {facts.drift}", "$state-partial"))))
    if is_nobody_told(snapshot, facts):
        sentence = f"{tell_failing(facts.tally)} and customers have not been told: "
        return [
            (0, join((sentence, "$state-down"), (f"{facts.way}i", "bold"), (" opens an incident", "$state-down"))),
            *rest,
        ]
    if facts.incident is None:
        return rest
    if facts.incident.conflict:
        return [(0, join((f"{Glyphs.show('▲')} ", "$state-slow"), (facts.incident.conflict, "$state-slow"))), *rest]
    if asked := list_asked(snapshot, facts):
        rest.append((0, draw_asked(asked)))
    pieces = list_promise(facts.incident, snapshot, facts.now, can_see=bool(facts.page_url))
    latest = snapshot.latest_updates.get(facts.incident.id)
    for proof in latest.proofs if latest is not None and latest.is_local else ():
        if proof.difference:
            told = f"{Glyphs.show('▲')} NOT AS SENT on {snapshot.name_page(proof.page)}"
            pieces.append((2, join((told, "$state-partial bold"))))
    if (other := tell_pressing(snapshot, facts.incident.id, facts.now)) is not None:
        pieces.insert(1, (1, other))
    return [*pieces, *rest, *([(5, join((facts.page_url, "$muted")))] if facts.page_url else [])]


class StatusHeader(Lines):
    """Shows the head in three lines, or in one on a small screen."""

    def __init__(self, *, id: str | None = None, small_rows: int = _SMALL_ROWS) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id)
        self._small_rows = small_rows
        self._shown: tuple[Snapshot, HeadFacts] | None = None

    def show_head(self, snapshot: Snapshot, facts: HeadFacts) -> None:
        self._shown = snapshot, facts
        self.redraw()

    def redraw(self) -> None:
        if self._shown is None:
            return
        if self.size.height >= 3:
            self.show_lines(draw_head(*self._shown, self.size.width))
            return
        from oncall_tui.tui.widgets.small_head import draw_small_head

        rows = draw_small_head(*self._shown, self.size.width, self._small_rows)
        is_other = len(rows) != len(self.lines)
        self.show_lines(rows)
        if is_other:
            self.refresh(layout=True)

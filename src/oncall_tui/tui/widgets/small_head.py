"""The head of a screen that has no room for three lines: what may not be missed, in one or two."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import DELIVERY_LOOK, STATUS_LOOK, Glyphs, clock_utc, join, look
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
    tell_engine,
    tell_engine_note,
    tell_page,
)
from oncall_tui.tui.widgets.promise_line import is_told, tell_due, tell_pressing, tell_untold
from oncall_tui.tui.widgets.reach_mark import mark_reach

#: As many as it has at most.
SMALL_ROWS = 2


def draw_small_head(snapshot: Snapshot, facts: HeadFacts, width: int, most: int = SMALL_ROWS) -> list[Content]:
    """Returns the one line of a screen that has no room for three, and a second one while there is trouble to tell."""
    news = _list_news(snapshot, facts)
    rows = [_draw_small(snapshot, facts, width, news[:1] if most < SMALL_ROWS else [])]
    return rows if most < SMALL_ROWS or not news else [*rows, fit_pieces(news, width)]


def _list_news(snapshot: Snapshot, facts: HeadFacts) -> list[Piece]:
    """Returns what may not be missed however little room there is, the most urgent first."""
    if snapshot.saving_error:
        return [(0, join((f"{Glyphs.show('✖')} not saving: ", "$state-down bold"), snapshot.saving_error))]
    news: list[Piece] = []
    if is_engine_bad(snapshot, facts):
        news.append((0, tell_engine(snapshot, facts.now, facts.opened_at)))
    waiting = len(snapshot.undecided)
    if waiting:
        words = f"{Glyphs.show('?')} {waiting} update{'' if waiting == 1 else 's'} to decide: "
        news.append((0, join((words, "$state-partial bold"), (f"{facts.way}c", "bold"))))
    if snapshot.asking_notices:
        words = f"{Glyphs.show('?')} planned work waits: "
        news.append((1, join((words, "$state-partial bold"), (f"{facts.way}m", "bold"))))
    incident = facts.incident
    if facts.has_page and snapshot.page.last_error:
        news += [(1, piece) for rank, piece in tell_page(snapshot, facts) if rank == 1]
    if is_nobody_told(snapshot, facts):
        news.append((1, join(("customers not told: ", "$state-down"), (f"{facts.way}i", "bold"), " declares")))
    elif incident is not None and incident.resolved_at is None:
        if incident.conflict:
            news.append((1, join((f"{Glyphs.show('▲')} {incident.conflict}", "$state-slow"))))
        if not is_told(incident, snapshot, can_see=bool(facts.page_url)):
            news.append((1, tell_untold(incident)))
            latest = snapshot.latest_updates.get(incident.id)
            news += [(3, look(*DELIVERY_LOOK[latest.delivery]))] if latest is not None else []
        elif _is_changed(snapshot, incident):
            news.append((2, join((f"{Glyphs.show('▲')} NOT AS SENT on a page", "$state-partial bold"))))
    news += [(2, draw_asked(asked, is_brief=True))] if (asked := list_asked(snapshot, facts)) else []
    news += [(rank + 1, piece) for rank, piece in list_planned(snapshot, facts.now, facts.way)]
    news += [(3, piece) for rank, piece in tell_engine_note(snapshot, facts.now) if rank == 1]
    if facts.drift:
        news.append((4, join((f"{Glyphs.show('▲')} {facts.drift}", "$state-partial"))))
    return news


def _is_changed(snapshot: Snapshot, incident: Incident) -> bool:
    """Tells whether customers read something else than was sent last."""
    latest = snapshot.latest_updates.get(incident.id)
    return latest is not None and latest.is_local and any(proof.difference for proof in latest.proofs)


def _draw_small(snapshot: Snapshot, facts: HeadFacts, width: int, urgent: Sequence[Piece]) -> Content:
    pieces: list[Piece] = [(rank, count) for rank, count in zip((0, 2, 3, 4), list_counts(facts.tally), strict=False)]
    pieces[:0] = [(1, piece) for _, piece in urgent]
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
    return fit_pieces(pieces, width)

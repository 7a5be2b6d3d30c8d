"""What rings no bell just now, and for how long, in one line: for screens that show no probes."""

from __future__ import annotations

from textual.content import Content

from oncall_tui.domain.silence import is_over
from oncall_tui.domain.upkeep import Upkeep, index_upkeeps
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, join
from oncall_tui.tui.widgets.board_rows import tell_span, tell_work

_SHOWN = 4


def draw_quiet(snapshot: Snapshot, now: int) -> Content | None:
    """Returns what is silenced or under maintenance untold, what rings again soonest first, None for nothing."""
    found: list[tuple[int, str]] = []
    by_work: dict[int, tuple[Upkeep, list[str]]] = {}
    for name, work in index_upkeeps(snapshot.upkeeps, now).items():
        by_work.setdefault(work.id, (work, []))[1].append(name)
    for work, names in by_work.values():
        what = names[0] if len(names) == 1 else f"{len(names)} probes"
        found.append((work.ends_at, f"{what} {tell_work(work, now)}"))
    for silence in snapshot.silences.values():
        if is_over(silence, now):
            continue
        if silence.until_at is None:
            found.append((2**62, f"{silence.probe} ack {silence.note or silence.actor}"))
        else:
            found.append((silence.until_at, f"{silence.probe} snoozed {tell_span(silence.until_at - now)}"))
    if not found:
        return None
    told = [words for _, words in sorted(found)]
    more = f"  and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    sign = (f"{Glyphs.show('■')} quiet  ", "$state-maintenance bold")
    return join(sign, f" {Glyphs.show('·')} ".join(told[:_SHOWN]), (more, "$muted"))

"""The selected probe in detail: where its time goes, what was seen, what went wrong last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from oncall_tui.domain.board import Row
from oncall_tui.domain.incident import Component, Incident
from oncall_tui.domain.probe import Phases, ProbeStatus, Result
from oncall_tui.tui.text import COMPONENT_LOOK, PROBE_LOOK, Glyphs, clock_utc, date_utc, fit, join, line, look, pack
from oncall_tui.tui.widgets.board_rows import tell_hush, tell_latency, tell_silence, tell_why, tell_work
from oncall_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep

_PHASES = (
    ("resolve", "resolve_ms", "$state-maintenance"),
    ("connect", "connect_ms", "$state-expected"),
    ("tls", "tls_ms", "$state-slow"),
    ("first byte", "first_byte_ms", "$strip-ok"),
    ("transfer", "transfer_ms", "$title"),
)
_DAY_MS = 86_400_000
_BRIEF_ROWS = 2


class Details(NamedTuple):
    """All that is known of one probe; `failures` are its latest bad runs, newest first.

    `drift` is a sentence where the page contradicts the probes of the component, else empty; `behind` says what fell
    with it, or behind what it fell.
    """

    row: Row
    component: Component | None
    incident: Incident | None
    failures: Sequence[Result]
    drift: str = ""
    behind: str = ""


def draw_brief(details: Details, width: int, now: int) -> list[Content]:
    """Returns why a probe is as it is, and the key that goes on from there, for a terminal without room for more."""
    row, incident = details.row, details.incident
    shape, _, style = PROBE_LOOK[row.status]
    told = tell_why(row, now, details.behind, width)
    if not told.plain.strip():
        told = join((f"{row.probe.kind} ", "$muted"), line(row.probe.target))
    rows = [join((f"{Glyphs.show(shape)} ", f"{style} bold"), told)]
    if incident is not None:
        rows.append(join(("enter ", "$title bold"), (f"#{incident.id} ", "bold"), (incident.title, "$muted")))
    elif row.status is ProbeStatus.DOWN:
        rows.append(join(("i ", "$title bold"), ("opens an incident with this filled in", "$muted")))
    else:
        rows.append(join(("h ", "$title bold"), ("shows its past", "$muted")))
    return [fit(part, width) for part in rows]


def share_cells(parts: Sequence[float], room: int) -> list[int]:
    """Returns `room` cells shared out by size; every part gets at least one, so that none is hidden."""
    total = sum(parts)
    cells = [max(1, int(part / total * room)) for part in parts]
    cells[parts.index(max(parts))] += room - sum(cells)
    return cells


def draw_phases(phases: Phases, width: int) -> list[Content]:
    """Returns a bar in which each phase has the part of its time, and the words that explain it."""
    known = [(name, float(getattr(phases, field) or 0.0), style) for name, field, style in _PHASES]
    known = [item for item in known if item[1] > 0]
    total = sum(item[1] for item in known)
    if not total:
        return []
    room = max(10, min(width, 60))
    cells = share_cells([ms for _, ms, _ in known], room)
    sign = "━" if not Glyphs.is_ascii else "="
    bar = join(*((sign * count, style) for count, (_, _, style) in zip(cells, known, strict=True)))
    words = [join((f"{sign} ", style), (f"{name} ", "$muted"), tell_latency(ms)) for name, ms, style in known]
    return [bar, *pack(words, width, "  ")]


def draw_details(details: Details, width: int, now: int) -> list[Content]:
    """Returns the lines, the most needed first: a short pane shows only those."""
    shown = details.row
    probe, state = shown.probe, shown.state
    shape, word, style = PROBE_LOOK[shown.status]
    head = join((probe.name, "bold"), "  ", look(shape, word, f"{style} bold"))
    if shown.status is ProbeStatus.FLAPPING:
        head = join(head, ("  at the moment ", "$muted"), look(*PROBE_LOOK[state.status]))
    if details.component is not None:
        head = join(head, ("   customers see ", "$muted"), (details.component.name, "bold"), " ")
        if details.component.page_status is not None:
            head = join(head, look(*COMPONENT_LOOK[details.component.page_status]))
    elif probe.component:
        head = join(head, ("   component ", "$muted"), (probe.component, "bold"))
    rows = [head, join((f"{probe.kind} ", "$muted"), line(probe.target))]
    if state.last_reason and shown.status is not ProbeStatus.UP:
        at = f" {clock_utc(state.last_reason_at)}" if state.last_reason_at else ""
        rows.append(join((state.last_reason, style), (at, "$muted")))
    if shown.silence is not None:
        rows += _draw_silence(shown, shown.silence, now)
    if shown.work is not None:
        rows += _draw_work(shown.work, now)
    if shown.change is not None:
        is_expected = shown.status is ProbeStatus.EXPECTED
        known = tell_silence(shown, now) if is_expected else f"after {shown.change.text}"
        told = f"{Glyphs.show('◇')} {known}, {clock_utc(shown.change.at)}"
        rows.append(join((told, "$state-expected"), (f"  told by {shown.change.actor}", "$muted")))
    if details.drift:
        rows.append(join((f"{Glyphs.show('▲')} {details.drift}", "$state-partial")))
    links = []
    if details.incident is not None:
        links.append(join((f"#{details.incident.id} ", "$title bold"), details.incident.title, ("  enter", "$muted")))
    elif shown.status is ProbeStatus.DOWN:
        links.append(join(("i", "$title bold"), (" opens an incident with this filled in", "$muted")))
    if probe.runbook:
        links.append(join(("b", "$title bold"), (" runbook ", "$muted"), probe.runbook.rsplit("/", 1)[-1]))
    rows += pack(links, width)
    rows += draw_phases(state.phases, width)
    rows += pack([join((f"{name} ", "$muted"), value) for name, value in state.facts], width)
    if details.failures:
        rows.append(join(("LAST ERRORS", "$muted")))
        for result in details.failures:
            at = clock_utc(result.started_at) if now - result.started_at < _DAY_MS else date_utc(result.started_at)
            rows.append(join((f"{at}  ", "$muted"), result.reason))
    return [fit(row, width) for row in rows]


def _draw_silence(row: Row, silence: Silence, now: int) -> list[Content]:
    from oncall_tui.domain.silence import count_missing

    if silence.until_at is None:
        key, missing = "a", count_missing(silence, row.state, row.probe)
        told = "acknowledged" + (f", {missing} more good" if missing is not None else "")
    else:
        key, told = "Z", f"{tell_hush(row, silence, now)}, until {clock_utc(silence.until_at)}"
    note = f": {silence.note}" if silence.note else ""
    by = f"   by {silence.actor} {clock_utc(silence.made_at)}"
    return [join((told + note, "$state-maintenance")), join((key, "$title bold"), " ends it", (by, "$muted"))]


def _draw_work(work: Maintenance | Upkeep, now: int) -> list[Content]:
    from oncall_tui.domain.upkeep import Upkeep

    told = join((f"{tell_work(work, now)}, until {clock_utc(work.ends_at)}", "$state-maintenance"))
    if not isinstance(work, Upkeep):
        return [told, join(("m", "$title bold"), " ends it", ("   customers read of it", "$muted"))]
    by = "from the config" if work.window is not None else f"by {work.actor} {clock_utc(work.made_at)}"
    return [told, join(("w", "$title bold"), " ends it", (f"   customers are not told, {by}", "$muted"))]


class ProbeDetail(Lines):
    """Draws the details of one probe."""

    _details: Details | None = None
    _now = 0

    def show_details(self, details: Details | None, now: int) -> None:
        self._details, self._now = details, now
        self.redraw()

    def redraw(self) -> None:
        width = max(1, self.size.width)
        draw = draw_details if self.size.height > _BRIEF_ROWS else draw_brief
        self.show_lines([] if self._details is None else draw(self._details, width, self._now))

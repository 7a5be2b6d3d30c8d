"""The rows of the board: where a probe stands, how that is said, and how the columns share the width."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from oncall_tui.domain.intake import tell_value
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict, find_unit
from oncall_tui.domain.verdict import status_at
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import PROBE_LOOK, Glyphs, fit, join, line
from oncall_tui.tui.widgets.latency_strip import draw_strip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oncall_tui.domain.change import Change
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep

_RANK = {
    ProbeStatus.DOWN: 0,
    ProbeStatus.FLAPPING: 1,
    ProbeStatus.SLOW: 2,
    ProbeStatus.STALE: 3,
    ProbeStatus.UNKNOWN: 4,
    ProbeStatus.EXPECTED: 5,
    ProbeStatus.MAINTENANCE: 6,
    ProbeStatus.UP: 7,
}
RED = (ProbeStatus.DOWN, ProbeStatus.FLAPPING, ProbeStatus.SLOW)
UNSEEN = (ProbeStatus.STALE, ProbeStatus.UNKNOWN)
_WHY_AT_LEAST = 16
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_ROUGH = 10 * _HOUR


def tell_span(ms: int) -> str:
    """Returns how long something has lasted, in steps of a minute: a running second would cost a repaint a row."""
    if ms < _MINUTE:
        return "<1m"
    if ms < _HOUR:
        return f"{ms // _MINUTE}m"
    if ms < _DAY:
        return f"{ms // _HOUR}h {ms % _HOUR // _MINUTE:02}m"
    return f"{ms // _DAY}d {ms % _DAY // _HOUR:02}h"


def tell_latency(ms: float) -> str:
    """Returns a latency in at most six signs."""
    return f"{ms:.0f}ms" if ms < 1000 else f"{ms / 1000:.1f}s" if ms < 100_000 else f"{ms / 1000:.0f}s"


def tell_figure(probe: Probe, state: ProbeState) -> str:
    """Returns the latency of the latest answer, or the value of a query, which is there when it is bad, too."""
    figure_ms = state.last_duration_ms
    unit = find_unit(probe)
    if unit is not None:
        is_known = figure_ms is not None and state.last_verdict is not Verdict.UNKNOWN
        return tell_value((figure_ms or 0.0) / 1000, unit) if is_known else "--"
    is_alert = probe.kind is ProbeKind.ALERTMANAGER and probe.source
    has_answer = state.last_verdict in (Verdict.UP, Verdict.DEGRADED) and figure_ms is not None and not is_alert
    return tell_latency(figure_ms or 0.0) if has_answer else "--"


class Row(NamedTuple):
    """One probe on the board; rows that look the same are equal.

    `change` came shortly before it turned red, `work` is what puts it under maintenance.
    """

    probe: Probe
    state: ProbeState
    status: ProbeStatus
    incident_id: int | None
    change: Change | None = None
    silence: Silence | None = None
    work: Maintenance | Upkeep | None = None

    @property
    def is_down(self) -> bool:
        """Tells whether it is down, however it is shown: what depends on it falls behind it."""
        is_shown_otherwise = self.status in (ProbeStatus.MAINTENANCE, ProbeStatus.EXPECTED)
        return self.status is ProbeStatus.DOWN or (is_shown_otherwise and self.state.status is ProbeStatus.DOWN)


def find_since(row: Row) -> int:
    """Returns the instant since which a probe has been as it is shown."""
    is_flapping = row.status is ProbeStatus.FLAPPING
    return (row.state.flapping_at if is_flapping else None) or row.state.since_at


def tell_silence(row: Row, now: int) -> str:
    """Returns what is known of a probe, and for how long or for how many good results it is still kept quiet."""
    if row.work is not None:
        return tell_work(row.work, now)
    if row.status is ProbeStatus.EXPECTED and row.change is not None:
        return f"{tell_left(row.change.until_at or now, now)}, {row.change.text}"
    return "" if row.silence is None else tell_hush(row, row.silence, now)


def tell_hush(row: Row, silence: Silence, now: int) -> str:
    """Returns who looks after a probe, or for how long it is snoozed."""
    if silence.until_at is not None:
        return f"snoozed {tell_span(max(0, silence.until_at - now))}"
    from oncall_tui.domain.silence import count_missing

    missing = count_missing(silence, row.state, row.probe)
    return f"ack {silence.note or silence.actor}" + (f", {missing} more good" if missing is not None else "")


def tell_left(ends_at: int, now: int) -> str:
    """Returns how long something still lasts, in as few signs as tell it, or by how long it has outlasted its end."""
    if now >= ends_at:
        return f"over by {tell_span(now - ends_at)}"
    left = tell_span(ends_at - now)
    return f"{left.partition(' ')[0] if ends_at - now >= _ROUGH else left} left"


def tell_work(work: Maintenance | Upkeep, now: int) -> str:
    """Returns which work puts a probe under maintenance, and its time first: names are cut."""
    from oncall_tui.domain.upkeep import name_work

    return f"{tell_left(work.ends_at, now)}, {name_work(work)}"


class Columns(NamedTuple):
    """Widths in cells; 0 leaves a column out."""

    name: int
    response: int
    strip: int
    why: int


def lay_columns(width: int, longest_name: int) -> Columns:
    """Returns the columns that fit: names first, then a reason that can be read, then the strip."""
    fixed = 2 + 9 + 9 + 8
    name = max(8, min(longest_name, 14 if width < 70 else 20 if width < 110 else 32))
    left = width - fixed - name - 2
    if left < 0:
        return Columns(max(4, width - 2 - 9 - 9 - 2), 0, 0, 0)
    widest = 10 if width < 100 else 20 if width < 130 else 40 if width < 170 else 60
    strip = min(widest, left - 2 - _WHY_AT_LEAST)
    if strip < 6:
        return Columns(name, 8, 0, left)
    return Columns(name, 8, strip, left - strip - 2)


def find_place(row: Row) -> tuple[int, bool, int]:
    """Returns what rows are sorted by: the worst first, of those what nobody looks after, of those the newest."""
    return _RANK[row.status], row.silence is not None, 0 if row.status is ProbeStatus.UP else -row.state.since_at


def judge_row(
    snapshot: Snapshot,
    probe: Probe,
    state: ProbeState,
    incident_id: int | None,
    now: int,
    held: Mapping[str, Upkeep] | None = None,
) -> Row:
    """Returns where a probe stands at `now`, and what is known about it; `held` is what `index_upkeeps` says of `now`.

    Work, and what a change was said to disturb, is no alarm: what is found then is only shown.
    """
    if snapshot.maintenances or held:
        from oncall_tui.domain.upkeep import find_work

        work = find_work(snapshot.maintenances, held or {}, probe.name, now)
        if work is not None:
            from oncall_tui.domain.silence import find_silence

            silence = find_silence(snapshot.silences, probe.name, now)
            return Row(probe, state, ProbeStatus.MAINTENANCE, incident_id, silence=silence, work=work)
    status = status_at(state, probe.every_ms, now)
    if (status not in RED and probe.name not in snapshot.silences) or not (snapshot.changes or snapshot.silences):
        return Row(probe, state, status, incident_id)
    from oncall_tui.domain.change import find_change, find_expecting
    from oncall_tui.domain.silence import find_silence

    silence = find_silence(snapshot.silences, probe.name, now)
    if status not in RED:
        return Row(probe, state, status, incident_id, silence=silence)
    red_at = state.flapping_at or state.since_at
    change = find_expecting(snapshot.changes, probe.component, red_at, now)
    if change is not None:
        return Row(probe, state, ProbeStatus.EXPECTED, incident_id, change)
    change = find_change(snapshot.changes, probe.component, red_at)
    return Row(probe, state, status, incident_id, change, silence)


def draw_row(row: Row, columns: Columns, now: int, behind: str = "") -> Content:
    """Returns a row as it is shown at `now`; `behind` says what fell with it."""
    state = row.state
    shape, word, style = PROBE_LOOK[row.status]
    if row.status is ProbeStatus.FLAPPING:
        shape = PROBE_LOOK[state.status][0]  # where it stands at the moment
    is_up = row.status is ProbeStatus.UP
    if state.last_result_at is None:
        word, since, response = word if row.work is not None else "WAITING", "", ""
    else:
        since = tell_span(max(0, now - (find_since(row) or now)))
        response = tell_figure(row.probe, state)
    name = fit(line(row.probe.name), columns.name).plain
    middle = f"  {word.ljust(9)}"
    # Every change of style costs forty bytes in each repaint of the row, so a row has few.
    head = (
        [(f"{Glyphs.show(shape)} ", style), (name + middle, "")]
        if is_up
        else [(f"{Glyphs.show(shape)} {name}{middle}", f"{style} bold")]
    )
    tail = since.ljust(9) + (response.rjust(6) + "  " if columns.response else "")
    parts: list[Content | tuple[str, str]] = [*head, (tail, "")]
    if columns.strip:
        parts.append(draw_strip(state.recent, columns.strip, row.probe, has_change=row.change is not None))
        parts.append(("  ", ""))
    if columns.why:
        parts.append(fit(tell_why(row, now, behind, columns.why), columns.why))
    return join(*parts)


def tell_why(row: Row, now: int, behind: str, width: int) -> Content:
    """Returns what is known of why a probe is as it is, the most needed first."""
    known = join((f"#{row.incident_id} ", "$title bold")) if row.incident_id is not None else Content("")
    quiet = tell_silence(row, now)
    if row.work is not None or row.status is ProbeStatus.UP:
        told = join(known, (quiet, "$state-maintenance"))
        if told.cell_length > width:
            # Where there is little room, some of the name is worth more than the word.
            return join(known, (quiet.replace(" left,", ",", 1), "$state-maintenance"))
        return told
    if quiet:
        is_expected = row.status is ProbeStatus.EXPECTED
        known = join(known, (f"{quiet}: ", "$state-expected" if is_expected else "$state-maintenance"))
    if row.state.last_result_at is None:
        return join(known, ("no result yet", "$muted"))
    if row.status is ProbeStatus.STALE:
        return join(known, (f"silent {tell_span(max(0, now - row.state.last_result_at))}", "$muted"))
    if behind:
        known = join(known, (f"{behind}: ", "bold"))
    if row.change is not None and row.status is not ProbeStatus.EXPECTED:
        after = tell_span(max(0, (row.state.flapping_at or row.state.since_at) - row.change.at))
        known = join(known, (f"{after} after {row.change.text}: ", "$state-expected"))
    if row.status is ProbeStatus.FLAPPING:
        present = f"now {PROBE_LOOK[row.state.status][1]}, last fault: {row.state.last_reason}"
        return join(known, (present, "$muted"))
    return join(known, (row.state.last_reason, "$muted"))

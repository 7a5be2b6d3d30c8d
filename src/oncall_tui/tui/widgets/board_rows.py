"""The rows of the board: where a probe stands, how that is said, and how the columns share the width."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from oncall_tui.domain.board import RED, UNSEEN, Row, find_since
from oncall_tui.domain.intake import tell_value
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict, find_unit
from oncall_tui.tui.text import PROBE_LOOK, Glyphs, fit, join, line
from oncall_tui.tui.widgets.latency_strip import draw_strip

if TYPE_CHECKING:
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep

#: The shape, the state and since when.
_FIXED = 2 + 9 + 9
_STRIP_AT_LEAST = 8
_WHY_AT_LEAST = 16
#: What a reason is cut to where the strip needs its cells.
_WHY_TIGHT = 14
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
    """Returns the columns that fit: a strip of some runs first, then a reason that can be read, then whole names.

    Where there is no room for a latency in figures, the strip draws it, and the detail beside the board tells it.
    """
    least = 14 if width < 70 else 20
    for response in (8, 0):
        left = width - _FIXED - response - 2
        spare = left - _STRIP_AT_LEAST - 2 - _WHY_AT_LEAST
        name = max(8, min(longest_name, 32 if width < 130 else 48, max(least, spare)))
        left -= name
        if left >= _STRIP_AT_LEAST + 2 + _WHY_TIGHT:
            widest = 10 if width < 100 else 20 if width < 130 else 40 if width < 170 else 60
            strip = max(_STRIP_AT_LEAST, min(widest, left - 2 - _WHY_AT_LEAST))
            return Columns(name, response, strip, left - strip - 2)
    name = max(8, min(longest_name, least))
    left = width - _FIXED - 8 - name - 2
    return Columns(name, 8, 0, left) if left >= 0 else Columns(max(4, width - _FIXED - 2), 0, 0, 0)


def draw_row(row: Row, columns: Columns, now: int, behind: str = "", name: str = "") -> Content:
    """Returns a row as it is shown at `now`; `behind` says what fell with it, `name` is its name where that is cut."""
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
    name = fit(line(name or row.probe.name), columns.name).plain
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
    if behind and known.cell_length + len(quiet) + len(behind) + len(row.state.last_reason) + 4 > width:
        behind = behind.removesuffix(" it")
    if row.work is not None and behind:
        known = join(known, (f"{behind}: ", "bold"))
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
    if row.status in UNSEEN:
        return join(known, _tell_unseen(row, now, behind, width - known.cell_length))
    if behind:
        known = join(known, (f"{behind}: ", "bold"))
    if row.change is not None and row.status is not ProbeStatus.EXPECTED:
        after = tell_span(max(0, (row.state.flapping_at or row.state.since_at) - row.change.at))
        known = join(known, (f"{after} after {row.change.text}: ", "$state-expected"))
    if row.status is ProbeStatus.FLAPPING:
        present = f"now {PROBE_LOOK[row.state.status][1]}, last fault: {row.state.last_reason}"
        return join(known, (present, "$muted"))
    return join(known, (row.state.last_reason, "$muted"))


def _tell_unseen(row: Row, now: int, behind: str, width: int) -> Content:
    """Returns what a probe was when it was seen last, with the fault that it had: silence mends nothing."""
    state, was = row.state, row.known_status
    age = tell_span(max(0, now - (state.last_result_at or now)))
    is_stale = row.status is ProbeStatus.STALE
    if was not in RED:
        return join((f"silent {age}" if is_stale else state.last_reason, "$muted"))
    _, word, style = PROBE_LOOK[was]
    fault = f": {state.last_reason}" if state.last_reason else ""
    fallen = f", {behind}" if behind else ""
    told = join((f"silent {age}, " if is_stale else "", "$muted"), (f"was {word}", style), (fallen + fault, "$muted"))
    if not is_stale or told.cell_length <= width:
        return told
    # The column before says that it is silent, and the head since when.
    brief = join((f"was {word}", style), (f" {age} ago{fallen}{fault}", "$muted"))
    return brief if brief.cell_length <= width else join((f"was {word}", style), (fallen + fault, "$muted"))

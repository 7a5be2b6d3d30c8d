"""The past of a probe as lines: uptime, availability by hour and day, latency by minute and phase, errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from oncall_tui.domain.duration import DAY, HOUR, MINUTE, format_duration
from oncall_tui.domain.history import PERIODS, Uptime
from oncall_tui.domain.intake import tell_value
from oncall_tui.domain.rollup import SERIES, Figures
from oncall_tui.tui.text import Glyphs, clock_utc, cut, date_utc, join, wrap
from oncall_tui.tui.widgets.board_rows import tell_latency

if TYPE_CHECKING:
    from oncall_tui.domain.probe import Result
    from oncall_tui.domain.rollup import Rollup
    from oncall_tui.tui.probe_story import Story

_MARKS = {
    "down": ("✖", "$state-down"),
    "slow": ("▲", "$state-slow"),
    "up": ("▄", "$strip-ok"),
    "planned": ("■", "$state-maintenance"),
    "unknown": ("?", "$state-unknown"),
    "nothing": ("·", "$muted"),
}
_BLOCKS = "▁▂▃▄▅▆▇█"
_STRIP_AT = 10
_EVIDENCE_ROWS = 12
_PLOT_ROWS = 6
_AXIS = 9
_PLOT_LIMIT = 144


def tell_share(share: float | None) -> str:
    """Returns a share in percent, cut off and never rounded up."""
    if share is None:
        return "-"
    return "100%" if share == 1 else f"{math.floor(share * 100_000) / 1000:.3f}%"


def draw_uptimes(uptimes: Sequence[Uptime], width: int = 80) -> list[Content]:
    """Returns the table of uptime over the periods; where it is too wide, what was no fault gives way first."""
    cell = min(10, max(8, (width - 17) // 4))
    count = max(1, min(4, (width - 17) // cell))
    heads = "".join(f"{name:>{cell}}" for name in ("DOWN", "SLOW", "UNKNOWN", "PLANNED")[:count])
    rows = [join((f"{'UPTIME':<8}{'UP':>9}{heads}", "$muted"))]
    for last, each in zip(PERIODS, uptimes, strict=True):
        parts = [format_duration(ms) if ms else "-" for ms in each[1:]]
        slow, down, unknown, planned = parts
        style = "bold $state-down" if each.down_ms else "bold"
        rows.append(
            join(
                (f"{last:<8}", "$muted"),
                (f"{tell_share(each.share):>9}", style),
                "".join(f"{part:>{cell}}" for part in (down, slow, unknown, planned)[:count]),
            )
        )
    return rows


def find_mark(each: Uptime) -> str:
    """Returns what stands for an hour or a day: its worst, however short."""
    if each.down_ms:
        return "down"
    if each.slow_ms:
        return "slow"
    if each.up_ms:
        return "up"
    if each.planned_ms:
        return "planned"
    return "unknown" if each.unknown_ms else "nothing"


def draw_strip(parts: Sequence[tuple[int, Uptime]], unit: str, width: int) -> Content:
    """Returns one sign for each of the latest hours or days that fit, the newest last."""
    marks = [find_mark(each) for _, each in parts[-max(1, width - _STRIP_AT) :]]
    return join(
        (f"{f'{len(marks)} {unit}':<{_STRIP_AT}}", "$muted"),
        *((Glyphs.show(_MARKS[mark][0]), _MARKS[mark][1]) for mark in marks),
    )


def draw_legend() -> Content:
    return Content("  ").join(
        [join((Glyphs.show(sign), style), (f" {name}", "$muted")) for name, (sign, style) in _MARKS.items()]
    )


def draw_plot(
    hours: Sequence[Rollup], now: int, width: int, tell: Callable[[float], str] = tell_latency, name: str = "LATENCY"
) -> list[Content]:
    """Returns the latency, or the value, of the latest 24 hours: bars to p50, and above them a sign at p95."""
    room = max(24, min(width - _AXIS, _PLOT_LIMIT))
    began_at = now - DAY
    held: list[list[Figures]] = [[] for _ in range(room)]
    for hour in hours:
        for number, minute in enumerate(hour.minutes):
            column = (hour.began_at + number * MINUTE - began_at) * room // DAY
            if 0 <= column < room and minute.p50_ms is not None:
                held[column].append(Figures(minute.p50_ms, minute.p95_ms))
    tops = [max((each.p95_ms or 0.0 for each in column), default=None) for column in held]
    mids = [sorted(each.p50_ms or 0.0 for each in column)[len(column) // 2] if column else None for column in held]
    highest = max((top for top in tops if top is not None), default=0.0)
    if not highest:
        return [join(("No answer in the last 24 hours.", "$muted"))]
    rows = [join((f"{name}, 24 h  ", "$muted"), "bars p50", ("   ", ""), f"{Glyphs.show('─')} p95")]
    for row in range(_PLOT_ROWS - 1, -1, -1):
        signs = [_draw_cell(mid, top, highest, row) for mid, top in zip(mids, tops, strict=True)]
        label = {_PLOT_ROWS - 1: tell(highest), _PLOT_ROWS // 2 - 1: tell(highest / 2)}.get(row, "")
        rows.append(join((f"{label:>{_AXIS - 2}} {Glyphs.show('│')}", "$muted"), *_join_cells(signs)))
    marks = "".join(f"{clock_utc(began_at + part * DAY // 4)[:5]:<{room // 4}}" for part in range(4))
    rows.append(join((" " * _AXIS + f"{marks[: room - 7]:<{max(0, room - 7)}}now UTC", "$muted")))
    return rows


def _draw_cell(mid: float | None, top: float | None, highest: float, row: int) -> tuple[str, str]:
    if mid is None or top is None:
        return " ", ""
    eighths = max(1, round(mid / highest * _PLOT_ROWS * len(_BLOCKS)))
    filled = min(len(_BLOCKS), max(0, eighths - row * len(_BLOCKS)))
    if min(_PLOT_ROWS - 1, int(top / highest * _PLOT_ROWS)) == row and filled < len(_BLOCKS) // 2:
        return Glyphs.show("─"), "$state-slow"
    if not filled:
        return " ", ""
    return Glyphs.show("█" if Glyphs.is_ascii else _BLOCKS[filled - 1]), "$strip-ok"


def _join_cells(cells: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    joined: list[tuple[str, str]] = []
    for sign, style in cells:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + sign, style)
        else:
            joined.append((sign, style))
    return joined


def draw_phases(hours: Sequence[Rollup], now: int, width: int) -> list[Content]:
    """Returns p50 and p95 of each phase now, and its p95 by hour."""
    latest = {hour.began_at: hour for hour in hours}
    first = now - now % HOUR - 23 * HOUR
    rows = [join((f"{'BY PHASE':<12}{'P50':>9}{'P95':>9}  p95 by hour, 24 h", "$muted"))]
    for number, name in enumerate(SERIES):
        values = [latest[at].figures[number].p95_ms if at in latest else None for at in range(first, first + DAY, HOUR)]
        known = [value for value in values if value is not None]
        if not known:
            continue
        newest = next(hour.figures[number] for hour in reversed(hours) if hour.figures[number].p50_ms is not None)
        bars = "".join(
            " " if value is None else Glyphs.show(_BLOCKS[min(7, int(value / max(known) * 7.99)) if max(known) else 0])
            for value in values
        )
        rows.append(
            join(
                (f"{name:<12}", "$muted"),
                f"{tell_latency(newest.p50_ms or 0):>9}{tell_latency(newest.p95_ms or 0):>9}  ",
                (bars, "$strip-ok"),
            )
        )
    return [cut(row, width) for row in rows] if len(rows) > 1 else []


def draw_yesterday(latest: Rollup, yesterday: Rollup, tell: Callable[[float], str] = tell_latency) -> list[Content]:
    """Returns the last hour beside the same one of the day before, nothing where one of them had no runs."""
    if not latest.runs or not yesterday.runs:
        return []
    now, then = latest.figures[0].p50_ms, yesterday.figures[0].p50_ms
    change, style = "", ""
    if now is not None and then:
        ratio = now / then
        words = ("as fast", "as long") if tell is tell_latency else ("the same", "as much")
        change = words[0] if 0.9 <= ratio <= 1.1 else f"{ratio:.1f} x {words[1]}"
        style = "$state-slow" if ratio > 1.5 else ""
    if latest.down / latest.runs > yesterday.down / yesterday.runs:
        change, style = f"{change}, more failures".removeprefix(", "), "$state-down"
    rows = [join(("AGAINST YESTERDAY  ", "$muted"), (change, f"bold {style}"))]
    for word, each in (("last hour", latest), ("yesterday", yesterday)):
        p50_ms, p95_ms = each.figures[0]
        speed = "no answer" if p50_ms is None else f"p50 {tell(p50_ms)}, p95 {tell(p95_ms or 0)}"
        rows.append(join(f"  {word} {speed}, {each.down} of {each.runs} failed"))
    return rows


def draw_failures(
    failures: Sequence[Result], now: int, width: int, tell: Callable[[float], str] = tell_latency
) -> list[Content]:
    """Returns the last errors, newest first, each with what was new, the first of its kind with what came back."""
    if not failures:
        return []
    rows = [join(("LAST ERRORS", "$muted"))]
    told: set[str] = set()
    facts: tuple[tuple[str, str], ...] = ()
    for result in failures:
        show = clock_utc if now - result.started_at < DAY else date_utc
        at, took = show(result.started_at), f"  {tell(result.duration_ms)}"
        why, *more = wrap(result.reason, max(10, width - len(at) - len(took) - 2)) or [""]
        rows.append(join((f"{at}  ", "$muted"), (why, "$state-down"), (took, "$muted")))
        rows += [join(" " * (len(at) + 2), (row, "$state-down")) for row in more]
        seen = () if result.facts == facts else result.facts
        came_back = () if result.reason in told else result.evidence
        if result.evidence_at is not None and (seen or came_back):
            rows.append(join((f"    as at {show(result.evidence_at)}", "$muted")))
        for name, value in seen:
            first, *more = wrap(value, max(10, width - 6 - len(name))) or [""]
            rows.append(join((f"    {name}  ", "$muted"), first))
            rows += [join(f"      {row}") for row in more]
        facts = result.facts
        for name, text in came_back:
            first, *more = wrap(text, max(10, width - 6 - len(name)))[:_EVIDENCE_ROWS] or [""]
            rows.append(join((f"    {name}  ", "$muted"), first))
            rows += [join(("      ", ""), row) for row in more]
        told |= {result.reason} if result.evidence else set()
    return [cut(row, width) for row in rows]


def draw_story(story: Story, width: int) -> list[Content]:
    """Returns all lines, the most asked for first."""
    hours, now, unit = story.hours.rollups, story.read_at, story.unit
    gap = Content("")
    tell = tell_latency if unit is None else lambda figure_ms: tell_value(figure_ms / 1000, unit)
    parts = [
        draw_uptimes(story.uptimes, width),
        [
            draw_strip(story.hours.parts[-24:], "hours", width),
            draw_strip(story.days.parts, "days", width),
            draw_legend(),
        ],
        draw_plot(hours, now, width, tell, "LATENCY" if story.unit is None else "VALUE"),
        # The phases of a value are those of asking for it.
        draw_phases(hours, now, width) if story.unit is None else [],
        draw_yesterday(story.latest, story.yesterday, tell),
        draw_failures(story.failures, now, width, tell),
    ]
    rows = [row for part in parts if part for row in (*part, gap)]
    return [cut(row, width) for row in rows[:-1]]

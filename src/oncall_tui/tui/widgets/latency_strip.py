"""The last runs of a probe in one line: height is latency, a failure is a cross, silence is a gap."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from oncall_tui.domain.probe import Probe, Verdict
from oncall_tui.domain.verdict import find_retried
from oncall_tui.tui.text import Glyphs, join

_LEVELS = "▁▂▃▄▅▆▇"
_FLOOR_MS = 5.0
#: A slow run is told by its colour; full blocks side by side would be the loudest thing on the screen.
_SLOW_TOP = 4


def draw_strip(
    recent: Sequence[tuple[Verdict, float]], width: int, probe: Probe, *, has_change: bool = False
) -> Content:
    """Returns the latest `width` runs, the newest at the right, in exactly `width` cells.

    The scale is the probe's own: the config's limit stands at two thirds, else the median of what is known
    at a third, so that one slow run does not flatten all others. `~` passed on retry. A known change (`has_change`) is
    marked before the first of the latest failures. ASCII: `c` change, `.` up, `^` slow,
    `X` failed, `?` unknown.
    """
    if width < 1:
        return Content("")
    runs = recent[-width:]
    slow_ms = probe.expect.max_latency_ms
    full = slow_ms * 1.5 if slow_ms else _typical_ms(recent) * 3
    parts: list[tuple[str, str]] = [(" " * (width - len(runs)), "")]
    retried = find_retried(recent, probe)[-width:]
    changed = _find_before_trouble(runs) if has_change else None
    for at, ((verdict, duration_ms), is_retried) in enumerate(zip(runs, retried, strict=True)):
        sign, style = ("~", "$state-slow") if is_retried else _draw_run(verdict, duration_ms, full)
        if at == changed:
            sign, style = Glyphs.show("◇"), "$state-expected"
        if parts and parts[-1][1] == style:
            parts[-1] = (parts[-1][0] + sign, style)
        else:
            parts.append((sign, style))
    return join(*parts)


def _find_before_trouble(runs: Sequence[tuple[Verdict, float]]) -> int | None:
    """Returns the place of the last run that was up before the latest failures, None where there is none."""
    return next((at for at in range(len(runs) - 1, -1, -1) if runs[at][0] is Verdict.UP), None)


def _typical_ms(recent: Sequence[tuple[Verdict, float]]) -> float:
    known = sorted(duration for verdict, duration in recent if verdict in (Verdict.UP, Verdict.DEGRADED))
    return max(_FLOOR_MS, known[len(known) // 2]) if known else _FLOOR_MS


def _draw_run(verdict: Verdict, duration_ms: float, full_ms: float) -> tuple[str, str]:
    if verdict is Verdict.DOWN:
        return Glyphs.show("×") if not Glyphs.is_ascii else "X", "$state-down"
    if verdict is Verdict.UNKNOWN:
        return "·" if not Glyphs.is_ascii else "?", "$state-unknown"
    style = "$strip-ok" if verdict is Verdict.UP else "$state-slow"
    if Glyphs.is_ascii:
        return "." if verdict is Verdict.UP else "^", style
    level = int(duration_ms / full_ms * len(_LEVELS))
    return _LEVELS[max(0, min(level, len(_LEVELS) - 1 if verdict is Verdict.UP else _SLOW_TOP))], style

"""What `check` and `doctor` say of the recurring windows of a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oncall_tui.domain.windows import LOOKED_AT_MS, find_covered, list_occurrences

if TYPE_CHECKING:
    from datetime import datetime

    from oncall_tui.cli.output import Json
    from oncall_tui.config.model import Config
    from oncall_tui.engine.doctor import Check

_TOLD = 3


def tell_windows(config: Config, now: int) -> Iterator[str]:
    """Yields a line for each window: what it covers, and when it comes next by the clocks of its zone."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from oncall_tui.domain.counting import count_words

    watched = {probe.name: probe.component for probe in config.probes}
    for window in config.windows:
        zone = ZoneInfo(window.zone)
        times = [
            (datetime.fromtimestamp(start / 1000, zone), datetime.fromtimestamp(end / 1000, zone))
            for start, end in list_occurrences(window, now, now + 3 * LOOKED_AT_MS)[:_TOLD]
        ]
        told = ", ".join(f"{start:%a %Y-%m-%d %H:%M} to {_tell_end(start, end)}" for start, end in times)
        covered = count_words(len(find_covered(window, watched)), "probe")
        yield f"Window {window.name} ({covered}, {window.zone}): {told}."


def _tell_end(start: datetime, end: datetime) -> str:
    return f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %H:%M}"


def shape_windows(config: Config, now: int) -> list[Json]:
    """Returns the windows as programs read them, each with its next times."""
    from oncall_tui.cli.output import show_time

    watched = {probe.name: probe.component for probe in config.probes}
    shapes: list[Json] = []
    for window in config.windows:
        times = list_occurrences(window, now, now + 3 * LOOKED_AT_MS)[:_TOLD]
        shapes.append(
            {
                "name": window.name,
                "probes": list(find_covered(window, watched)),
                "next": [{"from": show_time(start), "until": show_time(end)} for start, end in times],
            }
        )
    return shapes


def check_windows(config: Config, now: int) -> Iterator[Check]:
    """Yields a warning for the probes that windows leave no time to ring in, or one line when there are none."""
    from oncall_tui.domain.counting import count_words
    from oncall_tui.domain.windows_unheard import find_unheard
    from oncall_tui.engine.doctor import Check

    if not config.windows:
        return
    watched = {probe.name: probe.component for probe in config.probes}
    unheard = find_unheard(config.windows, watched, now)
    for windows, probes in unheard.items():
        what = "every probe" if len(probes) == len(watched) else ", ".join(probes[:5])
        more = f" and {len(probes) - 5} more" if len(probes) > 5 and what != "every probe" else ""
        finding = f"always under maintenance, by {', '.join(windows)}: {what}{more}"
        yield Check("warn", "windows", finding, "make them shorter, or take the probes out of the config")
    if not unheard:
        yield Check(
            "ok", "windows", f"{count_words(len(config.windows), 'window')}, `oncall-tui check` tells the next times"
        )

"""Windows that leave a probe no time to ring in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oncall_tui.domain.stretches import join_windows
from oncall_tui.domain.windows import LOOKED_AT_MS, Window, find_covered, list_occurrences


def find_unheard(
    windows: Sequence[Window], watched: Mapping[str, str | None], now: int
) -> dict[tuple[str, ...], list[str]]:
    """Returns by the names of windows the probes that these cover without a gap; `watched` tells their components."""
    covering: dict[str, list[Window]] = {}
    for window in windows:
        for name in find_covered(window, watched):
            covering.setdefault(name, []).append(window)
    until = now + 2 * LOOKED_AT_MS
    verdicts: dict[tuple[str, ...], bool] = {}
    found: dict[tuple[str, ...], list[str]] = {}
    for probe, mine in covering.items():
        names = tuple(window.name for window in mine)
        if names not in verdicts:
            joined = join_windows(time for window in mine for time in list_occurrences(window, now, until))
            verdicts[names] = joined[0][0] <= now and joined[0][1] >= until
        if verdicts[names]:
            found.setdefault(names, []).append(probe)
    return found

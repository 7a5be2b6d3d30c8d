"""Flapping by what was confirmed: what goes down and comes back again and again rings once, not each time.

The share of changes among runs cannot tell it: a target that is down for minutes changes seldom, and a failure is
looked at again at once. Wrong answers by chance are hardly ever confirmed, let alone three times in half an hour.
"""

from __future__ import annotations

from oncall_tui.domain.duration import HOUR, MINUTE

FALLS = 3
"""So often within the time that `find_reach` tells is bouncing."""
FALLS_LEFT = 2
"""Fewer than begin it keep it up, so that one long pause does not tell the same trouble twice."""
TURNS_LIMIT = 12
_REACH_MS = 30 * MINUTE
_REACH_INTERVALS = 20
_REACH_MOST_MS = 2 * HOUR
_CALM_INTERVALS = 10


def find_reach(every_ms: int) -> int:
    """Returns how far back falls count: half an hour, and 20 intervals of a slow probe, but two hours at most."""
    return max(_REACH_MS, min(_REACH_INTERVALS * every_ms, _REACH_MOST_MS))


def add_turn(turned_at: tuple[int, ...], at: int, every_ms: int) -> tuple[int, ...]:
    """Returns the turns after one more: the instants at which a target went down, or was down no longer, in turn."""
    since = at - find_reach(every_ms)
    return (*(each for each in turned_at if each >= since), at)[-TURNS_LIMIT:]


def set_back(turned_at: tuple[int, ...], now: int) -> tuple[int, ...]:
    """Returns the turns as a clock that was set back would have told them: none lies ahead, each pause stays."""
    ahead_ms = turned_at[-1] - now if turned_at else 0
    return tuple(each - ahead_ms for each in turned_at) if ahead_ms > 0 else turned_at


def is_bouncing(turned_at: tuple[int, ...], now: int, every_ms: int, *, is_down: bool, is_flapping: bool) -> bool:
    """Tells whether a target bounces: it fell often, and has not been calm since as it was not between the falls.

    Calm is ten intervals, and half as long again as the longest time that it was lately what it is now. So a steady
    pace never looks calm, and neither an outage that lasts nor a recovery hides for long.
    """
    falls = turned_at[::-2] if is_down else turned_at[-2::-2]
    least = FALLS_LEFT if is_flapping else FALLS
    if len(falls) < least or falls[0] - falls[least - 1] > find_reach(every_ms):
        return False
    longest_ms = max(turned_at[at + 1] - turned_at[at] for at in range(-3, -len(turned_at) - 1, -2))
    return now - turned_at[-1] < max(_CALM_INTERVALS * every_ms, longest_ms * 3 // 2)

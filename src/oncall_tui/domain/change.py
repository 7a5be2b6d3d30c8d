"""Known changes: what somebody did and when, so that what turns red is read beside it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from oncall_tui.domain.duration import MINUTE

BESIDE_MS = 30 * MINUTE
"""A probe that turns red so soon after a change is shown beside it."""
AFTERMATH_MS = 10 * MINUTE
"""What a change was said to disturb may take so much longer before it is an alarm."""


class Change(Struct, frozen=True):
    """A change that is told, not made, here.

    `component` is None for one that touches everything. `until_at` is the end of a disturbance that was announced with
    it; without one it explains nothing, and is only shown.
    """

    id: int
    text: str
    component: str | None
    at: int
    until_at: int | None
    actor: str


def find_change(changes: Iterable[Change], component: str | None, red_at: int) -> Change | None:
    """Returns the latest change in the half hour before something turned red, None where none touches it."""
    near = [
        change for change in changes if change.at <= red_at < change.at + BESIDE_MS and _is_touching(change, component)
    ]
    return max(near, key=lambda change: change.at, default=None)


def find_expecting(changes: Iterable[Change], component: str | None, red_at: int, now: int) -> Change | None:
    """Returns the announced disturbance in which something turned red, as long as it explains it; else None."""
    return next(
        (
            change
            for change in changes
            if change.until_at is not None
            and change.at <= red_at < change.until_at
            and change.at <= now < change.until_at + AFTERMATH_MS
            and _is_touching(change, component)
        ),
        None,
    )


def _is_touching(change: Change, component: str | None) -> bool:
    return change.component is None or change.component == component

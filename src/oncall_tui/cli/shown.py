"""Which of the messages that a page shows a person means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.sanitize import clean_line

T = TypeVar("T")


def choose_shown(shown: Mapping[str, T], remote_id: str | None) -> T | None:
    """Returns the one that is named, or the only one; None where the page shows none. Raises UsageError."""
    if remote_id is not None and shown:
        if remote_id not in shown:
            raise UsageError(f"--as {clean_line(remote_id, 60)} is none of what the page shows: {', '.join(shown)}.")
        return shown[remote_id]
    if len(shown) > 1:
        raise UsageError(f"The page shows several that could be it: say which with --as {' or '.join(shown)}.")
    return next(iter(shown.values()), None)

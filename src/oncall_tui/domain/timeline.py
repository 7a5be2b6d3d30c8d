"""The internal, append-only record of what happened and who did it."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct


class EntryKind(StrEnum):
    PROBE = "probe"
    DECLARED = "declared"
    EDITED = "edited"
    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SEEN = "seen"
    REMOTE = "remote"
    STEP = "step"
    CHANGE = "change"
    SILENCE = "silence"
    APPROVAL = "approval"
    NOTE = "note"
    FIX = "fix"
    OVERRIDE = "override"
    UNDONE = "undone"


_FIX = re.compile(r"\s*(?:fix(?:ed)?|repair(?:ed)?|mitigat(?:ed|ion))\s*:\s*(?=\S)", re.IGNORECASE)


def read_note(text: str) -> tuple[EntryKind, str]:
    """Returns what a person wrote down, and of which kind it is: `fix: ...` tells what repaired it, and from when."""
    match = _FIX.match(text)
    return (EntryKind.FIX, text[match.end() :]) if match else (EntryKind.NOTE, text)


class TimelineEntry(Struct, frozen=True):
    """One fact. `occurred_at` is when it happened, `recorded_at` when it was written down."""

    id: int
    incident_id: int | None
    kind: EntryKind
    text: str
    actor: str
    occurred_at: int
    recorded_at: int

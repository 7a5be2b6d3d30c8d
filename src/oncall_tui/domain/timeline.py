"""The internal, append-only record of what happened and who did it."""

from __future__ import annotations

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
    OVERRIDE = "override"
    UNDONE = "undone"


class TimelineEntry(Struct, frozen=True):
    """One fact. `occurred_at` is when it happened, `recorded_at` when it was written down."""

    id: int
    incident_id: int | None
    kind: EntryKind
    text: str
    actor: str
    occurred_at: int
    recorded_at: int

"""The calls of a hook as the file holds them."""

from __future__ import annotations

from typing import NamedTuple

from oncall_tui.domain.hook import CallState
from oncall_tui.store.database import Database


class Call(NamedTuple):
    state: CallState
    document: str
    created_at: int


def list_calls(db: Database, hook: str) -> list[Call]:
    """Returns the calls of a hook that the file still holds, oldest first."""
    rows = db.rows("SELECT state, document, created_at FROM hook_call WHERE hook = ? ORDER BY id", hook)
    return [Call(CallState(row["state"]), row["document"], row["created_at"]) for row in rows]

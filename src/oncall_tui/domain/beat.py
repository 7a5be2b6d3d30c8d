"""A sign of life that a job sends by itself: a dead man's switch."""

from __future__ import annotations

from msgspec import Struct


class Beat(Struct, frozen=True):
    """The latest beat of a push probe; `note` is inert."""

    probe: str
    at: int
    note: str
    actor: str

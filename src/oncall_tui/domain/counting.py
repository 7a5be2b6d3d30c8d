"""Numbers of things in words."""

from __future__ import annotations


def count_words(count: int, noun: str) -> str:
    """Returns a number with its noun, in the plural with an s unless there is exactly one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

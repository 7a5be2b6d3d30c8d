"""Takes secrets out of what others say back, before anybody reads or keeps it."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST_START = 4
"""Fewer letters of a secret tell nothing, and end many a text by chance."""


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """Returns a text with `***` for each secret, also for one that the end of the text has cut off."""
    for secret in secrets:
        if len(secret) < 2:
            continue
        text = text.replace(secret, "***")
        for length in range(min(len(secret) - 1, len(text)), _SHORTEST_START - 1, -1):
            if text.endswith(secret[:length]):
                text = text[:-length] + "***"
                break
    return text

"""What a target answered, kept when a run was not up: inert, bounded, and without what might be a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from oncall_tui.domain.sanitize import clean_block, clean_line

BODY_LIMIT = 1_000
HEADER_LIMIT = 20
_VALUE_LIMIT = 200
READ_LIMIT = 4_096
_SECRET = re.compile(r"cookie|auth|token|secret|session|signature|credential|password|key|jwt", re.IGNORECASE)
_ADDRESSES = ("location", "content-location", "link", "refresh")
_QUERY = re.compile(r"\?\S*")


def collect_evidence(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, hide: Callable[[str], str]
) -> tuple[tuple[str, str], ...]:
    """Returns headers by name, and the first 1,000 characters of the body as `body`; `hide` takes known secrets out.

    Headers that carry secrets (Set-Cookie, Authorization and their like) and queries of addresses are left out.
    """
    found: list[tuple[str, str]] = []
    for raw_name, raw_value in headers:
        name = clean_line(raw_name.decode("latin-1"), 60)
        if len(found) < HEADER_LIMIT and not _SECRET.search(name):
            value = hide(raw_value.decode("latin-1"))
            if name.lower() in _ADDRESSES:
                value = _QUERY.sub("?...", value)
            found.append((f"{name}:", clean_line(value, _VALUE_LIMIT)))
    text = clean_block(hide(body[:READ_LIMIT].decode("utf-8", "replace")), BODY_LIMIT).strip()
    return (*found, ("body", text)) if text else tuple(found)

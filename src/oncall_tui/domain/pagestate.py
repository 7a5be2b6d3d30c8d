"""How we stand with the status page."""

from __future__ import annotations

from msgspec import Struct


class PageState(Struct, frozen=True):
    """How we stand with the page. `last_error` is empty while the last exchange went well."""

    name: str = ""
    public_url: str = ""
    last_sync_at: int | None = None
    last_error: str = ""
    last_error_at: int | None = None
    clock_skew_ms: int | None = None
    blocked_until: int | None = None

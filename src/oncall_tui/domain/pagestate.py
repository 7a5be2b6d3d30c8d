"""How we stand with the status page."""

from __future__ import annotations

from msgspec import Struct

from oncall_tui.domain.capability import Capabilities

MAIN_PAGE = "page"
"""What the page of a single `[page]` table is called in the file, and where words wait while there is no page."""

TOKEN_REFUSED = "the page refused the token"  # noqa: S105 -- words, no token
"""How an error begins that says that nothing goes to a page until it is given another token."""


class PageState(Struct, frozen=True):
    """How we stand with one page. `page` is its name in config, `name` what it calls itself.

    `last_error` is empty while the last exchange went well; `capabilities` are told by the engine that knows its kind.
    """

    page: str = MAIN_PAGE
    name: str = ""
    public_url: str = ""
    last_sync_at: int | None = None
    last_error: str = ""
    last_error_at: int | None = None
    clock_skew_ms: int | None = None
    blocked_until: int | None = None
    capabilities: Capabilities | None = None

    @property
    def trouble(self) -> str:
        """What the page does instead of answering as it should, in a word or two; empty while it does not."""
        if not self.last_error:
            return ""
        return "refuses our token" if self.last_error.startswith(TOKEN_REFUSED) else "unreachable"


def name_page(page: str) -> str:
    """Returns a page as a sentence calls it: there is mostly one."""
    return "the page" if page == MAIN_PAGE else f"page {page}"

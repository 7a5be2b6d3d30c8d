"""Picks the adapter that a config names."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable

from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import read_token
from oncall_tui.domain.errors import UsageError
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.statuspage import Statuspage


def make_page(config: PageConfig, clock: Callable[[], int], tls: ssl.SSLContext | None = None) -> Page:
    """Returns the client for the configured page; nothing is read or connected yet.

    Raises UsageError for an adapter that there is not, or an address that would show the token to the network.
    """
    if config.adapter != "statuspage":
        raise UsageError(f"page.adapter {config.adapter!r} is not known: statuspage is.")
    return Statuspage(config, lambda: read_token(config.token, os.environ), clock, tls)

"""The page's own time: what the page dates is compared with it, whatever our clock is set to meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from oncall_tui.engine.pages import Page

TOLERANCE_MS = 5_000
"""An answer tells whole seconds, and may have been long on its way."""


class PageTime:
    """A page's clock by its answers and the machine's uptime.

    A clock of ours that was set, or a machine that slept, puts both apart: then the page has to be asked again.
    """

    def __init__(self, page: Page, clock: Callable[[], int]) -> None:
        self._page = page
        self._clock = clock
        self._base: float | None = None
        self._begun: float | None = None
        self._is_mute = False

    @property
    def is_sure(self) -> bool:
        """Tells whether nothing speaks against `read`; a page that tells no time cannot be asked for more."""
        if self._is_mute:
            return True
        base = self._find_base()
        return base is not None and self._base is not None and abs(base - self._base) < TOLERANCE_MS

    def watch(self) -> None:
        """Takes the time from the first answer that anybody in this process got; to be called every few seconds.

        Not once our clock was set since the first call: that answer may have been compared with the clock as it was.
        """
        ours = self._clock() - asyncio.get_running_loop().time() * 1000
        self._begun = ours if self._begun is None else self._begun
        if self._base is None and abs(ours - self._begun) < TOLERANCE_MS:
            self._base = self._find_base()

    def take(self) -> None:
        """Takes the time from an answer that has just come, unless it only says anew, by the second, what is known."""
        self._is_mute = False
        if not self.is_sure:
            self._base = self._find_base()
            self._is_mute = self._base is None

    def read(self) -> int | None:
        """Returns milliseconds since 1970 by the page's clock, None for a page that tells no time."""
        return None if self._base is None else int(asyncio.get_running_loop().time() * 1000 + self._base)

    def _find_base(self) -> float | None:
        skew_ms = self._page.clock_skew_ms
        return None if skew_ms is None else self._clock() + skew_ms - asyncio.get_running_loop().time() * 1000

"""The page's own time, by its answers: no answer is believed beside a clock that was set since."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

from oncall_tui.engine.page_time import TOLERANCE_MS, PageTime
from oncall_tui.engine.pages import Page

NOW = 1_800_000_000_000
HOUR_MS = 3_600_000


class Desk:
    """A page whose clock is right, and a clock of ours that can be set; both go with the loop."""

    def __init__(self) -> None:
        self.set_by_ms = 0
        self.page = SimpleNamespace(clock_skew_ms=None)
        self.time = PageTime(cast("Page", self.page), self.read_clock)

    def read_clock(self) -> int:
        return self.read_page() + self.set_by_ms

    def read_page(self) -> int:
        return NOW + round(asyncio.get_running_loop().time() * 1000)

    def answer(self) -> None:
        self.page.clock_skew_ms = -self.set_by_ms

    def is_right(self) -> bool:
        told = self.time.read()
        return told is not None and abs(told - self.read_page()) < TOLERANCE_MS


async def test_the_first_answer_that_anybody_got_tells_it() -> None:
    desk = Desk()
    desk.time.watch()
    assert desk.time.read() is None
    desk.answer()
    desk.time.watch()
    assert desk.is_right()
    assert desk.time.is_sure


async def test_an_answer_from_before_our_clock_was_set_does_not() -> None:
    desk = Desk()
    desk.time.watch()
    desk.answer()
    desk.set_by_ms = HOUR_MS
    desk.time.watch()
    assert desk.time.read() is None
    assert not desk.time.is_sure
    desk.answer()
    desk.time.take()
    assert desk.is_right()
    desk.set_by_ms = -HOUR_MS
    assert not desk.time.is_sure
    assert desk.is_right()

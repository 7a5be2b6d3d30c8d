"""An event loop whose clock leaps over waiting: minutes of a page's trouble pass in the time that the work takes."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
# What one end of a socket on loopback has sent can take a moment to be readable at the other.
_GRACE_S = 0.0005
_THREAD_S = 0.02
_TURN_S = 1e-6  # work takes time: a wait for what is left of a sum of floats would not end otherwise
EPOCH_S = 1_800_000_000.0


class WarpLoop(asyncio.SelectorEventLoop):
    """When nothing is readable and no thread is at work, the next timer is due at once.

    `true_s` is the time of day, `wall_s` what the host's clock says: `shift_s` is what it was set on (or back) by.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self._threads = 0
        self.shift_s = 0.0
        super().__init__(_WarpSelector(self))

    def time(self) -> float:
        return self._now_s

    def true_s(self) -> float:
        return EPOCH_S + self._now_s

    def wall_s(self) -> float:
        return self.true_s() + self.shift_s

    def wall_ms(self) -> int:
        return int(self.wall_s() * 1000)

    def leap(self, seconds: float) -> None:
        self._now_s += seconds

    def is_waiting_for_threads(self) -> bool:
        return self._threads > 0

    def run_in_executor(  # type: ignore[override]  # typeshed spells the arguments with a TypeVarTuple
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._end_thread)
        return future

    def _end_thread(self, _: object) -> None:
        self._threads -= 1


class _WarpSelector(selectors.DefaultSelector):
    def __init__(self, loop: WarpLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            self._loop.leap(_TURN_S)
            return super().select(0)
        if self._loop.is_waiting_for_threads():
            return super().select(_THREAD_S)
        ready = super().select(_GRACE_S)
        if not ready and timeout is not None:
            self._loop.leap(timeout)
        return ready


def run_warped(main: Callable[[WarpLoop], Coroutine[Any, Any, T]]) -> T:
    """Runs `main(loop)` to its end on such a loop and ends all that it left behind."""
    loop = WarpLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))

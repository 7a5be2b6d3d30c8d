"""Writes of one engine that are repeated until they stand, and that end when a later engine has taken over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from oncall_tui.domain.errors import StoreError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.lease import read_lease

STORE_PAUSE_S = 0.3

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)


class FencedStore:
    """The store as the publisher uses it after something has happened on the page."""

    def __init__(self, store: StoreThread, epoch: int, stop: asyncio.Event) -> None:
        self.epoch = epoch
        self.is_overtaken = False
        self._store = store
        self._stop = stop

    async def settle(
        self,
        function: Callable[Concatenate[Database, int, int, P], bool],
        delivery_id: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Settles a delivery; what no longer can be settled was taken away by a person or by a later engine."""
        if not await self.write(function, delivery_id, self.epoch, *args, **kwargs):
            await self.look_for_successor()

    async def write(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Writes until it is written: what the page has done must be known here before anything else is sent.

        Raises StoreError once a stop is asked for; the next engine then finds out by looking.
        """
        while True:
            try:
                return await self._store.call(function, *args, **kwargs)
            except StoreError as error:
                logger.warning("outbox not written: %s", error)
                if self._stop.is_set():
                    raise
            await asyncio.sleep(STORE_PAUSE_S)

    async def look_for_successor(self) -> None:
        lease = await self._store.call(read_lease)
        if lease is None or lease.epoch != self.epoch:
            logger.warning("a later engine has taken over: this one publishes no more")
            self.is_overtaken = True

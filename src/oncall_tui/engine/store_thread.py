"""The engine's one thread for the database: a file that is locked or full must not hold up the loop that probes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from oncall_tui.store.database import Database, open_database

P = ParamSpec("P")
R = TypeVar("R")


class StoreThread:
    """Owns one connection and runs functions of the store on it, one after the other, in the order asked."""

    def __init__(self, path: Path, is_durable: bool = True) -> None:
        self._path = path
        self._is_durable = is_durable
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._db: Database | None = None

    async def start(self) -> None:
        """Opens the file. Raises StoreError."""
        loop = asyncio.get_running_loop()
        self._db = await loop.run_in_executor(
            self._executor, lambda: open_database(self._path, is_durable=self._is_durable)
        )

    async def call(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs `function(db, ...)` in the thread. Raises what it raises.

        A call that has begun runs to its end even when its caller is cancelled.
        """
        db = self._db
        if db is None:
            raise RuntimeError("the store thread is not started")
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: function(db, *args, **kwargs))

    async def close(self) -> None:
        """Closes the file once all that was asked for is done."""
        db, self._db = self._db, None
        if db is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, db.close)
        self._executor.shutdown(wait=False)

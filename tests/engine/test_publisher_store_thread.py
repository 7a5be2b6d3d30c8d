from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from oncall_tui.domain.errors import NotOursError, RefusedError
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database


async def test_calls_run_in_one_thread_in_the_order_asked(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    seen: list[tuple[int, str]] = []

    def note(db: Database, number: int, *, word: str) -> str:
        seen.append((number, threading.current_thread().name))
        return f"{db.path.name} {word}"

    answers = await asyncio.gather(*(store.call(note, number, word=str(number)) for number in range(20)))
    assert answers == [f"oncall.db {number}" for number in range(20)]
    assert [number for number, _ in seen] == list(range(20))
    assert len({name for _, name in seen} - {threading.current_thread().name}) == 1
    await store.close()


async def test_what_a_call_raises_comes_through(tmp_path: Path) -> None:
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()

    def refuse(_: Database) -> None:
        raise RefusedError("rule", "no")

    with pytest.raises(RefusedError):
        await store.call(refuse)
    await store.close()
    with pytest.raises(RuntimeError):
        await store.call(refuse)


async def test_a_file_that_is_not_ours_is_told_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ana, this is a letter that is longer than any header of a database would be. " * 20)
    store = StoreThread(path)
    with pytest.raises(NotOursError):
        await store.start()
    await store.close()


async def test_the_loop_runs_on_while_the_file_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    store = StoreThread(path)
    await store.start()

    def write(db: Database) -> None:
        with db.write():
            pass

    with open_database(path) as other, other.write():
        waiting = asyncio.create_task(store.call(write))
        ticks = 0
        for _ in range(20):
            await asyncio.sleep(0.01)
            ticks += 1
        assert not waiting.done()
        assert ticks == 20
    await waiting
    await store.close()

"""Histories from seeds, each checked against the model of what was confirmed; `tests.engine.torture` runs thousands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.engine.histories import Tally, make_template, run_history

AT_ONCE = 10


@pytest.mark.slow
@pytest.mark.parametrize("block", range(3))
async def test_every_history_ends_as_confirmed(block: int, tmp_path: Path) -> None:
    template = make_template(tmp_path)
    room = asyncio.Semaphore(AT_ONCE)

    async def run(seed: int) -> Tally:
        async with room:
            return await run_history(seed, template)

    tallies = await asyncio.gather(*(run(block * 1000 + number) for number in range(25)))
    assert sum(tally.updates for tally in tallies) > 75
    assert sum(tally.faulted for tally in tallies) > 50

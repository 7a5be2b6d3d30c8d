"""Runs as many histories as asked and prints what they held: `python -m tests.engine.torture --histories 1000`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.engine.histories import Tally, make_template, run_history


async def run_all(histories: int, first: int, at_once: int) -> tuple[list[Tally], list[str]]:
    room = asyncio.Semaphore(at_once)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder))

        async def run(seed: int) -> Tally | None:
            async with room:
                try:
                    return await run_history(seed, template)
                except (AssertionError, TimeoutError) as error:
                    faults.append(f"seed {seed}: {type(error).__name__} {error}")
                    return None

        tallies = await asyncio.gather(*(run(seed) for seed in range(first, first + histories)))
    return [tally for tally in tallies if tally is not None], faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first", type=int, default=100_000)
    parser.add_argument("--at-once", type=int, default=10)
    arguments = parser.parse_args()
    begin = time.monotonic()
    tallies, faults = asyncio.run(run_all(arguments.histories, arguments.first, arguments.at_once))
    print(f"{len(tallies)} histories held, {len(faults)} did not, in {time.monotonic() - begin:.0f} s")
    for name in ("updates", "faulted", "restarts", "edits"):
        print(f"{name}: {sum(getattr(tally, name) for tally in tallies)}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

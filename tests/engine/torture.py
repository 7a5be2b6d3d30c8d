"""Runs as many histories as asked and prints what they held.

    python -m tests.engine.torture --histories 1000 --machine 1000 --seed 7

`--histories` are drawn from numbered seeds in real time, each of which replays one (`--histories 1 --first <seed>`);
`--machine` are hypothesis's own on a clock that leaps: the same seed and number find the same failure, made short.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.engine.histories import Tally, make_template, run_history
from tests.engine.test_fault_machine import FaultMachine, run_machine


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


def run_histories(histories: int, first: int, at_once: int) -> bool:
    begin = time.monotonic()
    tallies, faults = asyncio.run(run_all(histories, first, at_once))
    print(f"{len(tallies)} histories held, {len(faults)} did not, in {time.monotonic() - begin:.0f} s")
    for name in ("updates", "faulted", "restarts", "edits", "dropped"):
        print(f"{name}: {sum(getattr(tally, name) for tally in tallies)}")
    for fault in faults:
        print(fault)
    return not faults


def run_told(histories: int, number: int) -> bool:
    begin = time.monotonic()
    is_held = True
    try:
        held = run_machine(histories, number)
    except Exception:  # noqa: BLE001 -- hypothesis prints the shortest history with the error, whatever that is
        traceback.print_exc()
        print(f"replay it: python -m tests.engine.torture --histories 0 --machine {histories} --seed {number}")
        is_held, held = False, FaultMachine.held
    print(f"{held['histories']} histories of the machine held, in {time.monotonic() - begin:.0f} s")
    print(", ".join(f"{name} {count}" for name, count in held.items() if name != "histories"))
    return is_held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first", type=int, default=100_000)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--machine", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    arguments = parser.parse_args()
    is_held = [run_told(arguments.machine, arguments.seed)] if arguments.machine else []
    if arguments.histories:
        is_held.append(run_histories(arguments.histories, arguments.first, arguments.at_once))
    return 0 if all(is_held) else 1


if __name__ == "__main__":
    sys.exit(main())

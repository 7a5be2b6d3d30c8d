"""`oncall-tui agent`: runs the engine in the foreground, takes over from one that hangs, or stops one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.domain.engine import Lease


_LEASE_WITHIN_S = 2.0


@click.command()
@click.option("--linger", "action", flag_value="linger", help="Leave when no terminal has been open for a while.")
@click.option("--stay", "action", flag_value="stay", default=True, help="Run until told to stop (systemd, tmux).")
@click.option(
    "--takeover", "action", flag_value="takeover", help="End the engine that runs, by force if need be; then stay."
)
@click.option("--stop", "action", flag_value="stop", help="End the engine that runs.")
@click.option("--after", metavar="30s", help="How long --linger waits for a terminal.")
@json_option
@place_options
@click.pass_obj
def agent(place: Place, action: str, after: str | None, is_json: bool) -> None:
    """Run, take over or stop the engine of the database; stays in the foreground unless told otherwise."""
    from oncall_tui.engine.spawn import stop_engine

    if action in ("stop", "takeover"):
        ended = stop_engine(place.db_path(), _read_lease(place), can_kill=action == "takeover")
        if action == "stop":
            _tell_stopped(ended, is_json)
            return
    # The engine's own threads may wait for a locked file for seconds, and must not hold up the end of the process.
    status = _run(place, action, after)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _read_lease(place: Place) -> Lease | None:
    """Returns the lease; an engine that has its lock and is not in the lease yet is about to write it."""
    import time

    from oncall_tui.engine.spawn import find_lock_holder
    from oncall_tui.store.lease import read_lease

    path = place.db_path()
    if not path.exists():
        return None
    deadline = time.monotonic() + _LEASE_WITHIN_S
    with place.open_db() as db:
        while True:
            lease, holder = read_lease(db), find_lock_holder(path)
            is_named = lease is not None and lease.pid == holder and lease.stopped_at is None
            if holder is None or is_named or time.monotonic() >= deadline:
                return lease
            time.sleep(0.05)


def _tell_stopped(pid: int | None, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say

    if is_json:
        print_json({"stopped": pid is not None, "pid": pid})
    else:
        say("No engine was running." if pid is None else f"Stopped the engine, process {pid}.")


def _run(place: Place, action: str, after: str | None) -> int:
    import asyncio
    import logging

    from oncall_tui.cli.output import warn
    from oncall_tui.domain.duration import parse_duration
    from oncall_tui.domain.engine import TERMINAL_SILENT_AFTER_MS
    from oncall_tui.domain.errors import OncallError, UsageError
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.log import open_log
    from oncall_tui.engine.scheduler import spare_collections
    from oncall_tui.engine.service import Ending, Mode, run_engine

    try:
        linger_ms = TERMINAL_SILENT_AFTER_MS if after is None else parse_duration(after)
    except ValueError as error:
        raise UsageError(f"--after {clean_line(after or '', 40)} {error}.") from error
    os.umask(0o077)
    config = place.load_config()
    db_path = place.db_path()
    db_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    open_log(db_path)
    mode = Mode.LINGER if action == "linger" else Mode.STAY
    if mode is Mode.STAY and sys.stderr.isatty():
        warn(f"the engine of {db_path} runs here; ctrl+c ends it.")
    spare_collections()
    try:
        ending = asyncio.run(run_engine(db_path, config, mode=mode, linger_ms=linger_ms))
    except OncallError as error:
        logging.getLogger(__name__).error("the engine could not run: %s", error)  # noqa: TRY400 - a sentence is enough
        raise
    if ending is Ending.TAKEN and mode is Mode.STAY:
        warn("another engine runs on this database already: `oncall-tui agent --takeover` replaces it.")
        return 1
    return 0

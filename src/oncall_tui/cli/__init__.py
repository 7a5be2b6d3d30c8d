"""The command line: how it starts, and how errors leave it.

Nothing heavy is imported here, and the bare command does not even load the parser of options: it draws first.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from oncall_tui.domain.errors import OncallError, RefusedError


def run(args: Sequence[str]) -> int:
    """Runs one command line and returns the exit status: 0 done, 1 no, 2 wrong use, 3 refused, 4 refused by the page.

    No fault of ours shows a traceback; nothing that was typed reaches the terminal raw.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    is_json = "--json" in args
    try:
        status = _run(args)
        sys.stdout.flush()
    except OncallError as error:
        return _fail(_kind_of(error), str(error), error.exit_code, is_json, getattr(error, "faults", None))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # What is left in the buffer would be flushed, and complained about, at the end of the interpreter.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return _fail("system", f"{where}{error.strerror or error}", 1, is_json, None)
    else:
        return status


def _run(args: Sequence[str]) -> int:
    if not args:
        from oncall_tui.cli.dashboard import run_terminal
        from oncall_tui.cli.place import Place

        return run_terminal(Place(), is_wall=False, theme=None)
    from oncall_tui.cli.group import run_command

    return run_command(args)


def _kind_of(error: OncallError) -> tuple[str, str] | str:
    if isinstance(error, RefusedError):
        return ("rule", error.rule)
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")


def _fail(kind: tuple[str, str] | str, message: str, status: int, is_json: bool, faults: Sequence[str] | None) -> int:
    from oncall_tui.cli.output import Json, print_json, warn

    try:
        if is_json:
            key, value = kind if isinstance(kind, tuple) else ("kind", kind)
            shown: dict[str, Json] = {key: value, "message": message}
            if faults is not None:
                shown["faults"] = list(faults)
            print_json({"error": shown})
        else:
            rule = f" [{kind[1]}]" if isinstance(kind, tuple) else ""
            warn(message + rule)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status

"""The command line: how it starts, and how errors leave it.

Nothing heavy is imported here, and the bare command does not even load the parser of options: it draws first.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence

from oncall_tui.domain.errors import OncallError, RefusedError

#: Whoever asked did not get the whole answer, which says nothing of what was done.
_NOT_READ = 128 + signal.SIGPIPE


def run(args: Sequence[str]) -> int:
    """Runs one command line and returns the exit status, as docs/command-line.md lists them.

    No fault of ours shows a traceback; nothing that was typed reaches the terminal raw.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us: what is said goes nowhere
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
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
        _leave_stdout()
        return _NOT_READ
    except OSError as error:
        if error.errno == errno.ENOSPC and error.filename is None:
            _leave_stdout()
            words = f"the answer could not be written ({error.strerror}); what was asked for may be done: look first."
            return _fail("system", words, _NOT_READ, False, None)
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return _fail("system", f"{where}{error.strerror or error}", 1, is_json, None)
    else:
        return status


def _leave_stdout() -> None:
    """What is left in the buffer would be flushed, and complained about, at the end of the interpreter."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
            first, *others = message.split("\n")
            rule = f" [{kind[1]}]" if isinstance(kind, tuple) else ""
            warn("\n".join((first + rule, *others)))
    except BrokenPipeError:
        _leave_stdout()
    return status

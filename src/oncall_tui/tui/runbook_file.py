"""Reads a runbook from disk, off the event loop; what is wrong with the file is said in words."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct

from oncall_tui.domain.runbook import TEXT_LIMIT, Runbook, parse

_BYTE_LIMIT = TEXT_LIMIT * 4


class RunbookFile(Struct, frozen=True):
    """One look at a file: a runbook, or `problem` in its place."""

    path: str
    runbook: Runbook | None = None
    problem: str = ""


def read_runbook(path: str) -> RunbookFile:
    """Returns the runbook of a path; whatever stands there, it is read no further than its size limit."""
    name = Path(path).name
    try:
        # A pipe in place of the file would hold the thread until somebody writes into it.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return RunbookFile(path, problem=f"{name} is no plain file: give the probe a Markdown file as runbook.")
            content = file.read(_BYTE_LIMIT + 1)
    except FileNotFoundError:
        return RunbookFile(
            path, problem=f"{name} does not exist at {path}: write it, or correct runbook in the config."
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return RunbookFile(path, problem=f"{name} cannot be read: {reason}.")
    if b"\0" in content:
        return RunbookFile(path, problem=f"{name} is a binary file: give the probe a Markdown file as runbook.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", errors="replace")
    runbook = parse(text)
    if not runbook.steps and not runbook.context:
        return RunbookFile(path, problem=f"{name} is empty.")
    return RunbookFile(path, runbook)

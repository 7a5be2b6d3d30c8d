"""Leads a text through the person's own editor and back, while the terminal is lent to it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from textual.app import App

from oncall_tui.domain.sanitize import BLOCK_LIMIT, clean_block

_LOOK_EVERY_S = 0.3
#: So much is read back of what an editor wrote; the field takes less.
_READ_LIMIT = BLOCK_LIMIT * 8
_NOT_FOUND = "is not found: set VISUAL or EDITOR to an editor of this machine, such as EDITOR=vi."


class Returned(NamedTuple):
    """What came back: `text` is None where nothing could be read, `trouble` is empty while all went well."""

    text: str | None
    trouble: str = ""


def find_editor(env: Mapping[str, str]) -> list[str] | str:
    """Returns the command of the editor, or a sentence that says why there is none."""
    name = next((name for name in ("VISUAL", "EDITOR") if env.get(name, "").strip()), None)
    if name is None:
        return "Neither VISUAL nor EDITOR is set: set one before the start, such as EDITOR=vi."
    try:
        command = shlex.split(env[name])
    except ValueError as error:
        return f"{name} cannot be read ({error}): look at its quotes."
    if not command or shutil.which(command[0], path=env.get("PATH")) is None:
        return f"{name}: {command[0] if command else 'an empty name'} {_NOT_FOUND}"
    return command


async def edit_outside(app: App[object], text: str, follow: Callable[[str], None]) -> Returned:
    """Shows a text in the editor of VISUAL or EDITOR until that ends.

    Each text that the editor writes goes to `follow` at once, so that what was saved there is safe here. The event loop
    goes on meanwhile: the engine hears from this terminal, and drafts are stored.
    """
    command = find_editor(os.environ)
    if isinstance(command, str):
        return Returned(None, command)
    if app._driver is None or not app._driver.can_suspend:
        return Returned(None, "This terminal cannot be lent to an editor.")
    with tempfile.TemporaryDirectory(prefix="oncall-tui-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "update.md"
        path.write_text(text, encoding="utf-8", errors="replace")
        follower = asyncio.create_task(_follow_file(path, text, follow))
        try:
            with app.batch_update(), app.suspend():
                trouble = await _run(command, path)
        finally:
            follower.cancel()
        written, unread = _read(path)
        return Returned(written, trouble or unread)


async def _follow_file(path: Path, known: str, follow: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        text, _ = await asyncio.to_thread(_read, path)
        if text is not None and text.strip() and text != known:
            known = text
            follow(text)


def _read(path: Path) -> tuple[str | None, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(_READ_LIMIT)
    except OSError as error:
        return None, f"The editor left no file that can be read ({error.strerror})."
    return clean_block(raw.decode("utf-8", "replace")).removesuffix("\n"), ""


async def _run(command: list[str], path: Path) -> str:
    """Runs the editor as the foreground job of the terminal; returns what went wrong, empty when nothing did.

    As a job of its own it alone gets the signals that its keys make: ctrl+c in the editor must not end the dashboard.
    """
    try:
        pid = _start([*command, str(path)])
    except OSError as error:
        return f"{command[0]} could not be started ({error.strerror})."
    with _lend_terminal(pid):
        try:
            status = await asyncio.to_thread(_await_editor, pid)
        except asyncio.CancelledError:
            _signal_job(pid, signal.SIGHUP)
            raise
    if os.WIFSIGNALED(status):
        return f"{command[0]} was ended by signal {os.WTERMSIG(status)}: what it had written to its file is kept."
    code = os.WEXITSTATUS(status)
    return f"{command[0]} ended with {code}: what it had written to its file is kept." if code else ""


def _start(command: list[str]) -> int:
    """Starts a job with the signals of a new shell: what this process ignores would else be ignored there too."""
    defaults = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE)
    return os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=defaults)


@contextmanager
def _lend_terminal(pid: int) -> Iterator[None]:
    own = os.getpgrp()
    _put_in_front(pid)
    try:
        yield
    finally:
        _put_in_front(own)


def _put_in_front(group: int) -> None:
    """Makes a process group the one that the keys of the terminal go to; a terminal that is gone needs none."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(0, group)
    except OSError:
        return
    finally:
        signal.signal(signal.SIGTTOU, before)


def _await_editor(pid: int) -> int:
    """Returns how the editor ended; one that stops, by ctrl+z or before the terminal was its own, is sent on."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return status
        _signal_job(pid, signal.SIGCONT)


def _signal_job(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return

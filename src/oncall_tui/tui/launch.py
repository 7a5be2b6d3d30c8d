"""Runs the dashboard in a child process, while a small parent holds the terminal.

Nothing in the drawing library puts the terminal back after TERM, HUP, QUIT or KILL; a parent that draws nothing does.
The child loads the screens while the parent reads the config, so that two cores share the start.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from oncall_tui.tui.terminal import NO_SCREEN, SavedTerminal, can_show_screen, save_terminal

if TYPE_CHECKING:
    from oncall_tui.config.model import Config
    from oncall_tui.tui.snapshot import Snapshot
    from oncall_tui.tui.theme_files import ThemeFile

CRASHED = 70
_TEXTUAL_FAULT = 1
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
_CHILD_GRACE_S = 1.2
_KILL_AFTER_S = 1.5
_VALUE_FLAGS = frozenset({"--db", "--config", "--theme"})
_FLAGS = _VALUE_FLAGS | {"--wall"}
_LENGTH = struct.Struct("!I")


class Session(NamedTuple):
    """What one terminal was started with."""

    db_path: Path
    actor: str
    is_wall: bool
    theme: ThemeFile | None


class _Child(NamedTuple):
    """The process that draws; `sender` is the end of the pipe that only the parent holds."""

    pid: int
    sender: int
    terminal: SavedTerminal


_begun: list[_Child] = []


def begin(args: Sequence[str]) -> None:
    """Starts to load the screens in a child when a command line asks for the dashboard; else does nothing.

    Called before anything else is imported: what the parent loads to read the command line and the config then costs
    the first frame nothing. A child that is not wanted after all ends when the parent does.
    """
    rest = list(args)
    while rest:
        word = rest.pop(0)
        name, has_value, _ = word.partition("=")
        if name not in _FLAGS or (has_value and name not in _VALUE_FLAGS):
            return
        if name in _VALUE_FLAGS and not has_value:
            del rest[:1]
    if can_show_screen():
        _begun.append(_fork())


def run_dashboard(
    db_path: Path,
    load: Callable[[], Config],
    *,
    actor: str,
    is_wall: bool,
    theme: str | None,
    on_ready: Callable[[Config], None],
) -> int:
    """Shows the dashboard until it ends; returns its exit status: 0, 128 + signal, or 70 after a crash.

    `load` runs in the parent and may raise ConfigError: the terminal is untouched then. So does the first reading of
    the database, which may raise StoreError. `on_ready` runs in the parent as soon as both are known. Raises UsageError
    without a usable terminal.
    """
    from oncall_tui.tui.snapshot import read_first
    from oncall_tui.tui.theme_files import read_first_file

    if not can_show_screen():
        from oncall_tui.domain.errors import UsageError

        raise UsageError(NO_SCREEN)
    child = _begun.pop() if _begun else _fork()
    _forward_signals(child.pid)
    try:
        config = load()
        snapshot = read_first(db_path, is_read_only=is_wall)
        file = read_first_file(theme or config.theme)
        _send(child.sender, Session(db_path, actor, is_wall, file), config, snapshot)
        on_ready(config)
    except BaseException:
        os.close(child.sender)
        _await_child(child)
        raise
    try:
        return _await_child(child)
    finally:
        os.close(child.sender)


def _fork() -> _Child:
    terminal = save_terminal()
    terminal.free_flow_keys()
    receiver, sender = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid:
        os.close(receiver)
        return _Child(pid, sender, terminal)
    os.close(sender)
    status = CRASHED
    try:
        status = _draw(receiver, terminal)
    finally:
        os._exit(status)


def note_crash(db_path: Path) -> str:
    """Writes the present exception to a file beside the database and returns a sentence that names it.

    Only lines of code and the message are written: local variables may hold what customers or colleagues typed.
    """
    path = db_path.with_name(db_path.name + ".crash.log")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{when}\n{traceback.format_exc()}\n")
        where = f"What happened is in {path}."
    except OSError as error:
        where = f"What happened could not be written to {path} ({error.strerror})."
    return f"oncall-tui has a fault and had to end. Drafts and queued updates are safe. {where}"


def _forward_signals(pid: int) -> None:
    """Passes the wish to end on to the child, and ends a child that does not obey."""

    def kill(_number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def forward(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has ended, and this one is about to
            os.kill(pid, number)
            signal.setitimer(signal.ITIMER_REAL, _KILL_AFTER_S)

    signal.signal(signal.SIGALRM, kill)
    for number in _FORWARDED:
        signal.signal(number, forward)


def _await_child(child: _Child) -> int:
    _, status = os.waitpid(child.pid, 0)
    # A second signal must not end this process before the terminal is put back.
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if os.WIFSIGNALED(status):
        child.terminal.reset()
    else:
        child.terminal.restore_settings()
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _send(sender: int, session: Session, config: Config, snapshot: Snapshot) -> None:
    packed = pickle.dumps((session, config, snapshot))
    try:
        with open(sender, "wb", closefd=False) as pipe:
            pipe.write(_LENGTH.pack(len(packed)) + packed)
    except BrokenPipeError:
        return  # the child has ended already, and its exit status says why


def _receive(receiver: int) -> tuple[Session, Config, Snapshot] | None:
    """Returns what the parent found out, None when it found nothing that can be shown."""
    with open(receiver, "rb", closefd=False, buffering=0) as pipe:
        head = _read_exactly(pipe, _LENGTH.size)
        packed = _read_exactly(pipe, _LENGTH.unpack(head)[0]) if head else b""
    return pickle.loads(packed) if packed else None  # noqa: S301 -- written by our own parent into our own pipe


def _read_exactly(pipe: RawIOBase, count: int) -> bytes:
    """Returns so many bytes, none when the pipe ends before."""
    read = b""
    while len(read) < count:
        piece = pipe.read(count - len(read))
        if not piece:
            return b""
        read += piece
    return read


def _draw(receiver: int, terminal: SavedTerminal) -> int:
    for number in (*_FORWARDED, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    if not os.isatty(2):
        os.dup2(1, 2)  # the drawing library writes to stderr
    gc.disable()  # nothing that the start makes is garbage; the app switches it on again after its first frame
    sys.modules.setdefault("ssl", None)  # type: ignore[arg-type] # asyncio would load it, and a terminal has no network

    from oncall_tui.tui.app import OncallApp

    received = _receive(receiver)
    if received is None:
        return 0
    session, config, snapshot = received
    try:
        app = OncallApp(session, config, snapshot)
        ending = _Ending(app.end, terminal)
        for number in _FORWARDED:
            signal.signal(number, ending.on_signal)
        threading.Thread(target=ending.watch_parent, args=(receiver,), daemon=True, name="parent").start()
        app.run()
        terminal.restore_settings()  # where no parent is left to do it; the driver knows the freed keys alone
    except Exception:  # noqa: BLE001 -- the last line of the child: whatever it was is written down
        os.write(2, f"{note_crash(session.db_path)}\n".encode(errors="replace"))
        return CRASHED
    return CRASHED if app.return_code == _TEXTUAL_FAULT else app.return_code or 0


class _Ending:
    """Ends the child in good order, and by force where its loop hangs on a terminal that nobody reads."""

    def __init__(self, end: Callable[[int], None], terminal: SavedTerminal) -> None:
        self._end = end
        self._terminal = terminal
        self._status: int | None = None

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._status is None:
            self._status = 128 + number
            threading.Thread(target=self._force, daemon=True, name="ending").start()
            self._end(self._status)

    def watch_parent(self, receiver: int) -> None:
        """Waits for the end of the pipe that only the parent holds."""
        while os.read(receiver, 1):
            pass
        self.on_signal(signal.SIGHUP, None)

    def _force(self) -> None:
        time.sleep(_CHILD_GRACE_S)
        self._terminal.reset()
        os._exit(self._status or CRASHED)

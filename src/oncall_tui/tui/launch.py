"""Runs the dashboard in a child process, while a small parent holds the terminal.

Nothing in the drawing library puts the terminal back after TERM, HUP, QUIT or KILL; a parent that draws nothing does.
The child loads the screens while the parent reads the config, so that two cores share the start.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from oncall_tui.config.model import Config
from oncall_tui.tui.terminal import SavedTerminal, save_terminal

CRASHED = 70
_TEXTUAL_FAULT = 1
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
_CHILD_GRACE_S = 1.2
_KILL_AFTER_S = 1.5
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Session:
    """What one terminal was started with."""

    db_path: Path
    actor: str
    is_wall: bool
    theme: str | None


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

    `load` runs in the parent and may raise ConfigError: the terminal is untouched then. `on_ready` runs in the parent
    as soon as the config is known. Raises UsageError without a usable terminal.
    """
    terminal = save_terminal()
    session = Session(db_path, actor, is_wall, theme)
    receiver, sender = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(sender)
        status = CRASHED
        try:
            status = _draw(session, receiver, terminal)
        except BaseException:  # noqa: BLE001 -- the last line of the child: whatever it was is written down
            os.write(2, f"{note_crash(session.db_path)}\n".encode(errors="replace"))
        finally:
            os._exit(status)
    os.close(receiver)
    _forward_signals(pid)
    try:
        config = load()
        _send(sender, config)
        on_ready(config)
    except BaseException:
        os.close(sender)
        _await_child(pid, terminal)
        raise
    try:
        return _await_child(pid, terminal)
    finally:
        os.close(sender)


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
        os.kill(pid, signal.SIGKILL)

    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(pid, number)
        signal.setitimer(signal.ITIMER_REAL, _KILL_AFTER_S)

    signal.signal(signal.SIGALRM, kill)
    for number in _FORWARDED:
        signal.signal(number, forward)


def _await_child(pid: int, terminal: SavedTerminal) -> int:
    _, status = os.waitpid(pid, 0)
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if os.WIFSIGNALED(status):
        terminal.reset()
        return 128 + os.WTERMSIG(status)
    terminal.restore_settings()
    return os.WEXITSTATUS(status)


def _send(sender: int, config: Config) -> None:
    packed = pickle.dumps(config)
    try:
        with open(sender, "wb", closefd=False) as pipe:
            pipe.write(_LENGTH.pack(len(packed)) + packed)
    except BrokenPipeError:
        return  # the child has ended already, and its exit status says why


def _receive(receiver: int) -> Config | None:
    """Returns the config, None when the parent found none that can be used."""
    with open(receiver, "rb", closefd=False, buffering=0) as pipe:
        wanted = _LENGTH.size
        packed = b""
        length: int | None = None
        while len(packed) < wanted:
            piece = pipe.read(wanted - len(packed))
            if not piece:
                return None
            packed += piece
            if length is None and len(packed) == _LENGTH.size:
                length = _LENGTH.unpack(packed)[0]
                wanted, packed = length, b""
    config = pickle.loads(packed)  # noqa: S301 -- written by our own parent into our own pipe
    assert isinstance(config, Config)
    return config


def _draw(session: Session, receiver: int, terminal: SavedTerminal) -> int:
    for number in (*_FORWARDED, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    if not os.isatty(2):
        os.dup2(1, 2)  # the drawing library writes to stderr

    from oncall_tui.tui.app import OncallApp

    config = _receive(receiver)
    if config is None:
        return 0
    app = OncallApp(session, config)
    ending = _Ending(app.end, terminal)
    for number in _FORWARDED:
        signal.signal(number, ending.on_signal)
    threading.Thread(target=ending.watch_parent, args=(receiver,), daemon=True, name="parent").start()
    app.run()
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
